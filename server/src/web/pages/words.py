"""Rules and events in words, as pages tell them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from src.core import language
from src.core.language import gettext as _
from src.core.language import mark, ngettext
from src.domain.resources.policy import EffectivePolicy

DAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
length = language.format_length


class Open(Protocol):
    """A weekly interval of opening, in minutes of the local day."""

    @property
    def weekday(self) -> int:
        """0 is Monday."""

    @property
    def opens(self) -> int:
        """Minutes from midnight."""

    @property
    def closes(self) -> int:
        """Minutes from midnight; 1440 is its end."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in a sentence, with its sign, and why there are such rules."""

    text: str
    sign: str
    why: str = ""


def rules(policy: EffectivePolicy, hours: Sequence[Open], units: int) -> list[Rule]:
    """What one has to keep to when booking, a sentence each."""
    said = [*_about_time(policy, hours), *_about_people(policy)]
    if units > 1:
        said.append(Rule(_("%(num)s units: as many people at once.", num=units), "people"))
    return [rule for rule in said if rule.text]


def _about_time(policy: EffectivePolicy, hours: Sequence[Open]) -> Iterator[Rule]:
    yield Rule(_length(policy), "clock", _("So that everybody gets a turn."))
    yield Rule(
        _advance(policy),
        "calendar",
        _(
            "So that nobody holds times long before they know what for, or takes others by surprise."
        ),
    )
    for text in opening(hours):
        yield Rule(_("Open %(hours)s.", hours=text), "sun")
    if not hours:
        yield Rule(_("Open at all times."), "sun")
    if policy.slot_minutes:
        text = ngettext(
            "Starts and ends on a full minute.",
            "Starts and ends on a multiple of %(num)s minutes.",
            policy.slot_minutes,
        )
        yield Rule(text, "grid", _("So that no gaps are left that are too short to use."))
    yield Rule(
        _buffers(policy),
        "drag",
        _("Time to clean up, warm up and hand over. It is nobody's, and counts for nobody."),
    )


def _about_people(policy: EffectivePolicy) -> Iterator[Rule]:
    if policy.is_approval_required:
        held = length(policy.request_hold_minutes)
        text = _("A manager has to approve; a request holds its time for %(length)s.", length=held)
        yield Rule(text, "request", _("Somebody who knows it looks whether it suits the work."))
    if policy.is_check_in_required:
        grace = length(policy.check_in_grace_minutes)
        text = _(
            "Check in within %(length)s of the start, or the time is given away.", length=grace
        )
        yield Rule(text, "play", _("So that time nobody uses is free for others."))
    if policy.cancel_notice_minutes:
        notice = length(policy.cancel_notice_minutes)
        text = _("Cancel at least %(length)s ahead.", length=notice)
        why = _("So that somebody else can still take the time. Later is possible, and kept.")
        yield Rule(text, "undo", why)
    if policy.max_upcoming is not None:
        text = ngettext(
            "At most one booking ahead for each person.",
            "At most %(num)s bookings ahead for each person.",
            policy.max_upcoming,
        )
        yield Rule(text, "user", _("So that nobody books everything ahead of others."))
    yield from _about_shares(policy)


def _about_shares(policy: EffectivePolicy) -> Iterator[Rule]:
    """What one person may have of days and weeks, and in how many places they may be."""
    why = _("So that there is enough for everybody. A night counts on both days, each its part.")
    if policy.max_per_day is not None:
        text = ngettext(
            "At most one booking a day for each person.",
            "At most %(num)s bookings a day for each person.",
            policy.max_per_day,
        )
        yield Rule(text, "user", why)
    if policy.max_minutes_per_day is not None:
        most = length(policy.max_minutes_per_day)
        yield Rule(_("At most %(length)s a day for each person.", length=most), "user", why)
    if policy.max_minutes_per_week is not None:
        most = length(policy.max_minutes_per_week)
        yield Rule(_("At most %(length)s a week for each person.", length=most), "user", why)
    if policy.is_parallel_refused:
        yield Rule(_("Nobody books two places for the same time."), "people")
    if policy.required_qualifications:
        text = ngettext(
            "It needs a qualification.",
            "It needs %(num)s qualifications.",
            len(policy.required_qualifications),
        )
        why = _("What can hurt somebody or break is for those who were taught.")
        yield Rule(text, "shield", why)


def _length(policy: EffectivePolicy) -> str:
    shortest, longest = policy.min_minutes, policy.max_minutes
    if shortest and longest:
        return _(
            "From %(shortest)s to %(longest)s at a time.",
            shortest=length(shortest),
            longest=length(longest),
        )
    if longest:
        return _("Up to %(longest)s at a time.", longest=length(longest))
    return _("At least %(shortest)s at a time.", shortest=length(shortest)) if shortest else ""


def _advance(policy: EffectivePolicy) -> str:
    earliest, latest = policy.earliest_minutes, policy.latest_minutes
    if earliest and latest:
        return _(
            "Book from %(earliest)s to %(latest)s ahead.",
            earliest=length(earliest),
            latest=length(latest),
        )
    if earliest:
        return _("Book up to %(earliest)s ahead.", earliest=length(earliest))
    return _("Book at least %(latest)s ahead.", latest=length(latest)) if latest else ""


def _buffers(policy: EffectivePolicy) -> str:
    before, after = policy.buffer_before_minutes, policy.buffer_after_minutes
    said = {"before": length(before), "after": length(after)}
    if before and after:
        return _("Kept free around each booking: %(before)s before, %(after)s after.", **said)
    if before:
        return _("Kept free around each booking: %(before)s before.", **said)
    return _("Kept free around each booking: %(after)s after.", **said) if after else ""


def opening(hours: Sequence[Open]) -> list[str]:
    """`Monday to Friday 08:00–20:00`; days with the same hours are told together."""
    by_day: dict[int, list[str]] = {}
    for part in sorted(hours, key=lambda one: (one.weekday, one.opens)):
        by_day.setdefault(part.weekday, []).append(f"{clock(part.opens)}–{clock(part.closes)}")
    found: list[tuple[list[int], list[str]]] = []
    for day, times in by_day.items():
        if found and found[-1][1] == times and found[-1][0][-1] == day - 1:
            found[-1][0].append(day)
        else:
            found.append(([day], times))
    return [
        _("%(days)s %(times)s", days=_days(days), times=language.format_list(times))
        for days, times in found
    ]


def opening_days(hours: Sequence[Open]) -> list[tuple[str, str]]:
    """Each day of the week, Monday first, with its hours; none when it is closed."""
    return [
        (
            language.format_weekday(day),
            language.format_list(
                [
                    f"{clock(part.opens)}–{clock(part.closes)}"
                    for part in sorted(hours, key=lambda one: one.opens)
                    if part.weekday == day
                ]
            ),
        )
        for day in range(7)
    ]


def _days(days: Sequence[int]) -> str:
    names = [language.format_weekday(day) for day in days]
    if len(days) <= 2:
        return language.format_list(names)
    return _("%(first)s to %(last)s", first=names[0], last=names[-1])


def clock(minutes: int) -> str:
    """Minutes of the day as `08:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def size(count: int) -> str:
    """Bytes as people say them: `12 KB`, `1.4 MB`."""
    kilo = count / 1024
    if kilo < 1000:
        return _("%(number)s KB", number=language.format_number(max(1, round(kilo))))
    return _("%(number)s MB", number=language.format_number(round(kilo / 1024, 1)))
