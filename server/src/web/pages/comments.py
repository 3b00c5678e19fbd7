"""Comments on anything, said where the thing is shown; and having read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import subjects
from src.domain.operations.discussion import CommentView, acknowledgements, comments
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, own_path, see_other
from src.web.pages import update_days
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST


class SubjectShape(Shape):
    """Which thing is meant."""

    subject_type: str = Field(max_length=40)
    subject_id: UUID


class CommentShape(SubjectShape):
    """What one says to it."""

    text: str = Field(max_length=comments.LONGEST)


class TextShape(Shape):
    """What one says instead."""

    text: str = Field(max_length=comments.LONGEST)
    version: int | None = None


class ReadShape(SubjectShape):
    """Whether one has read it, and where one was."""

    is_done: bool = True
    next: str = Field("", max_length=2000)


@router.post("/comments", **takes(POST))
async def add(page: CurrentPage) -> Response:
    """Say something; a form that is refused is shown again on a page of its own."""
    form = await Form.read(page.request)
    subject = form.parse(SubjectShape)
    shape = form.parse(CommentShape)
    if subject is None:
        return await _form(page, form, None, status=422)
    where = (subject.subject_type, subject.subject_id)
    if shape is None:
        return await _form(page, form, where, status=422)
    made = await page.tried(
        form, lambda tx: comments.add(tx, page.actor, where, text=shape.text), frozenset({"text"})
    )
    if isinstance(made, Refused):
        return await _form(page, form, where, status=made.status)
    return see_other(_place(made, "commented"))


@router.get("/comments/{comment_id}", **shows(READ))
async def go_to(page: CurrentPage, reads: Reads, comment_id: UUID) -> Response:
    """To the comment, where it was said."""
    return see_other(_place(await comments.get(reads, page.actor, comment_id)))


@router.get("/comments/{comment_id}/edit", **shows(POST))
async def edit(page: CurrentPage, comment_id: UUID) -> Response:
    """The form with what it says now."""
    async with page.reading() as reads:
        one = await comments.get(reads, page.actor, comment_id)
    form = Form.of({"text": one.text, "version": one.version})
    return await _form(page, form, _subject(one), one=one)


@router.post("/comments/{comment_id}/edit", **takes(POST))
async def change(page: CurrentPage, comment_id: UUID) -> Response:
    """Say it differently."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await comments.get(reads, page.actor, comment_id)
    shape = form.parse(TextShape)
    if shape is None:
        return await _form(page, form, _subject(one), one=one, status=422)
    made = await page.tried(form, lambda tx: comments.change(
        tx, page.actor, comment_id, text=shape.text, expected_version=shape.version
    ), frozenset({"text"}))  # fmt: skip
    if isinstance(made, Refused):
        return await _form(page, form, _subject(one), one=one, status=made.status)
    return see_other(_place(made, "comment-changed"))


@router.get("/comments/{comment_id}/remove", **shows(POST))
async def ask_remove(page: CurrentPage, reads: Reads, comment_id: UUID) -> Response:
    """What will be gone."""
    one = await comments.get(reads, page.actor, comment_id)
    thing = await subjects.require(reads, page.actor, _subject(one))
    return page.show("updates/comment_remove.html", one=one, thing=thing, form=Form())


@router.post("/comments/{comment_id}/remove", **takes(POST))
async def remove(page: CurrentPage, comment_id: UUID) -> Response:
    """Delete it; its place stays."""
    async with page.writing() as tx:
        one = await comments.get(tx, page.actor, comment_id)
        await comments.remove(tx, page.actor, comment_id)
    return see_other(_place(one, "comment-removed"))


@router.get("/comments/{comment_id}/history", **shows(READ))
async def show_history(page: CurrentPage, reads: Reads, comment_id: UUID) -> Response:
    """Its versions, the latest first."""
    one = await comments.get(reads, page.actor, comment_id)
    kept = await comments.versions(reads, page.actor, comment_id)
    thing = await subjects.require(reads, page.actor, _subject(one))
    shown = update_days.versions_of_comment(one, kept)
    return page.show("updates/comment_history.html", one=one, thing=thing, versions=shown)


@router.post("/acknowledgements", **takes(READ))
async def acknowledge(page: CurrentPage) -> Response:
    """Say that one has read it, or that one has not; back to where one was."""
    form = await Form.read(page.request)
    shape = form.parse(ReadShape)
    if shape is None:
        return see_other("/updates")
    subject = (shape.subject_type, shape.subject_id)
    async with page.writing() as tx:
        await acknowledgements.put(tx, page.actor, subject, done=shape.is_done)
    return see_other(own_path(shape.next) if shape.next else _path(*subject))


async def _form(
    page: Page,
    form: Form,
    subject: tuple[str, UUID] | None,
    *,
    one: CommentView | None = None,
    status: int = 200,
) -> Response:
    thing: Any = None
    if subject is not None:
        async with page.reading() as reads:
            thing = await subjects.require(reads, page.actor, subject)
    return page.show("updates/comment.html", status=status, form=form, thing=thing, one=one)


def _subject(one: CommentView) -> tuple[str, UUID]:
    return one.subject_type, one.subject_id


def _path(kind: str, thing_id: UUID) -> str:
    return subjects.find(kind).path.format(id=thing_id)


def _place(one: CommentView, done: str = "") -> str:
    said = f"?done={done}" if done else ""
    return f"{_path(*_subject(one))}{said}#comment-{one.id}"
