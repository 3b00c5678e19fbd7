"""The programs that act for a person just now: third parties', and log-ins of programs of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.accounts.credentials import restricting, tokens
from src.domain.accounts.credentials.oauth_errors import AppNotFound
from src.domain.accounts.tables import OAuthClient, OAuthCode, TokenFamily, User

Kind = Literal["third_party", "own"]


@dataclass(frozen=True, slots=True)
class App:
    """A program that acts for the actor. Of a third party all log-ins are one app.

    `permissions` None: all of the person's. `device` and `ip` are those of its last log-in.
    """

    id: UUID  # of the third party's program, or of the log-in
    kind: Kind
    name: str
    website: str | None
    permissions: tuple[str, ...] | None
    device: str | None
    ip: str | None
    connected_at: datetime
    last_used_at: datetime
    expires_at: datetime


async def list_(session: AsyncSession, actor: Actor) -> list[App]:
    """The actor's own: third parties first, then their own programs; the latest used first."""
    rows = await session.execute(
        select(TokenFamily, OAuthClient)
        .join(User, User.id == TokenFamily.user_id)
        .outerjoin(OAuthClient, OAuthClient.id == TokenFamily.client_id)
        .where(TokenFamily.user_id == actor.user_id, tokens.alive(clock.now()))
        .order_by(TokenFamily.last_used_at.desc(), TokenFamily.id.desc())
    )
    own: list[App] = []
    third: dict[UUID, tuple[OAuthClient, list[TokenFamily]]] = {}
    for family, program in rows:
        if program is None:
            own.append(_own(family))
        else:
            third.setdefault(program.id, (program, []))[1].append(family)
    return [*(_third(program, families) for program, families in third.values()), *own]


async def disconnect(session: AsyncSession, actor: Actor, app_id: UUID) -> None:
    """End what a program may do for the actor, at once. Raises `PersonOnly`, `AppNotFound`."""
    user_id = restricting.require_person(actor)
    found = await session.execute(
        select(TokenFamily.id, TokenFamily.client_id)
        .join(User, User.id == TokenFamily.user_id)
        .outerjoin(OAuthClient, OAuthClient.id == TokenFamily.client_id)
        .where(TokenFamily.user_id == user_id, tokens.alive(clock.now()))
    )
    families = [(family_id, client_id) for family_id, client_id in found]
    of_app = [family_id for family_id, client_id in families if client_id == app_id]
    if not of_app:
        if (app_id, None) not in families:
            raise AppNotFound(_("It may have been disconnected already."))
        await tokens.end(session, actor, [app_id], why="disconnected")
        return
    await session.execute(
        delete(OAuthCode).where(
            OAuthCode.user_id == user_id, OAuthCode.client_id == app_id, OAuthCode.used_at.is_(None)
        )
    )
    await tokens.end(session, actor, of_app, why="disconnected")
    changes = {"client": app_id, "ended": len(of_app)}
    events.record(session, actor, "app.disconnected", ("user", user_id), changes=changes)


def _own(family: TokenFamily) -> App:
    return App(
        id=family.id,
        kind="own",
        name=family.device or "",
        website=None,
        permissions=None if family.permissions is None else tuple(family.permissions),
        device=family.device,
        ip=family.ip,
        connected_at=family.created_at,
        last_used_at=family.last_used_at,
        expires_at=family.expires_at,
    )


def _third(program: OAuthClient, families: list[TokenFamily]) -> App:
    latest = families[0]
    return App(
        id=program.id,
        kind="third_party",
        name=program.name,
        website=program.website,
        permissions=_together(program, families),
        device=latest.device,
        ip=latest.ip,
        connected_at=min(one.created_at for one in families),
        last_used_at=latest.last_used_at,
        expires_at=max(one.expires_at for one in families),
    )


def _together(program: OAuthClient, families: Iterable[TokenFamily]) -> tuple[str, ...]:
    given = {name for one in families for name in one.permissions or ()}
    return tuple(sorted(given & set(program.permissions)))
