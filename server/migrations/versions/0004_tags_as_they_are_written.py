"""Tags as they are written: SQLite kept `ü` as `\\u00fc`, which no search finds."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

resources = sa.table("resources", sa.column("id", sa.Text()), sa.column("tags", sa.Text()))


def upgrade() -> None:
    """Write the same values anew; PostgreSQL keeps them as they are."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    escaped = sa.select(resources).where(resources.c.tags.contains("\\u", autoescape=True))
    for id_, tags in connection.execute(escaped).all():
        written = json.dumps(json.loads(tags), ensure_ascii=False)
        connection.execute(sa.update(resources).where(resources.c.id == id_).values(tags=written))
