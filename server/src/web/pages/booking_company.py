"""What the page of a booking shows around it: who comes, what was booked with it, who takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, bookings
from src.domain.bookings import BookingView, Status, parties, series
from src.domain.bookings.parties import AttendeeView, TransferView
from src.domain.bookings.series import SeriesView
from src.web.pages.booking_more import in_words
from src.web.pages.frame import Page


@dataclass(frozen=True, slots=True)
class Company:
    """All of it; most bookings have none. `mine` is the reader's own invitation."""

    attendees: tuple[AttendeeView, ...] = ()
    mine: AttendeeView | None = None
    clashes: tuple[BookingView, ...] = ()
    together: tuple[BookingView, ...] = ()
    series: SeriesView | None = None
    words: str = ""
    transfer: TransferView | None = None
    people: tuple[tuple[str, str], ...] = ()
    may_invite: bool = False
    may_hand_over: bool = False


async def company_of(page: Page, reads: ReadSession, booking: BookingView) -> Company:
    """What stands around a booking, as far as its reader may see it."""
    if booking.is_masked:
        return Company()
    now, actor = clock.now(), page.actor
    found: dict[str, Any] = {}
    attendees = tuple(await parties.attendees.list_(reads, actor, booking.id))
    mine = next((one for one in attendees if one.person.id == actor.user_id), None)
    if mine is not None and mine.is_busy:
        found["clashes"] = tuple(await parties.attendees.clashes(reads, actor, booking))
    if booking.group_id is not None:
        which = bookings.Filter(group_id=booking.group_id)
        page_ = await bookings.list_(reads, actor, which=which)
        found["together"] = tuple(one for one in page_.items if one.id != booking.id)
    if booking.series_id is not None:
        one = await _series(reads, page, booking)
        found["series"] = one
        found["words"] = in_words(one.rule, one.starts_at, ZoneInfo(one.timezone)) if one else ""
    may_edit = "edit" in booking.allowed
    can_go = booking.status in {Status.REQUESTED, Status.CONFIRMED} and booking.starts_at > now
    if may_edit and actor.may_anywhere(Permission.USERS_READ):
        others = await accounts.pick(reads, actor, q=None, paging=Paging(limit=MAX_LIMIT))
        found["people"] = tuple(
            (str(one.id), one.name)
            for one in others.items
            if booking.booked_for is None or one.id != booking.booked_for.id
        )
    return Company(
        attendees=attendees,
        mine=mine,
        transfer=await parties.transfers.of_booking(reads, actor, booking.id),
        may_invite=may_edit and bool(found.get("people")),
        may_hand_over=may_edit and can_go and bool(found.get("people")),
        **found,
    )


async def _series(reads: ReadSession, page: Page, booking: BookingView) -> SeriesView | None:
    try:
        return await series.get(reads, page.actor, booking.series_id) if booking.series_id else None
    except series.SeriesNotFound:  # invited to one booking of somebody's series
        return None
