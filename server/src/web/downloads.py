"""Stored bytes on their way out as a file to be kept, never shown in a window of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

_HARMLESS = "default-src 'none'; frame-ancestors 'none'"

SPECIFICATION: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
}


def attachment(
    chunks: AsyncIterator[bytes], *, name: str, content_type: str, size: int
) -> StreamingResponse:
    """A file of ours: `name` is plain ASCII."""
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": _HARMLESS,
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(chunks, headers=headers)
