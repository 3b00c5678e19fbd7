"""Booking, complete: series, waiting list, quotas, approvals, qualifications, outages."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from src.core import ddl, ids

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


CODES = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken for another


def upgrade() -> None:
    """Change the schema so that the previous release still runs on it."""
    op.create_table(
        "approval_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_approval_rules_name")),
    )
    op.create_table(
        "qualifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
        sa.UniqueConstraint("name", name=op.f("uq_qualifications_name")),
    )
    op.create_table(
        "utilities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "up",
                "down",
                name="utilitystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utilities")),
        sa.UniqueConstraint("name", name=op.f("uq_utilities_name")),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "person",
                "resource",
                "team",
                name="feedkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_calendar_feeds_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.create_index(
        op.f("ix_calendar_feeds_owner_id"), "calendar_feeds", ["owner_id"], unique=False
    )
    op.create_table(
        "kiosk_pins",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kiosk_pins_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_kiosk_pins")),
    )
    op.create_table(
        "kiosks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("resource_ids", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_kiosks_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosks")),
        sa.UniqueConstraint("name", name=op.f("uq_kiosks_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_kiosks_token_hash")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_projects_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
    )
    op.create_index(op.f("ix_projects_team_id"), "projects", ["team_id"], unique=False)
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "qualification_ids", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "rejected",
                "expired",
                "withdrawn",
                name="accessstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("granted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_access_requests_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_access_requests_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_access_requests_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
    )
    op.create_index(
        op.f("ix_access_requests_resource_id"), "access_requests", ["resource_id"], unique=False
    )
    op.create_index(
        op.f("ix_access_requests_state_expires_at"),
        "access_requests",
        ["state", "expires_at"],
        unique=False,
    )
    op.create_index(
        "uq_access_requests_open",
        "access_requests",
        ["person_id", "resource_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "holder_kind",
            sa.Enum(
                "person",
                "team",
                "project",
                "role",
                "everyone",
                name="holderkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column(
            "period",
            sa.Enum(
                "day",
                "week",
                "month",
                "quarter",
                "year",
                name="period",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "unit",
            sa.Enum(
                "minutes",
                "count",
                name="quotaunit",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_allocations_amount")),
        sa.CheckConstraint(
            "resource_id IS NULL OR type_id IS NULL", name=op.f("ck_allocations_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_allocations_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["resource_types.id"], name=op.f("fk_allocations_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    op.create_index(op.f("ix_allocations_holder_id"), "allocations", ["holder_id"], unique=False)
    op.create_index(
        op.f("ix_allocations_resource_id"), "allocations", ["resource_id"], unique=False
    )
    op.create_index(op.f("ix_allocations_type_id"), "allocations", ["type_id"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("steps", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "approved",
                "rejected",
                "expired",
                "withdrawn",
                name="approvalstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("step_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_escalated", sa.Boolean(), nullable=False),
        sa.Column("permission", sa.String(length=60), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_for", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_approvals_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["requested_for"], ["users.id"], name=op.f("fk_approvals_requested_for")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_approvals_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["approval_rules.id"], name=op.f("fk_approvals_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(
        "ix_approvals_due",
        "approvals",
        ["step_due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_approvals_resource_id"), "approvals", ["resource_id"], unique=False)
    op.create_index(op.f("ix_approvals_rule_id"), "approvals", ["rule_id"], unique=False)
    op.create_index(
        op.f("ix_approvals_subject_type_subject_id"),
        "approvals",
        ["subject_type", "subject_id"],
        unique=False,
    )
    op.create_index(
        "uq_approvals_open",
        "approvals",
        ["subject_type", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "booking_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=500), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=True),
        sa.Column("answers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=False),
        sa.Column("booked_for", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_booking_series_length")),
        sa.ForeignKeyConstraint(
            ["booked_by"], ["users.id"], name=op.f("fk_booking_series_booked_by")
        ),
        sa.ForeignKeyConstraint(
            ["booked_for"], ["users.id"], name=op.f("fk_booking_series_booked_for")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_booking_series_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_booking_series_resource_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_booking_series_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_series")),
    )
    op.create_index(
        op.f("ix_booking_series_booked_for"), "booking_series", ["booked_for"], unique=False
    )
    op.create_index(
        op.f("ix_booking_series_resource_id"), "booking_series", ["resource_id"], unique=False
    )
    op.create_table(
        "booking_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("attendees", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_booking_templates_length")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_booking_templates_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_booking_templates_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_booking_templates_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_booking_templates_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_templates")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_booking_templates_owner_id_name")),
    )
    op.create_index(
        op.f("ix_booking_templates_resource_id"), "booking_templates", ["resource_id"], unique=False
    )
    op.create_index(
        op.f("ix_booking_templates_team_id"), "booking_templates", ["team_id"], unique=False
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_delegations_order")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_delegations_two_people")),
        sa.ForeignKeyConstraint(["from_id"], ["users.id"], name=op.f("fk_delegations_from_id")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_delegations_resource_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_delegations_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_from_id"), "delegations", ["from_id"], unique=False)
    op.create_index(
        op.f("ix_delegations_to_id_ends_at"), "delegations", ["to_id", "ends_at"], unique=False
    )
    op.create_table(
        "free_alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("min_minutes > 0", name=op.f("ck_free_alerts_length")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_free_alerts_person_id")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_free_alerts_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_alerts")),
    )
    op.create_index(op.f("ix_free_alerts_person_id"), "free_alerts", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_free_alerts_resource_id"), "free_alerts", ["resource_id"], unique=False
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.Uuid(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("source_type", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_outages_resource_id")
        ),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name=op.f("fk_outages_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index(
        "ix_outages_open",
        "outages",
        ["resource_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        op.f("ix_outages_source_type_source_id"),
        "outages",
        ["source_type", "source_id"],
        unique=False,
    )
    op.create_table(
        "utility_dependants",
        sa.Column("utility_id", sa.Uuid(), nullable=False),
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
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_utility_dependants_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["utility_id"], ["utilities.id"], name=op.f("fk_utility_dependants_utility_id")
        ),
        sa.PrimaryKeyConstraint("utility_id", "resource_id", name=op.f("pk_utility_dependants")),
    )
    op.create_index(
        op.f("ix_utility_dependants_resource_id"),
        "utility_dependants",
        ["resource_id"],
        unique=False,
    )
    op.create_table(
        "waiting_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "offered",
                "fulfilled",
                "cancelled",
                "expired",
                name="waitingstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(resource_id IS NULL) <> (type_id IS NULL)", name=op.f("ck_waiting_entries_one_target")
        ),
        sa.CheckConstraint("latest_at > earliest_at", name=op.f("ck_waiting_entries_order")),
        sa.CheckConstraint(
            "min_minutes > 0 AND max_minutes >= min_minutes", name=op.f("ck_waiting_entries_length")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_waiting_entries_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_waiting_entries_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_waiting_entries_resource_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_waiting_entries_team_id")),
        sa.ForeignKeyConstraint(
            ["type_id"], ["resource_types.id"], name=op.f("fk_waiting_entries_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entries")),
    )
    op.create_index(
        op.f("ix_waiting_entries_person_id_state"),
        "waiting_entries",
        ["person_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_waiting_entries_resource_id_state"),
        "waiting_entries",
        ["resource_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_waiting_entries_state_latest_at"),
        "waiting_entries",
        ["state", "latest_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_waiting_entries_type_id_state"),
        "waiting_entries",
        ["type_id", "state"],
        unique=False,
    )
    op.create_table(
        "approval_seats",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("is_escalated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_seats_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_approval_seats_person_id")
        ),
        sa.PrimaryKeyConstraint("approval_id", "step", "person_id", name=op.f("pk_approval_seats")),
    )
    op.create_index(
        op.f("ix_approval_seats_person_id"), "approval_seats", ["person_id"], unique=False
    )
    op.create_table(
        "approval_votes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "approve",
                "reject",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("is_by_link", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_votes_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_approval_votes_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_approval_votes_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_votes")),
        sa.UniqueConstraint(
            "approval_id",
            "step",
            "person_id",
            name=op.f("uq_approval_votes_approval_id_step_person_id"),
        ),
    )
    op.create_table(
        "qualification_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("qualification_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("access_request_id", sa.Uuid(), nullable=True),
        sa.Column("told_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["access_request_id"],
            ["access_requests.id"],
            name=op.f("fk_qualification_grants_access_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["users.id"], name=op.f("fk_qualification_grants_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_qualification_grants_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["qualification_id"],
            ["qualifications.id"],
            name=op.f("fk_qualification_grants_qualification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_grants")),
    )
    op.create_index(
        op.f("ix_qualification_grants_expires_at"),
        "qualification_grants",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_qualification_grants_person_id_qualification_id"),
        "qualification_grants",
        ["person_id", "qualification_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_qualification_grants_qualification_id"),
        "qualification_grants",
        ["qualification_id"],
        unique=False,
    )
    op.create_table(
        "quota_balances",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_quota_balances_taken")),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocations.id"], name=op.f("fk_quota_balances_allocation_id")
        ),
        sa.PrimaryKeyConstraint(
            "allocation_id", "holder_id", "period_start", name=op.f("pk_quota_balances")
        ),
    )
    op.create_table(
        "slot_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_slot_holds_person_id")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_slot_holds_resource_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_slot_holds_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_holds")),
    )
    op.create_index(op.f("ix_slot_holds_expires_at"), "slot_holds", ["expires_at"], unique=False)
    op.create_index(op.f("ix_slot_holds_person_id"), "slot_holds", ["person_id"], unique=False)
    op.create_table(
        "booking_attendees",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "response",
            sa.Enum(
                "invited",
                "accepted",
                "tentative",
                "declined",
                name="response",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_attendees_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_booking_attendees_user_id")
        ),
        sa.PrimaryKeyConstraint("booking_id", "user_id", name=op.f("pk_booking_attendees")),
    )
    op.create_index(
        op.f("ix_booking_attendees_user_id"), "booking_attendees", ["user_id"], unique=False
    )
    op.create_table(
        "booking_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "declined",
                "withdrawn",
                "lapsed",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_booking_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_transfers_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["users.id"], name=op.f("fk_booking_transfers_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["new_booking_id"], ["bookings.id"], name=op.f("fk_booking_transfers_new_booking_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_booking_transfers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_transfers")),
    )
    op.create_index(
        op.f("ix_booking_transfers_from_id"), "booking_transfers", ["from_id"], unique=False
    )
    op.create_index(
        op.f("ix_booking_transfers_to_id_state"),
        "booking_transfers",
        ["to_id", "state"],
        unique=False,
    )
    op.create_index(
        "uq_booking_transfers_open",
        "booking_transfers",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "checklist_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column(
            "moment",
            sa.Enum(
                "before",
                "after",
                name="moment",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("faults", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("filled_by", sa.Uuid(), nullable=True),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_checklist_entries_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["filled_by"], ["users.id"], name=op.f("fk_checklist_entries_filled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_entries")),
        sa.UniqueConstraint(
            "booking_id", "moment", name=op.f("uq_checklist_entries_booking_id_moment")
        ),
    )
    op.create_table(
        "problem_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
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
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_blocking", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "resolved",
                name="problemstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("resolution", sa.String(length=2000), nullable=False),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_problem_reports_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["users.id"], name=op.f("fk_problem_reports_reported_by")
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["users.id"], name=op.f("fk_problem_reports_resolved_by")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_problem_reports_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_reports")),
    )
    op.create_index(
        op.f("ix_problem_reports_booking_id"), "problem_reports", ["booking_id"], unique=False
    )
    op.create_index(
        op.f("ix_problem_reports_reported_by"), "problem_reports", ["reported_by"], unique=False
    )
    op.create_index(
        op.f("ix_problem_reports_resource_id_state"),
        "problem_reports",
        ["resource_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_problem_reports_state_severity_rank"),
        "problem_reports",
        ["state", "severity_rank"],
        unique=False,
    )
    op.create_table(
        "quota_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "reserve",
                "commit",
                "release",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocations.id"], name=op.f("fk_quota_entries_allocation_id")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_quota_entries_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_quota_entries_allocation_id_holder_id_period_start"),
        "quota_entries",
        ["allocation_id", "holder_id", "period_start"],
        unique=False,
    )
    op.create_index(
        op.f("ix_quota_entries_booking_id"), "quota_entries", ["booking_id"], unique=False
    )
    op.create_table(
        "waiting_offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "declined",
                "lapsed",
                "withdrawn",
                name="offerstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_waiting_offers_order")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_waiting_offers_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waiting_entries.id"], name=op.f("fk_waiting_offers_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_waiting_offers_resource_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_waiting_offers_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_offers")),
    )
    op.create_index(
        op.f("ix_waiting_offers_entry_id"), "waiting_offers", ["entry_id"], unique=False
    )
    op.create_index(
        op.f("ix_waiting_offers_resource_id"), "waiting_offers", ["resource_id"], unique=False
    )
    op.create_index(
        op.f("ix_waiting_offers_state_expires_at"),
        "waiting_offers",
        ["state", "expires_at"],
        unique=False,
    )
    op.create_index(
        "uq_waiting_offers_open",
        "waiting_offers",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    with ddl.batch_alter(op, "bookings") as batch:
        batch.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("series_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("group_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("project_id", sa.Uuid(), nullable=True))
        batch.add_column(
            sa.Column(
                "answers",
                sa.JSON().with_variant(JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )
        batch.add_column(
            sa.Column(
                "attendee_ids",
                sa.JSON().with_variant(JSONB(), "postgresql"),
                server_default="[]",
                nullable=False,
            )
        )
        batch.add_column(sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(
            sa.Column("is_rival", sa.Boolean(), server_default="false", nullable=False)
        )
        batch.create_index(batch.f("ix_bookings_group_id"), ["group_id"], unique=False)
        batch.create_index(batch.f("ix_bookings_project_id"), ["project_id"], unique=False)
        batch.create_index(batch.f("ix_bookings_series_id"), ["series_id"], unique=False)
        batch.create_foreign_key(
            batch.f("fk_bookings_series_id"), "booking_series", ["series_id"], ["id"]
        )
        batch.create_foreign_key(
            batch.f("fk_bookings_project_id"), "projects", ["project_id"], ["id"]
        )

    with ddl.batch_alter(op, "opening_hours") as batch:
        batch.add_column(sa.Column("type_id", sa.Uuid(), nullable=True))
        batch.alter_column("resource_id", existing_type=sa.CHAR(length=32), nullable=True)
        batch.create_index(
            "uq_opening_hours_site",
            ["weekday", "opens"],
            unique=True,
            postgresql_where=sa.text("resource_id IS NULL AND type_id IS NULL"),
            sqlite_where=sa.text("resource_id IS NULL AND type_id IS NULL"),
        )
        batch.create_unique_constraint(
            batch.f("uq_opening_hours_type_id_weekday_opens"), ["type_id", "weekday", "opens"]
        )
        batch.create_foreign_key(
            batch.f("fk_opening_hours_type_id"), "resource_types", ["type_id"], ["id"]
        )

    with ddl.batch_alter(op, "policies") as batch:
        batch.add_column(sa.Column("max_per_day", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("max_minutes_per_day", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("max_minutes_per_week", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("is_parallel_refused", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("are_rivals_allowed", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("approval_rule_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("offer_minutes", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column(
                "required_qualifications",
                sa.JSON().with_variant(JSONB(), "postgresql"),
                nullable=True,
            )
        )
        batch.add_column(
            sa.Column("questions", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True)
        )
        batch.add_column(
            sa.Column(
                "checklist_before", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True
            )
        )
        batch.add_column(
            sa.Column(
                "checklist_after", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True
            )
        )
        batch.add_column(
            sa.Column("own_rules", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True)
        )
        batch.create_foreign_key(
            batch.f("fk_policies_approval_rule_id"), "approval_rules", ["approval_rule_id"], ["id"]
        )

    with ddl.batch_alter(op, "resource_types") as batch:
        batch.add_column(
            sa.Column(
                "custom_schema",
                sa.JSON().with_variant(JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )

    with ddl.batch_alter(op, "resources") as batch:
        batch.add_column(
            sa.Column(
                "custom",
                sa.JSON().with_variant(JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )
        batch.add_column(sa.Column("code", sa.String(length=16), nullable=True))
        batch.create_unique_constraint(batch.f("uq_resources_code"), ["code"])

    _carry_over()


def _carry_over() -> None:
    """Give every resource a code for its label, and what is down or degraded its outage."""
    connection = op.get_bind()
    resources = sa.table(
        "resources",
        sa.column("id", sa.Uuid()),
        sa.column("code", sa.String()),
        sa.column("state", sa.String()),
        sa.column("state_reason", sa.String()),
        sa.column("updated_at", sa.DateTime(timezone=True)),
    )
    outages = sa.table(
        "outages",
        *(sa.column(name, sa.Uuid()) for name in ("id", "resource_id")),
        *(sa.column(name, sa.String()) for name in ("effect", "source_type", "reason")),
        sa.column("started_at", sa.DateTime(timezone=True)),
    )
    for row in connection.execute(sa.select(resources)).all():
        theirs = sa.update(resources).where(resources.c.id == row.id)
        code = "".join(secrets.choice(CODES) for _place in range(8))
        connection.execute(theirs.values(code=code))
        if row.state in {"down", "degraded"}:
            outage = {
                "id": ids.new(), "resource_id": row.id, "effect": row.state,
                "source_type": "person", "reason": row.state_reason or "",
                "started_at": row.updated_at,
            }  # fmt: skip
            connection.execute(sa.insert(outages).values(outage))
