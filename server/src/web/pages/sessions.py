"""Where you are logged in, and on which devices no second factor is asked for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.templating import enter_me
from src.web import security
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads, Tx
from src.web.forms import see_other
from src.web.pages.devices import device_name
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Log-ins"), "/me/sessions", rank=40)

DONE = {
    "ended": mark("The log-in was ended."),
    "others": mark("Your other log-ins were ended."),
    "forgotten": mark("The device is trusted no more, and its log-ins have ended."),
}
METHODS = {
    "password": mark("by password"),
    "passkey": mark("by passkey"),
    "sso": mark("by your institute's log-in"),
}


@router.get("/me/sessions", **shows(SIGNED_IN))
async def show_sessions(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Log-ins first, then devices."""
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    log_ins = await accounts.log_ins(reads, page.actor)
    devices = await accounts.devices.list_(reads, page.actor)
    return page.show(
        "session/sessions.html",
        log_ins=[(one, device_name(one.device), _how(one)) for one in log_ins],
        trusted=[(one, device_name(one.device)) for one in devices if one.trusted_until],
        has_others=any(not one.is_this for one in log_ins),
        done=DONE.get(done),
    )


@router.post("/me/sessions/end", **takes(SIGNED_IN))
async def end_others(page: CurrentPage, session: Tx) -> Response:
    """End all but this one."""
    await accounts.end_log_ins(session, page.actor)
    return see_other("/me/sessions?done=others")


@router.post("/me/sessions/{session_id}/end", **takes(SIGNED_IN))
async def end_one(page: CurrentPage, session: Tx, session_id: UUID) -> Response:
    """End one; this one is a log-out."""
    await accounts.end_log_in(session, page.actor, session_id)
    if session_id != page.actor.session_id:
        return see_other("/me/sessions?done=ended")
    response = see_other("/login")
    security.clear_session_cookie(page.request, response)
    return response


@router.post("/me/devices/{device_id}/forget", **takes(SIGNED_IN))
async def forget_device(page: CurrentPage, session: Tx, device_id: UUID) -> Response:
    """Trust it no more."""
    await accounts.devices.forget(session, page.actor, device_id)
    return see_other("/me/sessions?done=forgotten")


@router.post("/people/{user_id}/sessions/end", **takes(Permission.USERS_MANAGE))
async def end_those_of(page: CurrentPage, session: Tx, user_id: UUID) -> Response:
    """An administrator ends somebody's log-ins."""
    await accounts.end_those_of(session, page.actor, user_id)
    return see_other(f"/people/{user_id}")


def _how(one: accounts.LogInView) -> list[str]:
    """How they came in, in words."""
    said = [METHODS[one.method]] if one.method in METHODS else []
    if one.trusted_until is not None:
        said.append(mark("on a trusted device"))
    elif one.has_factor and one.method != "passkey":
        said.append(mark("with a second factor"))
    return [_(text) for text in said]
