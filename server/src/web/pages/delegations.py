"""Who stands in for the reader, and for whom they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, approvals, resources
from src.domain.approvals.delegations import DelegationWish
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
PATH = "/me/delegations"
enter_me(mark("Standing in"), PATH, rank=55)
DONE = {
    "created": mark("They stand in for you then, and were told."),
    "revoked": mark("It has ended."),
}
FIELDS = frozenset({"to_id", "resource_id", "starts_at", "ends_at", "reason"})


class DelegationShape(Shape):
    """Who, when, and for what."""

    to_id: UUID
    starts_at_date: TypedDate
    starts_at_time: TypedTime
    ends_at_date: TypedDate
    ends_at_time: TypedTime
    resource_id: UUID | None = None
    reason: str = Field("", max_length=500)


@router.get(PATH, **shows(SIGNED_IN))
async def list_delegations(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Those of the reader's own and those to them, and a form for one more."""
    day = clock.now().astimezone(language.reader().zone).date() + timedelta(days=1)
    values = {
        "starts_at_date": day,
        "starts_at_time": "00:00",
        "ends_at_date": day + timedelta(days=7),
        "ends_at_time": "00:00",
    }
    return await _show(page, Form.of(values), done=done)


@router.post(PATH, **takes(SIGNED_IN))
async def create_delegation(page: CurrentPage) -> Response:
    """Let somebody decide in the reader's place."""
    form = await Form.read(page.request)
    shape = form.parse(DelegationShape)
    wish = _wish(form, shape) if shape else None
    if wish is None:
        return await _show(page, form, status=422)
    done = await page.tried(
        form, lambda tx: approvals.delegations.create(tx, page.actor, wish=wish), FIELDS
    )
    if isinstance(done, Refused):
        return await _show(page, form, status=done.status)
    return see_other(f"{PATH}?done=created")


@router.post(f"{PATH}/{{delegation_id}}/revoke", **takes(SIGNED_IN))
async def revoke(page: CurrentPage, session: Tx, delegation_id: UUID) -> Response:
    """End it now."""
    await approvals.delegations.revoke(session, page.actor, delegation_id)
    return see_other(f"{PATH}?done=revoked")


def _wish(form: Form, shape: DelegationShape) -> DelegationWish | None:
    zone = language.reader().zone
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    ends = form.local("ends_at", shape.ends_at_date, shape.ends_at_time, zone)
    if starts is None or ends is None:
        return None
    return DelegationWish(shape.to_id, starts, ends, shape.resource_id, shape.reason)


async def _show(page: Page, form: Form, *, status: int = 200, done: str = "") -> Response:
    async with page.reading() as reads:
        paging = Limits(limit=MAX_LIMIT)
        found = await approvals.delegations.list_(reads, page.actor, paging=paging)
        people, choices = [], []
        if page.actor.may_anywhere(Permission.USERS_READ):
            people = (await accounts.pick(reads, page.actor, paging=paging)).items
        if page.actor.may_anywhere(Permission.RESOURCES_READ):
            choices = (await resources.pick(reads, page.actor, paging=paging)).items
    now = clock.now()
    return page.show(
        "approvals/delegations.html",
        status=status,
        form=form,
        now=now,
        standing=[one for one in found.items if not one.is_over(now)],
        over=[one for one in found.items if one.is_over(now)][:10],
        me=page.actor.user_id,
        people=[(str(one.id), one.name) for one in people if one.id != page.actor.user_id],
        resource_choices=[(str(one.id), one.name) for one in choices],
        done=language.gettext(DONE[done]) if done in DONE else None,
    )
