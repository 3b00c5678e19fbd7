"""What every page's route starts from: who asks, and how to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from src import templating
from src.core import db, language
from src.core.actor import ANONYMOUS, Actor, Permission
from src.core.cache import Cache
from src.core.errors import DomainError, Kind
from src.core.language import gettext as _
from src.core.settings import Settings
from src.domain import approvals, files, notifications
from src.web import security
from src.web.declarations import Access, Rate, declares
from src.web.forms import Form
from src.web.pages import permissions
from src.web.problems import page_of_form, status_of
from src.web.security import CurrentActor

T = TypeVar("T")
Fields = frozenset[str] | None
UNREAD_FOR = 60.0  # seconds, should the word of a change get lost
PORTRAIT_FOR = 600.0
NO_ADDRESS = "/problems/no-such-address"
ABOUT_FORMS = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.PRECONDITION})


@dataclass(frozen=True, slots=True)
class Refused:
    """The form was not taken; it is shown again with this status."""

    refusal: DomainError

    @property
    def status(self) -> int:
        """As the API would answer."""
        return status_of(self.refusal)


@dataclass(frozen=True, slots=True)
class Page:
    """A request for a page.

    A form opens its own transaction (`writing`), so that a refusal has rolled back before the
    form is shown again; pages that only read take `Reads`.
    """

    request: Request
    actor: Actor
    unread: int = 0
    is_asked: bool = False  # by a seat in what waits, whatever their permissions
    live_after: str = ""
    portrait: UUID | None = None

    @property
    def is_fragment(self) -> bool:
        """Whether a page that is open already asks for a part of itself (htmx)."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def database(self) -> db.Database:
        """The database of this process."""
        database: db.Database = self.request.app.state.database
        return database

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        settings: Settings = self.request.app.state.settings
        return settings

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """The transaction of a form."""
        return db.transaction(self.database)

    def reading(self) -> AbstractAsyncContextManager[db.ReadSession]:
        """A short reading transaction, for a form that is shown again."""
        return db.reading(self.database)

    async def tried(
        self, form: Form, work: Callable[[AsyncSession], Awaitable[T]], fields: Fields = None
    ) -> T | Refused:
        """Do a form's work in its transaction; what it refuses is put into the form.

        `fields` as in `Form.refuse`. Refusals that say nothing about the form are raised.
        """
        try:
            async with self.writing() as session:
                return await work(session)
        except DomainError as refusal:
            if refusal.kind not in ABOUT_FORMS:
                raise
            form.refuse(refusal, fields)
            return Refused(refusal)

    def may(self, permission: Permission, *scopes: str) -> bool:
        """Whether the reader holds the permission."""
        return self.actor.may(permission, *scopes)

    async def portraits_of(
        self, reads: AsyncSession, people: Iterable[UUID | None]
    ) -> dict[UUID, UUID]:
        """The pictures of people on the page, for `show`; one statement for any number of them."""
        if not self.actor.may_anywhere(Permission.USERS_READ):
            return {}
        return await files.portraits.of(reads, {one for one in people if one is not None})

    def show(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
        """The page itself; `portraits` in its context are those of `portraits_of`."""
        token = security.csrf_token(self.request)
        own = {self.actor.user_id: self.portrait} if self.actor.user_id and self.portrait else {}
        return templating.render(
            self.request,
            template,
            actor=self.actor,
            csrf_token=token,
            status=status,
            portraits={**context.pop("portraits", {}), **own},
            context={
                "unread": self.unread,
                "is_asked": self.is_asked,
                "live_after": self.live_after,
                **context,
            },
        )


async def _page(request: Request, actor: CurrentActor) -> Page:
    # Before anything is read: what happens from here on is told to the page.
    position = request.app.state.live.position
    (unread, is_asked), portrait = await told_to(request, actor), await portrait_of(request, actor)
    return Page(request, actor, unread, is_asked, position, portrait)


async def told_to(request: Request, actor: Actor) -> tuple[int, bool]:
    """How many notifications the bell shows, and whether somebody waits for their word.

    Kept together: whoever is asked is notified of it.
    """
    if actor.user_id is None:
        return 0, False

    async def count() -> tuple[int, bool]:
        async with db.reading(request.app.state.database) as reads:
            return await notifications.unread_and(reads, actor, approvals.is_seated(actor))

    cache: Cache = request.app.state.cache
    group = notifications.unread_group(actor.user_id)
    unread, is_asked = await cache.get((group,), f"{group}:and-asked", count, ttl=UNREAD_FOR)
    return unread, is_asked


async def portrait_of(request: Request, actor: Actor) -> UUID | None:
    """The reader's own picture, which stands on every page."""
    user_id = actor.user_id
    if user_id is None:
        return None

    async def find() -> str:
        async with db.reading(request.app.state.database) as reads:
            return str((await files.portraits.of(reads, [user_id])).get(user_id, ""))

    cache: Cache = request.app.state.cache
    group = files.portraits.group_of(user_id)
    found: str = await cache.get((group,), group, find, ttl=PORTRAIT_FOR)
    return UUID(found) if found else None


CurrentPage = Annotated[Page, Depends(_page)]


def shows(access: Permission | Access, *, even_held_back: bool = False) -> dict[str, Any]:
    """Declare a page that is read; pages hold people's data, so no cache keeps them."""
    return declares(access, cache="no-store", even_held_back=even_held_back)


def takes(
    access: Permission | Access, *, rate: Rate = "write", even_held_back: bool = False
) -> dict[str, Any]:
    """Declare a form: what `shows` says, and it needs the page's token."""
    declared = declares(access, rate=rate, cache="no-store", even_held_back=even_held_back)
    declared["dependencies"].append(Depends(security.require_csrf))
    return declared


def problem_page(request: Request, problem: dict[str, Any], status: int) -> HTMLResponse:
    """The page of a refusal; `problem` is its RFC 9457 document."""
    roles = [_(name) for name in permissions.roles_that_may(problem.get("permission"))]
    context = {
        "title": problem["title"],
        # Which address there is, programs may want to know.
        "detail": None if problem["type"] == NO_ADDRESS else problem.get("detail"),
        "errors": problem.get("errors") or [],
        "trace_id": problem.get("trace_id"),
        "person": problem.get("contact"),
        "roles": language.format_list(roles, "or") if roles else "",
        "status": status,
        **_ways_on(request, status),
    }
    return templating.render(
        request,
        "errors/problem.html",
        actor=getattr(request.state, "actor", ANONYMOUS),
        csrf_token=security.csrf_token(request),
        status=status,
        context=context,
    )


def _ways_on(request: Request, status: int) -> dict[str, str | None]:
    """The same address again where that may help; the page of a form that was sent."""
    if request.method in ("GET", "HEAD"):
        query = f"?{request.url.query}" if request.url.query else ""
        is_passing = status == 429 or status >= 500
        return {"again": f"{request.url.path}{query}" if is_passing else None, "back": None}
    page = page_of_form(request)
    return {"again": None, "back": page if page != "/" else None}
