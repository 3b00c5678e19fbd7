"""From a program's question to its tokens: what it asks a person for, the code, the exchange.

A person allows no more than they hold, and is not asked again while a connection stands that may
as much. A code lives for a minute, works once, and only for the program, the address and the
verifier (PKCE, S256) it was made for. One that comes a second time ends what came of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.crypto import hash_of
from src.core.language import gettext as _
from src.domain.accounts import letters, login, revocation
from src.domain.accounts.credentials import oauth_clients, oauth_verbs, restricting, tokens
from src.domain.accounts.credentials import oauth_rules as rules
from src.domain.accounts.credentials.errors import BadScope, PersonOnly
from src.domain.accounts.credentials.oauth_errors import (
    BadCode,
    CodeReused,
    GrantNotAllowed,
    RequestRefused,
    UntrustedRequest,
)
from src.domain.accounts.credentials.tokens import Tokens
from src.domain.accounts.devices import Client
from src.domain.accounts.tables import (
    LoginSession,
    OAuthClient,
    OAuthCode,
    TokenFamily,
    User,
    UserState,
)

LIFETIME = timedelta(seconds=60)
CODE_PREFIX = "alo_"


@dataclass(frozen=True, slots=True)
class Question:
    """What came with the link to the log-in, as it came."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Who asks, as the person is told, and the address they are sent back to."""

    id: UUID
    name: str
    website: str | None
    made_by: str
    registered_at: datetime
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks for, in order, and what of it the person holds now."""

    program: Program
    code_challenge: str
    wanted: tuple[Permission, ...]
    held: tuple[Permission, ...]
    # A connection stands already that may as much: there is nothing new to decide.
    is_known: bool

    @property
    def is_wide(self) -> bool:
        """Whether it reaches so far that who allows it shows first who they are."""
        return not rules.WIDE.isdisjoint(self.held)


async def program_of(session: AsyncSession, question: Question) -> Program:
    """Whom people are sent back to. Raises `UntrustedRequest`: then they are sent nowhere."""
    row = await oauth_clients.named(session, question.client_id)
    if row is None:
        raise UntrustedRequest(_("No program is registered here under the name it gives."))
    if rules.CODE not in row.grant_types:
        raise UntrustedRequest(_("The program is not registered to be connected by people."))
    if not question.redirect_uri or not rules.fits(question.redirect_uri, row.redirect_uris):
        raise UntrustedRequest(_("The address it wants you sent to is none of its own."))
    owner = await session.scalar(select(User.name).where(User.id == row.owner_id))
    return Program(
        row.id, row.name, row.website, owner or "", row.created_at, question.redirect_uri
    )


async def ask(session: AsyncSession, actor: Actor, question: Question, program: Program) -> Asked:
    """What the person is to decide. Raises `PersonOnly`, `RequestRefused`."""
    user_id = restricting.require_person(actor)
    if actor.session_id is None:
        raise PersonOnly(_("Log in in a browser."))
    if question.response_type != "code":
        raise _refused("unsupported_response_type", _("Only response_type=code is answered."))
    if question.code_challenge_method != "S256" or not rules.is_challenge(question.code_challenge):
        raise _refused(
            "invalid_request", _("Send code_challenge with code_challenge_method=S256 (PKCE).")
        )
    row = await session.get_one(OAuthClient, program.id)
    wanted = _wanted(row, question.scope)
    held = tuple(one for one in wanted if actor.may_anywhere(one))
    known = await session.scalars(
        select(TokenFamily.permissions)
        .join(User, User.id == TokenFamily.user_id)
        .outerjoin(OAuthClient, OAuthClient.id == TokenFamily.client_id)
        .where(
            TokenFamily.user_id == user_id,
            TokenFamily.client_id == row.id,
            tokens.alive(clock.now()),
        )
    )
    is_known = bool(held) and any(set(held) <= set(one or ()) for one in known)
    return Asked(program, question.code_challenge, wanted, held, is_known)


async def allow(
    session: AsyncSession, actor: Actor, asked: Asked, *, seen: Collection[str] | None = None
) -> str:
    """A code for the program. `seen` is what the person read; None: they are not asked again.

    Raises `RequestRefused` where nothing is left to give.
    """
    given = [one for one in asked.held if seen is None or one in seen]
    if not given or (seen is None and not asked.is_known):
        raise _refused("invalid_scope", _("The person holds none of what is asked for."))
    has_factor = await session.scalar(
        select(LoginSession.has_factor).where(LoginSession.id == actor.session_id)
    )
    code, now = CODE_PREFIX + secrets.token_urlsafe(32), clock.now()
    user_id = restricting.require_person(actor)
    session.add(
        OAuthCode(
            id=ids.new(),
            code_hash=hash_of(code),
            client_id=asked.program.id,
            user_id=user_id,
            redirect_uri=asked.program.redirect_uri,
            code_challenge=asked.code_challenge,
            permissions=[str(one) for one in given],
            has_factor=bool(has_factor),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    await session.flush()
    if seen is not None and not asked.is_known:
        changes = {"client": asked.program.id, "permissions": sorted(given)}
        events.record(session, actor, "app.connected", ("user", user_id), changes=changes)
        args = {"app": asked.program.name, "ip": actor.ip or ""}
        await letters.send(session, oauth_verbs.APP_CONNECTED, user_id=user_id, args=args)
    return code


async def exchange(
    session: AsyncSession,
    code: str,
    *,
    program: OAuthClient,
    redirect_uri: str,
    verifier: str,
    client: Client,
) -> Tokens:
    """Tokens for a code, once. `program` has proved itself; `client` is where it asks from.

    Raises `GrantNotAllowed`, `BadCode`, `CodeReused` (kept, and the person mailed).
    """
    if rules.CODE not in program.grant_types:
        raise GrantNotAllowed(_("It was not registered for codes."))
    now = clock.now()
    found = (
        await session.execute(
            select(OAuthCode, User)
            .join(User, User.id == OAuthCode.user_id)
            .where(OAuthCode.code_hash == hash_of(code), OAuthCode.client_id == program.id)
        )
    ).one_or_none()
    if found is None:
        raise _bad()
    row, user = found
    if row.used_at is not None:
        return await _reused(session, row.id, program, client)
    if (
        row.expires_at <= now
        or row.redirect_uri != redirect_uri
        or not rules.is_verifier_of(verifier, row.code_challenge)
        or user.state is not UserState.ACTIVE
        or (user.password_changed_at is not None and user.password_changed_at > row.created_at)
    ):
        raise _bad()
    taken = await session.scalar(
        update(OAuthCode)
        .where(OAuthCode.id == row.id, OAuthCode.used_at.is_(None))
        .values(used_at=now)
        .returning(OAuthCode.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:  # another was quicker by a moment
        return await _reused(session, row.id, program, client)
    made = await tokens.begin(
        session,
        user.id,
        client=client,
        permissions=row.permissions,
        has_factor=row.has_factor,
        client_id=program.id,
        can_refresh=rules.REFRESH in program.grant_types,
    )
    await session.execute(
        update(OAuthCode)
        .where(OAuthCode.id == row.id)
        .values(family_id=made.family_id)
        .execution_options(synchronize_session=False)
    )
    _issued(session, user, program, made, client)
    return made


async def act_by_itself(
    session: AsyncSession, *, program: OAuthClient, scope: str, client: Client
) -> Tokens:
    """A token that acts for the program's owner, for minutes; there is none to refresh it.

    Raises `GrantNotAllowed`, also where the owner may not act any more, and `BadScope`.
    """
    owner = await session.get_one(User, program.owner_id)
    is_shown = program.secret_hash is not None  # else anybody could say to be it
    if (
        rules.CLIENT not in program.grant_types
        or not is_shown
        or owner.state is not UserState.ACTIVE
    ):
        raise GrantNotAllowed(_("It was not registered to act by itself, or its owner is gone."))
    wanted = _named(scope) or {Permission(one) for one in program.permissions}
    if not wanted <= set(program.permissions):
        raise BadScope(_("The program was not registered for so much."))
    made = await tokens.begin(
        session,
        owner.id,
        client=client,
        permissions=wanted,
        client_id=program.id,
        lifetime=tokens.rules().access,
        can_refresh=False,
    )
    _issued(session, owner, program, made, client)
    return made


def _issued(
    session: AsyncSession, user: User, program: OAuthClient, made: Tokens, client: Client
) -> None:
    changes = {"client": program.id, "family": made.family_id, "scope": made.scope}
    by = login.by(user, client)
    events.record(session, by, "app.token_issued", ("user", user.id), changes=changes)


async def _reused(
    session: AsyncSession, code_id: UUID, program: OAuthClient, client: Client
) -> Tokens:
    """End what came of the code. Always raises `CodeReused`."""
    row = await session.get_one(OAuthCode, code_id, populate_existing=True)
    await revocation.end_families(session, TokenFamily.id == row.family_id, why="code-reused")
    by = Actor(user_id=None, ip=client.ip, request_id=client.request_id)
    changes = {"client": program.id, "family": row.family_id}
    events.record(session, by, "app.code_reused", ("user", row.user_id), changes=changes)
    args = {"app": program.name, "ip": client.ip or ""}
    await letters.send(session, oauth_verbs.CODE_REUSED, user_id=row.user_id, args=args)
    await session.flush()
    raise CodeReused(_("Begin again with /oauth/authorize."))


def _wanted(row: OAuthClient, scope: str) -> tuple[Permission, ...]:
    try:
        named = _named(scope) or {Permission(one) for one in row.permissions}
    except BadScope as error:
        raise _refused("invalid_scope", error.detail) from error
    if not named <= set(row.permissions):
        raise _refused("invalid_scope", _("The program was not registered for so much."))
    return tuple(one for one in Permission if one in named)


def _named(scope: str) -> set[Permission]:
    names = set(scope.split())
    if names - set(Permission):
        raise BadScope(_("There is no such permission."))
    return {Permission(one) for one in names}


def _refused(error: str, detail: str) -> RequestRefused:
    return RequestRefused(detail, error=error)


def _bad() -> BadCode:
    return BadCode(_("Begin again with /oauth/authorize."))
