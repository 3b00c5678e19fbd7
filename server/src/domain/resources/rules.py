"""The rules of a booking, as pure functions: no rule hides another, each tells its numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from src.core import language
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.resources.hours import Window, is_open
from src.domain.resources.tables import ResourceState
from src.domain.resources.terms import Terms

LONGEST_DAYS = 366
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold. `field` is the part of the wish that would have to change.

    `numbers` are what the message says, for those who word it themselves; times in ISO 8601.
    `overridable`: `bookings:override` and a reason may pass over it.
    """

    code: str
    message: str
    overridable: bool
    numbers: dict[str, int | str | None] = dataclasses.field(default_factory=dict)
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What the rules are asked about. `upcoming` counts the person's other bookings ahead.

    `is_started` is for a booking under way whose start stays: rules about its start are past.
    """

    window: Window
    now: datetime
    unit: int | None = None
    upcoming: int = 0
    is_started: bool = False


def violations(terms: Terms, question: Question) -> list[Violation]:
    """Every rule of the resource that the question breaks, in a fixed order."""
    window = question.window
    found = [*_state(terms), *_unit(terms, question.unit)]
    if window.ends_at <= window.starts_at:
        return [
            *found,
            Violation("ends-before-start", _("The end must be after the start."), False,
                      field="ends_at"),
        ]  # fmt: skip
    if window.ends_at - window.starts_at > timedelta(days=LONGEST_DAYS):
        return [
            *found,
            Violation("too-long", _("A booking takes at most %(days)s days.", days=LONGEST_DAYS), False,
                      {"max_minutes": LONGEST_DAYS * 1440, "minutes": _whole(window.minutes)},
                      "ends_at"),
        ]  # fmt: skip
    return [
        *found,
        *_closures(terms, window),
        *_hours(terms, window),
        *_grid(terms, question),
        *_length(terms, window),
        *_advance(terms, question),
        *_limit(terms, question.upcoming),
    ]


def state_faults(terms: Terms) -> list[Violation]:
    """What the resource's own state says against using it."""
    return list(_state(terms))


def hold_window(terms: Terms, window: Window) -> Window:
    """What a booking of `window` keeps others out of: the window and its buffers."""
    policy = terms.policy
    return window.widened(before=policy.buffer_before_minutes, after=policy.buffer_after_minutes)


def _state(terms: Terms) -> Iterator[Violation]:
    said = {"resource": terms.name, "reason": terms.state_reason}
    numbers: dict[str, int | str | None] = {"reason": terms.state_reason}
    if terms.state is ResourceState.DOWN:
        message = _("%(resource)s is down.", **said)
        if terms.state_reason:
            message = _("%(resource)s is down: %(reason)s.", **said)
        yield Violation("resource-down", message, True, numbers, "resource_id")
    if terms.state is ResourceState.RETIRED:
        message = _("%(resource)s is retired.", **said)
        if terms.state_reason:
            message = _("%(resource)s is retired: %(reason)s.", **said)
        yield Violation("resource-retired", message, False, numbers, "resource_id")


def _unit(terms: Terms, unit: int | None) -> Iterator[Violation]:
    active = [known.number for known in terms.units if known.is_active]
    if not active:
        message = _("%(resource)s has no unit in service.", resource=terms.name)
        yield Violation("no-units", message, False, {}, "resource_id")
    elif unit is not None and unit not in active:
        listed = ", ".join(map(str, active))
        message = _(
            "%(resource)s has no unit %(unit)s; choose one of %(units)s, or none.",
            resource=terms.name,
            unit=unit,
            units=listed,
        )
        yield Violation("unit-unknown", message, False, {"unit": unit, "units": listed}, "unit")


def _closures(terms: Terms, window: Window) -> Iterator[Violation]:
    held = hold_window(terms, window)
    for closure in terms.closures:
        if closure.window.overlaps(held):
            starts, ends = closure.window.starts_at, closure.window.ends_at
            yield Violation(
                "closed",
                _(
                    "%(resource)s is closed from %(starts)s to %(ends)s: %(reason)s.",
                    resource=terms.name,
                    starts=_local(terms, starts),
                    ends=_local(terms, ends),
                    reason=closure.reason,
                ),
                False,
                {"from": _iso(starts), "to": _iso(ends), "reason": closure.reason},
                "starts_at",
            )


def _hours(terms: Terms, window: Window) -> Iterator[Violation]:
    if not is_open(terms.hours, terms.zone, window):
        starts, ends = _local(terms, window.starts_at), _local(terms, window.ends_at)
        yield Violation(
            "outside-opening-hours",
            _(
                "%(resource)s is not open all the time from %(starts)s to %(ends)s (%(zone)s).",
                resource=terms.name,
                starts=starts,
                ends=ends,
                zone=terms.timezone,
            ),
            True,
            {"timezone": terms.timezone},
            "starts_at",
        )


def _grid(terms: Terms, question: Question) -> Iterator[Violation]:
    slot = terms.policy.slot_minutes
    if not slot:
        return
    ends = (("starts_at", question.window.starts_at), ("ends_at", question.window.ends_at))
    for name, at in ends:
        if name == "starts_at" and question.is_started:
            continue
        if not on_grid(at, terms.zone, slot):
            said = {"slot": slot, "time": _local(terms, at)}
            message = _(
                "End on a multiple of %(slot)s minutes of the day, not at %(time)s.", **said
            )
            if name == "starts_at":
                message = _(
                    "Start on a multiple of %(slot)s minutes of the day, not at %(time)s.", **said
                )
            yield Violation(
                "off-grid",
                message,
                True,
                {"slot_minutes": slot},
                name,
            )


def on_grid(at: datetime, zone: ZoneInfo, slot: int) -> bool:
    """Whether the local clock shows a multiple of `slot` minutes since midnight."""
    local = at.astimezone(zone)
    return (
        local.second == 0
        and local.microsecond == 0
        and (local.hour * 60 + local.minute) % slot == 0
    )


def _length(terms: Terms, window: Window) -> Iterator[Violation]:
    shortest, longest = terms.policy.min_minutes, terms.policy.max_minutes
    minutes = window.minutes
    if shortest is not None and minutes < shortest:
        yield Violation(
            "too-short",
            _(
                "The shortest booking is %(shortest)s; this one is %(length)s.",
                shortest=_minutes(shortest),
                length=_length_of(window),
            ),
            True,
            {"min_minutes": shortest, "minutes": _whole(minutes), "seconds": _seconds(window)},
            "ends_at",
        )
    if longest is not None and minutes > longest:
        yield Violation(
            "too-long",
            _(
                "The longest booking is %(longest)s; this one is %(length)s.",
                longest=_minutes(longest),
                length=_length_of(window),
            ),
            True,
            {"max_minutes": longest, "minutes": _whole(minutes), "seconds": _seconds(window)},
            "ends_at",
        )


def _advance(terms: Terms, question: Question) -> Iterator[Violation]:
    window, now = question.window, question.now
    if window.ends_at <= now:
        yield Violation("in-the-past", _("This time is over."), False, {"now": _iso(now)},
                        "ends_at" if question.is_started else "starts_at")  # fmt: skip
        return
    if question.is_started:
        return
    # The slot that runs just now may still be taken.
    tolerance = terms.policy.slot_minutes or 1
    if window.starts_at <= now - tolerance * _MINUTE:
        message = _("The start is in the past.")
        yield Violation("in-the-past", message, False, {"now": _iso(now)}, "starts_at")
    earliest, latest = terms.policy.earliest_minutes, terms.policy.latest_minutes
    ahead = (window.starts_at - now) / _MINUTE
    if earliest is not None and ahead > earliest:
        yield Violation(
            "too-early",
            _(
                "Book at most %(most)s ahead; this is %(ahead)s ahead.",
                most=_span(earliest),
                ahead=_span(_whole(ahead)),
            ),
            True,
            {"earliest_minutes": earliest, "minutes_ahead": _whole(ahead)},
            "starts_at",
        )
    if latest is not None and latest > 0 and ahead < latest:
        yield Violation(
            "too-late",
            _(
                "Book at least %(least)s ahead; this is %(ahead)s ahead.",
                least=_span(latest),
                ahead=_span(max(0, _whole(ahead))),
            ),
            True,
            {"latest_minutes": latest, "minutes_ahead": _whole(ahead)},
            "starts_at",
        )


def _limit(terms: Terms, upcoming: int) -> Iterator[Violation]:
    most = terms.policy.max_upcoming
    if most is not None and upcoming >= most:
        yield Violation(
            "too-many-upcoming",
            _(
                "One person may have %(most)s bookings ahead on %(resource)s; there are %(upcoming)s.",
                most=most,
                resource=terms.name,
                upcoming=upcoming,
            ),
            True,
            {"max_upcoming": most, "upcoming": upcoming},
            "resource_id",
        )


def _whole(minutes: float) -> int:
    return int(minutes // 1)


def _seconds(window: Window) -> int:
    return (window.ends_at - window.starts_at) // timedelta(seconds=1)


def _length_of(window: Window) -> str:
    minutes, seconds = divmod(_seconds(window), 60)
    said = [_minutes(minutes)] if minutes else []
    if seconds:
        said.append(ngettext("%(num)s second", "%(num)s seconds", seconds))
    return language.format_list(said) if said else _("less than a second")


def _minutes(count: int) -> str:
    return ngettext("%(num)s minute", "%(num)s minutes", count)


def _span(minutes: int) -> str:
    if minutes >= 2 * 1440:
        return ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    if minutes >= 120:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return _minutes(minutes)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _local(terms: Terms, at: datetime) -> str:
    return language.format_moment(at, zone=terms.zone)
