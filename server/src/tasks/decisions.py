"""Telling whom decisions concern, and reminding of reviews and of answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain.operations import decisions
from src.tasks.handlers import Job, every, handles


@handles(decisions.topics.HAPPENED)
async def tell(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell those who are asked, or whom it concerns."""
    return {"told": await decisions.telling.tell(session, payload)}


@every(
    "decisions.reminders",
    crontab="20 8-17 * * *",
    queue="notifications",
    description=mark("Remind of decisions to be reviewed, and of proposals that wait for answers"),
)
async def remind(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """In the hours in which people work."""
    reviews = await decisions.reminding.of_reviews(session)
    return {"reviews": reviews, "answers": await decisions.reminding.of_answers(session)}
