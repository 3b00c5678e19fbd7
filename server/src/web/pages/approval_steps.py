"""The steps of an approval rule as fields of a form.

`steps` is how many there are; each has `step_N_needs`, `_count`, `_deadline` with its `_unit`,
`_on_deadline`, and places `_approver_M` and `_escalate_M` whose values are `kind:value`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor, Permission
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts
from src.domain.approvals import checking
from src.domain.approvals.rules import ALL, ANY, Approver, ApproverKind, OnDeadline, Step
from src.web.forms import Form
from src.web.pages import permissions
from src.web.pages.people import role_choices

Session = AsyncSession
UNITS = {"minutes": 1, "hours": 60, "days": 1440}
LISTS = {"approvers": "approver", "escalate_to": "escalate"}
RESPONSIBLE = {
    "": mark("Its contact and deputies"),
    "primary": mark("Its contact"),
    "deputy": mark("Its deputies"),
    "trainer": mark("Its trainers"),
    "safety": mark("Whoever answers for its safety"),
}
IN_SENTENCES = {
    "": mark("the resource's contact and deputies"),
    "primary": mark("the resource's contact"),
    "deputy": mark("the resource's deputies"),
    "trainer": mark("the resource's trainers"),
    "safety": mark("whoever answers for the resource's safety"),
}
PERMISSIONS = (Permission.BOOKINGS_APPROVE, Permission.QUALIFICATIONS_MANAGE)
Choices = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Place:
    """A step on the page: the names of its fields."""

    number: int
    approvers: list[str]
    escalate: list[str]
    is_first: bool
    is_last: bool

    def name(self, field: str) -> str:
        """The name of a field of the step."""
        return f"step_{self.number}_{field}"


def values_of(steps: Sequence[Step]) -> dict[str, object]:
    """A rule's steps as the form shows them."""
    values: dict[str, object] = {"steps": len(steps)}
    for number, step in enumerate(steps):
        prefix = f"step_{number}_"
        is_count = step.needs not in {ANY, ALL}
        values[f"{prefix}needs"] = "count" if is_count else step.needs
        values[f"{prefix}count"] = step.needs if is_count else ""
        if step.deadline_minutes is not None:
            unit = next(
                name for name in ("days", "hours", "minutes")
                if step.deadline_minutes % UNITS[name] == 0
            )  # fmt: skip
            values[f"{prefix}deadline"] = step.deadline_minutes // UNITS[unit]
            values[f"{prefix}unit"] = unit
        values[f"{prefix}on_deadline"] = step.on_deadline.value
        for listed, word in LISTS.items():
            for place, one in enumerate(getattr(step, listed)):
                values[f"{prefix}{word}_{place}"] = f"{one.kind.value}:{one.value}"
    return values


def rearranged(form: Form) -> bool:
    """Do what a button says that only changes the form; whether there was one."""
    action, _dash, at = form.values.get("do", "").partition("-")
    if action not in {"add", "remove", "up", "down"}:
        return False
    steps, number = count_of(form), int(at) if at.isdecimal() and len(at) < 9 else 0
    if action == "add":
        form.values["steps"] = str(min(steps + 1, checking.MOST_STEPS))
        return True
    order = list(range(steps))
    if number < steps:
        if action == "remove" and steps > 1:
            order.pop(number)
        elif action in {"up", "down"}:
            other = number - 1 if action == "up" else number + 1
            if 0 <= other < steps:
                order[number], order[other] = order[other], order[number]
    _reorder(form, order)
    return True


def _reorder(form: Form, order: Sequence[int]) -> None:
    kept = {name: value for name, value in form.values.items() if not name.startswith("step_")}
    for new, old in enumerate(order):
        prefix = f"step_{old}_"
        for name, value in form.values.items():
            if name.startswith(prefix):
                kept[f"step_{new}_{name.removeprefix(prefix)}"] = value
    form.values = {**kept, "steps": str(len(order))}
    form.lists = {name: [value] for name, value in form.values.items()}


def count_of(form: Form) -> int:
    """How many steps the form has."""
    with suppress(ValueError):
        return min(max(int(form.values.get("steps", "1")), 1), checking.MOST_STEPS)
    return 1


def steps_of(form: Form) -> list[Step]:
    """The steps as they were typed; what is no number is said at its place."""
    return [_step(form, number) for number in range(count_of(form))]


def _step(form: Form, number: int) -> Step:
    prefix = f"step_{number}_"
    needs: str | int = form.values.get(f"{prefix}needs", ANY)
    if needs == "count":
        needs = _whole(form, f"{prefix}count") or 0
    deadline = _whole(form, f"{prefix}deadline")
    if deadline is not None:
        deadline *= UNITS.get(form.values.get(f"{prefix}unit", "hours"), 60)
    on_deadline = OnDeadline.EXPIRE
    with suppress(ValueError):
        on_deadline = OnDeadline(form.values.get(f"{prefix}on_deadline", ""))
    return Step(
        approvers=_approvers(form, f"{prefix}approver_"),
        needs=needs,
        deadline_minutes=deadline,
        on_deadline=on_deadline,
        escalate_to=_approvers(form, f"{prefix}escalate_"),
    )


def _whole(form: Form, name: str) -> int | None:
    typed = form.values.get(name, "").strip()
    if not typed:
        return None
    if typed.isdecimal() and len(typed) < 9:
        return int(typed)
    form.add(name, "int_parsing", _("Enter a whole number."))
    return None


def _approvers(form: Form, prefix: str) -> tuple[Approver, ...]:
    found = []
    for name in _filled(form, prefix):
        kind, _colon, value = form.values[name].partition(":")
        with suppress(ValueError):
            approver = Approver(ApproverKind(kind), value)
            if approver not in found:
                found.append(approver)
    return tuple(found)


def _filled(form: Form, prefix: str) -> list[str]:
    names = (f"{prefix}{place}" for place in range(checking.MOST_APPROVERS))
    return [name for name in names if form.values.get(name)]


def laid_out(form: Form) -> list[Place]:
    """The steps with a place for each approver, and one more."""
    steps = count_of(form)
    return [
        Place(
            number,
            _places(form, f"step_{number}_approver_"),
            _places(form, f"step_{number}_escalate_"),
            number == 0,
            number == steps - 1,
        )
        for number in range(steps)
    ]


def _places(form: Form, prefix: str) -> list[str]:
    filled = _filled(form, prefix)
    last = max((int(name.removeprefix(prefix)) for name in filled), default=-1)
    return [*filled, f"{prefix}{last + 1}"]


def place(form: Form, refusal: DomainError) -> None:
    """Put the faults of steps at the fields they are about."""
    form.refusals = [one for one in form.refusals if one.code == refusal.code]
    for fault in refusal.errors:
        if fault.field[:1] != ("steps",):
            continue
        if len(fault.field) < 3:
            form.add("steps", fault.code, fault.detail)
            continue
        number, what = fault.field[1], str(fault.field[2])
        names = {"deadline_minutes": "deadline", "needs": "count", **LISTS}
        suffix = names.get(what, what)
        if what in LISTS:
            at = fault.field[3] if len(fault.field) > 3 else 0
            suffix = f"{suffix}_{at}"
        form.add(f"step_{number}_{suffix}", fault.code, fault.detail)


def labels(form: Form) -> dict[str, str]:
    """What the summary of faults calls the fields of steps."""
    words = {
        "deadline": _("deadline"),
        "count": _("how many must agree"),
        "approver": _("whom to ask"),
        "escalate": _("to whom it is passed on"),
    }
    found = {}
    for name in form.faults:
        parts = name.split("_")
        if parts[0] == "step" and len(parts) > 2:
            found[name] = _(
                "Step %(number)s, %(what)s",
                number=int(parts[1]) + 1,
                what=words.get(parts[2], parts[2]),
            )
    return found


async def choices(session: AsyncSession, actor: Actor) -> Choices:
    """Whom a step can ask, in groups."""
    roles = await role_choices(session)
    people = await accounts.pick(session, actor, paging=Paging(limit=MAX_LIMIT))
    return [
        (
            _("Of the resource"),
            [(f"responsible:{value}", _(text)) for value, text in RESPONSIBLE.items()],
        ),
        (_("Whoever has the role"), [(f"role:{name}", _(text)) for name, text in roles]),
        (
            _("Whoever may"),
            [(f"permission:{one}", _(permissions.WORDS[one])) for one in PERMISSIONS],
        ),
        (_("A person"), [(f"person:{one.id}", one.name) for one in people.items]),
    ]


async def in_words(session: AsyncSession, rules: Sequence[Sequence[Step]]) -> list[list[str]]:
    """Every step in a sentence, for a list of rules. At most two statements."""
    named = set()
    for each in (one for steps in rules for step in steps for one in _all(step)):
        with suppress(ValueError):
            named.add(UUID(each.value))
    people = {str(id_): name for id_, name in (await accounts.names(session, named)).items()}
    roles = dict(await role_choices(session))
    return [[_sentence(step, people, roles) for step in steps] for steps in rules]


def _all(step: Step) -> tuple[Approver, ...]:
    return (*step.approvers, *step.escalate_to)


def _sentence(step: Step, people: dict[str, str], roles: dict[str, str]) -> str:
    whom = language.format_list([_word(one, people, roles) for one in step.approvers])
    if step.needs == ALL:
        said = _("All of: %(whom)s.", whom=whom)
    elif step.needs == ANY:
        said = _("Any of: %(whom)s.", whom=whom)
    else:
        said = _("%(count)s of: %(whom)s.", count=step.needs, whom=whom)
    if step.deadline_minutes is None:
        return said
    within = language.format_length(step.deadline_minutes)
    if step.on_deadline is OnDeadline.APPROVE:
        then = _("After %(length)s it counts as approved.", length=within)
    elif step.on_deadline is OnDeadline.ESCALATE:
        others = [_word(one, people, roles) for one in step.escalate_to]
        to = language.format_list(others)
        then = _("After %(length)s it is passed on to: %(whom)s.", length=within, whom=to)
    else:
        then = _("After %(length)s it lapses.", length=within)
    return f"{said} {then}"


def _word(one: Approver, people: dict[str, str], roles: dict[str, str]) -> str:
    if one.kind is ApproverKind.PERSON:
        return people.get(one.value, _("a former member"))
    if one.kind is ApproverKind.ROLE:
        return _("the role %(name)s", name=roles.get(one.value, one.value))
    if one.kind is ApproverKind.PERMISSION:
        known = one.value in set(Permission)
        words = permissions.WORDS[Permission(one.value)] if known else one.value
        return _("whoever may: %(words)s", words=_(words))
    return _(IN_SENTENCES.get(one.value, one.value))
