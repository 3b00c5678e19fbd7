"""By which providers one may log in: linking and unlinking, by whoever showed who they are."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts.sso import IdentityView, identities
from src.domain.accounts.sso.errors import IdentityNotFound
from src.templating import enter_me
from src.web import faults, security
from src.web.declarations import SIGNED_IN
from src.web.forms import Form, see_other
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.sso import lead

router = APIRouter(include_in_schema=False)
PATH = "/me/identities"
_LINK = "link an identity"
DONE = {
    "linked": mark("It is linked: you can log in by it from now on."),
    "unlinked": mark("It was unlinked."),
}
enter_me(mark("Single sign-on"), PATH, rank=35, when=lambda: bool(accounts.sso.providers.offered()))


@router.get("/me/identities", **shows(SIGNED_IN))
async def show_identities(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What is linked, and what could be."""
    offered = accounts.sso.providers.offered()
    return page.show(
        "sso/identities.html",
        identities=await _mine(page),
        providers=[(one, _link_path(page, one.slug)) for one in offered],
        done=DONE.get(done),
    )


@router.get("/me/identities/{slug}/link", **sure(shows(SIGNED_IN)))
async def link(
    page: CurrentPage, slug: str, proof: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """On to the provider. `proof` says that it was asked for on our own page, in this log-in."""
    provider = accounts.sso.providers.get(slug)
    if not security.keyring(page.request).verify(_LINK, _said(page, slug), proof):
        raise faults.CrossSiteRequest(_("Open the page again, then repeat."))
    return await lead(page, provider, PATH, is_link=True)


@router.get("/me/identities/{identity_id}/unlink", **sure(shows(SIGNED_IN)))
async def ask_to_unlink(page: CurrentPage, identity_id: UUID) -> Response:
    """What unlinking means."""
    return await _unlink_page(page, Form(), identity_id)


@router.post("/me/identities/{identity_id}/unlink", **sure(takes(SIGNED_IN)))
async def unlink(page: CurrentPage, identity_id: UUID) -> Response:
    """One logs in by it no more."""
    form = Form()
    done = await page.tried(form, lambda tx: identities.unlink(tx, page.actor, identity_id))
    if isinstance(done, Refused):
        return await _unlink_page(page, form, identity_id, status=done.status)
    return see_other(f"{PATH}?done=unlinked")


async def _mine(page: Page) -> list[IdentityView]:
    async with page.reading() as reads:
        return await identities.of_actor(reads, page.actor)


async def _unlink_page(page: Page, form: Form, identity_id: UUID, *, status: int = 200) -> Response:
    found = next((one for one in await _mine(page) if one.id == identity_id), None)
    if found is None:
        raise IdentityNotFound(_("It was unlinked already, or has never been yours."))
    return page.show("sso/unlink.html", status=status, form=form, one=found)


def _link_path(page: Page, slug: str) -> str:
    proof = security.keyring(page.request).sign(_LINK, _said(page, slug))
    return f"{PATH}/{slug}/link?proof={proof}"


def _said(page: Page, slug: str) -> str:
    return f"{slug} {page.actor.session_id}"
