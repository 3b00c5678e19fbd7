"""Decisions: listed, proposed or recorded, shown with all they stand in, changed while open."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.domain.operations import decisions, discussion, policy
from src.domain.operations.decisions import DecisionView, Filters, OptionWish, Verdict, Wish
from src.domain.operations.tables import DecisionState, Stance
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages import discussed, writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
enter(mark("Decisions"), "/decisions", READ, rank=45, icon="decision", key="d")

FILTERS = ("q", "state", "team_id", "whose", "tag")
FIELDS = frozenset({
    "title", "context", "outcome", "team_id", "review_on", "options", "participant_ids", "tags",
    "links",
})  # fmt: skip
LONGEST = decisions.service.LONGEST
STATES = {
    DecisionState.PROPOSED: mark("Proposed"),
    DecisionState.ACCEPTED: mark("Accepted"),
    DecisionState.SUPERSEDED: mark("Superseded"),
    DecisionState.DEPRECATED: mark("No longer holds"),
    DecisionState.REJECTED: mark("Rejected"),
    DecisionState.WITHDRAWN: mark("Withdrawn"),
}
STANCES = {
    Stance.AGREES: mark("I agree"),
    Stance.DISAGREES: mark("I disagree"),
    Stance.ABSTAINS: mark("I abstain"),
    Stance.UNDECIDED: mark("I have not made up my mind"),
}
WHOSE = {
    "asked": mark("What waits for my answer"),
    "proposed": mark("What I proposed"),
    "taking-part": mark("Where I am asked"),
}
DONE = {
    "proposed": mark("It is proposed; those who are asked are told."),
    "recorded": mark("The decision is recorded."),
    "saved": mark("The proposal was changed."),
    "options": mark("The options were changed."),
    "asked": mark("Those who are asked have changed; whoever is new is told."),
    "answered": mark("Noted: this is what you think."),
    "accepted": mark("Accepted; those concerned are told."),
    "rejected": mark("Rejected; those concerned are told."),
    "withdrawn": mark("Withdrawn; those concerned are told."),
    "superseded": mark("Superseded; those concerned are told."),
    "deprecated": mark("It no longer holds; those concerned are told."),
    "amended": mark("Amended; what it said before is kept below."),
    "commented": mark("Your comment is posted."),
    "comment-changed": mark("Your comment was changed."),
    "comment-removed": mark("The comment was deleted."),
    "followed": mark("You are told what happens here."),
    "unfollowed": mark("You are not told any more what happens here."),
}
Said = Annotated[str, Query(max_length=20)]


class FilterShape(Shape):
    """What the list is narrowed to."""

    state: DecisionState | None = None
    team_id: UUID | None = None
    whose: str | None = None
    tag: str | None = Field(None, max_length=41)


class DecisionShape(Shape):
    """A proposal as it is typed; `options` has one in each line."""

    title: str = Field(max_length=LONGEST["title"])
    context: str = Field("", max_length=LONGEST["context"])
    outcome: str = Field("", max_length=LONGEST["outcome"])
    team_id: UUID | None = None
    review_on: TypedDate | None = None
    options: str = Field("", max_length=decisions.service.MOST_OPTIONS * 220)
    participant_ids: list[UUID] = Field(default_factory=list)
    is_decided: bool = False
    supersedes: UUID | None = None
    reason: str = Field("", max_length=decisions.states.LONGEST_REASON)

    def wish(self, form: Form, links: list[tuple[str, UUID]]) -> Wish:
        """What the service takes."""
        lines = [line.strip() for line in self.options.splitlines()]
        return Wish(
            title=self.title,
            context=self.context,
            outcome=self.outcome,
            team_id=self.team_id,
            review_on=self.review_on,
            options=tuple(OptionWish(line) for line in lines if line),
            participant_ids=tuple(self.participant_ids),
            tags=tuple(writing.tags_of(form)),
            links=tuple(links),
        )


@router.get("/decisions", **shows(READ))
async def list_decisions(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Proposals, then what holds, then the others; the newest first."""
    form = Form.of_query(page.request, **dict.fromkeys(FILTERS, ""))
    found = await decisions.list_(reads, page.actor, filters=_wanted(page, form), paging=paging)
    people = [one.proposed_by.id for one in found.items if one.proposed_by]
    return page.show(
        "decisions/list.html", form=form, page=found, teams=await teams_of(reads, page),
        portraits=await page.portraits_of(reads, people), me=page.actor.user_id,
        states=STATES, whose=WHOSE,
    )  # fmt: skip


@router.get("/decisions/new", **shows(POST))
async def new_decision(page: CurrentPage) -> Response:
    """The form; the reader's own team stands first. `supersedes`: what it takes the place of."""
    query, mine = page.request.query_params, sorted(page.actor.team_ids)
    old = writing.id_of(query.get("supersedes", ""))
    team_id = query.get("team_id", "") or (mine[0] if mine else "")
    values = {"team_id": team_id, "supersedes": old, "is_decided": "on" if old else ""}
    return await _form(page, Form.of(values))


@router.post("/decisions/new", **takes(POST))
async def propose(page: CurrentPage) -> Response:
    """Propose it; or record it, where it was decided already."""
    form = await Form.read(page.request)
    shape, links = form.parse(DecisionShape), writing.links_of(form)
    if shape is None or links is None:
        return await _form(page, form, status=422)
    wish = shape.wish(form, links)
    made = await page.tried(
        form, lambda tx: _made(tx, page, wish, shape), FIELDS | {"reason", "is_decided"}
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return see_other(f"/decisions/{made.id}?done={'recorded' if shape.is_decided else 'proposed'}")


@router.get("/decisions/{decision_id}", **shows(READ))
async def show_decision(page: CurrentPage, decision_id: UUID, done: Said = "") -> Response:
    """One of them: why, what was weighed, who thinks what, what came of it."""
    return await show(page, decision_id, Form(), done=DONE.get(done))


@router.get("/decisions/{decision_id}/edit", **shows(POST))
async def edit_decision(page: CurrentPage, reads: Reads, decision_id: UUID) -> Response:
    """The form with what it says now."""
    one = await decisions.get(reads, page.actor, decision_id)
    values = {
        **{name: getattr(one, name) for name in (*LONGEST, "review_on", "version")},
        "team_id": one.team.id if one.team else "",
        "tags": list(one.tags),
        "links": writing.keys_of(one.links),
    }
    return await _form(page, Form.of(values), one=one)


@router.post("/decisions/{decision_id}/edit", **takes(POST))
async def change_decision(page: CurrentPage, decision_id: UUID) -> Response:
    """Change the proposal; of what is decided tags and links alone."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
    changes, status = _changes(form, one), 422
    if changes is not None:
        made = await page.tried(form, lambda tx: decisions.change(
            tx, page.actor, decision_id, changes=changes, expected_version=form.version
        ), FIELDS)  # fmt: skip
        if not isinstance(made, Refused):
            return see_other(f"/decisions/{decision_id}?done=saved")
        status = made.status
    return await _form(page, form, one=one, status=status)


async def show(
    page: Page, decision_id: UUID, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    """The page of a decision; `form`: what was refused of one of its forms."""
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
        ways = {way.action.value: way.why_not for way in one.ways}
        around = await discussed.around(
            reads, page, ("decision", decision_id), may_comment=not ways["comment"]
        )
        amendments = await decisions.amending.of(reads, page.actor, decision_id)
        people: discussed.Choices = []
        if not ways["change"]:
            asked = [each.person for each in one.participants]
            people = await discussed.people_choices(reads, page, asked)
        ids = [each.person.id for each in one.participants]
        ids += [each.author.id for each in around["comments"].items]
        ids += [each.id for each in (one.proposed_by, one.decided_by) if each]
        portraits = await page.portraits_of(reads, ids)
    mine = [each for each in one.participants if each.person.id == page.actor.user_id]
    if "user_ids" not in form.lists:
        form.lists["user_ids"] = [str(each.person.id) for each in one.participants]
    return page.show(
        "decisions/show.html", status=status, form=form, one=one, ways=ways, done=done,
        mine=mine[0] if mine else None, people=people, amendments=amendments, stances=STANCES,
        portraits=portraits, **around,
    )  # fmt: skip


def _changes(form: Form, one: DecisionView) -> dict[str, Any] | None:
    """What was typed of it; None where something is wrong. What is decided keeps its text."""
    is_open = one.state is DecisionState.PROPOSED
    if not is_open:
        form.lists["title"] = [one.title]
    shape, links = form.parse(DecisionShape), writing.links_of(form)
    if shape is None or links is None:
        return None
    changes: dict[str, Any] = {"tags": writing.tags_of(form), "links": links}
    if is_open:
        changes |= {name: getattr(shape, name) for name in (*LONGEST, "team_id", "review_on")}
    return changes


async def _made(tx: AsyncSession, page: Page, wish: Wish, shape: DecisionShape) -> DecisionView:
    """Proposed; accepted, where that is so; in the place of another, where it takes it."""
    made = await decisions.propose(tx, page.actor, wish=wish)
    if not shape.is_decided:
        return made
    verdict = Verdict(DecisionState.ACCEPTED)
    made = await decisions.transition(tx, page.actor, made.id, verdict=verdict)
    if shape.supersedes:
        over = Verdict(DecisionState.SUPERSEDED, shape.reason, superseded_by=made.id)
        await decisions.transition(tx, page.actor, shape.supersedes, verdict=over)
    return made


async def _form(
    page: Page, form: Form, *, one: DecisionView | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        context = {
            "links": await writing.linked(reads, page.actor, form),
            "tags": await discussion.tags.often(reads, "decision"),
            "people": [] if one else await discussed.people_choices(reads, page),
            "teams": await _postable(reads, page),
            "old": await _old(reads, page, form),
        }
    return page.show(
        "decisions/form.html", status=status, form=form, one=one,
        may_post_to_all=policy.may_post(page.actor, None), **context,
    )  # fmt: skip


async def _old(reads: ReadSession, page: Page, form: Form) -> DecisionView | None:
    """What it takes the place of, as far as the reader may know of it."""
    old_id = writing.id_of(form.values.get("supersedes", ""))
    return await decisions.get(reads, page.actor, old_id) if old_id else None


async def _postable(reads: ReadSession, page: Page) -> discussed.Choices:
    found = await teams_of(reads, page)
    return [(id_, name) for id_, name in found if policy.may_post(page.actor, UUID(id_))]


def _wanted(page: Page, form: Form) -> Filters:
    """What the address asks for; a filter that cannot be read filters nothing, and says so."""
    shape = form.parse(FilterShape) or FilterShape()
    me, whose = page.actor.user_id, shape.whose
    return Filters(
        states=(shape.state,) if shape.state else (),
        team_ids=(shape.team_id,) if shape.team_id else (),
        proposed_by=me if whose == "proposed" else None,
        participant_id=me if whose == "taking-part" else None,
        asks_id=me if whose == "asked" else None,
        tag=shape.tag,
        q=form.values["q"] or None,
    )
