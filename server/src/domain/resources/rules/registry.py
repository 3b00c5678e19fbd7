"""The rules in their order, and those an institute adds by an entry point.

    [project.entry-points."aliquot.booking_rules"]
    night-shift = "our_rules:NIGHT_SHIFT"

What stands there is a `Rule`. How to write one: `server/docs/rules.md`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from src.core import sheets
from src.domain.resources.rules import answers, people, state, times
from src.domain.resources.rules.asking import Question, Violation
from src.domain.resources.terms import Terms

GROUP = "aliquot.booking_rules"

Asks = Callable[[Terms, Question], Iterable[Violation]]
AsksWith = Callable[[Terms, Question, Mapping[str, Any]], Iterable[Violation]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an institute's own.

    `settings` is a sheet (`core.sheets`) of what a policy tells the rule: it is asked only where a
    policy does. Without a sheet it is asked about every booking, with empty settings.
    """

    code: str
    title: str
    asks: AsksWith
    settings: sheets.Schema | None = None


BUILT_IN: tuple[Asks, ...] = (
    state.of_resource,
    state.of_units,
    times.closures,
    times.opening_hours,
    times.grid,
    times.length,
    times.advance,
    people.qualifications,
    people.bookings_ahead,
    people.bookings_a_day,
    people.minutes_a_day,
    people.minutes_a_week,
    people.other_places,
    answers.answers,
)
"""In the order in which their answers are told."""


@cache
def own() -> tuple[Rule, ...]:
    """The institute's rules, by code. One that cannot be loaded stops the start: no rule is lost."""
    found: dict[str, Rule] = {}
    for point in entry_points(group=GROUP):
        rule = point.load()
        if not isinstance(rule, Rule) or rule.code != point.name or rule.code in found:
            raise TypeError(f"{GROUP}: {point.value} is no rule with the code {point.name}")
        if rule.settings is not None:
            sheets.require_schema(rule.settings)
        found[rule.code] = rule
        log.info("booking rule %s of %s", rule.code, point.value)
    return tuple(found[code] for code in sorted(found))


def asked_of(rule: Rule, terms: Terms) -> Mapping[str, Any] | None:
    """What the policy tells an own rule; None: it is not asked here."""
    said = (terms.policy.own_rules or {}).get(rule.code)
    if rule.settings is None:
        return said or {}
    return said if isinstance(said, Mapping) else None
