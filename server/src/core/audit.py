"""Reading the record of what happened: newest first, by actor, subject, verb and time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import operations, seals
from src.core.actor import Actor, ActorKind, Permission
from src.core.errors import NotFound
from src.core.events import Event, EventDetail, Seal
from src.core.language import gettext as _
from src.core.operations import Operation
from src.core.paging import Key, Page, Paging, paginate

Ts = TypeVarTuple("Ts")


class EventNotFound(NotFound):
    """There is no such event."""

    code, title = "event-not-found", "There is no such event"


@dataclass(frozen=True, slots=True)
class EventView:
    """A fact. `seq` is None until it is sealed; `personal` and `ip` only for `users:manage`."""

    id: UUID
    seq: int | None
    at: datetime
    actor_id: UUID | None
    actor_kind: ActorKind
    verb: str
    subject_type: str
    subject_id: UUID | None
    changes: dict[str, Any]
    reason: str | None
    request_id: str | None
    personal: dict[str, Any] | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events; times are [from_, to). A verb that ends in a dot stands for all of its kind."""

    actor_id: UUID | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    verbs: Collection[str] = ()
    from_: datetime | None = None
    to: datetime | None = None


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    wanted: Filter | None = None,
    paging: Paging | None = None,
) -> Page[EventView]:
    """Events, newest first, in one statement. Needs `events:read`."""
    actor.require(Permission.EVENTS_READ)
    statement = _matching(_statement(), wanted or Filter())
    keys = [Key(Event.id, descending=True, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(actor, *row))


async def get(session: AsyncSession, actor: Actor, event_id: UUID) -> EventView:
    """One event. Needs `events:read`; raises `EventNotFound`."""
    actor.require(Permission.EVENTS_READ)
    row = (await session.execute(_statement().where(Event.id == event_id))).one_or_none()
    if row is None:
        raise EventNotFound(_("No event has this id."))
    return _view(actor, *row)


async def verify(session: AsyncSession, actor: Actor) -> Operation:
    """Have the record proved: an operation whose result is the report. Needs `events:read`."""
    actor.require(Permission.EVENTS_READ)
    return await operations.start(session, actor, seals.VERIFY, {})


def _statement() -> Select[Event, int, EventDetail]:
    return (
        select(Event, Seal.seq, EventDetail)
        .outerjoin(Seal, Seal.event_id == Event.id)
        .outerjoin(EventDetail, EventDetail.event_id == Event.id)
    )


def _matching(statement: Select[*Ts], wanted: Filter) -> Select[*Ts]:
    if wanted.actor_id is not None:
        statement = statement.where(Event.actor_id == wanted.actor_id)
    if wanted.subject_type is not None:
        statement = statement.where(Event.subject_type == wanted.subject_type)
    if wanted.subject_id is not None:
        statement = statement.where(Event.subject_id == wanted.subject_id)
    if wanted.from_ is not None:
        statement = statement.where(Event.at >= wanted.from_)
    if wanted.to is not None:
        statement = statement.where(Event.at < wanted.to)
    if wanted.verbs:
        whole = [verb for verb in wanted.verbs if not verb.endswith(".")]
        kinds = [
            Event.verb.startswith(verb, autoescape=True)
            for verb in wanted.verbs
            if verb.endswith(".")
        ]
        statement = statement.where(or_(Event.verb.in_(whole), *kinds))
    return statement


def _view(actor: Actor, event: Event, seq: int | None, detail: EventDetail | None) -> EventView:
    is_shown = detail is not None and actor.may(Permission.USERS_MANAGE)
    return EventView(
        id=event.id,
        seq=seq,
        at=event.at,
        actor_id=event.actor_id,
        actor_kind=event.actor_kind,
        verb=event.verb,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        changes=event.changes,
        reason=event.reason,
        request_id=event.request_id,
        personal=detail.personal if detail is not None and is_shown else None,
        ip=detail.ip if detail is not None and is_shown else None,
    )
