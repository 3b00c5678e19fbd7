"""What stands in front: whose word on the caller's address and scheme is taken, and https for all."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from src.core import networks
from src.core.language import gettext as _
from src.core.settings import Settings
from src.web import faults, health, problems

_SAID = "said_scheme"
_SEEN = frozenset({"GET", "HEAD"})


class Proxies:
    """Believes X-Forwarded-For and -Proto of the proxies the settings trust, nobody else's."""

    def __init__(self, app: ASGIApp, trusted: tuple[str, ...]) -> None:
        self.app = app
        self._networks = networks.networks(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Correct the scope, then go on."""
        client = scope.get("client")
        if scope["type"] == "http" and client:
            address = networks.address(client[0])
            if address is not None:
                scope["client"] = (str(address), client[1])
            if self._trusts(client[0]):
                self._believe(scope, client[0])
        await self.app(scope, receive, send)

    def _believe(self, scope: Scope, peer: str) -> None:
        headers = Headers(scope=scope)
        caller, passed = self._caller(peer, _entries(headers, "x-forwarded-for"))
        scope["client"] = (caller, 0)
        said = [entry.lower() for entry in _entries(headers, "x-forwarded-proto")]
        # Of the proxy the caller reached: what stands further left, the caller may have written.
        scheme = said[-min(passed, len(said))] if said else None
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
            scope.setdefault("state", {})[_SAID] = scheme

    def _caller(self, peer: str, hops: list[str]) -> tuple[str, int]:
        """The caller's address, and how many proxies told of it.

        From the right: the first that is not ours is the caller. What is no address ends the walk,
        for whatever stands left of it is somebody's invention.
        """
        found, passed = str(networks.address(peer)), 1
        for count, hop in enumerate(reversed(hops), start=1):
            address = networks.address(hop)
            if address is None:
                break
            found, passed = str(address), count
            if not self._trusts(found):
                break
        return found, passed

    def _trusts(self, host: str) -> bool:
        return networks.is_within(host, self._networks)


def _entries(headers: Headers, name: str) -> list[str]:
    """All lines of a header are one list."""
    return [entry.strip() for line in headers.getlist(name) for entry in line.split(",")]


class Https:
    """Where the public address is https, what a proxy took over http is sent there, or refused."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._base = settings.base_url if settings.base_url.startswith("https://") else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the scheme, then go on."""
        if scope["type"] != "http" or not self._is_open(scope):
            await self.app(scope, receive, send)
        elif scope["method"] in _SEEN:
            await RedirectResponse(self._secure(scope), 308)(scope, receive, send)
        else:
            fault = faults.HttpsNeeded(
                _(
                    "Send it to %(address)s. What was sent could be read on its way: change the"
                    " password or the key that was in it.",
                    address=self._base,
                )
            )
            await problems.render(Request(scope), fault)(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        said = scope.get("state", {}).get(_SAID)
        return self._base is not None and said == "http" and scope["path"] not in health.PATHS

    def _secure(self, scope: Scope) -> str:
        prefix = scope["state"].get("language_prefix", "")
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope.get("query_string", b"").decode("latin-1")
        return f"{self._base}{prefix}{path}" + (f"?{query}" if query else "")
