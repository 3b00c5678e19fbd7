"""What can be booked, its rules, and the calendar of holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, JSONOrNull, Table, Versioned, choice
from src.domain.resources import codes

BigId = BigInteger().with_variant(Integer, "sqlite")


class ResourceState(StrEnum):
    """available and degraded take bookings; down and retired do not."""

    AVAILABLE = "available"
    DEGRADED = "degraded"
    DOWN = "down"
    RETIRED = "retired"


class ResourceType(Identified, Versioned, Table):
    """Confocal microscopes, flow cytometers, meeting rooms."""

    __tablename__ = "resource_types"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    # The JSON schema of what is told about each resource of the type (`Resource.custom`).
    custom_schema: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Location(Identified, Versioned, Table):
    """A site, a building, a room: a tree."""

    __tablename__ = "locations"
    __table_args__ = (
        UniqueConstraint("parent_id", "name"),
        Index(
            "uq_locations_root_name",
            "name",
            unique=True,
            postgresql_where=text("parent_id IS NULL"),
            sqlite_where=text("parent_id IS NULL"),
        ),
    )

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    name: Mapped[str] = mapped_column(String(120))


class Resource(Identified, Versioned, Table):
    """An instrument or a room. Opening hours and recurrences are meant in its time zone."""

    __tablename__ = "resources"
    __table_args__ = (
        Index(None, "type_id"),
        Index(None, "location_id"),
        Index(None, "name"),
        Index(None, "photo_id"),
    )

    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    type_id: Mapped[UUID] = mapped_column(ForeignKey("resource_types.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    state: Mapped[ResourceState] = mapped_column(
        choice(ResourceState), default=ResourceState.AVAILABLE
    )
    state_reason: Mapped[str | None] = mapped_column(String(500))
    timezone: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    tags: Mapped[list[str]] = mapped_column(default=list)
    # The row of a file goes a month after the file was taken away.
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="SET NULL"))
    # Grows with every change of its calendar: the key of conditional reads of it.
    calendar_version: Mapped[int] = mapped_column(default=0)
    # What its type's schema asks for.
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Stands on its printed label: the address /r/<code>.
    code: Mapped[str | None] = mapped_column(String(16), unique=True, default=codes.new)


class Duty(StrEnum):
    """What somebody does for a resource, beside its contact (`contact_id`)."""

    DEPUTY = "deputy"
    TRAINER = "trainer"
    SAFETY = "safety"


class Responsibility(Table):
    """Who looks after a resource, in the order in which they are to be asked."""

    __tablename__ = "responsibilities"
    __table_args__ = (Index(None, "user_id"),)

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    role: Mapped[Duty] = mapped_column(choice(Duty), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    position: Mapped[int]


class ResourceSet(Identified, Versioned, Table):
    """Resources a person looks at together, in their order; nobody else sees the set."""

    __tablename__ = "resource_sets"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(120))
    resource_ids: Mapped[list[str]] = mapped_column(default=list)


class Unit(Table):
    """One of the N places a resource of capacity N has, numbered from 1."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("resource_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    number: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)


class Policy(Identified, Versioned, Table):
    """Rules of booking, for one resource, for a type, or (neither) for the whole site.

    A field that is NULL is not said here; the nearer level wins field by field. Minutes throughout.
    """

    __tablename__ = "policies"
    __table_args__ = (
        CheckConstraint("resource_id IS NULL OR type_id IS NULL", name="one_level"),
        UniqueConstraint("level"),
    )

    # "site", "type:<id>" or "resource:<id>": NULLs would let two site policies stand
    level: Mapped[str] = mapped_column(String(60))
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource_types.id"))
    slot_minutes: Mapped[int | None]
    min_minutes: Mapped[int | None]
    max_minutes: Mapped[int | None]
    earliest_minutes: Mapped[int | None]  # how long ahead one may book at the most
    latest_minutes: Mapped[int | None]  # how long ahead one must book at the least
    buffer_before_minutes: Mapped[int | None]
    buffer_after_minutes: Mapped[int | None]
    cancel_notice_minutes: Mapped[int | None]
    is_check_in_required: Mapped[bool | None]
    check_in_grace_minutes: Mapped[int | None]
    is_approval_required: Mapped[bool | None]
    request_hold_minutes: Mapped[int | None]  # how long a request holds its slot
    max_upcoming: Mapped[int | None]  # bookings a person may have ahead on one resource
    max_per_day: Mapped[int | None]  # bookings of a person on one local day
    max_minutes_per_day: Mapped[int | None]  # a night counts in both days' share
    max_minutes_per_week: Mapped[int | None]
    is_parallel_refused: Mapped[bool | None]  # no other booking of the person at that time
    are_rivals_allowed: Mapped[bool | None]  # several may ask for a time that is only requested
    approval_rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_rules.id"))
    offer_minutes: Mapped[int | None]  # how long an offer holds freed time for one who waits
    required_qualifications: Mapped[list[str] | None] = mapped_column(JSONOrNull)
    # JSON schemas of what is asked at booking, before use and after it.
    questions: Mapped[dict[str, Any] | None] = mapped_column(JSONOrNull)
    checklist_before: Mapped[dict[str, Any] | None] = mapped_column(JSONOrNull)
    checklist_after: Mapped[dict[str, Any] | None] = mapped_column(JSONOrNull)
    # What the institute's own rules are told, by the code of the rule.
    own_rules: Mapped[dict[str, Any] | None] = mapped_column(JSONOrNull)


_OF_SITE = text("resource_id IS NULL AND type_id IS NULL")


class OpeningHours(Table):
    """A weekly interval in which a resource is open, in its local time. None at all: always open.

    Said for a resource, for a type, or (neither) for the whole site; the nearest level that says
    any counts. Minutes from local midnight; `closes` may be 1440.
    """

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens >= 0 AND closes <= 1440 AND opens < closes", name="interval"),
        CheckConstraint("resource_id IS NULL OR type_id IS NULL", name="one_level"),
        UniqueConstraint("resource_id", "weekday", "opens"),
        UniqueConstraint("type_id", "weekday", "opens"),
        Index(
            "uq_opening_hours_site",
            "weekday",
            "opens",
            unique=True,
            postgresql_where=_OF_SITE,
            sqlite_where=_OF_SITE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource_types.id"))
    weekday: Mapped[int]  # 0 is Monday
    opens: Mapped[int]
    closes: Mapped[int]


class Closure(Identified, Versioned, Table):
    """A time in which one, many or all resources cannot be booked."""

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index(None, "ends_at"),
    )

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    is_everything: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]


class ClosureResource(Table):
    """Which resources a closure closes."""

    __tablename__ = "closure_resources"
    __table_args__ = (Index(None, "resource_id"),)

    closure_id: Mapped[UUID] = mapped_column(ForeignKey("closures.id"), primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"), primary_key=True)


class HoldKind(StrEnum):
    """Blocks exclude the other three, but not each other."""

    BOOKING = "booking"
    OFFER = "offer"
    SLOT = "slot"
    BLOCK = "block"


class Hold(Table):
    """A unit is taken in [starts_at, ends_at). Exists exactly while it blocks.

    Written by `resources.calendar` alone; the database refuses an overlap (`core.ddl`).
    """

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index(None, "unit_id", "ends_at"),
        Index(None, "holder_id"),
        Index(None, "expires_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[HoldKind] = mapped_column(choice(HoldKind))
    holder_id: Mapped[UUID]
    expires_at: Mapped[datetime | None]


class UtilityState(StrEnum):
    """A utility that is down takes its dependants along."""

    UP = "up"
    DOWN = "down"


class Effect(StrEnum):
    """What an outage makes of a resource."""

    DEGRADED = "degraded"
    DOWN = "down"


class Utility(Identified, Versioned, Table):
    """Gas, vacuum, power, cooling water: what resources depend on."""

    __tablename__ = "utilities"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[UtilityState] = mapped_column(choice(UtilityState), default=UtilityState.UP)
    state_reason: Mapped[str | None] = mapped_column(String(500))


class UtilityDependant(Table):
    """What becomes of a resource when the utility fails: down (full) or degraded (partial)."""

    __tablename__ = "utility_dependants"
    __table_args__ = (Index(None, "resource_id"),)

    utility_id: Mapped[UUID] = mapped_column(ForeignKey("utilities.id"), primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    effect: Mapped[Effect] = mapped_column(choice(Effect))


class Outage(Identified, Table):
    """A reason why a resource is down or degraded, from when to when.

    A resource is as bad as the worst of its open outages; it comes back when the last one ends.
    """

    __tablename__ = "outages"
    __table_args__ = (
        Index(
            "ix_outages_open",
            "resource_id",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "source_type", "source_id"),
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    effect: Mapped[Effect] = mapped_column(choice(Effect))
    source_type: Mapped[str] = mapped_column(String(20))  # utility, problem, person
    source_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
