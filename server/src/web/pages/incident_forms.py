"""Reporting an incident, from anywhere, and changing what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core.actor import Actor, Permission, resource_scope
from src.core.db import ReadSession
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import files, maintenance, resources
from src.domain.operations import incidents
from src.domain.operations.incidents import IncidentView, On, Report, judging
from src.domain.operations.tables import Severity, Visibility
from src.domain.resources.tables import Effect
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages import uploads, words, writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import moment, typed
from src.web.pages.incident_words import EFFECTS, SEVERITIES, VISIBILITIES
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
FIELDS = frozenset({
    "title", "description", "type_id", "severity", "priority_id", "visibility", "team_id",
    "occurred_at", "resources", "tags", "links", "resolution", "duplicate_of", "recurrence_of",
})  # fmt: skip
SPARE = 1  # rows for resources beyond those that are filled
_TITLE = 120
_TYPED = {"occurred_at_date", "occurred_at_time"}


class ReportShape(Shape):
    """What went wrong."""

    title: str = Field(max_length=judging.LONGEST["title"])
    description: str = Field("", max_length=judging.LONGEST["description"])
    type_id: UUID
    severity: Severity | None = None
    priority_id: UUID | None = None
    visibility: Visibility | None = None
    team_id: UUID | None = None
    occurred_at_date: TypedDate | None = None
    occurred_at_time: TypedTime | None = None


class ChangeShape(ReportShape):
    """What is so of it by now."""

    severity: Severity
    visibility: Visibility
    resolution: str = Field("", max_length=judging.LONGEST["resolution"])
    duplicate_of: str = Field("", max_length=200)
    recurrence_of: str = Field("", max_length=200)
    is_near_miss: bool = False


@dataclass(frozen=True, slots=True)
class OnRow:
    """A row for a resource: its number, and what can be chosen where there are no scripts."""

    number: int
    options: list[tuple[str, str]]


@router.get("/incidents/new", **shows(POST))
async def new_incident(page: CurrentPage, reads: Reads) -> Response:
    """The form; from a resource or a report of a problem it knows what it is about."""
    query = page.request.query_params
    values: dict[str, Any] = {"type_id": query.get("type_id", ""), "team_id": ""}
    if resource_id := writing.id_of(query.get("resource_id", "")):
        values |= {"on_0": str(resource_id)}
    if problem_id := writing.id_of(query.get("problem_id", "")):
        values |= await _of_problem(reads, page, problem_id)
    return await _form(page, Form.of(values))


@router.post("/incidents/new", **takes(POST))
async def report_incident(page: CurrentPage) -> Response:
    """Report it; its photo follows, and a photo that is refused takes no report back."""
    form = await Form.read(page.request)
    report = _report(form)
    if report is None:
        return await _form(page, form, status=422)
    made = await page.tried(
        form, lambda tx: incidents.reporting.report(tx, page.actor, report=report), FIELDS
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    is_taken = await photo_is_taken(page, page.actor, made.id)
    return see_other(f"/incidents/{made.id}?done={_done(made) if is_taken else 'no-photo'}")


@router.get("/incidents/{incident_id}/edit", **shows(READ))
async def edit_incident(page: CurrentPage, reads: Reads, incident_id: UUID) -> Response:
    """The form with what it says now."""
    one = await incidents.reading.get(reads, page.actor, incident_id)
    return await _form(page, Form.of(_values(one)), one=one)


@router.post("/incidents/{incident_id}/edit", **takes(READ))
async def change_incident(page: CurrentPage, incident_id: UUID) -> Response:
    """Change it; what is emptied is cleared."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await incidents.reading.get(reads, page.actor, incident_id)
    changes = await _changes(page, form, one)
    if changes is None:
        return await _form(page, form, one=one, status=422)
    made = await page.tried(form, lambda tx: incidents.changing.change(
        tx, page.actor, incident_id, changes=changes, expected_version=form.version
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return await _form(page, form, one=one, status=made.status)
    return see_other(f"/incidents/{incident_id}?done=changed")


def _report(form: Form) -> Report | None:
    """What the form reports; None when something is wrong (see its faults)."""
    shape, links, on = form.parse(ReportShape), writing.links_of(form), _on(form)
    at = moment(form, "occurred_at", *_typed_at(shape)) if shape else None
    if shape is None or links is None or form.is_faulty:
        return None
    return Report(
        **shape.model_dump(exclude=_TYPED),
        occurred_at=at,
        resources=on,
        tags=tuple(writing.tags_of(form)),
        links=tuple(links),
    )


def _done(made: IncidentView) -> str:
    is_down = any(one.effect is Effect.DOWN for one in made.resources)
    return "reported-down" if is_down else "reported"


async def _changes(page: Page, form: Form, one: IncidentView) -> dict[str, Any] | None:
    """What the form changes; None when something is wrong (see its faults)."""
    shape, links, on = form.parse(ChangeShape), writing.links_of(form), _on(form)
    at = moment(form, "occurred_at", *_typed_at(shape)) if shape else None
    if shape is None or links is None or form.is_faulty:
        return None
    changes = shape.model_dump(exclude=_TYPED)
    async with page.reading() as reads:
        for name in ("duplicate_of", "recurrence_of"):
            known = getattr(one, name)
            if changes.pop(name).strip() != (known.reference if known else ""):
                changes[name] = await _other(reads, page, form, name)
    changes |= {"resources": list(on), "tags": writing.tags_of(form), "links": links}
    # Times are typed to the minute: what was not touched stays as it was to the second.
    if at is not None and typed("at", at) != typed("at", one.occurred_at):
        changes["occurred_at"] = at
    return None if form.faults else changes


async def photo_is_taken(page: Page, actor: Actor, incident_id: UUID) -> bool:
    """Whether the photo of the form is stored, or there was none; in the name of `actor`."""
    async with page.request.form() as sent:
        part = sent.get(uploads.FIELD)
        if not isinstance(part, UploadFile) or not part.filename:
            return True
        wish = files.Wish(
            ("incident", incident_id), part.filename, files.kinds.PICTURE.name, part.size
        )
        state = page.request.app.state
        try:
            await files.upload(
                state.database, state.storage, actor,
                wish=wish, content=uploads.pieces(part), largest=state.settings.max_upload,
            )  # fmt: skip
        except DomainError:
            return False
    return True


def photo_words(page: Page) -> dict[str, str]:
    """What the field of a photo says."""
    most = min(files.kinds.PICTURE.max_size, page.settings.max_upload)
    return {
        "most": words.size(most),
        "accepted": ", ".join(sorted(files.kinds.PICTURE.content_types)),
    }


async def resource_choices(
    reads: ReadSession, page: Page, chosen: list[UUID]
) -> list[tuple[str, str]]:
    """Resources to choose from where there are no scripts; who is chosen is always among them."""
    picked = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    found = {str(one.id): one.name for one in picked.items}
    named = await resources.names(reads, page.actor, chosen)
    found |= {str(id_): name for id_, name in named.items()}
    return sorted(found.items(), key=lambda pair: pair[1].casefold())


async def _form(
    page: Page, form: Form, *, one: IncidentView | None = None, status: int = 200
) -> Response:
    chosen = [id_ for id_ in map(writing.id_of, _resource_values(form)) if id_]
    async with page.reading() as reads:
        types = await incidents.types.list_(
            reads, page.actor, is_active=None if one else True, paging=Limits(limit=MAX_LIMIT)
        )
        known = await incidents.priorities.list_(reads, page.actor)
        mine = one.priority.id if one and one.priority else None
        priorities = [each for each in known if each.is_active or each.id == mine]
        links = await writing.linked(reads, page.actor, form)
        teams = await teams_of(reads, page)
        if one and one.team and str(one.team.id) not in dict(teams):
            teams.append((str(one.team.id), one.team.name))
        options = await resource_choices(reads, page, chosen)
        tags = await incidents.reading.often_tagged(reads, page.actor)
    rows = [OnRow(number, options) for number in range(len(_resource_values(form)) + SPARE)]
    return page.show(
        "incidents/form.html", status=status, form=form, one=one, types=types.items,
        priorities=[(each.id, each.name) for each in priorities], links=links, teams=teams, rows=rows, tags=tags,
        severities=SEVERITIES, effects=EFFECTS, visibilities=VISIBILITIES, **photo_words(page),
        may_open=page.actor.may_anywhere(Permission.INCIDENTS_READ_RESTRICTED),
    )  # fmt: skip


def _values(one: IncidentView) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": one.title,
        "description": one.description,
        "resolution": one.resolution,
        "type_id": one.type.id,
        "severity": one.severity,
        "visibility": one.visibility,
        "priority_id": one.priority.id if one.priority else "",
        "team_id": one.team.id if one.team else "",
        "is_near_miss": "on" if one.is_near_miss else "",
        "duplicate_of": one.duplicate_of.reference if one.duplicate_of else "",
        "recurrence_of": one.recurrence_of.reference if one.recurrence_of else "",
        "tags": list(one.tags),
        "links": writing.keys_of(one.links),
        "version": one.version,
        **typed("occurred_at", one.occurred_at),
    }
    for place, on in enumerate(one.resources):
        values |= {f"on_{place}": on.id, f"effect_{place}": on.effect or ""}
    return values


async def _of_problem(reads: ReadSession, page: Page, problem_id: UUID) -> dict[str, Any]:
    """What a report of a problem says of it already."""
    problem = await maintenance.problems.get(reads, page.actor, problem_id)
    first = problem.text.splitlines()[0]
    title = first if len(first) <= _TITLE else f"{first[: _TITLE - 1].rsplit(' ', 1)[0]}…"
    return {
        "title": title,
        "description": problem.text if problem.text != title else "",
        "severity": problem.severity.value,
        "on_0": problem.resource.id,
        "effect_0": Effect.DOWN if problem.is_blocking else "",
        "links": [f"problem:{problem.id}"],
    }


async def _other(reads: ReadSession, page: Page, form: Form, name: str) -> UUID | None:
    """The incident that was named by its number, its address or its id."""
    said = form.values.get(name, "").strip()
    if not said:
        return None
    found = await incidents.reading.called(reads, page.actor, said)
    if found is None:
        form.add(name, "unknown-incident", _("There is no such incident. Type its number: INC-12."))
    return found


def _resource_values(form: Form) -> list[str]:
    """What stands in the rows for resources, without those that are empty."""
    found = sorted(
        (int(name.removeprefix("on_")), value)
        for name, value in form.values.items()
        if name.startswith("on_") and name.removeprefix("on_").isdecimal() and len(name) < 6
    )
    filled = [(number, value) for number, value in found if value]
    effects = {number: form.values.get(f"effect_{number}", "") for number, _value in filled}
    # Closed up, so that the rows are numbered from nought again.
    for place, (number, value) in enumerate(filled):
        form.values[f"on_{place}"], form.values[f"effect_{place}"] = value, effects[number]
    for place in range(len(filled), len(found)):
        form.values[f"on_{place}"] = form.values[f"effect_{place}"] = ""
    return [value for _number, value in filled]


def _on(form: Form) -> tuple[On, ...]:
    found = []
    for place, value in enumerate(_resource_values(form)):
        resource_id, effect = writing.id_of(value), form.values.get(f"effect_{place}", "")
        if resource_id is None or effect not in {"", *Effect}:
            form.add("resources", "unknown-resource", _("Choose one of the list."))
            continue
        found.append(On(resource_id, Effect(effect) if effect else None))
    return tuple(found)


def _typed_at(shape: ReportShape) -> tuple[Any, Any]:
    return shape.occurred_at_date, shape.occurred_at_time


async def running_on(
    page: Page, reads: ReadSession, resource_id: UUID
) -> list[incidents.IncidentRef]:
    """What goes on with a resource, as far as the reader may know, for its own page."""
    if not page.actor.may_anywhere(READ):
        return []
    found = await incidents.reading.running_on(reads, page.actor, [resource_id])
    return found.get(resource_id, [])


def may_report_on(page: Page, resource_id: UUID) -> bool:
    """Whether the reader is offered to report an incident on the resource."""
    return page.actor.may_anywhere(POST) and page.may(
        Permission.RESOURCES_READ, resource_scope(resource_id)
    )
