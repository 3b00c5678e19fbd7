"""Answering offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import resources
from src.domain.bookings import reservation
from src.domain.bookings.tables import Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.views import BookingView
from src.domain.bookings.waiting import alerts, board, repository, serving
from src.domain.bookings.waiting.errors import OfferNotFound, OfferOver
from src.domain.bookings.waiting.views import OfferView

Window = resources.hours.Window


async def get(session: AsyncSession, actor: Actor, offer_id: UUID) -> OfferView:
    """An offer made to the actor, or one on what they look after. Raises `OfferNotFound`."""
    wanted = repository.offers().where(Offer.id == offer_id, repository.visible(actor))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise OfferNotFound(_("Choose one from the list of offers."))
    return repository.offer_of(row, now=clock.now())


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    is_open: bool = False,
    paging: Paging | None = None,
) -> Page[OfferView]:
    """The offers made to the actor, the newest first; `is_open`: those that wait for an answer."""
    now = clock.now()
    wanted = repository.offers().where(repository.own(actor))
    if is_open:
        wanted = wanted.where(Offer.state == OfferState.OPEN, Offer.expires_at > now)
    keys = [Key(Offer.id, name="id", descending=True)]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: repository.offer_of(row, now=now))


async def accept(
    session: AsyncSession,
    actor: Actor,
    offer_id: UUID,
    *,
    words: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Book what was offered, under the same rules as any booking; the entry is fulfilled.

    `words`: `title`, `notes`, `answers` in the place of what the entry says. Raises
    `OfferNotFound`, `OfferOver`, `PreconditionFailed`, and what `bookings.create` raises.
    """
    made, entry = await _taken(session, actor, offer_id, expected_version)
    wish = board.wish_of(entry, made.resource_id, Window(made.starts_at, made.ends_at))
    said = {name: value for name, value in (words or {}).items() if value is not None}
    order = reservation.Order(replace(wish, **said), takes_over=frozenset({made.id}))
    (booking,) = await reservation.create_many(session, actor, orders=[order])
    _answer(made, OfferState.ACCEPTED)
    made.booking_id = booking.id
    entry.state, entry.ended_at = WaitingState.FULFILLED, clock.now()
    changes = {"offer_id": made.id, "booking_id": booking.id}
    events.record(session, actor, "offer.accepted", ("waiting-entry", entry.id), changes=changes)
    await session.flush()
    return booking


async def decline(
    session: AsyncSession,
    actor: Actor,
    offer_id: UUID,
    *,
    expected_version: int | None = None,
) -> OfferView:
    """Leave an offer to the next one; the entry waits on for other times.

    Raises `OfferNotFound`, `OfferOver`, `PreconditionFailed`.
    """
    made, entry = await _taken(session, actor, offer_id, expected_version)
    _answer(made, OfferState.DECLINED)
    serving.rest(entry)
    events.record(
        session,
        actor,
        "offer.declined",
        ("waiting-entry", entry.id),
        changes={"offer_id": made.id},
    )
    await pass_on(session, made)
    return await get(session, actor, offer_id)


async def pass_on(session: AsyncSession, made: Offer) -> None:
    """Free what an offer held, and let the next ones have their turn."""
    freed = await serving.give_back(session, made)
    await serving.serve(session, [freed], is_passed_on=True)
    await alerts.tell(session, [freed])


async def _taken(
    session: AsyncSession, actor: Actor, offer_id: UUID, expected_version: int | None
) -> tuple[Offer, WaitingEntry]:
    """An open offer of the actor's own, locked behind its calendar."""
    seen = await repository.offer(session, offer_id)
    if seen is None or actor.user_id is None or seen[1].person_id != actor.user_id:
        raise OfferNotFound(_("Choose one from the list of offers."))
    await resources.calendar.lock(session, {seen[0].resource_id})
    found = await repository.offer(session, offer_id, lock=True)
    if found is None:
        raise OfferNotFound(_("Choose one from the list of offers."))
    made, _entry = found
    if expected_version not in {None, made.version}:
        raise PreconditionFailed(_("Read the offer again."), version=made.version)
    if made.state is not OfferState.OPEN or made.expires_at <= clock.now():
        raise OfferOver(
            _("This offer is over. You go on waiting unless it was fulfilled."),
            state=made.state.value,
        )
    return found


def _answer(made: Offer, state: OfferState) -> None:
    made.state, made.decided_at = state, clock.now()
