"""When a resource is free next: open, not closed, and a unit that nothing holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from src.domain.resources.hours import Window, open_windows, without
from src.domain.resources.tables import ResourceState
from src.domain.resources.terms import Terms

HORIZON = timedelta(days=14)
SHORTEST = 15  # minutes, where no policy says how short a booking may be


def next_free(
    terms: Terms, taken: Mapping[int, Sequence[Window]], *, now: datetime
) -> datetime | None:
    """The first instant from `now` on at which the shortest booking fits; None within two weeks.

    The booking lies within the opening hours, and with its buffers between what holds the unit.
    """
    if terms.state not in (ResourceState.AVAILABLE, ResourceState.DEGRADED):
        return None
    policy = terms.policy
    length = timedelta(minutes=policy.min_minutes or policy.slot_minutes or SHORTEST)
    before = timedelta(minutes=policy.buffer_before_minutes)
    after = timedelta(minutes=policy.buffer_after_minutes)
    horizon = Window(now, now + HORIZON)
    span = horizon.widened(before=policy.buffer_before_minutes, after=policy.buffer_after_minutes)
    open_then = open_windows(terms.hours, terms.zone, horizon)
    closed = [closure.window for closure in terms.closures]
    found = []
    for unit in terms.units:
        if not unit.is_active:
            continue
        gaps = without(span, [*taken.get(unit.id, ()), *closed])
        inner = [Window(gap.starts_at + before, gap.ends_at - after) for gap in gaps]
        found.append(_first_fit(open_then, inner, length))
    return min((moment for moment in found if moment is not None), default=None)


def _first_fit(
    some: Sequence[Window], others: Sequence[Window], length: timedelta
) -> datetime | None:
    """The start of the first stretch of that length that lies in one of each; both in order."""
    i = j = 0
    while i < len(some) and j < len(others):
        start = max(some[i].starts_at, others[j].starts_at)
        end = min(some[i].ends_at, others[j].ends_at)
        if end - start >= length:
            return start
        if some[i].ends_at <= others[j].ends_at:
            i += 1
        else:
            j += 1
    return None
