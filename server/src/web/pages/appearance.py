"""How pages look: the reader's light or dark, and every component on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.errors import NotFound
from src.core.language import gettext as _
from src.core.paging import Page as Part
from src.domain import accounts
from src.domain.bookings import Status
from src.domain.resources.tables import ResourceState
from src.templating import THEME_COOKIE
from src.web.dependencies import PUBLIC, SIGNED_IN
from src.web.forms import Form, Shape, safe_next, see_other
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)
A_YEAR = 365 * 24 * 3600  # seconds


class ThemeShape(Shape):
    """The reader's choice, and the page it was made on."""

    theme: Literal["light", "dark", "system"]
    next: str | None = None


@router.post("/theme", **takes(PUBLIC))
async def set_theme(page: CurrentPage, request: Request) -> Response:
    """Light, dark, or as the system says: with the person, and in a cookie for before the log-in."""
    form = await Form.read(request)
    shape = form.parse(ThemeShape)
    response = see_other(safe_next(form.values.get("next")))
    if shape is not None:
        if page.actor.user_id is not None:
            async with page.writing() as session:
                changes = {"theme": shape.theme}
                await accounts.update_user(session, page.actor, page.actor.user_id, changes=changes)
        is_secure = page.settings.base_url.startswith("https://")
        response.set_cookie(
            THEME_COOKIE, shape.theme, max_age=A_YEAR, path="/", samesite="lax", secure=is_secure
        )
    return response


@dataclass(frozen=True, slots=True)
class _Sample:
    """An entry of the sample timeline."""

    text: str
    at: datetime
    who: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """The sample of long work."""

    id: str = "sample"
    state: str = "running"
    done: int = 412
    of: int = 1000
    message: str = ""
    cancel_requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Somebody:
    """The sample of a person to ask."""

    name: str
    email: str


@router.get("/design", **shows(SIGNED_IN))
async def show_components(page: CurrentPage) -> Response:
    """Every component with its states; for administrators, and for all in a demonstration."""
    if not (page.settings.demo or page.may(Permission.SETTINGS_MANAGE)):
        raise NotFound(_("There is no such page for you."))
    return page.show(
        "design/show.html",
        form=_form(),
        history=_history(),
        work=_Work(),
        somebody=_Somebody("Ingrid Lindqvist", "ingrid.lindqvist@example.org"),
        booking_states=list(Status),
        resource_states=list(ResourceState),
        part=Part([], 20, next="further", previous="earlier"),
        days=[clock.now().date() - timedelta(days=back) for back in range(13, -1, -1)],
    )


def _form() -> Form:
    form = Form.of({"title": "", "starts_at_date": "", "starts_at_time": "", "team": "b"})
    form.add("title", "missing", _("This is needed."))
    form.add("starts_at_date", "date", _("Enter a date, as in 2026-11-23."))
    return form


def _history() -> list[_Sample]:
    now = clock.now()
    return [
        _Sample(_("Approved"), now, "Ingrid Lindqvist", _("Fits before the service visit.")),
        _Sample(_("Requested"), now - timedelta(hours=3), "Stefan Müller"),
    ]
