"""Archives of the record: months that left the database, and triggers that let only those go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from src.core import ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, then the triggers that read it."""
    op.create_table(
        "event_archives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_archives")),
        sa.UniqueConstraint("first_seq", name=op.f("uq_event_archives_first_seq")),
        sa.UniqueConstraint("last_seq", name=op.f("uq_event_archives_last_seq")),
        sa.UniqueConstraint("month", name=op.f("uq_event_archives_month")),
    )
    bind = op.get_bind()
    ddl.create_for(bind, "event_archives")
    ddl.create_reading(bind, "event_archives")
