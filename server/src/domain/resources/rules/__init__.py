"""The rules of a booking, as pure functions: no rule hides another, each tells its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from src.core.language import gettext as _
from src.domain.resources.rules import people, registry, state
from src.domain.resources.rules.answers import answers as answer_faults
from src.domain.resources.rules.asking import Held, Question, Taken, Violation, hold_window
from src.domain.resources.rules.registry import Rule, own
from src.domain.resources.rules.state import down
from src.domain.resources.rules.times import on_grid
from src.domain.resources.rules.wording import whole
from src.domain.resources.terms import Terms

__all__ = [
    "Held",
    "Question",
    "Rule",
    "Taken",
    "Violation",
    "answer_faults",
    "down",
    "findings",
    "hold_window",
    "on_grid",
    "own",
    "qualification_faults",
    "state_faults",
    "violations",
]

LONGEST_DAYS = 366


def violations(terms: Terms, question: Question) -> list[Violation]:
    """Every rule of the resource that the question breaks, in a fixed order."""
    return [each for each in findings(terms, question) if not each.is_warning]


def findings(terms: Terms, question: Question) -> list[Violation]:
    """The same, and the warnings besides."""
    impossible = _impossible(question)
    if impossible is not None:
        return [*state.of_resource(terms), *state.of_units(terms, question), impossible]
    found = [each for rule in registry.BUILT_IN for each in rule(terms, question)]
    return [*found, *_own(terms, question)]


def state_faults(terms: Terms) -> list[Violation]:
    """What the resource's own state says against using it."""
    return list(state.of_resource(terms))


def qualification_faults(terms: Terms, question: Question) -> list[Violation]:
    """What the person is not qualified for, where that is asked alone: at check-in."""
    return list(people.qualifications(terms, question))


def _own(terms: Terms, question: Question) -> Iterator[Violation]:
    for rule in own():
        settings = registry.asked_of(rule, terms)
        if settings is not None:
            yield from rule.asks(terms, question, settings)


def _impossible(question: Question) -> Violation | None:
    """A time that is none, of which no other rule could tell anything."""
    window = question.window
    if window.ends_at <= window.starts_at:
        message = _("The end must be after the start.")
        return Violation("ends-before-start", message, False, field="ends_at")
    if window.ends_at - window.starts_at > timedelta(days=LONGEST_DAYS):
        message = _("A booking takes at most %(days)s days.", days=LONGEST_DAYS)
        numbers: dict[str, int | str | None] = {
            "max_minutes": LONGEST_DAYS * 1440,
            "minutes": whole(window.minutes),
        }
        return Violation("too-long", message, False, numbers, "ends_at")
    return None
