"""Status updates: the feed by day, one person's, one update, and the forms around it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import Paging as Limits
from src.domain import accounts, notifications
from src.domain.operations import discussion, policy, updates
from src.domain.operations.updates import Draft, Filters
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages import update_days, writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
enter(mark("Updates"), "/updates", READ, rank=42, icon="update", key="u")

FILTERS = ("q", "author_id", "team_id", "tag", "since", "until")
EVERYBODY = "everybody"
TEXTS = updates.service.TEXTS
FIELDS = frozenset({*TEXTS, "team_id", "tags", "links"})
PER_PAGE = 30
DONE = {
    "posted": mark("Your update is posted."),
    "changed": mark("Your update was changed."),
    "removed": mark("The update was deleted."),
    "read": mark("Noted: you have read it."),
    "unread": mark("Noted: you have not read it."),
    "commented": mark("Your comment is posted."),
    "comment-changed": mark("Your comment was changed."),
    "comment-removed": mark("The comment was deleted."),
    "followed": mark("You are told what happens here."),
    "unfollowed": mark("You are not told any more what happens here."),
}
Said = Annotated[str, Query(max_length=20)]


class FilterShape(Shape):
    """What the feed is narrowed to; days are the reader's, both included."""

    author_id: UUID | None = None
    team_id: str | None = Field(None, max_length=40)
    tag: str | None = Field(None, max_length=41)
    since: TypedDate | None = None
    until: TypedDate | None = None


class UpdateShape(Shape):
    """What one has to say."""

    team_id: UUID | None = None
    done: str = Field("", max_length=updates.service.LONGEST)
    next: str = Field("", max_length=updates.service.LONGEST)
    needs: str = Field("", max_length=updates.service.LONGEST)
    version: int | None = None


class SilenceShape(Shape):
    """Of which team, until which day, for how many days."""

    team_id: UUID | None = None
    day: TypedDate | None = None
    days: int = Field(1, ge=1, le=updates.silence.LONGEST)


@router.get("/updates", **shows(READ))
async def feed(page: CurrentPage, reads: Reads, paging: Paging, done: Said = "") -> Response:
    """What people said, by day, the latest first; of one person, if one likes."""
    form = Form.of_query(page.request, **dict.fromkeys(FILTERS, ""))
    wanted = _wanted(page, form)
    limits = Limits(limit=PER_PAGE, cursor=paging.cursor)
    found = await updates.list_(reads, page.actor, filters=wanted, paging=limits)
    teams = await teams_of(reads, page)
    is_narrowed = any(form.values[name] for name in FILTERS)
    silent = [] if is_narrowed else await updates.silence.list_(reads, page.actor)
    people = [one.author.id for one in found.items]
    return page.show(
        "updates/list.html", form=form, page=found, teams=teams, silent=silent,
        days=update_days.by_day(found.items), tags=await _often(reads, is_narrowed=is_narrowed),
        done=DONE.get(done), portraits=await page.portraits_of(reads, people),
        **await _about_author(reads, page, wanted),
    )  # fmt: skip


@router.get("/updates/new", **shows(POST))
async def new_update(page: CurrentPage) -> Response:
    """The form; beside it what one said last."""
    mine = sorted(page.actor.team_ids)
    asked = page.request.query_params.get("team_id", "")
    return await _form(page, Form.of({"team_id": asked or (mine[0] if mine else "")}))


@router.post("/updates/new", **takes(POST))
async def post_update(page: CurrentPage) -> Response:
    """Say it."""
    form = await Form.read(page.request)
    shape, links = form.parse(UpdateShape), writing.links_of(form)
    if shape is None or links is None:
        return await _form(page, form, status=422)
    draft = Draft(shape.team_id, shape.done, shape.next, shape.needs, writing.tags_of(form), links)
    made = await page.tried(form, lambda tx: updates.post(tx, page.actor, draft=draft), FIELDS)
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return see_other(f"/updates/{made.id}?done=posted")


@router.get("/updates/silent", **shows(READ))
async def show_silent(page: CurrentPage, reads: Reads) -> Response:
    """Who of one's teams has said nothing; the days are the teams' own."""
    form = Form.of_query(page.request, team_id="", day="", days="1")
    shape = form.parse(SilenceShape) or SilenceShape()
    found = await updates.silence.list_(
        reads, page.actor, team_id=shape.team_id, last=shape.day, days=shape.days
    )
    people = [one.id for each in found for one in each.silent]
    return page.show(
        "updates/silent.html", form=form, found=found,
        teams=[(str(id_), name) for id_, name in await _looked_after(reads, page)],
        portraits=await page.portraits_of(reads, people),
    )  # fmt: skip


@router.get("/updates/{update_id}", **shows(READ))
async def show_update(page: CurrentPage, update_id: UUID, done: Said = "") -> Response:
    """One update with what was said to it."""
    async with page.reading() as reads:
        found = await updates.get_whole(reads, page.actor, update_id)
        subject = ("update", update_id)
        said = await discussion.comments.of(
            reads, page.actor, subject, paging=Limits(limit=writing.MOST_COMMENTS)
        )
        read_by = await discussion.acknowledgements.of(reads, page.actor, subject)
        follows = await notifications.follows.state(reads, page.actor.user_id, subject)
        people = [found.update.author.id, *(one.author.id for one in said.items)]
        portraits = await page.portraits_of(reads, [*people, *(one.person.id for one in read_by)])
    return page.show(
        "updates/show.html", one=found.update, whole=found, comments=said, read_by=read_by,
        follows=follows, form=Form(), portraits=portraits, done=DONE.get(done),
        may_comment=policy.may_post(page.actor, _team_of(found)),
    )  # fmt: skip


@router.get("/updates/{update_id}/edit", **shows(POST))
async def edit_update(page: CurrentPage, reads: Reads, update_id: UUID) -> Response:
    """The form with what it says now."""
    found = await updates.get_whole(reads, page.actor, update_id)
    one = found.update
    values = {name: getattr(one, name) for name in TEXTS}
    form = Form.of({**values, "tags": one.tags, "version": one.version})
    return await _form(page, writing.with_links(form, found.to), one=one)


@router.post("/updates/{update_id}/edit", **takes(POST))
async def change_update(page: CurrentPage, update_id: UUID) -> Response:
    """Say it differently; what it said before is kept."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await updates.get(reads, page.actor, update_id)
    shape, links = form.parse(UpdateShape), writing.links_of(form)
    if shape is None or links is None:
        return await _form(page, form, one=one, status=422)
    changes: dict[str, Any] = {name: getattr(shape, name) for name in TEXTS}
    changes |= {"tags": writing.tags_of(form), "links": links}
    made = await page.tried(form, lambda tx: updates.change(
        tx, page.actor, update_id, changes=changes, expected_version=shape.version
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return await _form(page, form, one=one, status=made.status)
    return see_other(f"/updates/{update_id}?done=changed")


@router.get("/updates/{update_id}/delete", **shows(READ))
async def ask_delete(page: CurrentPage, reads: Reads, update_id: UUID) -> Response:
    """What will be gone."""
    one = await updates.get(reads, page.actor, update_id)
    return page.show("updates/delete.html", one=one, form=Form())


@router.post("/updates/{update_id}/delete", **takes(READ))
async def delete_update(page: CurrentPage, update_id: UUID) -> Response:
    """Delete it with all that hangs on it."""
    async with page.writing() as tx:
        await updates.remove(tx, page.actor, update_id)
    return see_other("/updates?done=removed")


@router.get("/updates/{update_id}/history", **shows(READ))
async def show_history(page: CurrentPage, reads: Reads, update_id: UUID) -> Response:
    """Its versions, the latest first, each with what was changed."""
    one = await updates.get(reads, page.actor, update_id)
    versions = await updates.versions(reads, page.actor, update_id)
    shown = update_days.versions(one, versions)
    return page.show("updates/history.html", one=one, versions=shown)


async def teams_of(reads: ReadSession, page: Page) -> list[tuple[str, str]]:
    """The teams whose updates one may read, as choices; one's own first."""
    if not page.actor.may_anywhere(Permission.USERS_READ):
        named = await accounts.team_names(reads, page.actor.team_ids)
    else:
        limits = Limits(limit=200)
        found = await accounts.list_teams(reads, page.actor, paging=limits)
        named = {one.id: one.name for one in found.items}
    mine = page.actor.team_ids
    order = sorted(named, key=lambda id_: (id_ not in mine, named[id_].casefold()))
    return [(str(id_), named[id_]) for id_ in order if policy.may_read(page.actor, id_)]


async def _form(
    page: Page, form: Form, *, one: updates.UpdateView | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        links = await writing.linked(reads, page.actor, form)
        teams = await teams_of(reads, page) if one is None else []
        mine = Filters(author_ids=[page.actor.user_id] if page.actor.user_id else [])
        last = await updates.list_(reads, page.actor, filters=mine, paging=Limits(limit=1))
        tags = await discussion.tags.often(reads, "update")
    postable = [(id_, name) for id_, name in teams if policy.may_post(page.actor, UUID(id_))]
    return page.show(
        "updates/form.html", status=status, form=form, one=one, links=links, tags=tags,
        last=None if one or not last.items else last.items[0], teams=postable,
        may_post_to_all=policy.may_post(page.actor, None),
    )  # fmt: skip


def _wanted(page: Page, form: Form) -> Filters:
    """What the address asks for; a filter that cannot be read filters nothing, and says so."""
    shape = form.parse(FilterShape) or FilterShape()
    since, until = shape.since, shape.until + timedelta(days=1) if shape.until else None
    teams: list[UUID | None] = []
    if shape.team_id == EVERYBODY:
        teams = [None]
    elif shape.team_id and (team_id := writing.id_of(shape.team_id)):
        teams = [team_id]
    return Filters(
        author_ids=[shape.author_id] if shape.author_id else [],
        team_ids=teams,
        tags=[shape.tag] if shape.tag else [],
        q=form.values["q"] or None,
        from_=update_days.midnight(since, page.actor.timezone) if since else None,
        to=update_days.midnight(until, page.actor.timezone) if until else None,
    )


async def _about_author(reads: ReadSession, page: Page, wanted: Filters) -> dict[str, Any]:
    """Whose updates these are, when they are one person's."""
    found: dict[str, Any] = {"author": None, "follows": None}
    for author_id in wanted.author_ids:
        name = (await accounts.names(reads, [author_id])).get(author_id)
        if name is not None:
            found["author"] = discussion.Named(author_id, name)
            subject = ("person", author_id)
            found["follows"] = await notifications.follows.state(reads, page.actor.user_id, subject)
    return found


async def _often(reads: ReadSession, *, is_narrowed: bool) -> list[str]:
    return [] if is_narrowed else await discussion.tags.often(reads, "update", most=12)


async def _looked_after(reads: ReadSession, page: Page) -> list[tuple[UUID, str]]:
    """The teams of which one may ask who said nothing."""
    return [
        (UUID(id_), name)
        for id_, name in await teams_of(reads, page)
        if UUID(id_) in page.actor.team_ids or policy.may_manage(page.actor, UUID(id_))
    ]


def _team_of(found: updates.Whole) -> UUID | None:
    return found.update.team.id if found.update.team else None
