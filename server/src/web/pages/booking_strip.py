"""A day of one resource as a strip: what is on it, and where a booking would go.

Drawn by the clock on the resource's wall. Places are per cent of the strip's width, which SVG
takes as attributes: no style, and no script, is needed for it to fit any screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from src.core.language import gettext as _
from src.domain.bookings import Calendar, Entry
from src.domain.resources.hours import Window

_DAY = timedelta(days=1)
_ALWAYS = 22 * 60  # open that long, a day shows only its busy part
_USUAL = (8 * 60, 18 * 60)
_MOST_LANES = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one lane. `left` and `width` are per cent; `lane` counts from 0."""

    kind: str  # own | seen | masked | wish | block | buffer | shut | new | clash
    lane: int
    left: float
    width: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour of the scale."""

    left: float
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """What the template draws. `now` is where the clock stands, per cent; `told` says it all."""

    day: date
    lanes: int
    bars: list[Bar]
    ticks: list[Tick]
    now: float | None
    told: str

    @property
    def kinds(self) -> frozenset[str]:
        """What there is to explain."""
        return frozenset(bar.kind for bar in self.bars)

    @property
    def lane_height(self) -> int:
        """Pixels: one or two units are written on, many are lines."""
        return {1: 34, 2: 26}.get(self.lanes, 18 if self.lanes <= 6 else 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What would be booked: without `unit` the first free one. `leaving`: what it comes from."""

    window: Window
    unit: int | None = None
    leaving: UUID | None = None


def day_of(window: Window, zone: tzinfo) -> Window:
    """The local day a window begins on."""
    day = window.starts_at.astimezone(zone).date()
    starts, ends = (datetime.combine(one, time(), zone) for one in (day, day + _DAY))
    return Window(starts.astimezone(UTC), ends.astimezone(UTC))


def draw(calendar: Calendar, asked: Asked, *, zone: tzinfo, now: datetime) -> Strip:
    """Draw the only resource of `calendar` on the day `asked` begins on."""
    return _Drawing(calendar, asked, zone).strip(now)


@dataclass(frozen=True, slots=True)
class _Drawing:
    calendar: Calendar
    asked: Asked
    zone: tzinfo

    @property
    def day(self) -> date:
        return self.asked.window.starts_at.astimezone(self.zone).date()

    @property
    def units(self) -> Sequence[int]:
        return self.calendar.resources[0].units[:_MOST_LANES] or (1,)

    @property
    def entries(self) -> list[Entry]:
        return [
            entry
            for entry in self.calendar.entries
            if entry.unit in self.units
            and (entry.booking_id is None or entry.booking_id != self.asked.leaving)
        ]

    def strip(self, now: datetime) -> Strip:
        """All of it."""
        scale = self._scale()
        bars = [
            bar
            for lane, minutes in self._minutes()
            if (bar := _clipped(lane, minutes, scale)) is not None
        ]
        at = self._wall(now)
        is_shown = now.astimezone(self.zone).date() == self.day and scale[0] <= at <= scale[1]
        return Strip(
            self.day,
            len(self.units),
            bars,
            list(_ticks(scale)),
            _share(at, scale) if is_shown else None,
            self._told(),
        )

    def _minutes(self) -> Iterator[tuple[Bar, tuple[int, int]]]:
        """Bars without their places, and from which minute of the day to which."""
        for first, last in self._shut():
            for lane in range(len(self.units)):
                yield Bar("shut", lane, 0, 0), (first, last)
        for entry in self.entries:
            lane = self.units.index(entry.unit)
            starts, ends = self._wall(entry.starts_at), self._wall(entry.ends_at)
            yield from self._buffers(lane, starts, ends, entry.buffer_before, entry.buffer_after)
            title = entry.title or entry.person or ""
            yield Bar(_kind(entry), lane, 0, 0, title), (starts, ends)
        window, limits = self.asked.window, self.calendar.resources[0].rules
        starts, ends = self._wall(window.starts_at), self._wall(window.ends_at)
        lane, is_free = self._lane()
        before, after = limits.buffer_before_minutes, limits.buffer_after_minutes
        yield from self._buffers(lane, starts, ends, before, after)
        yield Bar("new" if is_free else "clash", lane, 0, 0), (starts, ends)

    def _buffers(
        self, lane: int, starts: int, ends: int, before: int, after: int
    ) -> Iterator[tuple[Bar, tuple[int, int]]]:
        if before:
            yield Bar("buffer", lane, 0, 0), (starts - before, starts)
        if after:
            yield Bar("buffer", lane, 0, 0), (ends, ends + after)

    def _lane(self) -> tuple[int, bool]:
        """The unit it would get, and whether that is free then."""
        wanted = [unit for unit in self.units if self.asked.unit in {None, unit}] or self.units
        for unit in wanted:
            if not any(self._meets(entry) for entry in self.entries if entry.unit == unit):
                return self.units.index(unit), True
        return self.units.index(wanted[0]), False

    def _meets(self, entry: Entry) -> bool:
        limits = self.calendar.resources[0].rules
        own = self.asked.window.widened(
            before=limits.buffer_before_minutes, after=limits.buffer_after_minutes
        )
        theirs = Window(entry.starts_at, entry.ends_at)
        return own.overlaps(theirs.widened(before=entry.buffer_before, after=entry.buffer_after))

    def _open(self) -> list[tuple[int, int]]:
        parts = (
            (max(0, self._wall(part.starts_at)), min(1440, self._wall(part.ends_at)))
            for part in self.calendar.resources[0].open
        )
        return [part for part in parts if part[0] < part[1]]

    def _shut(self) -> Iterator[tuple[int, int]]:
        at = 0
        for opens, closes in [*self._open(), (1440, 1440)]:
            if opens > at:
                yield at, opens
            at = max(at, closes)

    def _scale(self) -> tuple[int, int]:
        """The minutes worth showing, whole hours: when it is open, and all that is on."""
        spans = [(self._wall(e.starts_at), self._wall(e.ends_at)) for e in self.entries]
        window = self.asked.window
        spans.append((self._wall(window.starts_at), self._wall(window.ends_at)))
        opened = self._open()
        is_always = sum(closes - opens for opens, closes in opened) >= _ALWAYS
        spans += [_USUAL] if is_always or not opened else opened
        first = max(0, min(starts for starts, _ends in spans))
        last = min(1440, max(ends for _starts, ends in spans))
        first, last = first // 60 * 60, -(-last // 60) * 60
        return (first, last) if first < last else (0, 1440)

    def _wall(self, at: datetime) -> int:
        """Minutes from the day's midnight by the clock on the wall."""
        local = at.astimezone(self.zone)
        return (local.date() - self.day).days * 1440 + local.hour * 60 + local.minute

    def _told(self) -> str:
        said = [
            f"{self._clock(entry.starts_at)}–{self._clock(entry.ends_at)}"
            for entry in self.entries
            if self._wall(entry.ends_at) > 0
        ]
        window = self.asked.window
        own = f"{self._clock(window.starts_at)}–{self._clock(window.ends_at)}"
        if not said:
            return _("That day only this booking: %(time)s.", time=own)
        return _("Taken that day: %(times)s. This booking: %(time)s.",
                 times=", ".join(said), time=own)  # fmt: skip

    def _clock(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%H:%M")


def _kind(entry: Entry) -> str:
    if entry.kind == "block":
        return "block"
    if entry.is_own:
        return "own"
    if entry.is_masked:
        return "masked"
    return "wish" if entry.status == "requested" else "seen"


def _clipped(bar: Bar, minutes: tuple[int, int], scale: tuple[int, int]) -> Bar | None:
    first, last = max(minutes[0], scale[0]), min(minutes[1], scale[1])
    if first >= last:
        return None
    left = _share(first, scale)
    return Bar(bar.kind, bar.lane, left, round(_share(last, scale) - left, 3), bar.title)


def _ticks(scale: tuple[int, int]) -> Iterator[Tick]:
    hours = (scale[1] - scale[0]) // 60
    step = 1 if hours <= 6 else 2 if hours <= 14 else 4
    first = scale[0] // 60
    for hour in range(first + (-first) % step, scale[1] // 60, step):
        yield Tick(_share(hour * 60, scale), f"{hour:02d}:00")


def _share(minute: int, scale: tuple[int, int]) -> float:
    return round((minute - scale[0]) / (scale[1] - scale[0]) * 100, 3)
