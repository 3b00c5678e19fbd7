"""Checklists, more time, kiosks and PINs on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain.bookings.presence import attending, kiosks
from src.domain.bookings.tables import Moment
from src.models.common import Line, Wire

Answers = Annotated[
    dict[str, Any],
    Field(max_length=100, examples=[{"pressure": 2.5}], description="By the names of the fields."),
]


class Arrival(Wire):
    """Coming or leaving; with `answers` the checklist is filled in by the way."""

    answers: Answers | None = None


class ChecklistAnswers(Wire):
    """A checklist that is filled in."""

    answers: Answers


class ChecklistRead(Wire):
    """What is asked before or after use, and what was answered.

    `faults` names the answers outside their limits. `is_open`: you may fill it in now.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    moment: Moment
    schema_: dict[str, Any] = Field(
        validation_alias="schema", serialization_alias="schema", description="JSON Schema."
    )
    answers: dict[str, Any] | None
    faults: list[str]
    filled_at: datetime | None
    filled_by: str | None
    is_open: bool


class Extension(Wire):
    """How much longer."""

    minutes: Annotated[int, Field(strict=True, ge=1, le=attending.LONGEST, examples=[30])]


class KioskCreate(Wire):
    """A tablet for instruments whose bookings you manage."""

    name: Annotated[Line, Field(min_length=1, max_length=120, examples=["Hall, ground floor"])]
    resource_ids: Annotated[list[UUID], Field(min_length=1, max_length=kiosks.MOST)]


class KioskRead(Wire):
    """A kiosk; its address is shown when it is made and never again."""

    id: UUID
    name: str
    resource_ids: list[UUID]
    resource_names: list[str]
    created_at: datetime
    updated_at: datetime
    version: int
    revoked_at: datetime | None
    last_seen_at: datetime | None


class KioskCreated(KioskRead):
    """A new kiosk with its token: it opens at `/kiosk/<token>`."""

    token: str


class PinSet(Wire):
    """Six digits."""

    pin: Annotated[str, Field(max_length=20, examples=["271828"])]


class PinRead(Wire):
    """Since when you have a PIN."""

    set_at: datetime | None
