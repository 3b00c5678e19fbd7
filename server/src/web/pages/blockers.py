"""Blockers: listed with the worst first, raised, changed, resolved, put away."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.domain.operations import blockers, discussion, policy
from src.domain.operations.blockers import BlockerView, Filters, Wish
from src.domain.operations.tables import BlockerState, Severity, WaitingOn
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages import discussed, writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
MANAGE = Permission.OPERATIONS_MANAGE
enter(mark("Blockers"), "/blockers", READ, rank=44, icon="blocker", key="k")

FILTERS = ("q", "state", "impact", "waiting_on", "team_id", "whose", "tag")
FIELDS = frozenset({
    "title", "description", "team_id", "impact", "impact_text", "waiting_on", "waiting_on_id",
    "waiting_on_name", "owner_id", "needed_by", "tags", "links",
})  # fmt: skip
IMPACTS = {
    Severity.UNDETERMINED: mark("Not known yet"),
    Severity.LOW: mark("Low: a nuisance"),
    Severity.MEDIUM: mark("Medium: work is slower"),
    Severity.HIGH: mark("High: somebody's work stands still"),
    Severity.CRITICAL: mark("Critical: the team's work stands still, or somebody is at risk"),
}
WAITS = {
    WaitingOn.PERSON: mark("A person"),
    WaitingOn.VENDOR: mark("A vendor"),
    WaitingOn.EHS: mark("Environment, health and safety"),
    WaitingOn.FUNDING: mark("Funding"),
    WaitingOn.OTHER: mark("Something else"),
}
WHOSE = {
    "mine": mark("What concerns me"),
    "own": mark("What I own"),
    "nobody": mark("What nobody owns"),
    "late": mark("What is late"),
}
DONE = {
    "raised": mark("The blocker is raised; those concerned are told."),
    "saved": mark("The blocker was changed."),
    "resolved": mark("Resolved; those concerned are told."),
    "active": mark("It is active again; those concerned are told."),
    "archived": mark("It is archived: it is read and nothing else."),
    "unarchived": mark("It is out of the archive."),
    "commented": mark("Your comment is posted."),
    "comment-changed": mark("Your comment was changed."),
    "comment-removed": mark("The comment was deleted."),
    "followed": mark("You are told what happens here."),
    "unfollowed": mark("You are not told any more what happens here."),
}
Said = Annotated[str, Query(max_length=20)]


class FilterShape(Shape):
    """What the list is narrowed to."""

    state: str | None = None
    impact: Severity | None = None
    waiting_on: WaitingOn | None = None
    team_id: UUID | None = None
    whose: str | None = None
    tag: str | None = Field(None, max_length=41)


class BlockerShape(Shape):
    """A blocker as it is typed."""

    title: str = Field(max_length=blockers.service.LONGEST["title"])
    description: str = Field("", max_length=blockers.service.LONGEST["description"])
    team_id: UUID | None = None
    impact: Severity = Severity.UNDETERMINED
    impact_text: str = Field("", max_length=blockers.service.LONGEST["impact_text"])
    waiting_on: WaitingOn
    waiting_on_id: UUID | None = None
    waiting_on_name: str = Field("", max_length=blockers.service.LONGEST["waiting_on_name"])
    owner_id: UUID | None = None
    needed_by: TypedDate | None = None
    version: int | None = None

    def values(self) -> dict[str, Any]:
        """What the service takes; a person who is chosen counts where it waits for one."""
        found = self.model_dump(exclude={"version"})
        if self.waiting_on is not WaitingOn.PERSON:
            found["waiting_on_id"] = None
        return found


class MoveShape(Shape):
    """Where it goes, and a word about it."""

    to: BlockerState
    note: str = Field("", max_length=blockers.states.LONGEST_NOTE)
    version: int | None = None


@router.get("/blockers", **shows(READ))
async def list_blockers(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Active before resolved, the worst first, then the oldest."""
    form = Form.of_query(page.request, **dict.fromkeys(FILTERS, ""))
    found = await blockers.list_(reads, page.actor, filters=_wanted(page, form), paging=paging)
    owners = [one.owner.id for one in found.items if one.owner]
    return page.show(
        "blockers/list.html", form=form, page=found, teams=await teams_of(reads, page),
        today=_today(), portraits=await page.portraits_of(reads, owners), **_words(),
    )  # fmt: skip


@router.get("/blockers/new", **shows(POST))
async def new_blocker(page: CurrentPage) -> Response:
    """The form; the reader's own team stands first."""
    asked = page.request.query_params.get("team_id", "")
    mine = sorted(page.actor.team_ids)
    values = {
        "team_id": asked or (mine[0] if mine else ""),
        "impact": Severity.UNDETERMINED,
        "waiting_on": WaitingOn.PERSON,
        "owner_id": page.actor.user_id or "",
    }
    return await _form(page, Form.of(values))


@router.post("/blockers/new", **takes(POST))
async def raise_blocker(page: CurrentPage) -> Response:
    """Raise it."""
    form = await Form.read(page.request)
    shape, links = form.parse(BlockerShape), writing.links_of(form)
    if shape is None or links is None:
        return await _form(page, form, status=422)
    wish = Wish(**shape.values(), tags=tuple(writing.tags_of(form)), links=tuple(links))
    made = await page.tried(form, lambda tx: blockers.raise_(tx, page.actor, wish=wish), FIELDS)
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return see_other(f"/blockers/{made.id}?done=raised")


@router.get("/blockers/{blocker_id}", **shows(READ))
async def show_blocker(page: CurrentPage, blocker_id: UUID, done: Said = "") -> Response:
    """One of them: what waits for whom, what can be done about it, and what happened."""
    return await _show(page, blocker_id, Form(), done=DONE.get(done))


@router.get("/blockers/{blocker_id}/edit", **shows(POST))
async def edit_blocker(page: CurrentPage, reads: Reads, blocker_id: UUID) -> Response:
    """The form with what it says now."""
    one = await blockers.get(reads, page.actor, blocker_id)
    values = {name: getattr(one, name) for name in FIELDS & BlockerView.__annotations__.keys()}
    values |= {
        "team_id": one.team.id if one.team else "",
        "owner_id": one.owner.id if one.owner else "",
        "waiting_on_id": one.waiting_on_person.id if one.waiting_on_person else "",
        "tags": list(one.tags),
        "links": writing.keys_of(one.links),
        "version": one.version,
    }
    return await _form(page, Form.of(values), one=one)


@router.post("/blockers/{blocker_id}/edit", **takes(POST))
async def change_blocker(page: CurrentPage, blocker_id: UUID) -> Response:
    """Change it; what is emptied is cleared."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await blockers.get(reads, page.actor, blocker_id)
    shape, links = form.parse(BlockerShape), writing.links_of(form)
    if shape is None or links is None:
        return await _form(page, form, one=one, status=422)
    changes = {**shape.values(), "tags": writing.tags_of(form), "links": links}
    made = await page.tried(form, lambda tx: blockers.change(
        tx, page.actor, blocker_id, changes=changes, expected_version=shape.version
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return await _form(page, form, one=one, status=made.status)
    return see_other(f"/blockers/{blocker_id}?done=saved")


@router.post("/blockers/{blocker_id}/transition", **takes(POST))
async def move(page: CurrentPage, blocker_id: UUID) -> Response:
    """Resolve it, or say that it is back."""
    form = await Form.read(page.request)
    shape = form.parse(MoveShape)
    if shape is None:
        return await _show(page, blocker_id, form, status=422)
    made = await page.tried(form, lambda tx: blockers.transition(
        tx, page.actor, blocker_id, to=shape.to, note=shape.note, expected_version=shape.version
    ), frozenset({"note"}))  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, blocker_id, form, status=made.status)
    return see_other(f"/blockers/{blocker_id}?done={shape.to}")


@router.post("/blockers/{blocker_id}/archive", **takes(POST))
async def archive(page: CurrentPage, blocker_id: UUID) -> Response:
    """Put it away."""
    form = await Form.read(page.request)
    made = await page.tried(form, lambda tx: blockers.archive(
        tx, page.actor, blocker_id, expected_version=form.version
    ), frozenset())  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, blocker_id, form, status=made.status)
    return see_other(f"/blockers/{blocker_id}?done=archived")


@router.post("/blockers/{blocker_id}/unarchive", **takes(MANAGE))
async def unarchive(page: CurrentPage, blocker_id: UUID) -> Response:
    """Take it out of the archive."""
    form = await Form.read(page.request)
    made = await page.tried(form, lambda tx: blockers.unarchive(
        tx, page.actor, blocker_id, expected_version=form.version
    ), frozenset())  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, blocker_id, form, status=made.status)
    return see_other(f"/blockers/{blocker_id}?done=unarchived")


async def _show(
    page: Page, blocker_id: UUID, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await blockers.get(reads, page.actor, blocker_id)
        ways = {way.action.value: way.why_not for way in one.ways}
        around = await discussed.around(
            reads, page, ("blocker", blocker_id), may_comment=not ways["comment"]
        )
        people = [one.owner, one.waiting_on_person, one.raised_by, one.resolved_by]
        ids = [each.id for each in people if each]
        said = [each.author.id for each in around["comments"].items]
        portraits = await page.portraits_of(reads, [*ids, *said])
    return page.show(
        "blockers/show.html", status=status, form=form, one=one, ways=ways, done=done,
        today=_today(), portraits=portraits, **around, **_words(),
    )  # fmt: skip


async def _form(
    page: Page, form: Form, *, one: BlockerView | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        chosen = [one.owner, one.waiting_on_person] if one else []
        context = {
            "links": await writing.linked(reads, page.actor, form),
            "tags": await discussion.tags.often(reads, "blocker"),
            "people": await discussed.people_choices(reads, page, chosen),
            "teams": await _postable(reads, page),
        }
    return page.show(
        "blockers/form.html", status=status, form=form, one=one,
        may_post_to_all=policy.may_post(page.actor, None), **context, **_words(),
    )  # fmt: skip


async def _postable(reads: ReadSession, page: Page) -> discussed.Choices:
    found = await teams_of(reads, page)
    return [(id_, name) for id_, name in found if policy.may_post(page.actor, UUID(id_))]


def _wanted(page: Page, form: Form) -> Filters:
    """What the address asks for; a filter that cannot be read filters nothing, and says so."""
    shape = form.parse(FilterShape) or FilterShape()
    me, whose = page.actor.user_id, shape.whose
    states = [one for one in BlockerState if one == shape.state]
    return Filters(
        states=tuple(states),
        impacts=(shape.impact,) if shape.impact else (),
        waiting_on=(shape.waiting_on,) if shape.waiting_on else (),
        team_ids=(shape.team_id,) if shape.team_id else (),
        owner_id=me if whose == "own" else None,
        concerns_id=me if whose == "mine" else None,
        owned=False if whose == "nobody" else None,
        overdue_on=_today() if whose == "late" else None,
        archived=shape.state == "archived",
        tag=shape.tag,
        q=form.values["q"] or None,
    )


def _today() -> Any:  # noqa: ANN401 - a date
    """The reader's day."""
    return clock.now().astimezone(language.reader().zone).date()


def _words() -> dict[str, Any]:
    return {"impacts": IMPACTS, "waits": WAITS, "whose": WHOSE}
