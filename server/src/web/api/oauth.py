"""Programs of third parties, what acts for oneself, and where clients find the rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts.credentials.errors import BadScope, PersonOnly
from src.domain.accounts.credentials.oauth_client_views import ClientView, NewClient
from src.domain.accounts.credentials.oauth_errors import (
    AppNotFound,
    BadOAuthClient,
    OAuthClientNotFound,
    OAuthClientRevoked,
    OnlyOwner,
)
from src.models.common import Many, One
from src.models.oauth import (
    AppRead,
    OAuthClientCreate,
    OAuthClientCreated,
    OAuthClientRead,
    OAuthClientUpdate,
    OAuthMetadata,
)
from src.web import replies, security
from src.web.dependencies import (
    PUBLIC,
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/oauth-clients", tags=["auth"])
own = APIRouter(prefix="/api/v1/me/apps", tags=["me"])
metadata = APIRouter(tags=["auth"])


def _confirmed(*problems: type[DomainError]) -> dict[str, Any]:
    """Who lets programs in, or hands out their secrets, shows first who they are."""
    found: tuple[type[DomainError], ...] = (accounts.ConfirmationNeeded, PersonOnly, *problems)
    declared = declares(Permission.CLIENTS_MANAGE, rate="write", problems=found)
    declared["dependencies"].append(Depends(security.require_recent))
    return declared


def _reply(request: Request, view: ClientView) -> Response:
    item = OAuthClientRead.of(view)
    return replies.one(request, item, version=view.version, changed_at=view.updated_at)


def _handed_over(request: Request, made: NewClient, status: int) -> Response:
    """The only answer that holds the secret: no idempotency keeps it, no cache, no browser."""
    return replies.one(
        request,
        OAuthClientCreated.of_new(made),
        changed_at=made.view.updated_at,
        status=status,
        location=f"{router.prefix}/{made.view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="oauth_clients_list",
    response_model=Many[OAuthClientRead],
    **declares(Permission.CLIENTS_MANAGE),
)
async def list_clients(actor: CurrentActor, reads: Reads) -> Response:
    """The programs of third parties, the newest first; revoked ones at the end."""
    views = await accounts.oauth_clients.list_(reads, actor)
    return replies.whole([OAuthClientRead.of(view) for view in views])


@router.post(
    "",
    operation_id="oauth_clients_create",
    status_code=201,
    response_model=One[OAuthClientCreated],
    **_confirmed(BadOAuthClient, BadScope),
)
async def create_client(
    request: Request, body: OAuthClientCreate, actor: CurrentActor, tx: Tx
) -> Response:
    """Register a program. `client_secret` is shown in this answer and never again.

    The answer is not kept for an Idempotency-Key: repeated, the request registers another one.
    """
    made = await accounts.oauth_clients.create(tx, actor, wish=body.wish())
    return _handed_over(request, made, 201)


@router.get(
    "/{client_id}",
    operation_id="oauth_clients_get",
    response_model=One[OAuthClientRead],
    **declares(Permission.CLIENTS_MANAGE, cache="private", problems=(OAuthClientNotFound,)),
)
async def get_client(
    request: Request, client_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One of them."""
    return _reply(request, await accounts.oauth_clients.get(reads, actor, client_id))


@router.patch(
    "/{client_id}",
    operation_id="oauth_clients_update",
    response_model=One[OAuthClientRead],
    **_confirmed(OAuthClientNotFound, OAuthClientRevoked, OnlyOwner, BadOAuthClient, BadScope),
)
async def update_client(
    request: Request,
    client_id: UUID,
    body: OAuthClientUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change what it is called, where it sends people, what it may ask for.

    What it may no more, none of its tokens may from this moment on.
    """
    view = await accounts.oauth_clients.update_client(
        tx, actor, client_id, changes=body.model_dump(exclude_unset=True), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{client_id}/secret",
    operation_id="oauth_clients_replace_secret",
    response_model=One[OAuthClientCreated],
    **_confirmed(OAuthClientNotFound, OAuthClientRevoked, OnlyOwner, BadOAuthClient),
)
async def replace_secret(
    request: Request,
    client_id: UUID,
    actor: CurrentActor,
    tx: Tx,
) -> Response:
    """Make a new secret, shown once; the old one counts no more at once."""
    made = await accounts.oauth_clients.replace_secret(tx, actor, client_id)
    return _handed_over(request, made, 200)


@router.delete(
    "/{client_id}",
    operation_id="oauth_clients_revoke",
    status_code=204,
    **declares(Permission.CLIENTS_MANAGE, rate="write", problems=(OAuthClientNotFound, PersonOnly)),
)
async def revoke_client(client_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End it, and every token it has of anybody, at once."""
    await accounts.oauth_clients.revoke(tx, actor, client_id)
    return replies.nothing()


@own.get(
    "",
    operation_id="apps_list",
    response_model=Many[AppRead],
    **declares(SIGNED_IN),
)
async def list_apps(actor: CurrentActor, reads: Reads) -> Response:
    """The programs that act for you: third parties' first, then log-ins of your own."""
    found = await accounts.oauth_apps.list_(reads, actor)
    return replies.whole([AppRead.of(app) for app in found])


@own.delete(
    "/{app_id}",
    operation_id="apps_disconnect",
    status_code=204,
    **declares(SIGNED_IN, rate="write", problems=(AppNotFound,)),
)
async def disconnect_app(app_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End all that a program may do for you, at once."""
    await accounts.oauth_apps.disconnect(tx, actor, app_id)
    return replies.nothing()


@metadata.get(
    "/.well-known/oauth-authorization-server",
    operation_id="oauth_metadata",
    response_model=OAuthMetadata,
    **declares(PUBLIC, cache="public"),
)
async def get_metadata(request: Request) -> Response:
    """Where clients of OAuth2 find what they need (RFC 8414)."""
    settings: Settings = request.app.state.settings
    return JSONResponse(_metadata_of(settings.base_url).model_dump())


def _metadata_of(base: str) -> OAuthMetadata:
    """What there is below the deployment's own address."""
    return OAuthMetadata(
        issuer=base,
        authorization_endpoint=f"{base}/oauth/authorize",
        token_endpoint=f"{base}/api/v1/auth/token",
        revocation_endpoint=f"{base}/api/v1/auth/token/revoke",
        service_documentation=f"{base}/docs",
        scopes_supported=[str(one) for one in Permission],
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=list(accounts.oauth_rules.GRANT_TYPES),
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post", "none"],
        revocation_endpoint_auth_methods_supported=["none"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
    )
