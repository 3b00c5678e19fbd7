"""People, photos and personal sets of resources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from src.core import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema so that the previous release still runs on it."""
    with ddl.batch_alter(op, "resources") as batch:
        batch.add_column(sa.Column("photo_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_resources_photo_id"), "files", ["photo_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(op.f("ix_resources_photo_id"), ["photo_id"])
    op.create_table(
        "responsibilities",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "deputy",
                "trainer",
                "safety",
                name="duty",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_responsibilities_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_responsibilities_user_id")
        ),
        sa.PrimaryKeyConstraint("resource_id", "role", "user_id", name=op.f("pk_responsibilities")),
    )
    op.create_index(op.f("ix_responsibilities_user_id"), "responsibilities", ["user_id"])
    op.create_table(
        "resource_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("resource_ids", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_resource_sets_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_sets")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_resource_sets_owner_id_name")),
    )
