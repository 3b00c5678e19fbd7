"""The audit log on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from src.core.audit import EventView
from src.models.common import Reference, Wire


class EventRead(Wire):
    """Something that happened. `seq` is its place in commit order, once it is sealed.

    `personal` and `ip` are shown to those who manage people. `actor` is null for the system.
    """

    id: UUID
    seq: int | None
    at: datetime
    actor: Reference | None
    actor_kind: Literal["user", "api_key", "system"]
    verb: str
    subject_type: str
    subject_id: UUID | None
    changes: dict[str, Any]
    reason: str | None
    request_id: str | None
    personal: dict[str, Any] | None
    ip: str | None

    @classmethod
    def of(cls, view: EventView, names: Mapping[UUID, str]) -> Self:
        """The event as it goes over the wire."""
        fields = {name: getattr(view, name) for name in cls.model_fields if name != "actor"}
        actor = None
        if view.actor_id is not None:
            actor = Reference(id=view.actor_id, name=names.get(view.actor_id, ""))
        return cls.model_validate({**fields, "actor": actor})
