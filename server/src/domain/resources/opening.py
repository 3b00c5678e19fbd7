"""The weekly opening hours at each level, in the local time of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.resources import access, policies, service, writing
from src.domain.resources.errors import NotInCatalogue
from src.domain.resources.hours import Weekly
from src.domain.resources.tables import OpeningHours
from src.domain.resources.views import Level

MAX_INTERVALS = 100


async def opening_hours(
    session: AsyncSession, actor: Actor, resource_id: UUID
) -> tuple[Weekly, ...]:
    """What a resource says itself, as `hours_of`."""
    return await hours_of(session, actor, Level("resource", resource_id))


async def hours_of(session: AsyncSession, actor: Actor, level: Level) -> tuple[Weekly, ...]:
    """What one level says, by weekday and time; none at all: it is left to the level above.

    Where no level says any, it is always open. Raises `ResourceNotFound`, `ResourceTypeNotFound`.
    """
    await policies.require_level(session, actor, level)
    return await _of(session, level)


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
    level = Level("resource", resource_id)
    after, changes = await _replace(session, level, intervals)
    if changes:
        writing.touch(session, resource)
        subject = ("resource", resource_id)
        verb = "resource.opening-hours-set"
        events.record(session, actor, verb, subject, changes=changes)
        await session.flush()
    return after


async def set_hours(
    session: AsyncSession,
    actor: Actor,
    level: Level,
    intervals: Sequence[Weekly],
    *,
    expected_version: int | None = None,
) -> tuple[Weekly, ...]:
    """Replace the hours of a level, as `set_opening_hours`.

    Those of a type and of the site count where nothing nearer says any; their version is that of
    the level's policy.
    """
    if level.kind == "resource" and level.id is not None:
        return await set_opening_hours(
            session, actor, level.id, intervals, expected_version=expected_version
        )
    async with policies.changing(session, actor, level, expected_version) as (_row, changes):
        after, changed = await _replace(session, level, intervals)
        changes.update(changed)
    return after


async def _replace(
    session: AsyncSession, level: Level, intervals: Sequence[Weekly]
) -> tuple[tuple[Weekly, ...], dict[str, Any]]:
    """The hours as they are then, and what changed."""
    _require_sound(intervals)
    before = await _of(session, level)
    after = tuple(sorted(intervals, key=_order))
    if after == before:
        return after, {}
    await session.execute(delete(OpeningHours).where(_said_by(level)))
    session.add_all(
        OpeningHours(
            resource_id=level.id if level.kind == "resource" else None,
            type_id=level.id if level.kind == "type" else None,
            weekday=each.weekday,
            opens=each.opens,
            closes=each.closes,
        )
        for each in after
    )
    return after, {"opening_hours": [_plain(before), _plain(after)]}


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


async def _of(session: AsyncSession, level: Level) -> tuple[Weekly, ...]:
    rows = await session.execute(
        select(OpeningHours.weekday, OpeningHours.opens, OpeningHours.closes)
        .where(_said_by(level))
        .order_by(OpeningHours.weekday, OpeningHours.opens)
    )
    return tuple(Weekly(*row) for row in rows)


def _said_by(level: Level) -> ColumnElement[bool]:
    if level.kind == "resource":
        return OpeningHours.resource_id == level.id
    if level.kind == "type":
        return OpeningHours.type_id == level.id
    return and_(OpeningHours.resource_id.is_(None), OpeningHours.type_id.is_(None))


def _order(each: Weekly) -> tuple[int, int]:
    return each.weekday, each.opens


def _plain(hours: Sequence[Weekly]) -> list[list[int]]:
    return [[each.weekday, each.opens, each.closes] for each in hours]
