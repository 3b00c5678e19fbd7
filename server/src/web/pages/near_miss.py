"""A near miss, told in a minute on a phone, and without a name where one likes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import SYSTEM, ActorKind, Permission
from src.core.language import mark
from src.domain.operations import incidents
from src.domain.operations.incidents import NearMiss, judging
from src.domain.operations.tables import Severity
from src.web.forms import Form, Shape, see_other
from src.web.pages import writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_forms import photo_is_taken, photo_words, resource_choices

router = APIRouter(include_in_schema=False)
POST = Permission.OPERATIONS_POST
FIELDS = frozenset({"what", "type_id", "severity", "resources", "location_id", "title"})
# How bad it could have been, in words for somebody who stands beside it.
COULD = {
    Severity.LOW: mark("A scare, nothing more"),
    Severity.MEDIUM: mark("A plaster, or something broken"),
    Severity.HIGH: mark("Somebody hurt"),
    Severity.CRITICAL: mark("Somebody hurt badly"),
}
# The photo of what nobody reported is nobody's, and comes from nowhere.
_NOBODY = replace(SYSTEM, kind=ActorKind.USER, name="")


class MissShape(Shape):
    """What nearly went wrong."""

    what: str = Field(max_length=judging.LONGEST["description"])
    severity: Severity | None = None
    resource_id: UUID | None = None
    is_anonymous: bool = False

    def miss(self) -> NearMiss:
        """What the service takes."""
        return NearMiss(
            self.what,
            severity=self.severity,
            resource_id=self.resource_id,
            is_anonymous=self.is_anonymous,
        )


@router.get("/near-miss", **shows(POST))
async def near_miss_form(page: CurrentPage) -> Response:
    """Three questions and a photo."""
    resource_id = writing.id_of(page.request.query_params.get("resource_id", ""))
    return await _form(page, Form.of({"resource_id": resource_id or "", "severity": ""}))


@router.post("/near-miss", **takes(POST))
async def report_near_miss(page: CurrentPage) -> Response:
    """Take it. Where no name is wanted, nothing is kept that leads to one."""
    form = await Form.read(page.request)
    if "is_anonymous" in form.values:
        page.request.state.is_unnamed = True
    shape = form.parse(MissShape)
    if shape is None:
        return await _form(page, form, status=422)
    made = await page.tried(
        form, lambda tx: incidents.near_misses.report(tx, page.actor, miss=shape.miss()), FIELDS
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return await _received(page, made, is_anonymous=shape.is_anonymous)


@router.get("/near-miss/thanks", **shows(POST))
async def thanks(page: CurrentPage, photo: Annotated[str, Query(max_length=10)] = "") -> Response:
    """That it was taken, and what happens with it."""
    return page.show("incidents/thanks.html", is_refused=photo == "refused")


async def _form(page: Page, form: Form, *, status: int = 200) -> Response:
    chosen = writing.id_of(form.values.get("resource_id", ""))
    async with page.reading() as reads:
        options = await resource_choices(reads, page, [chosen] if chosen else [])
        types = await incidents.near_misses.types(reads)
    return page.show(
        "incidents/near_miss.html", status=status, form=form, options=options, could=COULD,
        is_open=bool(types), **photo_words(page),
    )  # fmt: skip


async def _received(
    page: Page, made: tuple[incidents.Receipt, UUID], *, is_anonymous: bool
) -> Response:
    """Take its photo, and say thank you."""
    receipt, incident_id = made
    if is_anonymous:
        with structlog.contextvars.bound_contextvars(request_id=None):
            is_taken = await photo_is_taken(page, _NOBODY, incident_id)
    else:
        is_taken = await photo_is_taken(page, page.actor, incident_id)
    if receipt.incident_id is None or is_anonymous:
        # To go on to it at once would be the first step of a trace.
        return see_other("/near-miss/thanks" + ("" if is_taken else "?photo=refused"))
    done = "reported" if is_taken else "no-photo"
    return see_other(f"/incidents/{receipt.incident_id}?done={done}")
