"""What people are told about what goes on in an incident's room.

Arguments: `incident` (its number, with its title where everybody may know of it), `person` (the id
of who did it), `task` (its title, under the same condition), `due_at`.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

_OPEN = mark("Open the incident")
_INCIDENT = (mark("Incident"), mark("%(incident)s"))
_BY = (mark("By"), mark("%(person)s"))
_TASK = (mark("Task"), mark("%(task)s"))
_DUE = (mark("Due"), mark("%(due_at)s"))

for _role, _title, _body in (
    ("lead", mark("You lead %(incident)s"),
     mark("%(person)s gave you the lead. You may run the incident from now on.")),
    ("ehs_liaison", mark("You are the EHS liaison of %(incident)s"),
     mark("%(person)s asks you to see to health, safety and the environment.")),
    ("scribe", mark("You are the scribe of %(incident)s"),
     mark("%(person)s asks you to write down what happens, when it happens.")),
    ("responder", mark("You are a responder to %(incident)s"),
     mark("%(person)s asks you to help with it.")),
):  # fmt: skip
    kind(
        f"incident.role_{_role}",
        group="incidents",
        title=_title,
        body=_body,
        action=_OPEN,
        facts=(_INCIDENT, _BY),
        people=("person",),
        is_owed=True,
    )
kind(
    "incident.task_given",
    group="incidents",
    title=mark("A task for you in %(incident)s"),
    body=mark("%(person)s gave you a task. %(task)s"),
    action=mark("Open the task"),
    facts=(_TASK, _INCIDENT, _DUE, _BY),
    people=("person",),
)
kind(
    "incident.task_due",
    group="incidents",
    title=mark("Due soon: a task in %(incident)s"),
    body=mark("It is due %(due_at)s. %(task)s"),
    action=mark("Open the task"),
    facts=(_TASK, _INCIDENT, _DUE),
)
kind(
    "incident.task_overdue",
    group="incidents",
    title=mark("Overdue: a task in %(incident)s"),
    body=mark("It was due %(due_at)s. %(task)s"),
    action=mark("Open the task"),
    facts=(_TASK, _INCIDENT, _DUE),
)
kind(
    "incident.updated",
    group="incidents",
    title=mark("Update: %(incident)s"),
    body=mark("%(person)s tells how it stands."),
    action=mark("Read the update"),
    facts=(_INCIDENT, _BY),
    people=("person",),
)
kind(
    "incident.update_due",
    group="incidents",
    title=mark("An update is due: %(incident)s"),
    body=mark("Those concerned were to hear of it %(due_at)s. Tell them how it stands."),
    action=mark("Give the update"),
    facts=(_INCIDENT, _DUE),
)
kind(
    "incident.response_due",
    group="incidents",
    title=mark("Nobody has answered: %(incident)s"),
    body=mark("Somebody was to see to it by %(due_at)s. Have a look, and acknowledge it."),
    action=_OPEN,
    facts=(_INCIDENT, _DUE),
    is_safety=True,
)
kind(
    "incident.review_signed",
    group="incidents",
    title=mark("Review signed off: %(incident)s"),
    body=mark("%(person)s signed the review off."),
    action=mark("Read the review"),
    facts=(_INCIDENT, _BY),
    people=("person",),
)
kind(
    "incident.review_reopened",
    group="incidents",
    title=mark("Review open again: %(incident)s"),
    body=mark("%(person)s took the signature back. Why stands in the timeline."),
    action=mark("Open the review"),
    facts=(_INCIDENT, _BY),
    people=("person",),
)
