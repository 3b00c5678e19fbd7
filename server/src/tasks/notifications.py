"""Mailing what people are told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.mail import Letter
from src.domain import accounts, notifications
from src.tasks.handlers import reaches_outside


async def _load(session: AsyncSession, payload: dict[str, Any]) -> Letter | None:
    post, delivery_id = accounts.post.current(), UUID(payload["delivery_id"])
    if post.is_closed:
        await notifications.skip(session, delivery_id, "ALIQUOT_MAIL_URL is none")
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
