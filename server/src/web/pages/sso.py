"""Logging in by a provider: there, back again, and what is said where it does not work out.

What is asked of a provider is asked while nothing of the database is held. The way there is a link,
not a form: our policy lets forms lead to this site alone.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.providers import Provider
from src.domain import accounts
from src.domain.accounts.second_step import Waiting
from src.domain.accounts.sso import Answer, Begun, Linked
from src.web import cookies, security
from src.web.declarations import PUBLIC, declares
from src.web.forms import safe_next, see_other
from src.web.pages import second_factor
from src.web.pages.frame import CurrentPage, Page
from src.web.pages.second_factor import Next, with_next
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
LINKED = "/me/identities?done=linked"
Told = Annotated[str, Query(max_length=8000)]


@router.get("/login/sso/{slug}", **declares(PUBLIC, rate="login"))
async def start(page: CurrentPage, slug: str, target: Next = None) -> Response:
    """On to the provider; who is logged in already goes on."""
    if page.actor.is_authenticated:
        return see_other(safe_next(target))
    provider = accounts.sso.providers.get(slug)
    try:
        return await lead(page, provider, safe_next(target))
    except DomainError as refusal:
        return _refused(page, provider, refusal, target=safe_next(target))


@router.get("/login/sso/{slug}/callback", **declares(PUBLIC, rate="login"))
async def callback(
    page: CurrentPage,
    slug: str,
    state: Told = "",
    code: Told = "",
    error: Told = "",
    iss: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Back from the provider, with what it answered."""
    provider = accounts.sso.providers.get(slug)
    secret, begun = cookies.read(page.request, cookies.SIGN_ON), None
    try:
        async with page.writing() as session:
            begun = await accounts.sso.pending.take(session, provider, state=state, secret=secret)
        done = await _finished(page, provider, begun, Answer(code, error, iss))
    except DomainError as refusal:
        return _refused(page, provider, refusal, begun)
    return _gone_on(page, begun, done)


async def lead(
    page: Page, provider: Provider, target: str, *, is_link: bool = False
) -> RedirectResponse:
    """Send the browser to the provider; it keeps what ties the answer to it."""
    url, secret = await accounts.sso.begin(
        page.database,
        provider,
        secret=cookies.read(page.request, cookies.SIGN_ON),
        target=target,
        actor=page.actor if is_link else None,
    )
    response = RedirectResponse(url, 303)
    seconds = int(accounts.sso.pending.LIFETIME.total_seconds())
    cookies.put(page.request, response, cookies.SIGN_ON, secret, seconds=seconds)
    return response


async def farewell(page: Page, ended: accounts.sso.ending.Farewell | None) -> Response:
    """Logged out here; where the provider can be told, the browser goes there next."""
    url = None if ended is None else await accounts.sso.ending.address(ended)
    if ended is None or url is None:
        return see_other("/login")
    # A form of ours may not lead there, so a page does.
    response = page.show("sso/farewell.html", url=url, label=ended.provider.label, is_out=True)
    response.headers["Refresh"] = f"0; url={url}"
    return response


async def _finished(
    page: Page, provider: Provider, begun: Begun, answer: Answer
) -> accounts.Opened | Waiting | Linked:
    client = security.client_of(page.request)
    return await accounts.sso.finish(
        page.database, provider, begun, answer, client=client, actor=page.actor
    )


def _gone_on(page: Page, begun: Begun, done: accounts.Opened | Waiting | Linked) -> Response:
    if isinstance(done, Linked):
        return see_other(LINKED)
    if isinstance(done, accounts.Opened):
        return second_factor.logged_in(page, done, begun.target)
    return second_factor.ask(page, done, begun.target)


def _refused(
    page: Page,
    provider: Provider,
    refusal: DomainError,
    begun: Begun | None = None,
    *,
    target: str = "/",
) -> Response:
    is_link = begun is not None and begun.is_link
    target = begun.target if begun is not None else target
    response = page.show(
        "sso/refused.html",
        status=status_of(refusal),
        title=_(refusal.title),
        refusal=refusal,
        label=provider.label,
        is_link=is_link,
        again=with_next(f"/login/sso/{provider.slug}", target),
        otherwise=with_next("/login", _after(refusal, target)),
    )
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


def _after(refusal: DomainError, target: str) -> str:
    """Whoever has to link their account first is led there after the log-in."""
    return "/me/identities" if isinstance(refusal, accounts.sso.errors.NotLinked) else target
