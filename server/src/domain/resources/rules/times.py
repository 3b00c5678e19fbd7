"""Rules about time: closures, opening hours, grid, length, and how far ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from src.core.language import gettext as _
from src.domain.resources.hours import is_open
from src.domain.resources.rules.asking import Question, Violation, hold_window
from src.domain.resources.rules.wording import (
    iso,
    length_of,
    local,
    minutes,
    seconds,
    span,
    whole,
)
from src.domain.resources.terms import Terms

_MINUTE = timedelta(minutes=1)


def closures(terms: Terms, question: Question) -> Iterator[Violation]:
    """`closed`: a closure touches it, buffers included."""
    held = hold_window(terms, question.window)
    for closure in terms.closures:
        if closure.window.overlaps(held):
            starts, ends = closure.window.starts_at, closure.window.ends_at
            yield Violation(
                "closed",
                _(
                    "%(resource)s is closed from %(starts)s to %(ends)s: %(reason)s.",
                    resource=terms.name,
                    starts=local(terms, starts),
                    ends=local(terms, ends),
                    reason=closure.reason,
                ),
                False,
                {"from": iso(starts), "to": iso(ends), "reason": closure.reason},
                "starts_at",
            )


def opening_hours(terms: Terms, question: Question) -> Iterator[Violation]:
    """`outside-opening-hours`, by the resource's own clock."""
    window = question.window
    if not is_open(terms.hours, terms.zone, window):
        starts, ends = local(terms, window.starts_at), local(terms, window.ends_at)
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


def grid(terms: Terms, question: Question) -> Iterator[Violation]:
    """`off-grid`, for the start and for the end."""
    slot = terms.policy.slot_minutes
    if not slot:
        return
    ends = (("starts_at", question.window.starts_at), ("ends_at", question.window.ends_at))
    for name, at in ends:
        if name == "starts_at" and question.is_started:
            continue
        if not on_grid(at, terms.zone, slot):
            said = {"slot": slot, "time": local(terms, at)}
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


def length(terms: Terms, question: Question) -> Iterator[Violation]:
    """`too-short`, `too-long`: true lengths, also when the clocks change."""
    window = question.window
    shortest, longest = terms.policy.min_minutes, terms.policy.max_minutes
    long = window.minutes
    if shortest is not None and long < shortest:
        yield Violation(
            "too-short",
            _(
                "The shortest booking is %(shortest)s; this one is %(length)s.",
                shortest=minutes(shortest),
                length=length_of(window),
            ),
            True,
            {"min_minutes": shortest, "minutes": whole(long), "seconds": seconds(window)},
            "ends_at",
        )
    if longest is not None and long > longest:
        yield Violation(
            "too-long",
            _(
                "The longest booking is %(longest)s; this one is %(length)s.",
                longest=minutes(longest),
                length=length_of(window),
            ),
            True,
            {"max_minutes": longest, "minutes": whole(long), "seconds": seconds(window)},
            "ends_at",
        )


def advance(terms: Terms, question: Question) -> Iterator[Violation]:
    """`in-the-past`, `too-early`, `too-late`."""
    window, now = question.window, question.now
    if window.ends_at <= now:
        yield Violation("in-the-past", _("This time is over."), False, {"now": iso(now)},
                        "ends_at" if question.is_started else "starts_at")  # fmt: skip
        return
    if question.is_started:
        return
    # The slot that runs just now may still be taken.
    tolerance = terms.policy.slot_minutes or 1
    if window.starts_at <= now - tolerance * _MINUTE:
        message = _("The start is in the past.")
        yield Violation("in-the-past", message, False, {"now": iso(now)}, "starts_at")
    earliest, latest = terms.policy.earliest_minutes, terms.policy.latest_minutes
    ahead = (window.starts_at - now) / _MINUTE
    if earliest is not None and ahead > earliest:
        yield Violation(
            "too-early",
            _(
                "Book at most %(most)s ahead; this is %(ahead)s ahead.",
                most=span(earliest),
                ahead=span(whole(ahead)),
            ),
            True,
            {"earliest_minutes": earliest, "minutes_ahead": whole(ahead)},
            "starts_at",
        )
    if latest is not None and latest > 0 and ahead < latest:
        yield Violation(
            "too-late",
            _(
                "Book at least %(least)s ahead; this is %(ahead)s ahead.",
                least=span(latest),
                ahead=span(max(0, whole(ahead))),
            ),
            True,
            {"latest_minutes": latest, "minutes_ahead": whole(ahead)},
            "starts_at",
        )
