"""The institute this deployment serves, and its first administrator."""

from __future__ import annotations

import re

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, language
from src.core.actor import SYSTEM
from src.core.db import savepoint
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.errors import AlreadySetUp, BadPerson
from src.domain.accounts.rules import checked_email, checked_name, checked_timezone
from src.domain.accounts.tables import Institute, RoleName, User, UserState
from src.domain.accounts.users import create_user
from src.domain.accounts.views import UserView

_CURRENCY = re.compile(r"[A-Z]{3}")


async def institute(session: AsyncSession) -> Institute | None:
    """The institute, once it has been set up."""
    return await session.get(Institute, 1)


async def is_set_up(session: AsyncSession) -> bool:
    """Whether anybody exists; then the set-up page is closed for good."""
    return bool(
        await session.scalar(select(func.count()).select_from(select(User.id).limit(1).subquery()))
    )


async def set_up(  # noqa: PLR0913 - the form's fields
    session: AsyncSession,
    *,
    name: str,
    timezone: str,
    currency: str,
    mail_from: str | None,
    admin_name: str,
    admin_email: str,
    password_hash: str,
    locale: str | None = None,
) -> UserView:
    """Write the institute and its first administrator; check the one-time code before.

    The institute's language is that of whoever sets it up; `locale` is the administrator's choice.
    Raises `AlreadySetUp`, also to the later of two at once, `BadPerson`, `BadEmail`.
    """
    if await is_set_up(session):
        raise AlreadySetUp(_("Log in instead."))
    made = await _found_institute(
        session, name=name, timezone=timezone, currency=currency, mail_from=mail_from
    )
    events.record(
        session,
        SYSTEM,
        "institute.set_up",
        ("institute", None),
        changes={"timezone": made.timezone, "currency": made.currency},
    )
    return await create_user(
        session,
        SYSTEM,
        email=admin_email,
        name=admin_name,
        roles=(RoleName.ADMIN,),
        timezone=timezone,
        locale=locale,
        password_hash=password_hash,
    )


async def create_admin(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    timezone: str = "UTC",
    state: UserState = UserState.ACTIVE,
) -> UserView:
    """Add an administrator for whoever runs the deployment; an institute too where there is none.

    Raises `BadEmail`, `BadPerson`, `EmailTaken`; `AlreadySetUp` to the later of two at once.
    """
    if await institute(session) is None:
        await _found_institute(
            session, name="Aliquot", timezone=timezone, currency="EUR", mail_from=None
        )
    return await create_user(
        session,
        SYSTEM,
        email=email,
        name=name,
        roles=(RoleName.ADMIN,),
        timezone=timezone,
        password_hash=password_hash,
        state=state,
    )


async def _found_institute(
    session: AsyncSession, *, name: str, timezone: str, currency: str, mail_from: str | None
) -> Institute:
    code = currency.strip().upper()
    if not _CURRENCY.fullmatch(code):
        detail = _("Use a code of three letters such as EUR.")
        raise BadPerson(detail, errors=(FieldError(("currency",), "unknown-currency", detail),))
    made = Institute(
        id=1,
        name=checked_name(name),
        timezone=checked_timezone(timezone),
        currency=code,
        locale=language.reader().locale,
        mail_from=checked_email(mail_from) if mail_from else None,
    )
    try:
        async with savepoint(session):
            session.add(made)
            await session.flush()
    except IntegrityError as error:
        raise AlreadySetUp(_("Log in instead.")) from error
    return made
