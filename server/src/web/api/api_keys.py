"""One's own keys for programs. Other people's do not exist here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from src.core.errors import DomainError
from src.domain import accounts
from src.domain.accounts.credentials.errors import (
    ApiKeyEnded,
    ApiKeyNotFound,
    BadApiKey,
    BadScope,
    TooManyApiKeys,
)
from src.domain.accounts.credentials.key_views import KeyView, NewKey
from src.models.common import Many, One
from src.models.credentials import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyRead,
    ApiKeyRotate,
    ApiKeyUpdate,
)
from src.web import replies, security
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/me/api-keys", tags=["me"])


def _confirmed(*problems: type[DomainError]) -> dict[str, Any]:
    """What gives a program power over the account needs a fresh proof of who asks."""
    declared = declares(SIGNED_IN, rate="write", problems=(accounts.ConfirmationNeeded, *problems))
    declared["dependencies"].append(Depends(security.require_recent))
    return declared


def _reply(request: Request, view: KeyView) -> Response:
    return replies.one(
        request, ApiKeyRead.of(view), version=view.version, changed_at=view.updated_at
    )


def _handed_over(request: Request, made: NewKey) -> Response:
    """The only answer that holds the secrets: no idempotency keeps it, no cache, no browser."""
    return replies.one(
        request,
        ApiKeyCreated.of_new(made),
        changed_at=made.view.updated_at,
        status=201,
        location=f"{router.prefix}/{made.view.id}",
    )


@router.get(
    "",
    operation_id="api_keys_list",
    response_model=Many[ApiKeyRead],
    **declares(SIGNED_IN),
)
async def list_keys(actor: CurrentActor, reads: Reads) -> Response:
    """Your keys, the newest first; those that ended within a month too."""
    views = await accounts.api_keys.list_(reads, actor)
    return replies.whole([ApiKeyRead.of(view) for view in views])


@router.post(
    "",
    operation_id="api_keys_create",
    status_code=201,
    response_model=One[ApiKeyCreated],
    **_confirmed(BadApiKey, BadScope, TooManyApiKeys),
)
async def create_key(request: Request, body: ApiKeyCreate, actor: CurrentActor, tx: Tx) -> Response:
    """Make a key. `key` and `signing_secret` are shown in this answer and never again.

    The answer is not kept for an Idempotency-Key: repeated, the request makes another key.
    """
    return _handed_over(request, await accounts.api_keys.create(tx, actor, wish=body.wish()))


@router.get(
    "/{key_id}",
    operation_id="api_keys_get",
    response_model=One[ApiKeyRead],
    **declares(SIGNED_IN, cache="private", problems=(ApiKeyNotFound,)),
)
async def get_key(request: Request, key_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One of your keys."""
    return _reply(request, await accounts.api_keys.get(reads, actor, key_id))


@router.patch(
    "/{key_id}",
    operation_id="api_keys_update",
    response_model=One[ApiKeyRead],
    **_confirmed(ApiKeyNotFound, ApiKeyEnded, BadApiKey, BadScope),
)
async def update_key(
    request: Request,
    key_id: UUID,
    body: ApiKeyUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change what a key may, from where, and until when."""
    view = await accounts.api_keys.update(
        tx,
        actor,
        key_id,
        changes=body.model_dump(exclude_unset=True),
        expected_version=version,
    )
    return _reply(request, view)


@router.post(
    "/{key_id}/rotate",
    operation_id="api_keys_rotate",
    status_code=201,
    response_model=One[ApiKeyCreated],
    **_confirmed(ApiKeyNotFound, ApiKeyEnded, BadApiKey),
)
async def rotate_key(
    request: Request, key_id: UUID, body: ApiKeyRotate, actor: CurrentActor, tx: Tx
) -> Response:
    """Make a new key that may do the same; the old one goes on for `overlap_hours`."""
    made = await accounts.api_keys.rotate(
        tx, actor, key_id, overlap_hours=body.overlap_hours, expires_at=body.expires_at
    )
    return _handed_over(request, made)


@router.delete(
    "/{key_id}",
    operation_id="api_keys_revoke",
    status_code=204,
    **declares(SIGNED_IN, rate="write", problems=(ApiKeyNotFound,)),
)
async def revoke_key(key_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End a key at once."""
    await accounts.api_keys.revoke(tx, actor, key_id)
    return replies.nothing()
