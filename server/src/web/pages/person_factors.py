"""Removing the second factors of somebody who has lost their phone."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.web.dependencies import Reads
from src.web.forms import see_other
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.USERS_MANAGE


@router.get("/people/{user_id}/factors", **sure(shows(MANAGE)))
async def ask_to_reset(page: CurrentPage, reads: Reads, user_id: UUID) -> Response:
    """What will happen."""
    one = await accounts.get_user(reads, page.actor, user_id)
    methods = await accounts.factors.methods_of(reads, user_id)
    return page.show("factors/reset.html", one=one, methods=methods)


@router.post("/people/{user_id}/factors", **sure(takes(MANAGE)))
async def reset_factors(page: CurrentPage, user_id: UUID) -> Response:
    """Remove them; the person is mailed."""
    async with page.writing() as session:
        await accounts.factors.reset(session, page.actor, user_id)
    return see_other(f"/people/{user_id}?done=factors")
