"""The rule about the resource's questions."""

from __future__ import annotations

from collections.abc import Iterator

from src.core import sheets
from src.core.language import gettext as _
from src.domain.resources.rules.asking import Numbers, Question, Violation
from src.domain.resources.terms import Terms


def answers(terms: Terms, question: Question) -> Iterator[Violation]:
    """`answer-missing`, which may be passed over, and `answer-invalid`, which cannot be stored."""
    if question.answers is None:
        return
    asked = terms.policy.questions
    labels = {field.name: field.label for field in sheets.fields(asked)}
    for fault in sheets.check(asked, question.answers):
        label = labels.get(fault.name, fault.name)
        message = _("%(question)s: %(fault)s", question=label, fault=fault.message)
        numbers: Numbers = {"question": fault.name}
        place = f"answers.{fault.name}"
        if fault.code == "missing":
            yield Violation("answer-missing", message, True, numbers, place)
        else:
            yield Violation("answer-invalid", message, False, numbers, place)
