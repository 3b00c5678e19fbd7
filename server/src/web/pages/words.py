"""Rules and events in words, as pages tell them."""

from __future__ import annotations

from collections.abc import Sequence
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


def rules(policy: EffectivePolicy, hours: Sequence[Open], units: int) -> list[str]:
    """What one has to keep to when booking, a sentence each."""
    said = [_length(policy), _advance(policy)]
    said += [_("Open %(hours)s.", hours=text) for text in opening(hours)]
    if not hours:
        said.append(_("Open at all times."))
    if policy.slot_minutes:
        said.append(
            ngettext(
                "Starts and ends on a full minute.",
                "Starts and ends on a multiple of %(num)s minutes.",
                policy.slot_minutes,
            )
        )
    said.append(_buffers(policy))
    if policy.is_approval_required:
        said.append(
            _(
                "A manager has to approve; a request holds its time for %(length)s.",
                length=length(policy.request_hold_minutes),
            )
        )
    if policy.is_check_in_required:
        grace = length(policy.check_in_grace_minutes)
        said.append(
            _("Check in within %(length)s of the start, or the time is given away.", length=grace)
        )
    if policy.cancel_notice_minutes:
        notice = length(policy.cancel_notice_minutes)
        said.append(_("Cancel at least %(length)s ahead.", length=notice))
    if policy.max_upcoming is not None:
        said.append(
            ngettext(
                "At most one booking ahead for each person.",
                "At most %(num)s bookings ahead for each person.",
                policy.max_upcoming,
            )
        )
    if units > 1:
        said.append(_("%(num)s units: as many people at once.", num=units))
    return [text for text in said if text]


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


def _days(days: Sequence[int]) -> str:
    names = [language.format_weekday(day) for day in days]
    if len(days) <= 2:
        return language.format_list(names)
    return _("%(first)s to %(last)s", first=names[0], last=names[-1])


def clock(minutes: int) -> str:
    """Minutes of the day as `08:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
