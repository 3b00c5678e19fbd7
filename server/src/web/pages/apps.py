"""Your apps: programs of third parties that act for you, and log-ins of your own programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core.language import mark
from src.domain import accounts
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads, Tx
from src.web.forms import see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Apps"), "/me/apps", rank=65)

DONE = {"disconnected": mark("It was disconnected: nothing of it counts any more.")}


@router.get("/me/apps", **shows(SIGNED_IN))
async def show_apps(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What acts for the person just now."""
    found = await accounts.oauth_apps.list_(reads, page.actor)
    return page.show(
        "oauth/apps.html",
        apps=[(one, permissions.named(one.permissions)) for one in found if one.kind != "own"],
        own=[(one, permissions.named(one.permissions)) for one in found if one.kind == "own"],
        done=DONE.get(done),
    )


@router.post("/me/apps/{app_id}/disconnect", **takes(SIGNED_IN))
async def disconnect(page: CurrentPage, session: Tx, app_id: UUID) -> Response:
    """End all that it may do, at once."""
    await accounts.oauth_apps.disconnect(session, page.actor, app_id)
    return see_other("/me/apps?done=disconnected")
