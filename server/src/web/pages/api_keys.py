"""Your keys for programs: what each may, from where and until when. Its secret is shown once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission, resource_scope, team_scope
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, resources
from src.domain.accounts.credentials.key_views import KeyView, KeyWish, NewKey
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Keys"), "/me/api-keys", rank=60)

DONE = {"revoked": mark("The key was revoked: nothing can use it any more.")}
LASTS = {
    "30": mark("30 days"),
    "90": mark("90 days"),
    "365": mark("One year"),
    "": mark("Until it is revoked"),
}
OVERLAPS = {
    "0": mark("not at all"),
    "1": mark("for an hour"),
    "24": mark("for a day"),
    "168": mark("for a week"),
}
SIGNING = {
    "never": mark("The key is sent with each request"),
    "allowed": mark("The key is sent, or requests are signed"),
    "required": mark("Requests have to be signed; the key itself opens nothing"),
}
Work = Callable[[AsyncSession], Awaitable[NewKey]]
FIELDS = frozenset({"name", "permissions", "addresses", "signing"})


class KeyShape(Shape):
    """A key as it is asked for. No permission ticked: all that the person may."""

    name: str = Field(max_length=100)
    permissions: list[Permission] = Field(default_factory=list)
    team_ids: list[UUID] = Field(default_factory=list)
    resource_ids: list[UUID] = Field(default_factory=list)
    addresses: str = Field("", max_length=2000)
    days: Literal["30", "90", "365"] | None = None
    signing: Literal["never", "allowed", "required"] = "never"

    def wish(self) -> KeyWish:
        """As the service takes it."""
        scopes = [
            *map(team_scope, self.team_ids),
            *map(resource_scope, self.resource_ids),
        ]
        return KeyWish(
            name=self.name,
            permissions=self.permissions or None,
            scopes=scopes or None,
            addresses=self.addresses.replace(",", " ").split(),
            expires_at=clock.now() + timedelta(days=int(self.days)) if self.days else None,
            signing=self.signing,
        )


class ReplaceShape(Shape):
    """How long the old key goes on, in hours."""

    overlap: Literal["0", "1", "24", "168"] = "24"


@router.get("/me/api-keys", **shows(SIGNED_IN))
async def show_keys(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The keys, those that have ended among them."""
    keys = await accounts.api_keys.list_(reads, page.actor)
    return page.show(
        "api_keys/list.html",
        keys=[(key, _powers(key)) for key in keys],
        done=DONE.get(done),
    )


@router.get("/me/api-keys/new", **sure(shows(SIGNED_IN)))
async def new_key(page: CurrentPage) -> Response:
    """The form."""
    return await _show_form(page, Form.of({"days": "90", "signing": "never"}))


@router.post("/me/api-keys/new", **sure(takes(SIGNED_IN)))
async def create_key(page: CurrentPage) -> Response:
    """Make it, and show its secrets by this answer alone."""
    form = await Form.read(page.request)
    shape = form.parse(KeyShape)
    if shape is None:
        return await _show_form(page, form, status=422)
    made = await page.tried(form, _making(page, shape.wish()), FIELDS)
    if isinstance(made, Refused):
        return await _show_form(page, form, status=made.status)
    return _handed_over(page, made)


@router.get("/me/api-keys/{key_id}/replace", **sure(shows(SIGNED_IN)))
async def ask_to_replace(page: CurrentPage, reads: Reads, key_id: UUID) -> Response:
    """What replacing it means."""
    key = await accounts.api_keys.get(reads, page.actor, key_id)
    return _show_replacing(page, key, Form.of({"overlap": "24"}))


@router.post("/me/api-keys/{key_id}/replace", **sure(takes(SIGNED_IN)))
async def replace_key(page: CurrentPage, key_id: UUID) -> Response:
    """A new one with the same powers."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        key = await accounts.api_keys.get(reads, page.actor, key_id)
    shape = form.parse(ReplaceShape)
    if shape is None:
        return _show_replacing(page, key, form, status=422)
    made = await page.tried(form, _replacing(page, key_id, int(shape.overlap)))
    if isinstance(made, Refused):
        return _show_replacing(page, key, form, status=made.status)
    return _handed_over(page, made)


@router.post("/me/api-keys/{key_id}/revoke", **takes(SIGNED_IN))
async def revoke_key(page: CurrentPage, session: Tx, key_id: UUID) -> Response:
    """End it at once."""
    await accounts.api_keys.revoke(session, page.actor, key_id)
    return see_other("/me/api-keys?done=revoked")


def _making(page: Page, wish: KeyWish) -> Work:
    return lambda session: accounts.api_keys.create(session, page.actor, wish=wish)


def _replacing(page: Page, key_id: UUID, hours: int) -> Work:
    return lambda session: accounts.api_keys.rotate(
        session, page.actor, key_id, overlap_hours=hours
    )


async def _show_form(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        teams = await accounts.team_names(reads, page.actor.team_ids)
        chosen = await resources.names(reads, page.actor, _chosen(form))
        found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    held = [p for p in permissions.WORDS if page.actor.may_anywhere(p)]
    return page.show(
        "api_keys/form.html",
        status=status,
        form=form,
        held=[(str(one), permissions.WORDS[one]) for one in held],
        teams=sorted(teams.items(), key=lambda team: team[1].casefold()),
        resources=list((chosen | {one.id: one.name for one in found.items}).items()),
        lasts=_said(LASTS),
        signing=_said(SIGNING),
    )


def _chosen(form: Form) -> set[UUID]:
    found: set[UUID] = set()
    for value in form.lists.get("resource_ids", ()):
        with suppress(ValueError):
            found.add(UUID(value))
    return found


def _show_replacing(page: Page, key: KeyView, form: Form, *, status: int = 200) -> Response:
    return page.show(
        "api_keys/replace.html", status=status, key=key, form=form, overlaps=_said(OVERLAPS)
    )


def _handed_over(page: Page, made: NewKey) -> Response:
    return page.show("api_keys/made.html", status=201, made=made, base_url=page.settings.base_url)


def _said(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(value, _(words)) for value, words in choices.items()]


def _powers(key: KeyView) -> list[str]:
    """What it may do, in words that are marked; none: all that the person may."""
    known = {str(permission): words for permission, words in permissions.WORDS.items()}
    return [known.get(name, name) for name in key.permissions or ()]
