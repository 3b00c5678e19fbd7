"""Coming in by a provider: log in, make an account, or link. HTTP happens between transactions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.db import Database, transaction
from src.core.errors import DomainError, Kind
from src.core.language import gettext as _
from src.core.providers import Provider
from src.domain.accounts import (
    devices,
    facility,
    factors,
    institute,
    login,
    repository,
    second_step,
    users,
)
from src.domain.accounts.devices import Client
from src.domain.accounts.errors import BadEmail, BadPerson, EmailTaken
from src.domain.accounts.login import Opened
from src.domain.accounts.rules import checked_email
from src.domain.accounts.second_step import Waiting
from src.domain.accounts.secrets import holds, vault
from src.domain.accounts.sessions import Proof
from src.domain.accounts.sso import directory_roles, exchange, identities, pending
from src.domain.accounts.sso.errors import (
    AccountClosed,
    NotAdmitted,
    NotLinked,
    SignOnCancelled,
)
from src.domain.accounts.sso.exchange import Answer, Told
from src.domain.accounts.sso.pending import Begun
from src.domain.accounts.tables import Identity, LoginSession, RoleName, User

METHOD = "sso"


@dataclass(frozen=True, slots=True)
class Linked:
    """An identity was linked to whoever is logged in."""

    provider: Provider


def purpose_of(user_id: object) -> str:
    """What the ID token of a person's log-in is encrypted for."""
    return f"id token of {user_id}"


holds(LoginSession.id_token, id_=LoginSession.user_id, purpose=purpose_of)


async def begin(
    database: Database,
    provider: Provider,
    *,
    secret: str | None,
    target: str,
    actor: Actor | None = None,
) -> tuple[str, str]:
    """Where to send the browser, and the secret for its cookie; with an actor, to link to them.

    Raises `ProviderAway`; then nothing was begun.
    """
    found = await exchange.place(provider)
    async with transaction(database) as session:
        begun = await pending.begin(session, provider, secret=secret, target=target, actor=actor)
    return exchange.address(provider, found, begun), begun.secret


async def finish(
    database: Database,
    provider: Provider,
    begun: Begun,
    answer: Answer,
    *,
    client: Client,
    actor: Actor,
) -> Opened | Waiting | Linked:
    """What the provider's answer leads to. Refusals are recorded.

    Raises `ProviderAway`, `SignOnCancelled`, `SignOnRefused`, `SignOnOver`, `NotLinked`,
    `NotAdmitted`, `AccountClosed`, `IdentityTaken`, `TooManyIdentities`.
    """
    try:
        told = await exchange.redeem(provider, begun, answer)
        async with transaction(database) as session:
            if begun.is_link:
                return await _link(session, provider, begun, told, actor)
            return await _log_in(session, provider, told, client)
    except DomainError as refusal:
        if refusal.kind is not Kind.UNAVAILABLE and not isinstance(refusal, SignOnCancelled):
            await _record(database, provider, begun, refusal, client)
        raise


async def _link(
    session: AsyncSession, provider: Provider, begun: Begun, told: Told, actor: Actor
) -> Linked:
    """To whoever began it, in the log-in where they did."""
    if actor.user_id != begun.user_id or actor.session_id != begun.session_id:
        raise pending.over()
    user = None if actor.user_id is None else await login.locked(session, actor.user_id)
    if user is None:
        raise pending.over()
    is_new = await identities.find(session, provider, told.subject) is None
    await identities.link(session, actor, user, provider, told)
    if is_new:
        await identities.tell_linked(session, user.id, provider)
    return Linked(provider)


async def _log_in(
    session: AsyncSession, provider: Provider, told: Told, client: Client
) -> Opened | Waiting:
    known = await identities.find(session, provider, told.subject)
    if known is None:
        user, known = await _new_person(session, provider, told, client)
    else:
        user = await _locked(session, known)
    known.last_used_at, known.email = clock.now(), told.email
    groups = told.groups or ()
    await directory_roles.apply(session, user.id, provider, groups, client)
    await session.refresh(user)
    device = await devices.find(session, user.id, client.device_secret)
    methods = await factors.methods_of(session, user.id)
    has_factor = told.has_factor or (bool(methods) and devices.is_trusted(device))
    proof = Proof(
        METHOD,
        has_factor,
        provider=provider.slug,
        provider_session=told.provider_session,
        id_token=told.id_token and vault().encrypt(purpose_of(user.id), told.id_token),
    )
    if methods and not has_factor:
        is_known = device is not None
        secret = await second_step.wait(session, user.id, is_known=is_known, proof=proof)
        return Waiting(secret, methods)
    return await login.open_session(session, user, client, proof)


async def _locked(session: AsyncSession, known: Identity) -> User:
    user = await login.locked(session, known.user_id)
    if user is None:
        raise AccountClosed(_("Ask an administrator of your institute."))
    return user


async def _new_person(
    session: AsyncSession, provider: Provider, told: Told, client: Client
) -> tuple[User, Identity]:
    """An account of its own, where that is set; never one that is there already."""
    if not provider.just_in_time or not await institute.is_set_up(session):
        raise _not_linked(provider)
    address = _address(told)
    if await repository.user_by_email(session, address) is not None:
        raise _not_linked(provider)
    if provider.domains and (told.domain or "").casefold() not in provider.domains:
        raise _not_admitted()
    by, settings = directory_roles.directory(client), await facility.read(session)
    try:
        made = await users.create_user(
            session,
            by,
            email=address,
            name=told.name,
            roles=(RoleName.MEMBER,),
            timezone=settings.timezone,
        )
    except EmailTaken as error:
        raise _not_linked(provider) from error
    except BadPerson as error:
        raise _not_admitted() from error
    user = await session.get_one(User, made.id, with_for_update={"key_share": True})
    if told.is_verified:
        user.email_verified_at = clock.now()
        await session.flush()
    return user, await identities.link(session, by, user, provider, told)


def _address(told: Told) -> str:
    try:
        return checked_email(told.email or "")
    except BadEmail as error:
        raise _not_admitted() from error


def _not_linked(provider: Provider) -> NotLinked:
    return NotLinked(
        _(
            "Log in with your password, then link %(provider)s to your account. "
            "Without an account, ask for an invitation.",
            provider=provider.label,
        )
    )


def _not_admitted() -> NotAdmitted:
    return NotAdmitted(_("Ask an administrator of your institute for an invitation."))


async def _record(
    database: Database, provider: Provider, begun: Begun, refusal: DomainError, client: Client
) -> None:
    async with transaction(database) as session:
        events.record(
            session,
            login.unknown(client),
            "security.sign_on_refused",
            ("user", begun.user_id),
            changes={"provider": provider.slug, "why": refusal.code},
        )
