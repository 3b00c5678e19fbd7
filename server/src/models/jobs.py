"""Jobs, periodic work and operations on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from src.core.operations import OperationState
from src.core.outbox import State
from src.core.schedule import SHORTEST_INTERVAL, ScheduleView
from src.models.common import Line, Wire


class JobRead(Wire):
    """Work outside a request. Secrets of its payload are masked."""

    id: int
    topic: str
    queue: str
    state: State
    payload: dict[str, Any]
    key: str | None
    once: str | None
    priority: int
    attempts: int
    max_attempts: int
    run_after: datetime
    worker: str | None
    error: str | None
    result: dict[str, Any] | None
    request_id: str | None
    operation_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    allowed: list[str]


class TimesRead(Wire):
    """When it runs: by a crontab on the institute's clock or an interval; and in words."""

    crontab: str | None
    interval: int | None
    description: str


class ScheduleRead(Wire):
    """Periodic work. `state` is `active`, `paused`, or `late`: two slots without success."""

    name: str
    description: str
    queue: str
    state: str
    times: TimesRead
    declared: TimesRead
    is_overridden: bool
    next_at: datetime | None
    paused_at: datetime | None
    last_started_at: datetime | None
    last_success_at: datetime | None
    last_duration: float | None = Field(description="Seconds.")
    last_result: dict[str, Any] | None
    last_error: str | None
    last_error_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: ScheduleView) -> Self:
        """The view with its times spelled out."""
        plain = {
            name: getattr(view, name)
            for name in cls.model_fields
            if name not in ("times", "declared")
        }
        return cls(
            times=TimesRead(
                crontab=view.times.crontab,
                interval=view.times.interval,
                description=str(view.times),
            ),
            declared=TimesRead(
                crontab=view.declared.crontab,
                interval=view.declared.interval,
                description=str(view.declared),
            ),
            **plain,
        )


class ScheduleUpdate(Wire):
    """Other times: a crontab or an interval; null for what is given returns to the declared ones."""

    crontab: Annotated[Line, Field(max_length=100, examples=["*/10 7-19 * * 1-5"])] | None = None
    interval: Annotated[int, Field(ge=SHORTEST_INTERVAL, le=366 * 86400)] | None = Field(
        None, description="Seconds."
    )


class OperationRead(Wire):
    """Work you wait for: `done` of `of` steps; `link` leads to the result."""

    id: UUID
    kind: str
    state: OperationState
    done: int
    of: int | None
    message: str
    result: dict[str, Any] | None
    link: str | None
    error: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    cancel_requested_at: datetime | None
