"""Rules about the person: how much they have already, and what they are qualified for.

Limits are meant for each person on each resource, by the resource's own days and weeks. A booking
over midnight counts on both days, its minutes each on its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from src.core import language
from src.core.language import gettext as _
from src.domain.resources.hours import Window, day_shares
from src.domain.resources.rules.asking import Numbers, Question, Violation
from src.domain.resources.rules.wording import iso, local, minutes
from src.domain.resources.terms import Terms

_MINUTE = timedelta(minutes=1)


def bookings_ahead(terms: Terms, question: Question) -> Iterator[Violation]:
    """`too-many-upcoming`."""
    most, upcoming = terms.policy.max_upcoming, question.upcoming
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


def bookings_a_day(terms: Terms, question: Question) -> Iterator[Violation]:
    """`too-many-on-day`."""
    most = terms.policy.max_per_day
    if most is None:
        return
    taken: Counter[date] = Counter()
    for window in question.others_on(terms.resource_id):
        taken.update(day_shares(window, terms.zone).keys())
    for day in day_shares(question.window, terms.zone):
        if taken[day] >= most:
            message = _(
                "One person may have %(most)s bookings a day on %(resource)s; on %(day)s there are"
                " %(taken)s. Choose another day.",
                most=most,
                resource=terms.name,
                day=language.format_day(day),
                taken=taken[day],
            )
            numbers: Numbers = {"max_per_day": most, "taken": taken[day], "day": day.isoformat()}
            yield Violation("too-many-on-day", message, True, numbers, "starts_at")
            return


def minutes_a_day(terms: Terms, question: Question) -> Iterator[Violation]:
    """`too-long-on-day`."""
    most = terms.policy.max_minutes_per_day
    if most is None:
        return
    taken = _minutes_by_day(question.others_on(terms.resource_id), terms.zone)
    for day, share in day_shares(question.window, terms.zone).items():
        if taken[day] + share > most * _MINUTE:
            message = _(
                "One person may book %(resource)s for %(most)s a day; on %(day)s %(taken)s are"
                " taken, and this adds %(adding)s. Make it shorter or choose another day.",
                resource=terms.name,
                most=minutes(most),
                day=language.format_day(day),
                taken=minutes(taken[day] // _MINUTE),
                adding=minutes(_up(share)),
            )
            numbers: Numbers = {
                "max_minutes_per_day": most,
                "taken": taken[day] // _MINUTE,
                "adding": _up(share),
                "day": day.isoformat(),
            }
            yield Violation("too-long-on-day", message, True, numbers, "ends_at")
            return


def minutes_a_week(terms: Terms, question: Question) -> Iterator[Violation]:
    """`too-long-in-week`. Weeks begin on Monday."""
    most = terms.policy.max_minutes_per_week
    if most is None:
        return
    taken = _by_week(_minutes_by_day(question.others_on(terms.resource_id), terms.zone))
    for monday, share in _by_week(day_shares(question.window, terms.zone)).items():
        if taken[monday] + share > most * _MINUTE:
            message = _(
                "One person may book %(resource)s for %(most)s a week; in the week from %(day)s"
                " %(taken)s are taken, and this adds %(adding)s. Make it shorter or choose another"
                " week.",
                resource=terms.name,
                most=minutes(most),
                day=language.format_day(monday),
                taken=minutes(taken[monday] // _MINUTE),
                adding=minutes(_up(share)),
            )
            numbers: Numbers = {
                "max_minutes_per_week": most,
                "taken": taken[monday] // _MINUTE,
                "adding": _up(share),
                "week": monday.isoformat(),
            }
            yield Violation("too-long-in-week", message, True, numbers, "ends_at")
            return


def other_places(terms: Terms, question: Question) -> Iterator[Violation]:
    """`parallel-booking` where that is refused, else the warning `own-clash`."""
    is_refused = terms.policy.is_parallel_refused
    for each in sorted(question.taken, key=lambda taken: taken.window.starts_at):
        is_together = question.group_id is not None and each.group_id == question.group_id
        if is_together or not each.window.overlaps(question.window):
            continue
        said = {
            "resource": each.resource,
            "starts": local(terms, each.window.starts_at),
            "ends": local(terms, each.window.ends_at),
        }
        message = _("There is a booking of %(resource)s from %(starts)s to %(ends)s.", **said)
        if each.is_attended:
            message = _(
                "There is an accepted invitation: %(resource)s from %(starts)s to %(ends)s.", **said
            )
        numbers: Numbers = {
            "resource_id": str(each.resource_id),
            "from": iso(each.window.starts_at),
            "to": iso(each.window.ends_at),
        }
        if is_refused:
            hint = _("One person may not be in two places at that time: choose another time.")
            yield Violation("parallel-booking", f"{message} {hint}", True, numbers, "starts_at")
            return
        yield Violation("own-clash", message, True, numbers, "starts_at", is_warning=True)


def qualifications(terms: Terms, question: Question) -> Iterator[Violation]:
    """`qualification-missing`: what is required has to hold when the booking starts."""
    if question.held is None:
        return
    at = max(question.window.starts_at, question.now)
    for wanted in map(UUID, terms.policy.required_qualifications):
        grants = question.held.get(wanted, ())
        if any(grant.holds_at(at) for grant in grants):
            continue
        name = question.names.get(wanted) or _("a qualification that is no longer kept")
        said = {"resource": terms.name, "qualification": name}
        message = _(
            "%(resource)s needs the qualification %(qualification)s. Ask for access on its page.",
            **said,
        )
        ends = max((each.until for each in grants if each.until is not None), default=None)
        if ends is not None:
            message = _(
                "%(resource)s needs the qualification %(qualification)s, which ends on %(ends)s."
                " Have it renewed, or choose an earlier time.",
                **said,
                ends=local(terms, ends),
            )
        numbers: Numbers = {
            "qualification_id": str(wanted),
            "qualification": name,
            "expires_at": iso(ends) if ends is not None else None,
        }
        yield Violation("qualification-missing", message, True, numbers, "resource_id")


def _minutes_by_day(windows: Iterable[Window], zone: ZoneInfo) -> dict[date, timedelta]:
    found: dict[date, timedelta] = defaultdict(timedelta)
    for window in windows:
        for day, share in day_shares(window, zone).items():
            found[day] += share
    return found


def _by_week(days: Mapping[date, timedelta]) -> dict[date, timedelta]:
    """By the Monday their week begins with."""
    found: dict[date, timedelta] = defaultdict(timedelta)
    for day, share in days.items():
        found[day - timedelta(days=day.weekday())] += share
    return found


def _up(share: timedelta) -> int:
    """Minutes, of which one that was begun counts."""
    return -(-share // _MINUTE)
