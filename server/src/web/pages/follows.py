"""Following: the button that stands on things, and the list of what one follows."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.notifications import follows
from src.domain.operations import subjects
from src.templating import enter_me
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, safe_next, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes

router = APIRouter(include_in_schema=False)
_READ = Permission.NOTIFICATIONS_READ
PATH = "/me/follows"
enter_me(mark("Following"), PATH, rank=43)
MEANT = {"follow": True, "mute": False, "none": None}


class FollowShape(Shape):
    """What is followed, muted, or let go."""

    subject_type: str = Field(max_length=40)
    subject_id: UUID
    state: Literal["follow", "mute", "none"] = "follow"
    next: str = Field("/", max_length=2000)


@router.get(PATH, **shows(_READ))
async def list_follows(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What one follows and has muted, as far as one may still see it."""
    found = await follows.list_(reads, page.actor, paging=paging)
    things = await subjects.things(reads, page.actor, [one.subject for one in found.items])
    shown = [(one, things.get(one.subject)) for one in found.items]
    kinds = {name: _(kind.words) for name, kind in subjects.kinds().items()}
    return page.show("notifications/follows.html", page=found, shown=shown, kinds=kinds)


@router.post("/follows", **takes(_READ))
async def follow(page: CurrentPage) -> Response:
    """Follow, mute or let go, and back to where the button stood."""
    form = await Form.read(page.request)
    shape = form.parse(FollowShape)
    if shape is None:
        raise subjects.SubjectNotFound(_("Go back, load the page again and repeat it."))
    subject = (shape.subject_type, shape.subject_id)
    async with page.writing() as tx:
        if shape.state != "none":  # what one may not see any more can be let go
            await subjects.require(tx, page.actor, subject)
        await follows.put(tx, _self(page), subject, follows=MEANT[shape.state])
    return see_other(safe_next(shape.next))


def _self(page: Page) -> UUID:
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return page.actor.user_id
