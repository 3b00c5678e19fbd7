"""From what a program sends to who it acts for: access tokens, keys, signatures.

The body of a signed request is hashed as it passes, and compared when its last byte was read: by
then nothing has been committed, and an upload is held in memory no more than an unsigned one.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src.core.actor import Actor
from src.core.db import Database, reading
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import signing
from src.domain.accounts.credentials.errors import BadSignature
from src.web.callers import client_ip, request_id_of

INPUT = "signature-input"
_STATE = "signed_body"


async def actor_of_request(request: Request) -> Actor | None:
    """Who a program acts for; None where it shows no credential of this kind.

    Raises `BadToken` and what `accounts.key_use` and `accounts.signing` raise.
    """
    database: Database = request.app.state.database
    ip, request_id = client_ip(request), request_id_of(request)
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if any(map(signing.names_a_key, request.headers.getlist(INPUT))):
        return await _signer(request, database, token, ip=ip, request_id=request_id)
    if not token:
        return None
    if accounts.key_material.is_key(token):
        return await accounts.key_use.actor_of_key(database, token, ip=ip, request_id=request_id)
    async with reading(database) as reads:
        spoken = await accounts.tokens.actor_of_token(reads, token, ip=ip, request_id=request_id)
    request.state.proven_at = spoken.proven_at
    return spoken.actor


async def _signer(
    request: Request, database: Database, token: str, *, ip: str | None, request_id: str | None
) -> Actor:
    """One credential at a time: whose request it is must not depend on which is looked at first."""
    known: Actor | None = getattr(request.state, "signer", None)
    if known is not None:  # asked again, by a page that tells a refusal
        return known
    if token:
        raise BadSignature(_("Sign the request, or send a credential: not both."))
    proved = await signing.prove(database, _as_sent(request), ip=ip, request_id=request_id)
    body: _Body | None = getattr(request.state, _STATE, None)
    if body is None:
        raise RuntimeError("the middleware that reads along is missing")
    body.expect(proved.digest)
    request.state.signer = proved.actor
    return proved.actor


def _as_sent(request: Request) -> signing.Request:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return signing.Request(
        method=request.scope.get("sent_method", request.method),
        path=raw.partition(b"?")[0].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        authority=request.headers.get("host", ""),
        headers=request.headers.getlist,
    )


class _Body:
    """What has passed of a body, and what it has to be."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._is_whole = False
        self._expected: bytes | None = None

    def passed(self, message: Message) -> None:
        """Take in what was read."""
        if message["type"] != "http.request":
            return
        self._hash.update(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        self._compare()

    def expect(self, digest: bytes) -> None:
        """Say what the whole has to be. Raises `BadSignature`, at once or with its last byte."""
        self._expected = digest
        self._compare()

    def _compare(self) -> None:
        if self._expected is None or not self._is_whole:
            return
        if not hmac.compare_digest(self._hash.digest(), self._expected):
            raise BadSignature(_("The body is not the one that was signed (Content-Digest)."))


class SignedBodies:
    """Reads along where a request says that it is signed; costs others nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hash what is received."""
        if scope["type"] != "http" or INPUT not in Headers(scope=scope):
            await self.app(scope, receive, send)
            return
        body = _Body()
        state: dict[str, Any] = scope.setdefault("state", {})
        state[_STATE] = body

        async def read_along() -> Message:
            message = await receive()
            body.passed(message)
            return message

        await self.app(scope, read_along, send)
