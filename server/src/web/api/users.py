"""People."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Actor, Permission
from src.core.db import transaction
from src.domain import accounts
from src.domain.accounts import Holder, RoleName, UserState, UserView
from src.models.accounts import StateReason, UserCreate, UserRead, UserUpdate
from src.models.common import Many, One
from src.web import replies, security
from src.web.dependencies import CurrentActor, IfMatch, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

router = APIRouter(prefix="/api/v1/users", tags=["people"])
States = Annotated[list[UserState], Query(alias="state", max_length=3)]
_INPUT = (accounts.BadPerson, accounts.BadEmail)


def _sure(declared: dict[str, Any]) -> dict[str, Any]:
    """Asked of somebody who has shown just now who they are."""
    declared["dependencies"].append(Depends(security.require_recent))
    return declared


def _reply(request: Request, view: UserView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        UserRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="users_list",
    response_model=Many[UserRead],
    **declares(Permission.USERS_READ),
)
async def list_users(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    q: Words = None,
    state: States = [],  # noqa: B006 - FastAPI copies it
    team_id: UUID | None = None,
    role: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
) -> Response:
    """People by name; addresses are shown to those who manage people, who may ask by role too."""
    page = await accounts.list_users(
        reads, actor, q=q, states=state, team_id=team_id, role=role, paging=paging
    )
    return replies.many([UserRead.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="users_create",
    status_code=201,
    response_model=One[UserRead],
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(*_INPUT, accounts.EmailTaken, accounts.PasswordRefused, accounts.MayNotGrant),
    ),
)
async def create_user(
    request: Request, body: UserCreate, actor: CurrentActor, once: OnlyOnce
) -> Response:
    """Add a person, active at once."""
    fields = dict(body)
    password = fields.pop("password")
    if password is not None:  # hashed before the transaction: it takes a tenth of a second
        about = (body.name, body.email)
        fields["password_hash"] = await accounts.new_hash(password, about=about)
    async with transaction(request.app.state.database) as tx:

        async def effect() -> Response:
            view = await accounts.create_user(tx, actor, **fields)
            return _reply(request, view, status=201)

        return await once(tx, effect)


@router.get(
    "/{user_id}",
    operation_id="users_get",
    response_model=One[UserRead],
    **declares(Permission.USERS_READ, cache="private", problems=(accounts.UserNotFound,)),
)
async def get_user(request: Request, user_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One person."""
    return _reply(request, await accounts.get_user(reads, actor, user_id))


@router.patch(
    "/{user_id}",
    operation_id="users_update",
    response_model=One[UserRead],
    **declares(
        Permission.USERS_READ,
        rate="write",
        problems=(
            *_INPUT,
            accounts.UserNotFound,
            accounts.EmailTaken,
            accounts.LastAdministrator,
            accounts.MayNotDecide,
            accounts.UserStateConflict,
        ),
    ),
)
async def update_user(
    request: Request,
    user_id: UUID,
    body: UserUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a person. Others than oneself: `users:manage`.

    Suspending ends log-ins, tokens and keys at once.
    """
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.update_user(tx, actor, user_id, changes=changes, expected_version=version)
    return _reply(request, view)


async def _in_state(
    request: Request, user_id: UUID, actor: Actor, version: int | None, tx: AsyncSession, *,
    state: UserState, reason: str | None,
) -> Response:  # fmt: skip
    view = await accounts.update_user(
        tx, actor, user_id, changes={"state": state}, expected_version=version, reason=reason
    )
    return _reply(request, view)


_OF_STATE = (
    accounts.UserNotFound,
    accounts.UserStateConflict,
    accounts.MayNotDecide,
    accounts.LastAdministrator,
)


@router.post(
    "/{user_id}/suspend",
    operation_id="users_suspend",
    response_model=One[UserRead],
    **declares(Permission.USERS_MANAGE, rate="write", problems=_OF_STATE),
)
async def suspend_user(
    request: Request, user_id: UUID, body: StateReason, actor: CurrentActor,
    version: IfMatch, tx: Tx,
) -> Response:  # fmt: skip
    """Keep a person out: log-ins, tokens and keys end at once. The reason stands in the record."""
    return await _in_state(
        request, user_id, actor, version, tx, state=UserState.SUSPENDED, reason=body.reason
    )


@router.post(
    "/{user_id}/erase",
    operation_id="users_erase",
    status_code=204,
    **_sure(
        declares(
            Permission.USERS_MANAGE,
            rate="write",
            problems=(
                accounts.UserNotFound,
                accounts.MayNotDecide,
                accounts.LastAdministrator,
                accounts.ConfirmationNeeded,
            ),
        )
    ),
)
async def erase_user(user_id: UUID, body: StateReason, actor: CurrentActor, tx: Tx) -> Response:
    """Erase what is personal of somebody for good; what they did stays under "former member".

    Needs a proof of who you are that is minutes old.
    """
    await accounts.leaving.erasure.erase(tx, actor, user_id, reason=body.reason)
    return replies.nothing()


@router.post(
    "/{user_id}/reactivate",
    operation_id="users_reactivate",
    response_model=One[UserRead],
    **declares(Permission.USERS_MANAGE, rate="write", problems=_OF_STATE),
)
async def reactivate_user(
    request: Request, user_id: UUID, body: StateReason, actor: CurrentActor,
    version: IfMatch, tx: Tx,
) -> Response:  # fmt: skip
    """Let a suspended person in again; keys and tokens they make anew."""
    return await _in_state(
        request, user_id, actor, version, tx, state=UserState.ACTIVE, reason=body.reason
    )


@router.put(
    "/{user_id}/roles/{role}",
    operation_id="users_grant_role",
    response_model=One[UserRead],
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(accounts.UserNotFound, accounts.MayNotGrant),
    ),
)
async def grant_role(
    request: Request, user_id: UUID, role: RoleName, actor: CurrentActor, tx: Tx
) -> Response:
    """Give a person a role everywhere; nobody grants what they do not hold."""
    await accounts.access.assignments.grant(tx, actor, Holder(user_id), role)
    return _reply(request, await accounts.get_user(tx, actor, user_id))


@router.delete(
    "/{user_id}/roles/{role}",
    operation_id="users_revoke_role",
    response_model=One[UserRead],
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(accounts.UserNotFound, accounts.MayNotGrant, accounts.LastAdministrator),
    ),
)
async def revoke_role(
    request: Request, user_id: UUID, role: RoleName, actor: CurrentActor, tx: Tx
) -> Response:
    """Take a role away; the last administrator keeps theirs."""
    await accounts.access.assignments.take(tx, actor, Holder(user_id), role)
    return _reply(request, await accounts.get_user(tx, actor, user_id))
