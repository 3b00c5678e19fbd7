"""When a resource is free next: open, not closed, and a unit that nothing holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    length = _shortest(terms)
    found = [_first_fit(opened, left, length) for opened, left in _left(terms, taken, now)]
    return min((moment for moment in found if moment is not None), default=None)


def free_until(
    terms: Terms, taken: Mapping[int, Sequence[Window]], *, now: datetime
) -> datetime | None:
    """How long a booking that begins now could last, on the unit where it is longest.

    None where the shortest does not fit; two weeks from now where nothing is in the way.
    """
    ends = [
        min(part.ends_at, gap.ends_at)
        for opened, left in _left(terms, taken, now)
        for part in opened
        for gap in left
        if part.starts_at <= now and gap.starts_at <= now
    ]
    longest = max(ends, default=now)
    return longest if longest - now >= _shortest(terms) else None


def first_start(terms: Terms, *, now: datetime, until: datetime) -> datetime | None:
    """The first round time from now on at which a booking may begin that ends by `until`."""
    start = on_grid(terms, now + timedelta(minutes=terms.policy.latest_minutes or 0))
    return start if start + _shortest(terms) <= until else None


def on_grid(terms: Terms, at: datetime) -> datetime:
    """The first round time from `at` on, by the grid of its policy and the clock on its wall."""
    local = at.astimezone(terms.zone)
    slot = terms.policy.slot_minutes or SHORTEST
    late = timedelta(
        minutes=(local.hour * 60 + local.minute) % slot,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    return at + (timedelta(minutes=slot) - late) if late else at


def _shortest(terms: Terms) -> timedelta:
    return timedelta(minutes=terms.policy.min_minutes or terms.policy.slot_minutes or SHORTEST)


def _left(
    terms: Terms, taken: Mapping[int, Sequence[Window]], now: datetime
) -> Iterator[tuple[list[Window], list[Window]]]:
    """Of each unit that takes bookings: when it is open, and what is left for a booking."""
    if terms.state not in (ResourceState.AVAILABLE, ResourceState.DEGRADED):
        return
    policy = terms.policy
    before = timedelta(minutes=policy.buffer_before_minutes)
    after = timedelta(minutes=policy.buffer_after_minutes)
    horizon = Window(now, now + HORIZON)
    span = horizon.widened(before=policy.buffer_before_minutes, after=policy.buffer_after_minutes)
    opened = open_windows(terms.hours, terms.zone, horizon)
    closed = [closure.window for closure in terms.closures]
    for unit in terms.units:
        if unit.is_active:
            gaps = without(span, [*taken.get(unit.id, ()), *closed])
            yield opened, [Window(gap.starts_at + before, gap.ends_at - after) for gap in gaps]


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
