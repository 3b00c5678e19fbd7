"""What a booking can be besides itself: a series, several resources at once, others who come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from src.core import language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.errors import DomainError, Kind
from src.core.language import gettext as _
from src.core.language import ngettext
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, bookings, resources
from src.domain.bookings import parties, series
from src.domain.bookings.series import recurrence
from src.web.forms import Form, Shape, TypedDate
from src.web.pages.frame import Page

DAYS = recurrence.DAYS
MOST_SHOWN = 60
Repeat = Literal["daily", "weekly", "monthly", "monthly-day"]
_ANSWERS = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.FORBIDDEN})


class MoreShape(Shape):
    """The parts of the form that most bookings leave empty."""

    repeat: Repeat | None = None
    every: int = Field(1, ge=1, le=99)
    days: list[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]] = Field(default_factory=list)
    count: int | None = Field(None, ge=1, le=recurrence.MOST)
    until: TypedDate | None = None
    skip_conflicts: bool = False
    also: list[UUID] = Field(default_factory=list, max_length=19)
    attendees: list[UUID] = Field(default_factory=list, max_length=50)


@dataclass(frozen=True, slots=True)
class Together:
    """What would happen to another resource of the same booking."""

    name: str
    outcome: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class More:
    """What would happen to all that the form asks for besides its first booking."""

    answer: series.SeriesAnswer | None = None
    rule: str = ""
    is_skipping: bool = False
    detail: str = ""
    together: Sequence[Together] = ()
    busy: Sequence[str] = ()

    @property
    def first_in_the_way(self) -> Sequence[series.Occurrence]:
        """Those that cannot be booked, as many as a page shows."""
        return self.answer.in_the_way[:MOST_SHOWN] if self.answer else ()


def rule_of(form: Form, shape: MoreShape, starts_at: datetime, zone: ZoneInfo) -> str | None:
    """The rule the form says; None where it says none, or not how long (see the faults)."""
    if shape.repeat is None:
        return None
    if shape.count is None and shape.until is None:
        form.add("count", "missing", _("Say how many times, or until which day."))
        return None
    local = starts_at.astimezone(zone)
    parts = [f"FREQ={shape.repeat.removesuffix('-day').upper()}", f"INTERVAL={shape.every}"]
    if shape.repeat == "weekly" and shape.days:
        parts.append(f"BYDAY={','.join(shape.days)}")
    if shape.repeat == "monthly-day":
        which = (local.day - 1) // 7 + 1
        parts.append(f"BYDAY={-1 if which == 5 else which}{DAYS[local.weekday()]}")
    if shape.until is not None:
        parts.append(f"UNTIL={shape.until:%Y%m%d}")
    else:
        parts.append(f"COUNT={shape.count}")
    return ";".join(parts)


async def more_of(
    page: Page, reads: ReadSession, form: Form, wish: bookings.Wish, zone: ZoneInfo
) -> More | None:
    """Ask the services about the rest of the form; None where it asks for nothing more."""
    shape = form.parse(MoreShape)
    if shape is None or not (shape.repeat or shape.also or shape.attendees):
        return None
    more = More(is_skipping=shape.skip_conflicts)
    if shape.repeat:
        more = await _series(page, reads, form, shape, wish, zone, more)
    if shape.also:
        more = replace(more, together=await _together(page, reads, shape.also, wish))
    if shape.attendees and page.actor.may_anywhere(Permission.USERS_READ):
        more = replace(more, busy=await _busy(reads, shape.attendees, wish))
    return more


async def _series(
    page: Page,
    reads: ReadSession,
    form: Form,
    shape: MoreShape,
    wish: bookings.Wish,
    zone: ZoneInfo,
    more: More,
) -> More:
    rule = rule_of(form, shape, wish.starts_at, zone)
    if rule is None:
        return replace(more, detail=_("Say how many times, or until which day."))
    try:
        answer = await series.check(reads, page.actor, wish=wish, rule=rule)
    except DomainError as refusal:
        if refusal.kind not in _ANSWERS:
            raise
        return replace(more, detail=refusal.detail)
    return replace(more, answer=answer, rule=in_words(answer.rule, wish.starts_at, zone))


async def _together(
    page: Page, reads: ReadSession, also: Sequence[UUID], wish: bookings.Wish
) -> list[Together]:
    names = await resources.names(reads, page.actor, also)
    told = []
    for resource_id in also:
        if resource_id == wish.resource_id or resource_id not in names:
            continue
        other = replace(wish, resource_id=resource_id, unit=None, answers=None)
        try:
            answer = await bookings.check(reads, page.actor, wish=other)
        except DomainError as refusal:
            if refusal.kind not in _ANSWERS:
                raise
            told.append(Together(names[resource_id], "refused", (refusal.detail,)))
            continue
        why = tuple(one.message for one in answer.violations)
        if answer.outcome == "refused" and not why:
            why = (_("It is taken then."),)
        told.append(Together(names[resource_id], answer.outcome, why))
    return told


async def _busy(reads: ReadSession, attendees: Sequence[UUID], wish: bookings.Wish) -> list[str]:
    """Who of those invited has something else then; what it is, is theirs to know."""
    window = resources.hours.Window(wish.starts_at, wish.ends_at)
    busy = await parties.attendees.occupied(reads, attendees, window)
    return sorted((await accounts.names(reads, list(busy))).values()) if busy else []


async def choices(page: Page, reads: ReadSession, form: Form) -> dict[str, Any]:
    """What may be chosen: other resources, and people; those chosen stand there in any case."""
    found = await resources.pick(reads, page.actor, paging=Paging(limit=MAX_LIMIT))
    others = {str(one.id): one.name for one in found.items}
    known: dict[str, str] = {}
    if page.actor.may_anywhere(Permission.USERS_READ):
        people = await accounts.pick(reads, page.actor, q=None, paging=Paging(limit=MAX_LIMIT))
        known = {str(one.id): one.name for one in people.items if one.id != page.actor.user_id}
    others.pop(form.values.get("resource_id", ""), None)
    shape = Form.of({name: form.lists.get(name, []) for name in ("also", "attendees")}).parse(
        MoreShape
    )
    if shape is not None:
        missing = [one for one in shape.also if str(one) not in others]
        others |= {
            str(id_): name
            for id_, name in (await resources.names(reads, page.actor, missing)).items()
            if str(id_) != form.values.get("resource_id")
        }
        missing = [one for one in shape.attendees if str(one) not in known]
        if missing and page.actor.may_anywhere(Permission.USERS_READ):
            names = await accounts.names(reads, missing)
            known |= {str(id_): name for id_, name in names.items()}
    return {
        "others": list(others.items()),
        "guests": list(known.items()),
        "weekdays": [(name, language.format_weekday(day)) for day, name in enumerate(DAYS)],
    }


def in_words(rule: str, starts_at: datetime, zone: ZoneInfo) -> str:
    """A rule as people say it: how often, on which days, how many times."""
    said = recurrence.parse(rule, zone)
    every = said.interval
    days = language.format_list([language.format_weekday(day) for day, _nth in said.days])
    local = starts_at.astimezone(zone)
    if said.frequency == "DAILY":
        often = ngettext("Every day", "Every %(num)s days", every)
        often = f"{often} ({days})" if days else often
    elif said.frequency == "WEEKLY":
        days = days or language.format_weekday(local.weekday())
        often = ngettext(
            "Every week on %(days)s", "Every %(num)s weeks on %(days)s", every, days=days
        )
    elif said.days:
        often = ngettext(
            "Every month, on its %(days)s",
            "Every %(num)s months, on its %(days)s",
            every,
            days=_nth(said),
        )
    else:
        numbers = [str(one) for one in said.month_days] or [str(local.day)]
        named = language.format_list(numbers)
        often = ngettext(
            "Every month on day %(days)s", "Every %(num)s months on day %(days)s", every, days=named
        )
    if said.count is not None:
        return f"{often}, {ngettext('%(num)s time', '%(num)s times', said.count)}"
    until = said.until or local
    return f"{often}, {_('until %(day)s', day=language.format_day(until.date()))}"


def _nth(rule: recurrence.Rule) -> str:
    places = {
        1: _("first %(day)s"), 2: _("second %(day)s"), 3: _("third %(day)s"),
        4: _("fourth %(day)s"), 5: _("fifth %(day)s"), -1: _("last %(day)s"),
    }  # fmt: skip
    return language.format_list(
        [
            places.get(nth or 0, "%(day)s") % {"day": language.format_weekday(day)}
            for day, nth in rule.days
        ]
    )
