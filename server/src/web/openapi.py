"""The specification, good enough to generate clients from, and its two readers."""

from __future__ import annotations

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Serve /openapi.json, /docs and /redoc."""
