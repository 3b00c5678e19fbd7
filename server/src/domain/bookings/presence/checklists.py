"""Checklists before and after use: what is asked, what was answered, what lies outside its limits.

The list before use is needed to check in; the one after use is asked for and never holds anybody
up. Answers outside their limits are kept, marked, and told to those responsible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids, sheets
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import notifications, resources
from src.domain.accounts.tables import User
from src.domain.bookings import attendance, holds, locking, policy, repository, rules
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.presence.errors import (
    ChecklistInvalid,
    ChecklistNeeded,
    NoChecklist,
)
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, ChecklistEntry, Moment, Status

AFTERWARDS = timedelta(days=1)  # so long the list after use may be filled in, and mended
Terms = resources.terms.Terms


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list, and how it was filled in; `schema` as in `core.sheets`.

    `faults` names the answers outside their limits. `is_open`: it may be filled in now.
    """

    moment: Moment
    schema: Mapping[str, Any]
    answers: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()
    filled_at: datetime | None = None
    filled_by: str | None = None
    is_open: bool = False


async def of(session: AsyncSession, actor: Actor, booking_id: UUID) -> list[Checklist]:
    """The lists of a booking the actor may read, before and after.

    Raises `BookingNotFound`, `Forbidden`.
    """
    found = await repository.find(session, Booking.id == booking_id)
    if not found or not policy.may_know(actor, found[0].booking):
        raise BookingNotFound(_("Choose one from the list of bookings."))
    if not policy.may_read(actor, found[0].booking):
        raise forbidden(Permission.BOOKINGS_READ_DETAILS)
    booking, now = found[0].booking, clock.now()
    terms = await _terms(session, booking)
    rows = await session.execute(
        select(ChecklistEntry, User.name)
        .outerjoin(User, User.id == ChecklistEntry.filled_by)
        .where(ChecklistEntry.booking_id == booking_id)
    )
    filled = {entry.moment: (entry, name) for entry, name in rows}
    may = policy.may_change(actor, booking)
    return [
        _view(moment, schema, filled.get(moment), is_open=may and is_open(booking, moment, now))
        for moment in Moment
        if (schema := schema_of(terms, moment))
    ]


async def fill(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    moment: Moment,
    answers: Mapping[str, Any],
) -> Checklist:
    """Fill in a list, or mend it while it is open.

    Raises `BookingNotFound`, `Forbidden`, `NoChecklist`, `ChecklistInvalid` with every answer that
    is missing or wrong, `BookingStateConflict` too early and too late.
    """
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_known(actor, found, None)
    if found is None or not policy.may_change(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    booking, now = found.booking, clock.now()
    schema = schema_of(await _terms(session, booking), moment)
    if not schema:
        raise NoChecklist(_("Nothing is asked of this booking."))
    _require_open(booking, moment, now)
    _require_sound(schema, answers)
    entry = await _store(session, actor, booking, moment, schema, answers, now)
    changes = {"moment": moment, "outside_limits": entry.faults}
    events.record(session, actor, "booking.checklist", ("booking", booking.id), changes=changes)
    await session.flush()
    if entry.faults:
        await _tell(session, actor, found, schema, entry)
    return _view(moment, schema, (entry, actor.name), is_open=True)


async def asked(session: AsyncSession, booking_id: UUID, moment: Moment) -> dict[str, Any] | None:
    """What is asked of a booking then, whoever asks; None where nothing is, or there is none."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        return None
    schema = schema_of(await _terms(session, booking), moment)
    return dict(schema) if schema else None


async def is_missing_after(session: AsyncSession, booking_id: UUID) -> bool:
    """Whether a list is asked after use that nobody has filled in."""
    if await asked(session, booking_id, Moment.AFTER) is None:
        return False
    return not await _is_filled(session, booking_id, Moment.AFTER)


def schema_of(terms: Terms, moment: Moment) -> Mapping[str, Any] | None:
    """What a resource asks; None where it asks nothing."""
    sheet = (
        terms.policy.checklist_before if moment is Moment.BEFORE else terms.policy.checklist_after
    )
    return sheet if sheets.fields(dict(sheet) if sheet else None) else None


def is_open(booking: Booking, moment: Moment, now: datetime) -> bool:
    """Whether a list may be filled in: from check-in to the end, and for a day after use."""
    status = rules.status_at(booking, now)
    if moment is Moment.BEFORE:
        may_come = status is Status.CONFIRMED and policy.can_check_in(booking, now)
        return may_come or status is Status.IN_USE
    if status is Status.COMPLETED:
        return now < (booking.checked_out_at or booking.ends_at) + AFTERWARDS
    return status is Status.IN_USE or policy.can_end_early(booking, now)


async def _require_filled(session: AsyncSession, found: Whole, terms: Terms) -> None:
    """Raise `ChecklistNeeded` where the list before use was not filled in. One statement."""
    schema = schema_of(terms, Moment.BEFORE)
    if schema is None:
        return
    if not await _is_filled(session, found.booking.id, Moment.BEFORE):
        raise ChecklistNeeded(
            _("%(resource)s asks a few things before use.", resource=found.resource.name),
            checklist=schema,
        )


async def _is_filled(session: AsyncSession, booking_id: UUID, moment: Moment) -> bool:
    entry = select(ChecklistEntry.id).where(
        ChecklistEntry.booking_id == booking_id, ChecklistEntry.moment == moment
    )
    return await session.scalar(entry) is not None


def _require_open(booking: Booking, moment: Moment, now: datetime) -> None:
    if is_open(booking, moment, now):
        return
    detail = _("The list before use is filled in from 15 minutes before the start to the end.")
    if moment is Moment.AFTER:
        detail = _("The list after use is filled in from the start to a day after the end.")
    raise BookingStateConflict(detail, state=rules.status_at(booking, now).value, allowed=[])


def _require_sound(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    faults = sheets.check(dict(schema), answers)
    if faults:
        raise ChecklistInvalid(
            _("Correct what is marked."),
            errors=tuple(
                FieldError(("answers", fault.name), f"answer-{fault.code}", fault.message)
                for fault in faults
            ),
        )


async def _store(
    session: AsyncSession,
    actor: Actor,
    booking: Booking,
    moment: Moment,
    schema: Mapping[str, Any],
    answers: Mapping[str, Any],
    now: datetime,
) -> ChecklistEntry:
    """The booking is locked: nobody else writes its lists."""
    entry = await session.scalar(
        select(ChecklistEntry).where(
            ChecklistEntry.booking_id == booking.id, ChecklistEntry.moment == moment
        )
    )
    if entry is None:
        entry = ChecklistEntry(id=ids.new(), booking_id=booking.id, moment=moment)
        session.add(entry)
    entry.answers = sheets.tidy(dict(schema), answers)
    entry.faults = sheets.out_of_limits(dict(schema), entry.answers)
    entry.filled_by, entry.filled_at = actor.user_id, now
    return entry


async def _tell(
    session: AsyncSession,
    actor: Actor,
    found: Whole,
    schema: Mapping[str, Any],
    entry: ChecklistEntry,
) -> None:
    outside = {field.label for field in sheets.fields(dict(schema)) if field.name in entry.faults}
    said = [
        f"{label}: {answer}"
        for label, answer in sheets.as_read(dict(schema), entry.answers)
        if label in outside
    ]
    booking = found.booking
    asked = (await resources.responsible_for(session, [booking.resource_id])).get(
        booking.resource_id, []
    )
    for user_id in dict.fromkeys(each.id for each in asked):
        await notifications.notify(
            session,
            user_id=user_id,
            kind="booking.checklist",
            args={
                "booking_id": booking.id,
                "resource": found.resource.name,
                "starts_at": booking.starts_at,
                "ends_at": booking.ends_at,
                "by": actor.user_id,
                "answers": ", ".join(said),
            },
            link=f"/bookings/{booking.id}",
            subject=("booking", booking.id),
        )


async def _terms(session: AsyncSession, booking: Booking) -> Terms:
    around = holds.held(booking)
    return (await resources.terms.load(session, [booking.resource_id], around=around))[
        booking.resource_id
    ]


def _view(
    moment: Moment,
    schema: Mapping[str, Any],
    filled: tuple[ChecklistEntry, str | None] | None,
    *,
    is_open: bool,
) -> Checklist:
    if filled is None:
        return Checklist(moment, schema, is_open=is_open)
    entry, name = filled
    return Checklist(
        moment, schema, entry.answers, tuple(entry.faults), entry.filled_at, name, is_open
    )


attendance.on_coming(_require_filled)
