"""What time does to qualifications."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain import training
from src.tasks.handlers import Job, every


@every(
    "training.remind",
    crontab="17 6 * * *",
    queue="notifications",
    description=mark("Remind of qualifications that end soon"),
)
async def remind(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Remind of what ends within two weeks."""
    return {"reminded": await training.reminders.remind(session)}
