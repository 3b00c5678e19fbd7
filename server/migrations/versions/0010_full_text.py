"""Full text: the search's own index of what was written."""

from __future__ import annotations

from alembic import op

from src.core import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; what was written before is found too."""
    ddl.create_for(op.get_bind(), "search_documents")
