"""starlette-admin, put together: its views, its language, its tokens, and its errors passed on."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import i18n
from starlette_admin.base import BaseAdmin
from starlette_admin.exceptions import FormValidationError
from starlette_admin.flash import get_flashed_messages
from starlette_admin.helpers import static_url
from starlette_admin.security.csrf import CSRFMiddleware
from starlette_admin.types import RequestAction
from starlette_admin.views import CustomView, DropDown
from starlette_admin.widgets import BaseWidget

from src.assets.markup import data_block
from src.core import crypto, language
from src.core.errors import Conflict, DomainError, FieldError, Forbidden, Invalid
from src.core.language import gettext as _
from src.core.language import mark
from src.core.settings import Settings
from src.templating import TEMPLATES
from src.web import faults, security
from src.web.admin import (
    access,
    accounts,
    approvals,
    booking_parties,
    bookings,
    calendars,
    files,
    maintenance,
    notifications,
    operations,
    presence,
    quotas,
    record,
    resources,
    training,
    versions,
    waiting,
    work,
)
from src.web.admin.door import PREFIX, REFUSED
from src.web.admin.listing import COUNTED, ReadOnly, told
from src.web.pages.frame import Page

GROUPS = (
    accounts.GROUP,
    access.GROUP,
    resources.GROUP,
    bookings.GROUP,
    calendars.GROUP,
    booking_parties.GROUP,
    approvals.GROUP,
    waiting.GROUP,
    quotas.GROUP,
    presence.GROUP,
    maintenance.GROUP,
    training.GROUP,
    operations.GROUP,
    notifications.GROUP,
    files.GROUP,
    record.GROUP,
    work.GROUP,
)


def build(settings: Settings) -> Starlette:
    """The application behind the door. Its own token is taken out: the door asks for ours."""
    logging.getLogger("starlette_admin").setLevel(logging.ERROR)  # else it logs what is typed
    key = crypto.derive(settings.secret_key.get_secret_value(), "messages of the administration")
    admin = Site(
        title="Aliquot",
        base_url=PREFIX,
        route_name="admin",
        templates_dir=str(TEMPLATES / "admin" / "library"),
        secret_key=key.hex(),
        timezone_config=None,
        middlewares=[Middleware(Inside)],
        index_view=Overview(),
    )
    admin.middlewares = [
        one for one in admin.middlewares if getattr(one, "cls", None) is not CSRFMiddleware
    ]
    for label, icon, views in GROUPS:
        made = [view() for view in views]
        admin.add_view(DropDown(told(label), list(made), icon=icon, always_open=False))
    _equip(admin)
    admin.mount_to(Starlette())
    admin.app.add_exception_handler(HTTPException, _pass_on)
    return admin.app


def _equip(admin: BaseAdmin) -> None:
    """What its templates and ours in `templates/admin` may use."""
    env: Any = admin.templates.env  # Jinja adds the translations' methods at run time
    env.auto_reload = False  # else the time of every template's file is read for every cell
    env.install_gettext_callables(_text, _texts, newstyle=True)
    env.globals.update(
        csrf_input=_csrf_input,
        data_block=data_block,
        their_static=their_static,
        detail_url=partial(row_address, "detail"),
        edit_url=partial(row_address, "edit"),
        counted=COUNTED,
    )


class Site(BaseAdmin):
    """starlette-admin, whose pages stand in the frame of ours."""

    def _template_response(
        self,
        request: Request,
        name: str,
        context: dict[str, Any] | None = None,
        status_code: int = 200,
    ) -> Response:
        """What the library made is the inside of a page; title and way back are told by us."""
        page: Page = request.state.page
        said = context or {}
        row = said.get("raw_obj")
        inside = self.templates.get_template(name).render(
            {
                "request": request,
                "flashed_messages": get_flashed_messages(request),
                "version_read": getattr(row, "version", None),
                **said,
            }
        )
        view = said.get("view")
        title, crumbs = _("Administration"), []
        if isinstance(view, ReadOnly):
            crumbs = [(title, PREFIX)]
            title = str(view.menu_label)
        if isinstance(view, ReadOnly) and name != view.list_template:
            crumbs.append((title, list_address(view)))
            fresh = _("New: %(name)s", name=str(view.display_name))
            title = view.called(row) if row is not None else fresh
        return page.show(
            "admin/page.html",
            status=status_code,
            title=title,
            crumbs=crumbs,
            lead="" if view else _("The tables as they are. Processes have their own pages."),
            styles=self._styles(request, view),
            # The library escapes what it fills in, as our own templates do.
            content=Markup(inside),  # noqa: S704
        )

    def _styles(self, request: Request, view: object) -> list[str]:
        fields = view.styles(request) if isinstance(view, ReadOnly) else ()
        tuned = their_static(request, "css/select2-tabler.css")
        return [*self._icon_css_links(request), *fields, tuned]


def row_address(what: str, request: Request, key: str, pk: object) -> str:
    """Of a row, and where one came from: made without asking every route for its name."""
    query = {"pk": str(pk)}
    origin = request.query_params.get("_origin")
    if request.state.action is RequestAction.LIST:
        origin = f"{request.url.path}?{request.url.query}"
    if origin:
        query["_origin"] = origin
    return f"{PREFIX}/{key}/{what}?{urlencode(query)}"


def list_address(view: ReadOnly) -> str:
    """Where a table is listed."""
    return f"{PREFIX}/{view.key}/list"


class Overview(CustomView):
    """The first page: what there is. Counting it all would ask every table."""

    def __init__(self) -> None:
        """At the root of the mount."""
        super().__init__(
            menu_label=told(mark("Overview")),
            path="/",
            route_name="index",
            add_to_menu=False,
            widget=Contents(),
        )


class Contents(BaseWidget):
    """The groups with their tables, as far as the reader may see them."""

    template = "widgets/contents.html"


class Inside:
    """Around starlette-admin: its texts and times are the reader's, its errors are told by us."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is refused is left for the door to raise."""
        reader = language.reader()
        i18n.set_locale(reader.locale)
        i18n.set_timezone(str(reader.zone))
        i18n.set_database_timezone("UTC")
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - raised again, outside
            scope["state"][REFUSED] = _in_our_words(error)


def _in_our_words(error: Exception) -> Exception:
    """What the library says by HTTP's numbers, as facts."""
    if isinstance(error, FormValidationError):  # deleted between being shown and being changed
        return Conflict(" ".join(map(str, error.errors.values())))
    if not isinstance(error, HTTPException):
        return error
    known: dict[int, DomainError] = {
        403: Forbidden(_("This is not to be done here.")),
        404: faults.NoSuchAddress(_("There is no such row, or no such table.")),
    }
    if error.status_code == 400:
        detail = str(error.detail)
        return Invalid(detail, errors=(FieldError(("filter",), "invalid", detail),))
    return known.get(error.status_code, error)


async def _pass_on(_request: Request, error: Exception) -> Any:  # noqa: ANN401 - it never answers
    raise error


def _csrf_input(request: Request) -> Markup:
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return field.format(security.CSRF_FIELD, security.csrf_token(request.state.page.request))


def their_static(request: Request, path: str) -> str:
    """A file of the library, under its version."""
    return static_url(request, path, v=versions.PACKAGE)


def _text(message: str) -> str:
    """Ours where our catalogues have it, else the library's."""
    found = language.gettext(message)
    return found if found != message else i18n.gettext(message)


def _texts(one: str, many: str, number: int) -> str:
    found = language.ngettext(one, many, number)
    return found if found not in (one, many) else i18n.ngettext(one, many, number)
