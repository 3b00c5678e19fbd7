"""Single sign-on: which providers there are, the way to them, and what is linked to oneself."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from src.domain import accounts
from src.domain.accounts.sso import errors, identities, pending, providers
from src.models.common import Many, One
from src.models.sso import IdentityRead, LogOutForm, ProviderRead, SignOnRead
from src.web import cookies, replies, security
from src.web.dependencies import PUBLIC, SIGNED_IN, CurrentActor, Reads, Tx, declares
from src.web.forms import safe_next

router = APIRouter(prefix="/api/v1/auth/sso", tags=["auth"])
me = APIRouter(prefix="/api/v1/me/identities", tags=["me"])


def _sure(declared: dict[str, Any]) -> dict[str, Any]:
    """What changes the ways in is done by somebody who has shown just now who they are."""
    declared["dependencies"].append(Depends(security.require_recent))
    declared["openapi_extra"]["x-problems"].append(accounts.ConfirmationNeeded.code)
    return declared


@router.get("", operation_id="sso_list", response_model=Many[ProviderRead], **declares(PUBLIC))
async def list_providers() -> Response:
    """Providers that the log-in page offers."""
    return replies.whole([ProviderRead.of(one) for one in providers.offered()])


@router.get(
    "/{slug}/start",
    operation_id="sso_start",
    response_model=One[SignOnRead],
    **declares(PUBLIC, rate="login", problems=(errors.NoSuchProvider, errors.ProviderAway)),
)
async def start(
    request: Request,
    slug: str,
    target: Annotated[
        str | None, Query(alias="next", max_length=2000, description="A path of Aliquot's.")
    ] = None,
) -> Response:
    """Begin, from a front end of one's own: send the browser to `url`.

    The provider sends it back to `/login/sso/{slug}/callback`, which logs it in and leads to `next`.
    """
    url, secret = await accounts.sso.begin(
        request.app.state.database,
        providers.get(slug),
        secret=cookies.read(request, cookies.SIGN_ON),
        target=safe_next(target),
    )
    response = replies.one(request, SignOnRead(url=url))
    seconds = int(pending.LIFETIME.total_seconds())
    cookies.put(request, response, cookies.SIGN_ON, secret, seconds=seconds)
    return response


@router.post(
    "/{slug}/backchannel-logout",
    operation_id="sso_backchannel_logout",
    status_code=204,
    **declares(
        PUBLIC,
        rate="login",
        problems=(errors.NoSuchProvider, errors.ProviderAway, errors.BadLogOutToken),
    ),
)
async def log_out(request: Request, slug: str, form: Annotated[LogOutForm, Form()]) -> Response:
    """End the log-ins that the provider's log-out token names (OpenID Connect Back-Channel)."""
    await accounts.sso.ending.end_by_provider(
        request.app.state.database,
        providers.get(slug),
        form.logout_token,
        security.client_of(request),
    )
    return replies.nothing()


@me.get(
    "",
    operation_id="me_identities_list",
    response_model=Many[IdentityRead],
    **declares(SIGNED_IN),
)
async def list_identities(actor: CurrentActor, reads: Reads) -> Response:
    """Accounts elsewhere by which you can log in. Link one at /me/identities, in a browser."""
    found = await identities.of_actor(reads, actor)
    return replies.whole([IdentityRead.of(one) for one in found])


@me.delete(
    "/{identity_id}",
    operation_id="me_identities_unlink",
    status_code=204,
    **_sure(
        declares(SIGNED_IN, rate="write", problems=(errors.IdentityNotFound, errors.LastWayIn))
    ),
)
async def unlink(identity_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Unlink it; log-ins elsewhere that it opened end."""
    await identities.unlink(tx, actor, identity_id)
    return replies.nothing()
