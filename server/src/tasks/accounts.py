"""Mails about accounts, and housekeeping of log-ins."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.core.mail import Letter
from src.domain import accounts
from src.tasks.handlers import Job, every, handles, reaches_outside


@every(
    "accounts.sweep-sessions",
    crontab="50 * * * *",
    queue="maintenance",
    description=mark("Delete log-ins and devices that have ended by age or for want of use"),
)
async def sweep_sessions(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """They count for nothing already; this only makes room."""
    deleted = await accounts.sweep_sessions(session) + await accounts.second_step.sweep(session)
    return {"deleted": deleted + await accounts.devices.sweep(session)}


@every(
    "accounts.sweep-tokens",
    crontab="52 * * * *",
    queue="maintenance",
    description=mark("Delete tokens, codes, log-ins of programs and nonces that count no longer"),
)
async def sweep_tokens(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """They count for nothing already; this only makes room."""
    deleted = await accounts.tokens.sweep(session) + await accounts.signing.sweep(session)
    return {"deleted": deleted + await accounts.phones.sweep(session)}


@every(
    "accounts.sweep-links",
    crontab="55 * * * *",
    queue="maintenance",
    description=mark("Delete mailed links that were used or have expired"),
)
async def sweep_links(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """They count for nothing already; this only makes room."""
    return {"deleted": await accounts.joining.links.sweep(session)}


@every(
    "accounts.sweep-failures",
    crontab="20 * * * *",
    queue="maintenance",
    description=mark("Forget failed attempts that no delay is counted from any more"),
)
async def sweep_failures(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """They count for nothing already; this only makes room."""
    return {"deleted": await accounts.lockout.sweep(session)}


@every(
    "accounts.renew-factor-dates",
    crontab="35 * * * *",
    queue="maintenance",
    description=mark("Say anew who must have a second factor, for roles that have expired"),
)
async def renew_factor_dates(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Changes say so at once; a role that ends by itself changes nothing."""
    return {"changed": await accounts.factors.enforcement.renew(session)}


async def _load(session: AsyncSession, payload: dict[str, Any]) -> Letter | None:
    post = accounts.post.current()
    if post.is_closed:
        return None
    return await accounts.letters.letter(
        session, payload, sender=post.sender, base_url=post.base_url
    )


async def _send(letter: Letter, *, key: str) -> str:
    return await accounts.post.send(accounts.post.current(), letter, key=key)


reaches_outside(accounts.letters.LETTER, load=_load, send=_send)


@handles(accounts.joining.ASKED)
async def answer(session: AsyncSession, payload: dict[str, Any], job: Job) -> None:
    """Mail whoever an address belongs to, as anybody asked for by it."""
    await accounts.joining.answer(session, job.actor, payload)


@handles(accounts.imports.inviting.MANY)
async def invite_many(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Invite people who were imported."""
    return {"invited": await accounts.imports.inviting.invite(session, payload)}
