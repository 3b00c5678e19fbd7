"""The weekly opening hours of a resource, in its local time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.resources import access, listing, service, writing
from src.domain.resources.errors import NotInCatalogue
from src.domain.resources.hours import Weekly
from src.domain.resources.tables import OpeningHours

MAX_INTERVALS = 100


async def opening_hours(
    session: AsyncSession, actor: Actor, resource_id: UUID
) -> tuple[Weekly, ...]:
    """By weekday and time; none at all means always open. Raises `ResourceNotFound`."""
    await listing.require_visible(session, actor, resource_id)
    return await _of(session, resource_id)


async def set_opening_hours(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    intervals: Sequence[Weekly],
    *,
    expected_version: int | None = None,
) -> tuple[Weekly, ...]:
    """Replace the opening hours; bookings that are already there stay.

    `expected_version` is the resource's. Raises `ResourceNotFound`, `Forbidden`,
    `PreconditionFailed`, `NotInCatalogue` (every interval that is wrong, by its place).
    """
    access.require_manage(actor, resource_id)
    resource = await service.locked(session, resource_id)
    writing.require_version(resource, expected_version)
    _require_sound(intervals)
    before = await _of(session, resource_id)
    after = tuple(sorted(intervals, key=_order))
    if after != before:
        await session.execute(delete(OpeningHours).where(OpeningHours.resource_id == resource_id))
        session.add_all(
            OpeningHours(
                resource_id=resource_id, weekday=each.weekday, opens=each.opens, closes=each.closes
            )
            for each in after
        )
        writing.touch(session, resource)
        changes = {"opening_hours": [_plain(before), _plain(after)]}
        subject = ("resource", resource_id)
        verb = "resource.opening-hours-set"
        events.record(session, actor, verb, subject, changes=changes)
        await session.flush()
    return after


def _require_sound(intervals: Sequence[Weekly]) -> None:
    faults: list[FieldError] = []
    if len(intervals) > MAX_INTERVALS:
        detail = _("At most %(most)s intervals a week.", most=MAX_INTERVALS)
        raise NotInCatalogue(detail, errors=(FieldError(("intervals",), "invalid", detail),))
    for place, each in enumerate(intervals):
        if not (0 <= each.weekday <= 6 and 0 <= each.opens < each.closes <= 1440):
            detail = _("Weekday 0 to 6, and minutes with 0 ≤ opens < closes ≤ 1440.")
            faults.append(FieldError(("intervals", place), "invalid", detail))
    ordered = sorted(enumerate(intervals), key=lambda pair: _order(pair[1]))
    for (_place, first), (place, second) in pairwise(ordered):
        if first.weekday == second.weekday and second.opens < first.closes:
            detail = _("It overlaps another interval of the same day.")
            faults.append(FieldError(("intervals", place), "overlap", detail))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


async def _of(session: AsyncSession, resource_id: UUID) -> tuple[Weekly, ...]:
    rows = await session.execute(
        select(OpeningHours.weekday, OpeningHours.opens, OpeningHours.closes)
        .where(OpeningHours.resource_id == resource_id)
        .order_by(OpeningHours.weekday, OpeningHours.opens)
    )
    return tuple(Weekly(*row) for row in rows)


def _order(each: Weekly) -> tuple[int, int]:
    return each.weekday, each.opens


def _plain(hours: Sequence[Weekly]) -> list[list[int]]:
    return [[each.weekday, each.opens, each.closes] for each in hours]
