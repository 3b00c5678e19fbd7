"""`Idempotency-Key`: the same request again gives the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import idempotency
from src.core.errors import DomainError
from src.core.idempotency import Answer
from src.web.security import CurrentActor

_KEPT = frozenset({"content-type", "etag", "location"})


@dataclass(frozen=True, slots=True)
class Once:
    """Runs an effect once for each key; without a key, simply runs it."""

    scope: str | None
    body_digest: str

    async def __call__(
        self, session: AsyncSession, effect: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The effect's answer, kept in its transaction, or the one that was kept before."""
        if self.scope is None:
            return await effect()
        kept = await idempotency.claim(session, scope=self.scope, body_digest=self.body_digest)
        if kept is not None:
            replayed = {**kept.headers, "Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, replayed)
        try:
            response = await effect()
        except DomainError as refusal:
            if refusal.keeps:
                await idempotency.forget(session, scope=self.scope)
            raise
        headers = {name: value for name, value in response.headers.items() if name in _KEPT}
        answer = Answer(response.status_code, headers, bytes(response.body))
        await idempotency.keep(session, scope=self.scope, answer=answer)
        return response


_KEY = Header(
    alias="Idempotency-Key",
    min_length=8,
    max_length=200,
    pattern=r"^[\x21-\x7e]+$",
    description="Any text of your own; the same key and body give the first answer for 24 hours.",
    examples=["0198c0de-5a7e-7000-8000-000000000001"],
)


async def _once(
    request: Request, actor: CurrentActor, key: Annotated[str | None, _KEY] = None
) -> Once:
    body = hashlib.sha256(await request.body()).hexdigest()
    if key is None:
        return Once(None, body)
    who = actor.credential_id or actor.user_id or actor.ip
    parts = (str(who), request.method, request.url.path, key)
    return Once(hashlib.sha256("\x1f".join(parts).encode()).hexdigest(), body)


OnlyOnce = Annotated[Once, Depends(_once)]
