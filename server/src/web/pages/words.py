"""Rules and events in words, as pages tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from src.domain.resources.policy import EffectivePolicy

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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


def length(minutes: int) -> str:
    """`90` as `1 h 30 min`, `2880` as `2 days`."""
    if minutes >= 2880 and not minutes % 1440:
        return f"{minutes // 1440} days"
    hours, left = divmod(minutes, 60)
    return " ".join(
        part
        for part in (f"{hours} h" * bool(hours), f"{left} min" * bool(left or not hours))
        if part
    )


def rules(policy: EffectivePolicy, hours: Sequence[Open], units: int) -> list[str]:
    """What one has to keep to when booking, a sentence each."""
    said = [_length(policy), _advance(policy)]
    said += [f"Open {text}." for text in opening(hours)] or ["Open at all times."]
    if policy.slot_minutes:
        said.append(f"Starts and ends on a multiple of {policy.slot_minutes} minutes.")
    if kept := _buffers(policy):
        said.append(f"Kept free around each booking: {kept}.")
    if policy.is_approval_required:
        kept = length(policy.request_hold_minutes)
        said.append(f"A manager has to approve; a request holds its time for {kept}.")
    if policy.is_check_in_required:
        grace = length(policy.check_in_grace_minutes)
        said.append(f"Check in within {grace} of the start, or the time is given away.")
    if policy.cancel_notice_minutes:
        said.append(f"Cancel at least {length(policy.cancel_notice_minutes)} ahead.")
    if policy.max_upcoming is not None:
        said.append(f"At most {policy.max_upcoming} bookings ahead for each person.")
    if units > 1:
        said.append(f"{units} units: as many people at once.")
    return [text for text in said if text]


def _length(policy: EffectivePolicy) -> str:
    shortest, longest = policy.min_minutes, policy.max_minutes
    if shortest and longest:
        return f"From {length(shortest)} to {length(longest)} at a time."
    if longest:
        return f"Up to {length(longest)} at a time."
    return f"At least {length(shortest)} at a time." if shortest else ""


def _advance(policy: EffectivePolicy) -> str:
    earliest, latest = policy.earliest_minutes, policy.latest_minutes
    if earliest and latest:
        return f"Book from {length(earliest)} to {length(latest)} ahead."
    if earliest:
        return f"Book up to {length(earliest)} ahead."
    return f"Book at least {length(latest)} ahead." if latest else ""


def _buffers(policy: EffectivePolicy) -> str:
    parts = ((policy.buffer_before_minutes, "before"), (policy.buffer_after_minutes, "after"))
    return ", ".join(f"{length(minutes)} {where}" for minutes, where in parts if minutes)


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
    return [f"{_days(days)} {' and '.join(times)}" for days, times in found]


def _days(days: Sequence[int]) -> str:
    if len(days) == 1:
        return DAYS[days[0]]
    joint = " and " if len(days) == 2 else " to "
    return f"{DAYS[days[0]]}{joint}{DAYS[days[-1]]}"


def clock(minutes: int) -> str:
    """Minutes of the day as `08:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
