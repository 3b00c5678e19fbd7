"""The audit log on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from src.core import verbs
from src.core.audit import EventView, Filter
from src.core.audit_export import Format
from src.core.verbs import Kind
from src.models.common import Moment, Reference, Wire


class EventRead(Wire):
    """Something that happened. `seq` is its place in commit order, once it is sealed.

    `personal` and `ip` are shown to those who manage people, and of one's own to oneself. `actor` is
    null for the system; `kind` for a verb that nothing records any more.
    """

    id: UUID
    seq: int | None
    at: datetime
    actor: Reference | None
    actor_kind: Literal["user", "api_key", "system"]
    verb: str
    kind: Kind | None
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
        fields = {
            name: getattr(view, name) for name in cls.model_fields if name not in {"actor", "kind"}
        }
        declared = verbs.declared.get(view.verb)
        actor = None
        if view.actor_id is not None:
            actor = Reference(id=view.actor_id, name=names.get(view.actor_id, ""))
        return cls.model_validate(
            {**fields, "actor": actor, "kind": declared.kind if declared else None}
        )


class ArchiveRead(Wire):
    """An archived month: the seals it holds, the links before and at its end, and what is stored."""

    id: UUID
    month: str
    events: int
    first_seq: int
    last_seq: int
    previous_hash: str
    last_hash: str
    size: int
    sha256: str
    created_at: datetime


VerbName = Annotated[str, Field(pattern=r"^[a-z_.-]{1,80}$")]


class ExportWish(Wire):
    """What is to be exported: the filter of the list, and how it is written."""

    format: Format = Format.CSV
    actor_id: UUID | None = None
    subject_type: Annotated[str, Field(pattern=r"^[a-z_-]{1,40}$")] | None = None
    subject_id: UUID | None = None
    verbs: list[VerbName] = Field(default_factory=list, max_length=20)
    kinds: list[Kind] = Field(default_factory=list, max_length=20)
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None

    def wanted(self) -> Filter:
        """The filter."""
        return Filter(
            self.actor_id, self.subject_type, self.subject_id, self.verbs, self.kinds,
            self.from_, self.to,
        )  # fmt: skip
