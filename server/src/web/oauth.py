"""The token endpoint's own form of refusal (RFC 6749, section 5.2)."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import JSONResponse, Response

MARK = "refuses_as_oauth2"


def is_token_endpoint(request: Request) -> bool:
    """Whether the request's route answers in OAuth2's form."""
    return hasattr(request.scope.get("endpoint"), MARK)


def refusal(error: str, description: str) -> Response:
    """`invalid_grant`, `invalid_request` and so on."""
    content = {"error": error, "error_description": description}
    return JSONResponse(content, 400, {"Cache-Control": "no-store", "Pragma": "no-cache"})
