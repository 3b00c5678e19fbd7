"""The review of an incident: written in drafts, signed off by somebody else, opened again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.domain.operations.incidents import room
from src.domain.operations.tables import TaskPhase
from src.web.forms import Form, Shape, see_other
from src.web.pages import incident_frame
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import PATH, PHASES, READ

router = APIRouter(include_in_schema=False)
FIELDS = frozenset({*room.review.TEXTS, "reason"})
LEARNED = (TaskPhase.CORRECTIVE, TaskPhase.PREVENTIVE)


class ReviewShape(Shape):
    """What is known so far."""

    what_happened: str = Field("", max_length=room.review.LONGEST)
    impact: str = Field("", max_length=room.review.LONGEST)
    root_cause: str = Field("", max_length=room.review.LONGEST)
    lessons: str = Field("", max_length=room.review.LONGEST)


class ReopenShape(Shape):
    """Why the signature is taken back."""

    reason: str = Field(max_length=room.review.LONGEST_REASON)


@router.get(f"{PATH}/review", **shows(READ))
async def show_review(
    page: CurrentPage, incident_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """As it stands."""
    return await _show(page, incident_id, None, done=done)


@router.post(f"{PATH}/review", **takes(READ))
async def save_review(page: CurrentPage, incident_id: UUID) -> Response:
    """Save the draft; a version of 0 is that nobody has begun it."""
    form = await Form.read(page.request)
    shape = form.parse(ReviewShape)
    if shape is None:
        return await _show(page, incident_id, form, status=422)
    said = shape.model_dump()
    made = await page.tried(
        form,
        lambda tx: room.review.write(
            tx, page.actor, incident_id, **said, expected_version=form.version
        ),
        FIELDS,
    )
    return await _answered(page, incident_id, form, made, "review-saved")


@router.post(f"{PATH}/review/sign", **takes(READ))
async def sign_review(page: CurrentPage, incident_id: UUID) -> Response:
    """Sign it off, as it was read."""
    form = await Form.read(page.request)
    made = await page.tried(
        form,
        lambda tx: room.review.sign(tx, page.actor, incident_id, expected_version=form.version),
        FIELDS,
    )
    return await _answered(page, incident_id, form, made, "review-signed")


@router.post(f"{PATH}/review/reopen", **takes(READ))
async def reopen_review(page: CurrentPage, incident_id: UUID) -> Response:
    """Take the signature back."""
    form = await Form.read(page.request)
    shape = form.parse(ReopenShape)
    if shape is None:
        return await _show(page, incident_id, form, status=422)
    made = await page.tried(
        form,
        lambda tx: room.review.reopen(
            tx, page.actor, incident_id, reason=shape.reason, expected_version=form.version
        ),
        FIELDS,
    )
    return await _answered(page, incident_id, form, made, "review-reopened")


async def _answered(
    page: Page, incident_id: UUID, form: Form, made: room.ReviewView | Refused, done: str
) -> Response:
    if isinstance(made, Refused):
        return await _show(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}/review?done={done}")


async def _show(
    page: Page, incident_id: UUID, form: Form | None, *, done: str = "", status: int = 200
) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        review = await room.review.find(reads, page.actor, incident_id)
        needs_review = await room.review.is_needed(reads, framed.incident)
        tasks = await room.tasks.list_(reads, page.actor, incident_id)
    learned = [one for one in tasks if one.phase in LEARNED]
    return page.show(
        "incidents/room/review.html", status=status, framed=framed, review=review, tasks=learned,
        form=_filled(review, form), needs_review=needs_review, phases=dict(PHASES),
        done=incident_frame.said(done),
    )  # fmt: skip


def _filled(review: room.ReviewView | None, sent: Form | None) -> Form:
    if sent is not None and "what_happened" in sent.values:
        return sent
    known = {name: getattr(review, name) if review else "" for name in room.review.TEXTS}
    form = Form.of({**known, "version": review.version if review else 0})
    if sent is not None:  # the form of another button was sent
        form.values["reason"] = sent.values.get("reason", "")
        form.faults, form.refusals, form.refused = sent.faults, sent.refusals, sent.refused
    return form
