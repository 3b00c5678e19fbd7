"""What those who watch are told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from src.models.common import Wire


class Alive(Wire):
    """The process serves requests."""

    status: Literal["ok"] = "ok"


class Part(Wire):
    """One part: whether it answers, and how long that took."""

    ok: bool
    detail: str | None = None
    milliseconds: float
    is_essential: bool = Field(description="Whether the server is ready only with it.")


class Readiness(Wire):
    """All parts."""

    ready: bool
    parts: dict[str, Part]
