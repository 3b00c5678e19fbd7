"""Registering by oneself, where the institute lets people: always as a member.

Nothing counts before the address is proved: name and address make somebody who is invited, and the
link in the mail leads to the choice of a password. So nobody registers for somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts import facility, letters, post, repository, users
from src.domain.accounts.devices import Client
from src.domain.accounts.facility import Facility, Registration
from src.domain.accounts.joining import mails
from src.domain.accounts.joining.asking import Wish, ask
from src.domain.accounts.joining.errors import DomainNotApproved, RegistrationClosed
from src.domain.accounts.rules import checked_email, checked_locale, checked_name, checked_timezone
from src.domain.accounts.tables import MailedToken, MailPurpose, RoleName, User, UserState

LIFETIME = timedelta(days=1)
INVITATION_LIFETIME = timedelta(days=7)


async def opening(session: AsyncSession) -> Facility:
    """The settings, if anybody may register. Raises `RegistrationClosed`."""
    settings = await facility.read(session)
    if settings.registration is Registration.OFF or post.current().is_closed:
        raise RegistrationClosed(
            _("Ask an administrator of your institute: they can send you an invitation.")
        )
    return settings


async def is_open(session: AsyncSession) -> bool:
    """Whether the log-in page names a way to register."""
    try:
        await opening(session)
    except RegistrationClosed:
        return False
    return True


async def register(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    locale: str | None = None,
    timezone: str | None = None,
    client: Client,
) -> None:
    """Mail the way in to the address; the same happens here for one that has an account.

    Raises `RegistrationClosed`, `DomainNotApproved`, `BadEmail`, `BadPerson`, `TooManyAttempts`.
    """
    settings = await opening(session)
    address = checked_email(email)
    more = {
        "name": checked_name(name),
        "locale": checked_locale(locale),
        "timezone": checked_timezone(timezone or settings.timezone),
    }
    _require_approved(settings, address)
    await ask(session, Wish.REGISTER, address, client, **more)


async def verify_again(session: AsyncSession, *, email: str, client: Client) -> None:
    """Mail the link once more, if the address waits for one; the answer is the same if not."""
    await ask(session, Wish.VERIFY, checked_email(email), client)


async def answer(session: AsyncSession, actor: Actor, payload: Mapping[str, Any]) -> None:
    """What a registration leads to: a link, a new link, or a word that there is an account."""
    user = await repository.user_by_email(session, payload["email"])
    if user is None:
        await _begin(session, actor, payload)
    elif user.state is UserState.ACTIVE:
        await letters.send(session, mails.ACCOUNT_EXISTS, user_id=user.id)
    else:
        await send_again(session, user)


async def answer_again(session: AsyncSession, _actor: Actor, payload: Mapping[str, Any]) -> None:
    """A new link for whoever waits for one."""
    user = await repository.user_by_email(session, payload["email"])
    if user is not None:
        await send_again(session, user)


async def send_again(session: AsyncSession, user: User) -> None:
    """Mail somebody who was invited or registered a new link of the same kind, if they may come."""
    if user.state is not UserState.INVITED or user.erased_at is not None:
        return
    wanted = (
        select(MailedToken)
        .where(
            MailedToken.user_id == user.id,
            MailedToken.purpose.in_((MailPurpose.INVITATION, MailPurpose.VERIFY_EMAIL)),
            MailedToken.used_at.is_(None),
        )
        .order_by(MailedToken.created_at.desc())
        .limit(1)
    )
    former = await session.scalar(wanted)
    if former is None:
        return
    if former.purpose is MailPurpose.INVITATION and former.invited_by is not None:
        inviter = await session.get(User, former.invited_by)
        await mail_invitation(session, user, inviter.name if inviter else "", former.invited_by)
    else:
        await mail_link(session, user)


async def mail_link(session: AsyncSession, user: User) -> None:
    """A link that proves the address and leads to a password."""
    token_id = await letters.new_link(
        session, user.id, MailPurpose.VERIFY_EMAIL, email=user.email, lifetime=LIFETIME
    )
    until = {"until_at": clock.now() + LIFETIME}
    await letters.send(session, mails.VERIFY, user_id=user.id, token_id=token_id, args=until)


async def mail_invitation(
    session: AsyncSession,
    user: User,
    inviter: str,
    invited_by: Any,  # noqa: ANN401 - an id or none
) -> None:
    """A link that accepts an invitation; those from before count no longer."""
    token_id = await letters.new_link(
        session,
        user.id,
        MailPurpose.INVITATION,
        email=user.email,
        lifetime=INVITATION_LIFETIME,
        invited_by=invited_by,
    )
    args = {"inviter": inviter or "Aliquot", "until_at": clock.now() + INVITATION_LIFETIME}
    await letters.send(session, mails.INVITATION, user_id=user.id, token_id=token_id, args=args)


async def _begin(session: AsyncSession, actor: Actor, payload: Mapping[str, Any]) -> None:
    made = await users.create_user(
        session,
        actor,
        email=payload["email"],
        name=payload["name"],
        roles=(RoleName.MEMBER,),
        locale=payload["locale"],
        timezone=payload["timezone"],
        state=UserState.INVITED,
    )
    events.record(session, actor, "user.registered", ("user", made.id))
    await mail_link(session, await session.get_one(User, made.id))


def _require_approved(settings: Facility, address: str) -> None:
    if settings.registration is Registration.ON:
        return
    if address.rpartition("@")[2] not in settings.registration_domains:
        detail = _(
            "Use an address at %(domains)s, or ask an administrator for an invitation.",
            domains=", ".join(settings.registration_domains) or "–",
        )
        raise DomainNotApproved(
            detail, errors=(FieldError(("email",), "domain-not-approved", detail),)
        )
