"""Who waits for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.errors import FieldError, PreconditionFailed, Unauthenticated
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import resources
from src.domain.bookings import charging, plans, policy
from src.domain.bookings.tables import OfferState, WaitingEntry, WaitingState
from src.domain.bookings.waiting import offers, repository, serving
from src.domain.bookings.waiting.errors import (
    BadWaiting,
    TooManyWaiting,
    WaitingEntryNotFound,
    WaitingOver,
)
from src.domain.bookings.waiting.views import Awaited, EntryView
from src.domain.resources.errors import ResourceTypeNotFound
from src.domain.resources.tables import ResourceType

MOST_OF_ONE = 30
LONGEST = 366 * 1440
# Whoever frees time looks through all of it, day by day, while others wait for the calendar.
REACH = timedelta(days=2 * 366)
RANKS = range(1, 1000)
CHANGEABLE = frozenset(
    {"earliest_at", "latest_at", "min_minutes", "max_minutes", "title", "notes", "answers", "rank"}
)
_MINUTE = timedelta(minutes=1)


async def add(session: AsyncSession, actor: Actor, *, awaited: Awaited) -> EntryView:
    """Put the actor on a waiting list; time that is free already and fits is offered at once.

    Raises `BadWaiting` with every fault, `TooManyWaiting`, `ResourceNotFound`,
    `ResourceTypeNotFound`, `Forbidden` (`bookings:create`).
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first: somebody has to wait."))
    _require_sound(awaited.earliest_at, awaited.latest_at, awaited.min_minutes, awaited.max_minutes)
    await _require_target(session, actor, awaited)
    _require_texts(awaited.title, awaited.notes)
    await _require_account(session, actor, awaited)
    await _require_few(session, actor.user_id)
    entry = WaitingEntry(
        id=ids.new(),
        person_id=actor.user_id,
        team_id=awaited.team_id,
        project_id=awaited.project_id,
        resource_id=awaited.resource_id,
        type_id=awaited.type_id,
        earliest_at=awaited.earliest_at,
        latest_at=awaited.latest_at,
        min_minutes=awaited.min_minutes,
        max_minutes=awaited.max_minutes,
        title=awaited.title,
        notes=awaited.notes,
        answers=dict(awaited.answers),
        state=WaitingState.WAITING,
    )
    session.add(entry)
    await session.flush()
    changes: dict[str, object] = {
        name: getattr(entry, name)
        for name in ("resource_id", "type_id", "earliest_at", "latest_at", "min_minutes")
        if getattr(entry, name) is not None
    }
    subject = ("waiting-entry", entry.id)
    events.record(session, actor, "waiting.added", subject, changes=changes)
    await look_around(session, entry)
    return await get(session, actor, entry.id)


async def look_around(session: AsyncSession, entry: WaitingEntry) -> None:
    """Offer what is free already; others who wait for it come before."""
    found = await serving.opportunities(session, [entry])
    if found:
        await serving.serve(session, found, is_passed_on=True)


async def get(session: AsyncSession, actor: Actor, entry_id: UUID) -> EntryView:
    """One's own entry, or one of what one looks after. Raises `WaitingEntryNotFound`."""
    wanted = repository.entries().where(WaitingEntry.id == entry_id, repository.visible(actor))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise WaitingEntryNotFound(_("Choose one from the waiting list."))
    return repository.entry_of(row, now=clock.now())


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    mine: bool = True,
    resource_id: UUID | None = None,
    is_on: bool = False,
    paging: Paging | None = None,
) -> Page[EntryView]:
    """One's own entries, or (not `mine`) all of what one looks after, in the order of serving.

    `is_on`: only those that still wait.
    """
    now = clock.now()
    wanted = repository.entries()
    wanted = wanted.where(repository.own(actor) if mine else repository.visible(actor))
    if resource_id is not None:
        wanted = wanted.where(WaitingEntry.resource_id == resource_id)
    if is_on:
        wanted = wanted.where(WaitingEntry.state.in_(repository.ON), WaitingEntry.latest_at > now)
    keys = [
        Key(WaitingEntry.rank, name="rank"),
        Key(WaitingEntry.lapses, name="lapses"),
        Key(WaitingEntry.created_at, name="created_at"),
        Key(WaitingEntry.id, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: repository.entry_of(row, now=now))


async def change(
    session: AsyncSession,
    actor: Actor,
    entry_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> EntryView:
    """Change what is waited for; what is absent stays. An open offer stands as it is.

    `rank` is for those who manage the bookings of what is waited for. Raises
    `WaitingEntryNotFound`, `WaitingOver`, `BadWaiting`, `Forbidden`, `PreconditionFailed`.
    """
    entry = await _locked(session, actor, entry_id, expected_version)
    is_own = entry.person_id == actor.user_id
    if not is_own and changes.keys() - {"rank"}:
        raise forbidden(Permission.BOOKINGS_MANAGE)
    if "rank" in changes:
        _require_rank(actor, entry, changes["rank"])
    before = {name: getattr(entry, name) for name in CHANGEABLE & changes.keys()}
    for name in before:
        setattr(entry, name, changes[name])
    _require_sound(entry.earliest_at, entry.latest_at, entry.min_minutes, entry.max_minutes)
    _require_texts(entry.title, entry.notes)
    told = {
        name: [value, getattr(entry, name)]
        for name, value in before.items()
        if name not in {"title", "notes", "answers"} and value != getattr(entry, name)
    }
    await session.flush()
    subject = ("waiting-entry", entry.id)
    events.record(session, actor, "waiting.changed", subject, changes=told)
    if entry.state is WaitingState.WAITING:
        await look_around(session, entry)
    return await get(session, actor, entry_id)


async def cancel(
    session: AsyncSession,
    actor: Actor,
    entry_id: UUID,
    *,
    expected_version: int | None = None,
) -> EntryView:
    """Take an entry off the list; an open offer goes to the next one.

    For whose it is and for those who manage the bookings there. Raises `WaitingEntryNotFound`,
    `WaitingOver`, `PreconditionFailed`.
    """
    entry = await _locked(session, actor, entry_id, expected_version)
    await call_off(session, actor, entry)
    return await get(session, actor, entry_id)


async def call_off(session: AsyncSession, actor: Actor, entry: WaitingEntry) -> None:
    """End a locked entry, and pass on what was offered to it."""
    entry.state, entry.ended_at = WaitingState.CANCELLED, clock.now()
    events.record(session, actor, "waiting.cancelled", ("waiting-entry", entry.id))
    made = await repository.open_offer(session, entry.id)
    await session.flush()
    if made is not None:
        made.state, made.decided_at = OfferState.WITHDRAWN, clock.now()
        events.record(session, actor, "offer.withdrawn", ("waiting-entry", entry.id))
        await offers.pass_on(session, made)


async def _locked(
    session: AsyncSession, actor: Actor, entry_id: UUID, expected_version: int | None
) -> WaitingEntry:
    """An entry the actor may see and that still waits, locked behind its calendars."""
    await get(session, actor, entry_id)
    await repository.lock_calendars(session, [entry_id])
    wanted = select(WaitingEntry).where(WaitingEntry.id == entry_id).with_for_update()
    entry = (await session.scalars(wanted.execution_options(populate_existing=True))).one()
    if expected_version not in {None, entry.version}:
        raise PreconditionFailed(_("Read the entry again."), version=entry.version)
    if entry.state not in repository.ON or entry.latest_at <= clock.now():
        raise WaitingOver(_("It waits no more: make a new entry."), state=entry.state.value)
    return entry


async def _require_target(session: AsyncSession, actor: Actor, awaited: Awaited) -> None:
    now = clock.now()
    if (awaited.resource_id is None) == (awaited.type_id is None):
        detail = _("Wait for one resource, or for any of a type.")
        raise BadWaiting(detail, errors=(FieldError(("resource_id",), "one-of", detail),))
    if awaited.resource_id is not None:
        policy.require(actor, Permission.BOOKINGS_CREATE, awaited.resource_id)
        around = resources.hours.Window(now, now)
        await resources.terms.one(session, actor, awaited.resource_id, around=around)
        return
    if not actor.may_anywhere(Permission.BOOKINGS_CREATE):
        raise forbidden(Permission.BOOKINGS_CREATE)
    known = select(ResourceType.id).where(ResourceType.id == awaited.type_id)
    if await session.scalar(known) is None:
        raise ResourceTypeNotFound(_("Choose one from the list of resource types."))


async def _require_few(session: AsyncSession, person_id: UUID) -> None:
    own = select(func.count()).where(
        WaitingEntry.person_id == person_id,
        WaitingEntry.state.in_(repository.ON),
        WaitingEntry.latest_at > clock.now(),
    )
    if (await session.scalar(own) or 0) >= MOST_OF_ONE:
        raise TooManyWaiting(_("At most %(most)s entries at once.", most=MOST_OF_ONE))


def _require_rank(actor: Actor, entry: WaitingEntry, rank: object) -> None:
    scopes = [resource_scope(entry.resource_id)] if entry.resource_id else []
    actor.require(Permission.BOOKINGS_MANAGE, *scopes)
    if rank not in RANKS:
        detail = _("A rank is 1 to %(last)s; the lowest is served first.", last=RANKS[-1])
        raise BadWaiting(detail, errors=(FieldError(("rank",), "invalid", detail),))


def _require_sound(earliest: datetime, latest: datetime, least: int, most: int) -> None:
    faults = []
    if latest <= earliest:
        faults.append(("latest_at", "ends-before-start", _("The end must be after the start.")))
    elif latest <= clock.now():
        faults.append(("latest_at", "in-the-past", _("This time is over.")))
    elif latest > clock.now() + REACH:
        detail = _("One waits for the next %(days)s days at most.", days=REACH.days)
        faults.append(("latest_at", "too-far", detail))
    elif not 1 <= least <= LONGEST:
        faults.append(("min_minutes", "invalid", _("It must be at least a minute.")))
    elif latest - earliest < least * _MINUTE:
        detail = _("So long a time does not fit between the two.")
        faults.append(("min_minutes", "too-long", detail))
    if not least <= most <= LONGEST:
        detail = _("The longest cannot be shorter than the shortest.")
        faults.append(("max_minutes", "contradiction", detail))
    if faults:
        raise BadWaiting(
            faults[0][2],
            errors=tuple(FieldError((name,), code, detail) for name, code, detail in faults),
        )


async def _require_account(session: AsyncSession, actor: Actor, awaited: Awaited) -> None:
    """A team or project that is not theirs would keep every offer away."""
    scopes = [resource_scope(awaited.resource_id)] if awaited.resource_id else []
    may_any = actor.may(Permission.BOOKINGS_MANAGE, *scopes)
    _refuse(
        [
            *await charging.team_faults(session, actor, awaited.team_id, may_any=may_any),
            *await charging.project_faults(session, actor, awaited.project_id, may_any=may_any),
        ]
    )


def _require_texts(title: str, notes: str) -> None:
    _refuse(list(plans.text_faults((("title", title), ("notes", notes)))))


def _refuse(faults: Sequence[plans.Violation]) -> None:
    if faults:
        raise BadWaiting(
            faults[0].message,
            errors=tuple(
                FieldError((fault.field or "title",), fault.code, fault.message) for fault in faults
            ),
        )
