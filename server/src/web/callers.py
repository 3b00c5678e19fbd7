"""Where a request comes from."""

from __future__ import annotations

from fastapi import Request


def client_ip(request: Request) -> str | None:
    """The caller's address, as the trusted proxies tell it."""
    return request.client.host if request.client else None


def request_id_of(request: Request) -> str | None:
    """The request's id, as it stands in logs, events and jobs."""
    found: str | None = request.scope.get("request_id")
    return found
