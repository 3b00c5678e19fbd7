"""Coming in: invitations, registration, new passwords, another address."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import reading
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import joining
from src.models.accounts import UserRead
from src.models.common import Many, One
from src.models.joining import (
    Arrival,
    Asked,
    ByEmail,
    ByLink,
    EmailChange,
    InvitationCreate,
    InvitationRead,
    PasswordReset,
    Registration,
)
from src.web import replies
from src.web.dependencies import PUBLIC, SIGNED_IN, CurrentActor, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.security import client_of, log_in_browser

invitations = APIRouter(prefix="/api/v1/invitations", tags=["people"])
router = APIRouter(prefix="/api/v1/auth", tags=["auth"])
me = APIRouter(prefix="/api/v1/me", tags=["me"])


@invitations.get(
    "",
    operation_id="invitations_list",
    response_model=Many[InvitationRead],
    **declares(Permission.USERS_MANAGE),
)
async def list_invitations(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """Who was invited and has not come yet, the last first."""
    page = await joining.invitations.open_ones(reads, actor, paging=paging)
    return replies.many([InvitationRead.of(view) for view in page.items], page)


@invitations.post(
    "",
    operation_id="invitations_create",
    status_code=201,
    response_model=One[InvitationRead],
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(
            accounts.BadEmail,
            accounts.BadPerson,
            accounts.EmailTaken,
            accounts.MayNotGrant,
            accounts.TeamNotFound,
            joining.MailIsOff,
        ),
    ),
)
async def invite(
    request: Request, body: InvitationCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Mail somebody a link that works once, for seven days; nobody grants more than they hold."""

    async def effect() -> Response:
        view = await joining.invitations.invite(tx, actor, **dict(body))
        shown = InvitationRead.of(view)
        return replies.one(request, shown, status=201, location=f"{invitations.prefix}/{view.id}")

    return await once(tx, effect)


@invitations.get(
    "/{user_id}",
    operation_id="invitations_get",
    response_model=One[InvitationRead],
    **declares(Permission.USERS_MANAGE, problems=(joining.InvitationNotFound,)),
)
async def get_invitation(
    request: Request, user_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One that is open, by the person's id."""
    view = await joining.invitations.get(reads, actor, user_id)
    return replies.one(request, InvitationRead.of(view))


@invitations.post(
    "/{user_id}/resend",
    operation_id="invitations_resend",
    response_model=One[InvitationRead],
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(joining.InvitationNotFound, joining.MailIsOff, accounts.MayNotDecide),
    ),
)
async def resend(request: Request, user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Mail a new link for seven days more; the one before counts no longer."""
    view = await joining.invitations.resend(tx, actor, user_id)
    return replies.one(request, InvitationRead.of(view))


@invitations.delete(
    "/{user_id}",
    operation_id="invitations_withdraw",
    status_code=204,
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(joining.InvitationNotFound, accounts.MayNotDecide),
    ),
)
async def withdraw(user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Let the link count no longer, and take back the roles and teams that came with it."""
    await joining.invitations.withdraw(tx, actor, user_id)
    return replies.nothing()


@router.post(
    "/invitations/accept",
    operation_id="auth_accept_invitation",
    response_model=One[UserRead],
    **declares(
        PUBLIC,
        rate="login",
        problems=(joining.LinkGone, accounts.PasswordRefused, accounts.BadPerson),
    ),
)
async def accept(request: Request, body: Arrival) -> Response:
    """Accept an invitation: choose a name and a password. A browser is logged in by it."""
    return await _arrived(request, body)


@router.post(
    "/verify-email",
    operation_id="auth_verify_email",
    response_model=One[UserRead],
    **declares(
        PUBLIC,
        rate="login",
        problems=(joining.LinkGone, accounts.PasswordRefused, accounts.BadPerson),
    ),
)
async def verify_email(request: Request, body: Arrival) -> Response:
    """Finish a registration by its mailed link: choose a password. A browser is logged in by it."""
    return await _arrived(request, body)


@router.post(
    "/register",
    operation_id="auth_register",
    status_code=202,
    response_model=One[Asked],
    **declares(
        PUBLIC,
        rate="reset",
        problems=(
            joining.RegistrationClosed,
            joining.DomainNotApproved,
            accounts.BadEmail,
            accounts.BadPerson,
            accounts.TooManyAttempts,
        ),
    ),
)
async def register(request: Request, body: Registration, tx: Tx) -> Response:
    """Register as a member, where the institute lets people; a mailed link leads on.

    The answer is the same for an address that has an account.
    """
    await joining.registration.register(tx, **dict(body), client=client_of(request))
    return _asked(request)


@router.post(
    "/verify-email/resend",
    operation_id="auth_resend_verification",
    status_code=202,
    response_model=One[Asked],
    **declares(PUBLIC, rate="reset", problems=(accounts.BadEmail, accounts.TooManyAttempts)),
)
async def verify_again(request: Request, body: ByEmail, tx: Tx) -> Response:
    """Mail the link of a registration once more. The answer is the same for every address."""
    await joining.registration.verify_again(tx, email=body.email, client=client_of(request))
    return _asked(request)


@router.post(
    "/password/forgot",
    operation_id="auth_forgot_password",
    status_code=202,
    response_model=One[Asked],
    **declares(PUBLIC, rate="reset", problems=(accounts.BadEmail, accounts.TooManyAttempts)),
)
async def forgot(request: Request, body: ByEmail, tx: Tx) -> Response:
    """Mail a link for a new password. The answer is the same for every address."""
    await joining.reset.forgot(tx, email=body.email, client=client_of(request))
    return _asked(request)


@router.post(
    "/password/reset",
    operation_id="auth_reset_password",
    status_code=204,
    **declares(PUBLIC, rate="login", problems=(joining.LinkGone, accounts.PasswordRefused)),
)
async def reset(request: Request, body: PasswordReset) -> Response:
    """Set a new password by its mailed link; every log-in, token and trusted device ends."""
    await joining.reset.reset(
        request.app.state.database, body.token, password=body.password, client=client_of(request)
    )
    return replies.nothing()


@me.post(
    "/email",
    operation_id="me_change_email",
    status_code=202,
    response_model=One[Asked],
    **declares(
        SIGNED_IN,
        rate="login",
        problems=(
            accounts.PasswordRefused,
            accounts.BadEmail,
            accounts.TooManyAttempts,
            joining.NoPassword,
            joining.OnlyInPerson,
        ),
    ),
)
async def change_email(request: Request, body: EmailChange, actor: CurrentActor) -> Response:
    """Ask for another address to log in with; it counts once its mailed link was opened."""
    await joining.addresses.change(
        request.app.state.database, actor, email=body.email, password=body.password
    )
    return _asked(request)


@router.post(
    "/email/confirm",
    operation_id="auth_confirm_email",
    status_code=204,
    **declares(PUBLIC, rate="login", problems=(joining.LinkGone, accounts.EmailTaken)),
)
async def confirm_email(request: Request, body: ByLink, actor: CurrentActor, tx: Tx) -> Response:
    """Confirm a new address by the link that was mailed to it."""
    await joining.addresses.confirm(tx, actor, body.token, client=client_of(request))
    return replies.nothing()


@router.post(
    "/email/keep",
    operation_id="auth_keep_email",
    status_code=204,
    **declares(PUBLIC, rate="login", problems=(joining.LinkGone, accounts.EmailTaken)),
)
async def keep_email(request: Request, body: ByLink, tx: Tx) -> Response:
    """Say by the link in the notice that a change of address was not one's own.

    The old address counts again, every log-in ends, and a link for a new password is mailed to it.
    """
    await joining.addresses.take_back(tx, body.token, client=client_of(request))
    return replies.nothing()


async def _arrived(request: Request, body: Arrival) -> Response:
    database = request.app.state.database
    opened = await joining.arriving.arrive(
        database,
        body.token,
        password=body.password,
        name=body.name,
        client=client_of(request),
    )
    async with reading(database) as reads:
        actor = await accounts.actor_of_user(reads, opened.user_id)
        if actor is None:
            raise joining.LinkGone(_("Ask an administrator."))
        view = await accounts.get_user(reads, actor, opened.user_id)
    response = replies.one(request, UserRead.of(view), version=view.version)
    log_in_browser(request, response, opened)
    return response


def _asked(request: Request) -> Response:
    """One answer for every address."""
    message = _("If the address is right, a mail is on its way.")
    return replies.one(request, Asked(message=message), status=202)
