"""The language of the institute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from src.core import ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema so that the previous release still runs on it."""
    with ddl.batch_alter(op, "institutes") as batch:
        batch.add_column(
            sa.Column("locale", sa.String(length=16), nullable=False, server_default="en")
        )
