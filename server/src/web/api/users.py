"""People."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import transaction
from src.domain import accounts
from src.domain.accounts import RoleName, UserState, UserView
from src.models.accounts import UserCreate, UserRead, UserUpdate
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

router = APIRouter(prefix="/api/v1/users", tags=["people"])
States = Annotated[list[UserState], Query(alias="state", max_length=3)]
_INPUT = (accounts.BadPerson, accounts.BadEmail)


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
) -> Response:
    """People by name; addresses are shown to those who manage people."""
    page = await accounts.list_users(
        reads, actor, q=q, states=state, team_id=team_id, paging=paging
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
        problems=(*_INPUT, accounts.UserNotFound, accounts.EmailTaken, accounts.LastAdministrator),
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
    """Change a person; suspending ends their log-ins. Others than oneself: `users:manage`."""
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.update_user(tx, actor, user_id, changes=changes, expected_version=version)
    return _reply(request, view)


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
    await accounts.grant_role(tx, actor, user_id, role)
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
    await accounts.revoke_role(tx, actor, user_id, role)
    return _reply(request, await accounts.get_user(tx, actor, user_id))
