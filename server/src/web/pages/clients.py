"""Programs of third parties: who made them, where they lead, what they may ask people for."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts.credentials.oauth_client_views import ClientView, ClientWish, NewClient
from src.templating import enter
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
MANAGE = Permission.CLIENTS_MANAGE
enter(mark("Apps"), "/apps", MANAGE, rank=63, icon="link")

DONE = {
    "saved": mark("The app was saved; it counts for everybody who has connected it."),
    "revoked": mark("The app was revoked: none of its tokens counts any more."),
}
WAYS = {
    "authorization_code": mark("People connect it, and it acts for them"),
    "refresh_token": mark("It stays connected without asking people again"),
    "client_credentials": mark("It acts by itself, for whoever registered it"),
}
KEEPING = {
    "secret": mark("It runs on a server and can keep a secret"),
    "public": mark("It runs in browsers or on people's own devices, and can keep none"),
}
FIELDS = frozenset({"name", "website", "redirect_uris", "grant_types", "permissions"})


class ClientShape(Shape):
    """A program as it is described."""

    name: str = Field(max_length=100)
    website: str | None = Field(None, max_length=500)
    redirect_uris: str = Field("", max_length=6000)
    grant_types: list[str] = Field(default_factory=list)
    permissions: list[Permission] = Field(default_factory=list)
    keeping: Literal["secret", "public"] = "secret"
    version: int = 0

    def said(self) -> dict[str, Any]:
        """As the service takes it."""
        return {
            "name": self.name,
            "website": self.website,
            "redirect_uris": self.redirect_uris.split(),
            "grant_types": self.grant_types,
            "permissions": self.permissions,
        }


@router.get("/apps", **shows(MANAGE))
async def list_clients(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All of them, revoked ones at the end."""
    found = await accounts.oauth_clients.list_(reads, page.actor)
    return page.show(
        "oauth/clients.html",
        clients=[(one, permissions.named(one.permissions)) for one in found],
        done=DONE.get(done),
    )


@router.get("/apps/new", **sure(shows(MANAGE)))
async def new_client(page: CurrentPage) -> Response:
    """The form."""
    grants = ["authorization_code", "refresh_token"]
    return _form(page, Form.of({"grant_types": grants, "keeping": "secret"}))


@router.post("/apps/new", **sure(takes(MANAGE)))
async def create_client(page: CurrentPage) -> Response:
    """Register it, and show its secret by this answer alone."""
    form = await Form.read(page.request)
    shape = form.parse(ClientShape)
    if shape is None:
        return _form(page, form, status=422)
    wish = ClientWish(**shape.said(), is_confidential=shape.keeping == "secret")
    made = await page.tried(
        form, lambda tx: accounts.oauth_clients.create(tx, page.actor, wish=wish), FIELDS
    )
    if isinstance(made, Refused):
        return _form(page, form, status=made.status)
    return _handed_over(page, made)


@router.get("/apps/{client_id}", **shows(MANAGE))
async def show_client(
    page: CurrentPage,
    reads: Reads,
    client_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One of them, and what became of it."""
    client = await accounts.oauth_clients.get(reads, page.actor, client_id)
    return page.show(
        "oauth/client.html",
        client=client,
        powers=permissions.named(client.permissions),
        ways=[WAYS[one] for one in client.grant_types],
        keeping=KEEPING["secret" if client.is_confidential else "public"],
        may_change=client.revoked_at is None and _is_ones_own(page, client),
        entries=await history(reads, ("oauth_client", client.id)),
        base_url=page.settings.base_url,
        done=DONE.get(done),
    )


@router.get("/apps/{client_id}/edit", **sure(shows(MANAGE)))
async def edit_client(page: CurrentPage, reads: Reads, client_id: UUID) -> Response:
    """The form with what is so now."""
    client = await accounts.oauth_clients.get(reads, page.actor, client_id)
    values = {
        "name": client.name,
        "website": client.website,
        "redirect_uris": "\n".join(client.redirect_uris),
        "grant_types": client.grant_types,
        "permissions": client.permissions,
        "version": client.version,
    }
    return _form(page, Form.of(values), client)


async def _client(page: Page, client_id: UUID) -> ClientView:
    async with page.reading() as reads:
        return await accounts.oauth_clients.get(reads, page.actor, client_id)


@router.post("/apps/{client_id}/edit", **sure(takes(MANAGE)))
async def change_client(page: CurrentPage, client_id: UUID) -> Response:
    """Change it for everybody who has connected it."""
    form, client = await Form.read(page.request), await _client(page, client_id)
    if (shape := form.parse(ClientShape)) is None:
        return _form(page, form, client, status=422)
    done = await page.tried(
        form,
        lambda tx: accounts.oauth_clients.update_client(
            tx, page.actor, client_id, changes=shape.said(), expected_version=shape.version
        ),
        FIELDS,
    )
    if isinstance(done, Refused):
        return _form(page, form, client, status=done.status)
    return see_other(f"/apps/{client_id}?done=saved")


@router.post("/apps/{client_id}/secret", **sure(takes(MANAGE)))
async def replace_secret(page: CurrentPage, client_id: UUID) -> Response:
    """A new secret, shown by this answer alone; the old one ends."""
    async with page.writing() as session:
        made = await accounts.oauth_clients.replace_secret(session, page.actor, client_id)
    return _handed_over(page, made)


@router.post("/apps/{client_id}/revoke", **takes(MANAGE))
async def revoke_client(page: CurrentPage, session: Tx, client_id: UUID) -> Response:
    """End it at once, for everybody."""
    await accounts.oauth_clients.revoke(session, page.actor, client_id)
    return see_other("/apps?done=revoked")


def _form(
    page: Page, form: Form, client: ClientView | None = None, *, status: int = 200
) -> Response:
    return page.show(
        "oauth/client_form.html",
        status=status,
        form=form,
        client=client,
        words=[(str(one), words) for one, words in permissions.WORDS.items()],
        ways=list(WAYS.items()),
        keeping=[(value, _(words)) for value, words in KEEPING.items()],
    )


def _is_ones_own(page: Page, client: ClientView) -> bool:
    """Who holds the secret of what acts by itself acts as its owner: nobody else changes it."""
    return not client.acts_by_itself or client.owner_id == page.actor.user_id


def _handed_over(page: Page, made: NewClient) -> Response:
    return page.show("oauth/secret.html", status=201, made=made)
