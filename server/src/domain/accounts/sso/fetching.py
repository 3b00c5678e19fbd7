"""Asking a provider: https alone, no redirects, little time, little to read.

    async with fetching.line(provider) as line:
        found = await line.get(url)

All that is asked within one `line` has five seconds together. Never while a transaction is open.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from src.core.language import gettext as _
from src.core.providers import Provider, is_safe
from src.domain.accounts.sso import providers
from src.domain.accounts.sso.errors import ProviderAway

if TYPE_CHECKING:
    import httpx2

PATIENCE = 4.0  # seconds for all that one request of ours asks; the answer to it takes the rest
LARGEST = 1024 * 1024  # bytes; Microsoft tells 11,000 groups at most
RETRY_AFTER = 10

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, as JSON. `is_good`: it was not an error."""

    is_good: bool
    is_refusal: bool
    json: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """An open line to one provider."""

    provider: Provider
    client: httpx2.AsyncClient

    async def get(self, url: str, *, token: str | None = None) -> dict[str, Any]:
        """A document. Raises `ProviderAway`."""
        reply = await self._ask("GET", url, token=token)
        return self._good(reply, url)

    async def post_json(self, url: str, body: object, *, token: str) -> dict[str, Any]:
        """What a question in JSON is answered. Raises `ProviderAway`."""
        return self._good(await self._ask("POST", url, token=token, json=body), url)

    async def post_form(
        self, url: str, form: Mapping[str, str], *, auth: tuple[str, str] | None
    ) -> Reply:
        """What a form is answered, refusals too. Raises `ProviderAway`."""
        reply = await self._ask("POST", url, data=dict(form), auth=auth)
        if not (reply.is_good or reply.is_refusal):
            raise self.away("the answer is an error", url)
        return reply

    def away(self, why: str, url: str) -> ProviderAway:
        """The refusal; why stands in the log."""
        log.warning("the provider cannot be asked", provider=self.provider.slug, url=url, why=why)
        return gone(self.provider)

    def _good(self, reply: Reply, url: str) -> dict[str, Any]:
        if not reply.is_good:
            raise self.away("the answer is an error", url)
        return reply.json

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        **more: Any,  # noqa: ANN401 - httpx2's own
    ) -> Reply:
        if not is_safe(url, even_loopback=providers.deployment().even_loopback):
            raise self.away("the address is not https", url)
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.client.stream(method, url, headers=headers, **more) as response:
            read = bytearray()
            async for chunk in response.aiter_bytes():
                read += chunk
                if len(read) > LARGEST:
                    raise self.away("the answer is too large", url)
        try:
            found = orjson.loads(read)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise self.away(f"the answer is no JSON object ({response.status_code})", url)
        return Reply(response.is_success, response.is_client_error, found)


@asynccontextmanager
async def line(provider: Provider) -> AsyncIterator[Line]:
    """Speak with a provider. Raises `ProviderAway` for whatever the network does, and too late."""
    import httpx2  # noqa: PLC0415 - the worker has no such package

    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx2.AsyncClient(
                verify=_trusted(), timeout=PATIENCE, follow_redirects=False, mounts=_direct()
            ) as client,
        ):
            yield Line(provider, client)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        log.warning("the provider does not answer", provider=provider.slug, error=repr(error))
        raise gone(provider) from error


def gone(provider: Provider) -> ProviderAway:
    """The refusal."""
    return ProviderAway(
        _(
            "%(provider)s did not answer. Try again, or use another way to log in.",
            provider=provider.label,
        ),
        retry_after=RETRY_AFTER,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities; reading their file takes a while, so it is done once."""
    import httpx2  # noqa: PLC0415 - the worker has no such package

    return httpx2.create_ssl_context()


def _direct() -> dict[str, None]:
    """What goes through no proxy: the same machine."""
    return {"all://localhost": None, "all://127.0.0.1": None}
