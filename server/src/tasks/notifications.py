"""Mailing what people are told: at once, or in one letter a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.core.mail import Letter
from src.domain import accounts, notifications
from src.tasks.handlers import Job, every, reaches_outside

_CLOSED = "ALIQUOT_MAIL_URL is none"


async def _load(session: AsyncSession, payload: dict[str, Any]) -> Letter | None:
    post, delivery_id = accounts.post.current(), UUID(payload["delivery_id"])
    if post.is_closed:
        await notifications.skip(session, delivery_id, _CLOSED)
        return None
    return await notifications.letter(
        session, delivery_id, sender=post.sender, base_url=post.base_url
    )


async def _send(letter: Letter, *, key: str) -> str:
    return await accounts.post.send(accounts.post.current(), letter, key=key)


async def _record(
    session: AsyncSession, payload: dict[str, Any], message_id: str
) -> dict[str, Any]:
    await notifications.record(session, UUID(payload["delivery_id"]), message_id)
    return {"message_id": message_id}


async def _give_up(session: AsyncSession, payload: dict[str, Any], why: str) -> None:
    await notifications.give_up(session, UUID(payload["delivery_id"]), why)


reaches_outside(notifications.topics.MAIL, load=_load, send=_send, record=_record, failed=_give_up)


def _whose(payload: dict[str, Any]) -> tuple[UUID, datetime]:
    return UUID(payload["user_id"]), datetime.fromisoformat(payload["slot"])


async def _load_digest(session: AsyncSession, payload: dict[str, Any]) -> Letter | None:
    post, whose = accounts.post.current(), _whose(payload)
    if post.is_closed:
        await notifications.digests.skip(session, *whose, _CLOSED)
        return None
    return await notifications.digests.letter(
        session, *whose, sender=post.sender, base_url=post.base_url
    )


async def _record_digest(
    session: AsyncSession, payload: dict[str, Any], message_id: str
) -> dict[str, Any]:
    told = await notifications.digests.record(session, *_whose(payload), message_id)
    return {"message_id": message_id, "told": told}


async def _give_up_digest(session: AsyncSession, payload: dict[str, Any], why: str) -> None:
    await notifications.digests.give_up(session, *_whose(payload), why)


reaches_outside(
    notifications.topics.DIGEST,
    load=_load_digest,
    send=_send,
    record=_record_digest,
    failed=_give_up_digest,
)


@every(
    "notifications.digests",
    interval=60,
    queue="notifications",
    description=mark("Write the letters of the day that are due"),
)
async def digests(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Give what waits to the letters that are due."""
    return {"letters": await notifications.digests.make(session)}
