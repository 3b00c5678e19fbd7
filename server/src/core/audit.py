"""Reading the record of what happened: newest first, by actor, subject, verb and time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import chain, operations, seals, verbs
from src.core.actor import Actor, ActorKind, Permission
from src.core.errors import NotFound, Unauthenticated
from src.core.events import Event, EventDetail, Seal
from src.core.language import gettext as _
from src.core.operations import Operation
from src.core.paging import Key, Page, Paging, paginate
from src.core.verbs import Kind

Ts = TypeVarTuple("Ts")
_KEYS = [Key(Event.id, descending=True, name="id")]
# Between an id and its event's time lies a moment, or a clock that was set back.
_MARGIN = timedelta(minutes=5)
# What people see of what happened to their own access, and to what only they have.
OWN = frozenset(Kind) - {Kind.DATA_CHANGED, Kind.SYSTEM_ERROR, Kind.RESTRICTED_READ}
OWN_THINGS = frozenset({Kind.LOG_IN, Kind.LOG_OUT, Kind.CREDENTIAL_CHANGED, Kind.NEW_ADDRESS})


# Of what a reader of the record may not know all the same: the ids, by each domain that has such.
Hidden = Callable[[AsyncSession, Actor], Awaitable[Collection[UUID]]]
_concealing: list[Hidden] = []


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
    kinds: Collection[Kind] = ()
    from_: datetime | None = None
    to: datetime | None = None


def concealed_by(hook: Hidden) -> None:
    """Have `hook` asked which things the actor may not know of, though they read the record."""
    _concealing.append(hook)


async def hidden(session: AsyncSession, actor: Actor) -> frozenset[UUID]:
    """The things whose events the actor does not read."""
    return frozenset([one for hook in _concealing for one in await hook(session, actor)])


def without(statement: Select[*Ts], things: Collection[UUID]) -> Select[*Ts]:
    """Narrow a statement over events to those of other things, and of nothing that hangs on these."""
    if not things:
        return statement
    names = [str(one) for one in things]
    on = func.coalesce(Event.changes[("subject", 1)].as_string(), "")
    other = or_(Event.subject_id.is_(None), Event.subject_id.not_in(things))
    return statement.where(other, on.not_in(names))


def is_of(event: Event, things: Collection[UUID]) -> bool:
    """Whether an event is of one of these things, or of what hangs on it: as in `without`."""
    on = event.changes.get("subject")
    hangs_on = on[1] if isinstance(on, list) and len(on) > 1 else None
    return event.subject_id in things or hangs_on in {str(one) for one in things}


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    wanted: Filter | None = None,
    paging: Paging | None = None,
) -> Page[EventView]:
    """Events the actor may know of, newest first. Needs `events:read`."""
    actor.require(Permission.EVENTS_READ)
    unknown = await hidden(session, actor)
    statement = without(matching(_statement(), wanted or Filter()), unknown)
    page = await paginate(session, statement, keys=_KEYS, paging=paging or Paging())
    is_shown = actor.may(Permission.USERS_MANAGE)
    return page.map(lambda row: view_of(*row, is_shown=is_shown))


async def get(session: AsyncSession, actor: Actor, event_id: UUID) -> EventView:
    """One event. Needs `events:read`; raises `EventNotFound`."""
    actor.require(Permission.EVENTS_READ)
    row = (await session.execute(_statement().where(Event.id == event_id))).one_or_none()
    if row is None or is_of(row[0], await hidden(session, actor)):
        raise EventNotFound(_("No event has this id."))
    return view_of(*row, is_shown=actor.may(Permission.USERS_MANAGE))


async def own(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[EventView]:
    """What happened to one's own access, newest first: log-ins, refused ones, passwords, factors.

    Needs no permission. Where somebody else did it, their address stays theirs.
    """
    me = actor.user_id
    if me is None:
        raise Unauthenticated(_("Log in as a person."))
    about_me = and_(Event.subject_type == "user", Event.subject_id == me)
    by_me = and_(Event.subject_type != "user", Event.actor_id == me)
    statement = _statement().where(
        or_(
            and_(about_me, Event.verb.in_(verbs.of_kinds(OWN))),
            and_(by_me, Event.verb.in_(verbs.of_kinds(OWN_THINGS))),
        )
    )
    page = await paginate(session, statement, keys=_KEYS, paging=paging or Paging())
    return page.map(lambda row: view_of(*row, is_shown=row[0].actor_id in (None, me)))


async def stretch(
    session: AsyncSession,
    wanted: Filter,
    *,
    before: UUID | None,
    limit: int,
    personal: bool,
    unknown: Collection[UUID] = (),
) -> list[EventView]:
    """The events before that one which the filter finds, newest first. Who may is asked before.

    Those of things that are `unknown` to the reader are left out.
    """
    found = without(matching(_statement(), wanted), unknown)
    statement = found.order_by(Event.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Event.id < before)
    return [view_of(*row, is_shown=personal) for row in await session.execute(statement)]


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


def matching(statement: Select[*Ts], wanted: Filter) -> Select[*Ts]:
    """Narrow a statement over events.

    Times are narrowed by the id too, which holds the time it was made: that is what is indexed,
    and what months are parted by.
    """
    if wanted.actor_id is not None:
        statement = statement.where(Event.actor_id == wanted.actor_id)
    if wanted.subject_type is not None:
        statement = statement.where(Event.subject_type == wanted.subject_type)
    if wanted.subject_id is not None:
        statement = statement.where(Event.subject_id == wanted.subject_id)
    if wanted.from_ is not None:
        edge = chain.first_id(wanted.from_ - _MARGIN)
        statement = statement.where(Event.at >= wanted.from_, Event.id >= edge)
    if wanted.to is not None:
        edge = chain.first_id(wanted.to + _MARGIN)
        statement = statement.where(Event.at < wanted.to, Event.id < edge)
    if wanted.kinds:
        statement = statement.where(Event.verb.in_(verbs.of_kinds(wanted.kinds)))
    if wanted.verbs:
        whole = [verb for verb in wanted.verbs if not verb.endswith(".")]
        areas = [
            Event.verb.startswith(verb, autoescape=True)
            for verb in wanted.verbs
            if verb.endswith(".")
        ]
        statement = statement.where(or_(Event.verb.in_(whole), *areas))
    return statement


def view_of(
    event: Event,
    seq: int | None,
    detail: EventDetail | None = None,
    *,
    is_shown: bool = False,
) -> EventView:
    """An event as it is read; what is personal only where it `is_shown`."""
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
