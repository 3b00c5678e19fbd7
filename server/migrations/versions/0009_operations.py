"""Operations: updates, incidents, blockers, decisions, summaries; what people want to be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from src.core import ddl, ids

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# rank, name, minutes until somebody answers, minutes between two updates
PRIORITIES = (
    (1, "Urgent", 15, 60),
    (2, "High", 60, 240),
    (3, "Normal", 480, 1440),
    (4, "Low", 2880, None),
)
RESPONSIBLE, EHS = {"kind": "responsible"}, {"kind": "role", "value": "ehs"}
NOBODY, REPORTER = {"kind": "nobody"}, {"kind": "reporter"}
# code, name, severity, priority, visibility, needs a review, may be anonymous, who leads
TYPES = (
    ("equipment-failure", "Equipment failure", "medium", 3, "open", False, False, RESPONSIBLE),
    ("utility-outage", "Utility outage", "high", 2, "open", False, False, NOBODY),
    ("spill-release", "Spill or release", "high", 1, "open", True, False, EHS),
    ("injury-exposure", "Injury or exposure", "high", 1, "restricted", True, False, EHS),
    ("near-miss", "Near miss", "low", 3, "open", False, True, EHS),
    ("waste-discrepancy", "Waste discrepancy", "medium", 3, "open", False, False, EHS),
    ("access-security", "Access or security", "medium", 2, "restricted", True, False, NOBODY),
    ("it", "IT", "medium", 3, "open", False, False, REPORTER),
    ("drill", "Drill", "undetermined", 4, "open", True, False, REPORTER),
)


def upgrade() -> None:
    """Change the schema so that the previous release still runs on it."""
    op.create_table(
        "search_documents",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("folded_title", sa.Text(), nullable=False),
        sa.Column("folded_body", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_documents_kind_subject_id")),
    )
    op.create_index(op.f("ix_search_documents_kind_id"), "search_documents", ["kind", "id"])
    op.create_table(
        "counters",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_counters")),
    )
    op.create_table(
        "incident_priorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("response_minutes", sa.Integer(), nullable=True),
        sa.Column("update_minutes", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "response_minutes IS NULL OR response_minutes > 0",
            name=op.f("ck_incident_priorities_response"),
        ),
        sa.CheckConstraint(
            "update_minutes IS NULL OR update_minutes > 0",
            name=op.f("ck_incident_priorities_cadence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_priorities")),
        sa.UniqueConstraint("name", name=op.f("uq_incident_priorities_name")),
        sa.UniqueConstraint("rank", name=op.f("uq_incident_priorities_rank")),
    )
    op.create_table(
        "summary_settings",
        sa.Column("scope", sa.String(length=41), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "minute >= 0 AND minute < 1440", name=op.f("ck_summary_settings_minute")
        ),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_summary_settings")),
    )
    op.create_table(
        "tagged",
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "tag", name=op.f("pk_tagged")),
    )
    op.create_index(
        op.f("ix_tagged_tag_subject_type_subject_id"),
        "tagged",
        ["tag", "subject_type", "subject_id"],
        unique=False,
    )
    op.create_table(
        "acknowledgements",
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_acknowledgements_user_id")
        ),
        sa.PrimaryKeyConstraint(
            "subject_type", "subject_id", "user_id", name=op.f("pk_acknowledgements")
        ),
    )
    op.create_index(
        op.f("ix_acknowledgements_user_id"), "acknowledgements", ["user_id"], unique=False
    )
    op.create_table(
        "blockers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column(
            "waiting_on",
            sa.Enum(
                "person",
                "vendor",
                "ehs",
                "funding",
                "other",
                name="waitingon",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("waiting_on_id", sa.Uuid(), nullable=True),
        sa.Column("waiting_on_name", sa.String(length=200), nullable=False),
        sa.Column(
            "impact",
            sa.Enum(
                "undetermined",
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("impact_rank", sa.Integer(), nullable=False),
        sa.Column("impact_text", sa.Text(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "resolved",
                name="blockerstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_rank", sa.Integer(), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "archived_at IS NULL OR state = 'resolved'",
            name=op.f("ck_blockers_archived_when_resolved"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_blockers_owner_id")),
        sa.ForeignKeyConstraint(["raised_by"], ["users.id"], name=op.f("fk_blockers_raised_by")),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["users.id"], name=op.f("fk_blockers_resolved_by")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_blockers_team_id")),
        sa.ForeignKeyConstraint(
            ["waiting_on_id"], ["users.id"], name=op.f("fk_blockers_waiting_on_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blockers")),
        sa.UniqueConstraint("number", name=op.f("uq_blockers_number")),
    )
    op.create_index(
        "ix_blockers_order", "blockers", ["state_rank", "impact_rank", "id"], unique=False
    )
    op.create_index(
        op.f("ix_blockers_owner_id_state"), "blockers", ["owner_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_blockers_team_id_state_rank"), "blockers", ["team_id", "state_rank"], unique=False
    )
    op.create_index(op.f("ix_blockers_waiting_on_id"), "blockers", ["waiting_on_id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_comments_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_author_id"), "comments", ["author_id"], unique=False)
    op.create_index(
        op.f("ix_comments_subject_type_subject_id_id"),
        "comments",
        ["subject_type", "subject_id", "id"],
        unique=False,
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "accepted",
                "rejected",
                "withdrawn",
                "superseded",
                "deprecated",
                name="decisionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_rank", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'superseded') = (superseded_by IS NOT NULL)",
            name=op.f("ck_decisions_superseded_by_one"),
        ),
        sa.CheckConstraint("superseded_by <> id", name=op.f("ck_decisions_not_by_itself")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_decisions_decided_by")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_decisions_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["decisions.id"], name=op.f("fk_decisions_superseded_by")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_decisions_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("number", name=op.f("uq_decisions_number")),
    )
    op.create_index(op.f("ix_decisions_review_on"), "decisions", ["review_on"], unique=False)
    op.create_index(
        op.f("ix_decisions_state_rank_id"), "decisions", ["state_rank", "id"], unique=False
    )
    op.create_index(
        op.f("ix_decisions_superseded_by"), "decisions", ["superseded_by"], unique=False
    )
    op.create_index(
        op.f("ix_decisions_team_id_state_rank"),
        "decisions",
        ["team_id", "state_rank"],
        unique=False,
    )
    op.create_table(
        "follows",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("is_muted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_follows_user_id")),
        sa.PrimaryKeyConstraint("user_id", "subject_type", "subject_id", name=op.f("pk_follows")),
    )
    op.create_index(
        op.f("ix_follows_subject_type_subject_id"),
        "follows",
        ["subject_type", "subject_id"],
        unique=False,
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["users.id"], name=op.f("fk_handovers_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["users.id"], name=op.f("fk_handovers_from_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_handovers_team_id")),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_handovers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_team_id_id"), "handovers", ["team_id", "id"], unique=False)
    op.create_index(op.f("ix_handovers_to_id"), "handovers", ["to_id"], unique=False)
    op.create_table(
        "incident_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("filter", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_incident_subscriptions_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_subscriptions")),
    )
    op.create_index(
        op.f("ix_incident_subscriptions_user_id"),
        "incident_subscriptions",
        ["user_id"],
        unique=False,
    )
    op.create_table(
        "incident_types",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "default_severity",
            sa.Enum(
                "undetermined",
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("default_priority_id", sa.Uuid(), nullable=True),
        sa.Column(
            "default_visibility",
            sa.Enum(
                "open",
                "restricted",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("may_be_anonymous", sa.Boolean(), nullable=False),
        sa.Column("leads", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("tasks", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["default_priority_id"],
            ["incident_priorities.id"],
            name=op.f("fk_incident_types_default_priority_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_types")),
        sa.UniqueConstraint("code", name=op.f("uq_incident_types_code")),
        sa.UniqueConstraint("name", name=op.f("uq_incident_types_name")),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "immediate",
                "digest",
                "off",
                name="mode",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_preferences_user_id")
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "kind", "channel", name=op.f("pk_notification_preferences")
        ),
    )
    op.create_table(
        "notification_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("digest_minute", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_settings_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_settings")),
    )
    op.create_table(
        "object_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("target_type", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_object_links_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_links")),
        sa.UniqueConstraint(
            "subject_type",
            "subject_id",
            "target_type",
            "target_id",
            name=op.f("uq_object_links_subject_type_subject_id_target_type_target_id"),
        ),
    )
    op.create_index(
        op.f("ix_object_links_target_type_target_id"),
        "object_links",
        ["target_type", "target_id"],
        unique=False,
    )
    op.create_table(
        "operations_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "status_updates",
                "incidents",
                "blockers",
                "decisions",
                name="importkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "format",
            sa.Enum(
                "csv",
                "json",
                name="importformat",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_operations_imports_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_operations_imports_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations_imports")),
    )
    op.create_index(
        op.f("ix_operations_imports_created_at"), "operations_imports", ["created_at"], unique=False
    )
    op.create_index(
        op.f("ix_operations_imports_created_by_id"),
        "operations_imports",
        ["created_by", "id"],
        unique=False,
    )
    op.create_table(
        "imported_rows",
        sa.Column(
            "kind",
            sa.Enum(
                "status_updates",
                "incidents",
                "blockers",
                "decisions",
                name="importkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("scope", sa.String(length=41), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["operations_imports.id"],
            name=op.f("fk_imported_rows_import_id"),
        ),
        sa.PrimaryKeyConstraint("kind", "scope", "key", name=op.f("pk_imported_rows")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_imported_rows_subject_id")),
    )
    op.create_index(
        op.f("ix_imported_rows_import_id"), "imported_rows", ["import_id"], unique=False
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_revisions_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint(
            "subject_type",
            "subject_id",
            "number",
            name=op.f("uq_revisions_subject_type_subject_id_number"),
        ),
    )
    op.create_table(
        "status_updates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_status_updates_author_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_status_updates_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_updates")),
    )
    op.create_index(
        op.f("ix_status_updates_author_id_posted_at_id"),
        "status_updates",
        ["author_id", "posted_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_status_updates_posted_at_id"), "status_updates", ["posted_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_status_updates_team_id_posted_at_id"),
        "status_updates",
        ["team_id", "posted_at", "id"],
        unique=False,
    )
    op.create_table(
        "summaries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=41), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_summaries_order")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_summaries_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
        sa.UniqueConstraint("scope", "on_date", name=op.f("uq_summaries_scope_on_date")),
    )
    op.create_index(op.f("ix_summaries_on_date"), "summaries", ["on_date"], unique=False)
    op.create_table(
        "decision_amendments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amended_by", sa.Uuid(), nullable=True),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["amended_by"], ["users.id"], name=op.f("fk_decision_amendments_amended_by")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_amendments_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_amendments")),
        sa.UniqueConstraint(
            "decision_id", "number", name=op.f("uq_decision_amendments_decision_id_number")
        ),
    )
    op.create_table(
        "decision_options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_options_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_options")),
    )
    op.create_index(
        op.f("ix_decision_options_decision_id_position"),
        "decision_options",
        ["decision_id", "position"],
        unique=False,
    )
    op.create_table(
        "decision_participants",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stance",
            sa.Enum(
                "undecided",
                "agrees",
                "disagrees",
                "abstains",
                name="stance",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_participants_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_decision_participants_user_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", "user_id", name=op.f("pk_decision_participants")),
    )
    op.create_index(
        op.f("ix_decision_participants_user_id_stance"),
        "decision_participants",
        ["user_id", "stance"],
        unique=False,
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "undetermined",
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.Column("priority_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "in_progress",
                "resolved",
                "closed",
                name="incidentstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_rank", sa.Integer(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "open",
                "restricted",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_near_miss", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("recurrence_of", sa.Uuid(), nullable=True),
        sa.Column("response_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_update_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_imported", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("duplicate_of <> id", name=op.f("ck_incidents_not_its_own_duplicate")),
        sa.CheckConstraint("recurrence_of <> id", name=op.f("ck_incidents_not_its_own_recurrence")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["users.id"], name=op.f("fk_incidents_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["incidents.id"], name=op.f("fk_incidents_duplicate_of")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_incidents_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["priority_id"], ["incident_priorities.id"], name=op.f("fk_incidents_priority_id")
        ),
        sa.ForeignKeyConstraint(
            ["recurrence_of"], ["incidents.id"], name=op.f("fk_incidents_recurrence_of")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["users.id"], name=op.f("fk_incidents_reported_by")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_incidents_team_id")),
        sa.ForeignKeyConstraint(
            ["type_id"], ["incident_types.id"], name=op.f("fk_incidents_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("number", name=op.f("uq_incidents_number")),
    )
    op.create_index(op.f("ix_incidents_duplicate_of"), "incidents", ["duplicate_of"], unique=False)
    op.create_index(
        "ix_incidents_next_update",
        "incidents",
        ["next_update_at"],
        unique=False,
        postgresql_where=sa.text("next_update_at IS NOT NULL"),
        sqlite_where=sa.text("next_update_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_incidents_occurred_at_id"), "incidents", ["occurred_at", "id"], unique=False
    )
    op.create_index(
        "ix_incidents_order", "incidents", ["state_rank", "severity_rank", "id"], unique=False
    )
    op.create_index(
        op.f("ix_incidents_recurrence_of"), "incidents", ["recurrence_of"], unique=False
    )
    op.create_index(op.f("ix_incidents_reported_by"), "incidents", ["reported_by"], unique=False)
    op.create_index(
        op.f("ix_incidents_team_id_state_rank"),
        "incidents",
        ["team_id", "state_rank"],
        unique=False,
    )
    op.create_index(op.f("ix_incidents_type_id"), "incidents", ["type_id"], unique=False)
    op.create_table(
        "incident_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "lead",
                "ehs_liaison",
                "scribe",
                "responder",
                name="incidentrole",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["given_by"], ["users.id"], name=op.f("fk_incident_assignments_given_by")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_assignments_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_incident_assignments_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_assignments")),
    )
    op.create_index(
        op.f("ix_incident_assignments_incident_id"),
        "incident_assignments",
        ["incident_id"],
        unique=False,
    )
    op.create_index(
        "ix_incident_assignments_now",
        "incident_assignments",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("until_at IS NULL"),
        sqlite_where=sa.text("until_at IS NULL"),
    )
    op.create_index(
        "uq_incident_assignments_one",
        "incident_assignments",
        ["incident_id", "role"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL AND role <> 'responder'"),
        sqlite_where=sa.text("until_at IS NULL AND role <> 'responder'"),
    )
    op.create_table(
        "incident_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "note",
                "update",
                "state",
                "change",
                "role",
                "task",
                "review",
                "resource",
                "link",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("is_backdated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_incident_entries_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_entries_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entries")),
    )
    op.create_index(
        op.f("ix_incident_entries_incident_id_at_id"),
        "incident_entries",
        ["incident_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "incident_resources",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column(
            "effect",
            sa.Enum(
                "degraded",
                "down",
                name="effect",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_resources_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_incident_resources_resource_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "resource_id", name=op.f("pk_incident_resources")),
    )
    op.create_index(
        op.f("ix_incident_resources_resource_id"),
        "incident_resources",
        ["resource_id"],
        unique=False,
    )
    op.create_table(
        "incident_reviews",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("what_happened", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["begun_by"], ["users.id"], name=op.f("fk_incident_reviews_begun_by")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_reviews_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by"], ["users.id"], name=op.f("fk_incident_reviews_signed_by")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_reviews")),
    )
    op.create_table(
        "incident_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "response",
                "corrective",
                "preventive",
                name="taskphase",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "dropped",
                name="taskstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_mandatory", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_incident_tasks_created_by")
        ),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name=op.f("fk_incident_tasks_done_by")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_tasks_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_incident_tasks_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_tasks")),
    )
    op.create_index(
        "ix_incident_tasks_due",
        "incident_tasks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_incident_tasks_incident_id"), "incident_tasks", ["incident_id"], unique=False
    )
    op.create_index(
        op.f("ix_incident_tasks_owner_id_state"),
        "incident_tasks",
        ["owner_id", "state"],
        unique=False,
    )
    op.create_table(
        "incident_pins",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("pinned_by", sa.Uuid(), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["incident_entries.id"], name=op.f("fk_incident_pins_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_pins_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["pinned_by"], ["users.id"], name=op.f("fk_incident_pins_pinned_by")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_incident_pins")),
    )
    op.create_index(
        op.f("ix_incident_pins_incident_id"), "incident_pins", ["incident_id"], unique=False
    )
    with ddl.batch_alter(op, "notifications") as batch:
        batch.add_column(sa.Column("is_shown", sa.Boolean(), server_default="true", nullable=False))
    with ddl.batch_alter(op, "deliveries") as batch:
        batch.add_column(sa.Column("job_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("digest_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_deliveries_digest",
        "deliveries",
        ["notification_id"],
        unique=False,
        postgresql_where=sa.text("channel = 'digest' AND state = 'waiting'"),
        sqlite_where=sa.text("channel = 'digest' AND state = 'waiting'"),
    )

    for table in ("incident_entries", "decision_amendments"):
        ddl.create_for(op.get_bind(), table)
    seed(op.get_bind())


def seed(connection: sa.Connection) -> None:
    """The priorities and types of incidents that every institute begins with."""
    now = datetime.now(UTC)
    counters = sa.table("counters", sa.column("kind", sa.String()), sa.column("last", sa.Integer()))
    for kind in ("incident", "blocker", "decision"):
        connection.execute(sa.insert(counters).values(kind=kind, last=0))
    stamps = {"version": 1, "created_at": now, "updated_at": now, "is_active": True}
    priorities = sa.table(
        "incident_priorities",
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.String()),
        *(sa.column(name, sa.Integer()) for name in ("rank", "response_minutes", "update_minutes")),
        *_stamps(),
    )
    ranked = {}
    for rank, name, response, update in PRIORITIES:
        ranked[rank] = ids.new()
        row = {"id": ranked[rank], "name": name, "rank": rank}
        times = {"response_minutes": response, "update_minutes": update}
        connection.execute(sa.insert(priorities).values({**row, **times, **stamps}))
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    types = sa.table(
        "incident_types",
        *(sa.column(name, sa.Uuid()) for name in ("id", "default_priority_id")),
        *(sa.column(name, sa.String()) for name in ("code", "name", "description")),
        *(sa.column(name, sa.String()) for name in ("default_severity", "default_visibility")),
        *(sa.column(name, sa.Boolean()) for name in ("needs_review", "may_be_anonymous")),
        sa.column("rank", sa.Integer()),
        *(sa.column(name, json) for name in ("leads", "tasks")),
        *_stamps(),
    )
    for rank, (code, name, severity, priority, visibility, review, anonymous, leads) in enumerate(
        TYPES, 1
    ):
        values = {
            "id": ids.new(), "code": code, "name": name, "description": "", "rank": rank * 10,
            "default_severity": severity, "default_priority_id": ranked[priority],
            "default_visibility": visibility, "needs_review": review,
            "may_be_anonymous": anonymous, "leads": leads, "tasks": [],
        }  # fmt: skip
        connection.execute(sa.insert(types).values({**values, **stamps}))


def _stamps() -> list[sa.ColumnClause[Any]]:
    return [
        sa.column("version", sa.Integer()),
        sa.column("is_active", sa.Boolean()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("updated_at", sa.DateTime(timezone=True)),
    ]
