"""Logging in as the page does, for people without a second factor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.db import Database, reading
from src.domain import accounts
from src.domain.accounts import Client, Opened


@dataclass(frozen=True, slots=True)
class LogIn:
    """A log-in that was accepted: the cookie's secret, and who it is."""

    token: str
    actor: Actor


async def log_in(
    database: Database,
    *,
    email: str,
    password: str,
    device: str | None = None,
    ip: str | None = None,
) -> LogIn:
    """Prove the password and open a session."""
    client = Client(ip, None, device)
    proven = await accounts.login.prove(database, email=email, password=password, client=client)
    opened = await accounts.second_step.go_on(database, proven, client)
    assert isinstance(opened, Opened), "a second factor is asked for"
    async with reading(database) as reads:
        actor = await actor_of(reads, opened.secret, ip=ip)
    assert actor is not None
    return LogIn(opened.secret, actor)


async def actor_of(session: AsyncSession, token: str, *, ip: str | None = None) -> Actor | None:
    """Who is logged in with this cookie."""
    found = await accounts.sessions.find(session, token, ip=ip)
    return None if found is None else found.actor
