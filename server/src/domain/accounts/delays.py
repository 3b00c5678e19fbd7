"""How long who failed waits until the next attempt: rules, without a database.

Failures are counted in three tallies: of one account from one address (a pair), of an account from
all addresses, of an address with all accounts. A pair that fails too often waits for itself alone.
The other two are crowds: no single member counts for more than `SHARE`, so that one address, however
long it tries, never makes an account wait elsewhere. A crowd builds a wall, which stops every pair
that has not waited yet; who has waited as long as they were told is let through once, however high
the wall has grown meanwhile. So nobody is locked out for good, and nobody waits longer than
`LONGEST`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=15)
SHARE = 5  # failures of one member that count in a crowd
PLACES = 200  # members a crowd remembers; by then it waits as long as it can
TICKET = timedelta(hours=1)  # for so long, having waited counts
_DOUBLINGS = 10  # 2^10 seconds are more than LONGEST
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Scale:
    """`free` failures cost nothing; the next costs a second, and each `step` more double it.

    After `memory` without a failure all is forgotten.
    """

    free: int
    step: int
    memory: timedelta


PAIR = Scale(free=5, step=1, memory=timedelta(days=1))
ACCOUNT = Scale(free=20, step=5, memory=timedelta(days=1))
# Behind one address there may be an institute whose people mistype.
ADDRESS = Scale(free=30, step=10, memory=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Tally:
    """Failures under one key. `others`: who of a crowd failed, once for each time that counted."""

    count: int
    others: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An attempt that is too early. `is_new`: to be written down for the pair, as its ticket."""

    until: datetime
    is_new: bool


def delay(scale: Scale, count: int) -> timedelta:
    """The wait after so many failures: it never shrinks, and never exceeds `LONGEST`."""
    if count <= scale.free:
        return _NONE
    doublings = (count - scale.free - 1) // scale.step
    return min(LONGEST, timedelta(seconds=2 ** min(doublings, _DOUBLINGS)))


def counted(scale: Scale, tally: Tally | None, now: datetime, member: str | None = None) -> Tally:
    """The tally after a failure; `member` is who of a crowd failed.

    Unchanged where the member's share is full.
    """
    if tally is None or now - tally.last_at > scale.memory:
        tally = Tally(0, (), now, now)
    others = tally.others
    if member is not None:
        if others.count(member) >= SHARE:
            return tally
        if len(others) < PLACES:
            others = (*others, member)
    count = tally.count + 1
    wait = delay(scale, count)
    until = now + wait if wait else None
    return Tally(count, others, tally.first_at, now, until)


def forgiven(tally: Tally, member: str) -> Tally:
    """The crowd without the failures of a member who got in."""
    left = tuple(other for other in tally.others if other != member)
    return replace(tally, count=tally.count - (len(tally.others) - len(left)), others=left)


def is_reached(scale: Scale, before: Tally | None, after: Tally) -> bool:
    """Whether a lock-out begins with this failure."""
    was = 0 if before is None else before.count
    return was <= scale.free < after.count


def wait(
    now: datetime, pair: Tally | None, crowds: Iterable[Tally | None], *, is_strict: bool = False
) -> Wait | None:
    """Why an attempt is too early, or None. Strict: having waited helps nobody through a wall."""
    own = None if pair is None else pair.blocked_until
    if own is not None and now < own:
        return Wait(own, is_new=False)
    walls = [crowd.blocked_until for crowd in crowds if crowd is not None and crowd.blocked_until]
    wall = max(walls, default=now)
    if wall <= now or (own is not None and now - own < TICKET and not is_strict):
        return None
    return Wait(wall, is_new=True)


def own_wait(pair: Tally, crowds: Iterable[Tally]) -> Tally:
    """The pair after a failure: it waits as long as the longest of its walls."""
    ends = [each.blocked_until for each in (pair, *crowds) if each.blocked_until is not None]
    return replace(pair, blocked_until=max(ends, default=None))
