"""Subscriptions to incidents: filters one saved, to hear of what fits."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import resources
from src.domain.operations import Severity
from src.domain.operations.incidents import room
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import READ
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
PATH = "/incident-subscriptions"
FIELDS = frozenset({"name", "type_ids", "team_ids", "resource_ids", "tags", "least_severity"})
DONE = {
    "created": mark("Saved: you hear of incidents that fit."),
    "changed": mark("Saved."),
    "rests": mark("It rests; you can let it count again."),
    "counts": mark("You hear of incidents that fit again."),
    "deleted": mark("You hear of them no longer."),
}
SEVERITIES = (
    (Severity.LOW, mark("Low")),
    (Severity.MEDIUM, mark("Medium")),
    (Severity.HIGH, mark("High")),
    (Severity.CRITICAL, mark("Critical")),
)
Said = Annotated[str, Query(max_length=20)]


class SubscriptionShape(Shape):
    """What one wants to hear of."""

    name: str = Field(max_length=room.subscriptions.LONGEST_NAME)
    type_ids: list[UUID] = Field(default_factory=list)
    team_ids: list[UUID] = Field(default_factory=list)
    resource_ids: list[UUID] = Field(default_factory=list)
    least_severity: Severity | None = None


@router.get(PATH, **shows(READ))
async def list_subscriptions(page: CurrentPage, done: Said = "") -> Response:
    """One's own."""
    async with page.reading() as reads:
        found = await room.subscriptions.list_(reads, page.actor)
    return page.show(
        "incidents/room/subscriptions.html",
        found=found,
        severities={str(value): name for value, name in SEVERITIES},
        done=_(DONE[done]) if done in DONE else None,
    )


@router.get(f"{PATH}/new", **shows(READ))
async def new_subscription(page: CurrentPage) -> Response:
    """Another one."""
    return await _show(page, Form(), None)


@router.post(f"{PATH}/new", **takes(READ))
async def create_subscription(page: CurrentPage) -> Response:
    """Save it."""
    form = await Form.read(page.request)
    shape = form.parse(SubscriptionShape)
    if shape is None:
        return await _show(page, form, None, status=422)
    wanted = _filter(form, shape)
    made = await page.tried(
        form,
        lambda tx: room.subscriptions.create(tx, page.actor, name=shape.name, filter_=wanted),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _show(page, form, None, status=made.status)
    return see_other(f"{PATH}?done=created")


@router.get(f"{PATH}/{{subscription_id}}", **shows(READ))
async def subscription_form(page: CurrentPage, subscription_id: UUID) -> Response:
    """What it asks for."""
    async with page.reading() as reads:
        one = await room.subscriptions.get(reads, page.actor, subscription_id)
    return await _show(page, Form.of({**one.filter, "name": one.name, "version": one.version}), one)


@router.post(f"{PATH}/{{subscription_id}}", **takes(READ))
async def change_subscription(page: CurrentPage, subscription_id: UUID) -> Response:
    """Ask for others."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await room.subscriptions.get(reads, page.actor, subscription_id)
    shape = form.parse(SubscriptionShape)
    if shape is None:
        return await _show(page, form, one, status=422)
    made = await _changed(page, form, shape, subscription_id)
    if isinstance(made, Refused):
        return await _show(page, form, one, status=made.status)
    return see_other(f"{PATH}?done=changed")


@router.post(f"{PATH}/{{subscription_id}}/rest", **takes(READ))
async def rest(page: CurrentPage, session: Tx, subscription_id: UUID) -> Response:
    """Let it count, or not for the time being."""
    form = await Form.read(page.request)
    is_active = form.values.get("is_active") == "true"
    await room.subscriptions.change(
        session, page.actor, subscription_id, changes={"is_active": is_active}
    )
    return see_other(f"{PATH}?done={'counts' if is_active else 'rests'}")


@router.post(f"{PATH}/{{subscription_id}}/delete", **takes(READ))
async def delete(page: CurrentPage, session: Tx, subscription_id: UUID) -> Response:
    """Hear of them no longer."""
    await room.subscriptions.delete(session, page.actor, subscription_id)
    return see_other(f"{PATH}?done=deleted")


async def _changed(
    page: Page, form: Form, shape: SubscriptionShape, subscription_id: UUID
) -> room.SubscriptionView | Refused:
    changes = {"name": shape.name, "filter": _filter(form, shape)}
    return await page.tried(
        form,
        lambda tx: room.subscriptions.change(
            tx, page.actor, subscription_id, changes=changes, expected_version=form.version
        ),
        FIELDS,
    )


def _filter(form: Form, shape: SubscriptionShape) -> dict[str, Any]:
    return {**shape.model_dump(exclude={"name"}), "tags": writing.tags_of(form)}


async def _show(
    page: Page, form: Form, one: room.SubscriptionView | None, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        choices = await _choices(reads, page)
    return page.show(
        "incidents/room/subscription.html",
        status=status,
        form=form,
        one=one,
        severities=[(value, _(name)) for value, name in SEVERITIES],
        **choices,
    )


async def _choices(reads: ReadSession, page: Page) -> dict[str, list[tuple[str, str]]]:
    found = []
    if page.actor.may_anywhere(Permission.RESOURCES_READ):
        limits = Limits(limit=MAX_LIMIT)
        found = (await resources.pick(reads, page.actor, paging=limits)).items
    types = await room.subscriptions.types(reads)
    return {
        "types": [(str(one.id), one.name) for one in types],
        "teams": await teams_of(reads, page),
        "resource_choices": [(str(one.id), one.name) for one in found],
    }
