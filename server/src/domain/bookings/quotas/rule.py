"""The rule `quota-exceeded`: of everything that limits a booking the stricter wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from src.core import language
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import resources
from src.domain.bookings.quotas.facts import Standing
from src.domain.bookings.tables import QuotaUnit

CODE = "quota-exceeded"
_AS_DAYS = 48  # hours from which a length is told in days elsewhere
Violation = resources.rules.Violation


def violations(standings: Iterable[Standing]) -> Iterator[Violation]:
    """What stands against a booking by the allocations it would draw on."""
    for each in standings:
        if each.is_exceeded:
            yield violation(each)


def violation(each: Standing) -> Violation:
    """An allocation that does not reach."""
    message = _(
        "%(quota)s: %(left)s of %(amount)s are left for %(period)s, and this booking takes"
        " %(adding)s. Make it shorter, or choose a time outside that period.",
        quota=each.name,
        amount=amount(each.unit, each.amount),
        period=when(each),
        left=amount(each.unit, max(0, each.amount - each.taken)),
        adding=amount(each.unit, each.adding),
    )
    numbers: dict[str, int | str | None] = {
        "allocation_id": str(each.allocation_id),
        "amount": each.amount,
        "taken": each.taken,
        "adding": each.adding,
        "unit": each.unit.value,
        "period": each.period.value,
        "period_start": each.period_start.isoformat(),
    }
    return Violation(CODE, message, True, numbers, "starts_at")


def amount(unit: QuotaUnit, many: int) -> str:
    """So much of a quota, in words: minutes as hours, however many those are."""
    if unit is QuotaUnit.COUNT:
        return ngettext("%(num)s booking", "%(num)s bookings", many)
    hours, minutes = divmod(many, 60)
    if hours < _AS_DAYS:
        return language.format_length(many)
    said = _("%(hours)s h", hours=hours)
    return said if not minutes else f"{said} {_('%(minutes)s min', minutes=minutes)}"


def when(each: Standing) -> str:
    """The period it stands in: a day, or from one to another."""
    first, last = each.period_start, each.period_end - timedelta(days=1)
    days = [language.format_day(day) for day in dict.fromkeys((first, last))]
    return " – ".join(days)
