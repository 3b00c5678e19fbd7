"""Addresses for those who watch: orchestrators and Prometheus. Without envelope."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from src.models.health import Alive, Readiness
from src.web import health
from src.web.declarations import PUBLIC, declares

router = APIRouter(tags=["health"])
_watched: dict[str, Any] = declares(PUBLIC, rate="unlimited")


@router.get("/healthz", operation_id="health_alive", **_watched)
async def alive() -> Alive:
    """Whether the process serves requests at all."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="health_ready",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "A part does not answer"}},
    **_watched,
)
async def ready(request: Request) -> Response:
    """Whether database, schema, broker and storage answer, each with its time."""
    is_ready, parts = await health.readiness(request)
    return JSONResponse({"ready": is_ready, "parts": parts}, 200 if is_ready else 503)


@router.get(
    "/metrics",
    operation_id="health_metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    **_watched,
)
async def metrics() -> Response:
    """Counters and histograms in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
