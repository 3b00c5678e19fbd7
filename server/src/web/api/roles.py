"""Roles of the institute's own, who holds which role where, and who may do what."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.domain.accounts import Holder
from src.domain.accounts.access.custom import RoleView
from src.domain.accounts.errors import (
    AssignmentNotFound,
    BadExpiry,
    BadRole,
    BuiltInRole,
    LastAdministrator,
    MayNotGrant,
    RoleExists,
    RoleInUse,
    RoleNotFound,
    TeamNotFound,
    UnknownScope,
    UserNotFound,
)
from src.models.common import Many, One
from src.models.roles import (
    AssignmentCreate,
    AssignmentRead,
    RoleCreate,
    RoleRead,
    RoleUpdate,
    WhoMayRead,
)
from src.web import replies
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/roles", tags=["people"])
assignments = APIRouter(prefix="/api/v1/role-assignments", tags=["people"])
questions = APIRouter(prefix="/api/v1/access", tags=["people"])

Name = Annotated[str, Path(max_length=40, pattern=r"^[a-z][a-z0-9-]*$", examples=["night-shift"])]
Said = Annotated[str | None, Query(max_length=80, pattern=r"^[a-z-]+:[0-9a-fA-F-]{36}$")]
_GIVING = (
    MayNotGrant,
    RoleNotFound,
    UnknownScope,
    BadExpiry,
    UserNotFound,
    TeamNotFound,
    LastAdministrator,
)


def _reply(request: Request, view: RoleView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        RoleRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.name}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="roles_list",
    response_model=Many[RoleRead],
    **declares(Permission.ACCESS_READ),
)
async def list_roles(actor: CurrentActor, reads: Reads) -> Response:
    """All roles, the built-in ones first."""
    found = await accounts.access.custom.list_(reads, actor)
    return replies.whole([RoleRead.of(view) for view in found])


@router.post(
    "",
    operation_id="roles_create",
    status_code=201,
    response_model=One[RoleRead],
    **declares(Permission.ROLES_MANAGE, rate="write", problems=(BadRole, RoleExists, MayNotGrant)),
)
async def create_role(
    request: Request, body: RoleCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Make a role. Nobody makes one that grants or denies what they do not hold."""

    async def effect() -> Response:
        view = await accounts.access.custom.create(tx, actor, **dict(body))
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{name}",
    operation_id="roles_get",
    response_model=One[RoleRead],
    **declares(Permission.ACCESS_READ, cache="private", problems=(RoleNotFound,)),
)
async def get_role(request: Request, name: Name, actor: CurrentActor, reads: Reads) -> Response:
    """One role."""
    return _reply(request, await accounts.access.custom.get(reads, actor, name))


@router.patch(
    "/{name}",
    operation_id="roles_update",
    response_model=One[RoleRead],
    **declares(
        Permission.ROLES_MANAGE,
        rate="write",
        problems=(RoleNotFound, BuiltInRole, BadRole, MayNotGrant, LastAdministrator),
    ),
)
async def update_role(
    request: Request,
    name: Name,
    body: RoleUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a role of the institute's own, for all its holders at once."""
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.access.custom.update(
        tx, actor, name, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.delete(
    "/{name}",
    operation_id="roles_delete",
    status_code=204,
    **declares(
        Permission.ROLES_MANAGE, rate="write",
        problems=(RoleNotFound, BuiltInRole, RoleInUse, MayNotGrant),
    ),
)  # fmt: skip
async def delete_role(
    name: Name, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a role nobody holds."""
    await accounts.access.custom.delete(tx, actor, name, expected_version=version)
    return replies.nothing()


@assignments.get(
    "",
    operation_id="role_assignments_list",
    response_model=Many[AssignmentRead],
    **declares(SIGNED_IN, problems=(UnknownScope,)),
)
async def list_assignments(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
    role: Annotated[str | None, Query(max_length=40, pattern=r"^[a-z][a-z0-9-]*$")] = None,
    scope: Said = None,
) -> Response:
    """Who holds which role, newest first. One's own by `user_id`; others' need `access:read`."""
    page = await accounts.access.assignments.list_(
        reads, actor, user_id=user_id, team_id=team_id, role=role, scope=scope, paging=paging
    )
    return replies.many([AssignmentRead.of(view) for view in page.items], page)


@assignments.post(
    "",
    operation_id="role_assignments_create",
    status_code=201,
    response_model=One[AssignmentRead],
    **declares(Permission.USERS_MANAGE, rate="write", problems=_GIVING),
)
async def create_assignment(
    request: Request, body: AssignmentCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Give a role; given again, it changes until when. Nobody gives what they do not hold."""

    async def effect() -> Response:
        view = await accounts.access.assignments.grant(
            tx, actor, Holder(body.user_id, body.team_id), body.role,
            scope=body.scope, expires_at=body.expires_at,
        )  # fmt: skip
        place = f"{assignments.prefix}?role={view.role}"
        return replies.one(request, AssignmentRead.of(view), status=201, location=place)

    return await once(tx, effect)


@assignments.delete(
    "/{assignment_id}",
    operation_id="role_assignments_delete",
    status_code=204,
    **declares(
        Permission.USERS_MANAGE, rate="write",
        problems=(AssignmentNotFound, MayNotGrant, LastAdministrator),
    ),
)  # fmt: skip
async def delete_assignment(assignment_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Take a role away; it stops counting at the holder's next request."""
    await accounts.access.assignments.revoke(tx, actor, assignment_id)
    return replies.nothing()


@questions.get(
    "/who-may",
    operation_id="access_who_may",
    response_model=One[WhoMayRead],
    **declares(SIGNED_IN, problems=(UnknownScope, UserNotFound)),
)
async def who_may(
    request: Request,
    actor: CurrentActor,
    reads: Reads,
    permission: Permission,
    scope: Said = None,
    user_id: UUID | None = None,
) -> Response:
    """Who may do this to that, and why. About oneself by `user_id`; others need `access:read`."""
    answer = await accounts.access.explaining.who_may(
        reads, actor, permission, scope=scope, user_id=user_id
    )
    return replies.one(request, WhoMayRead.of(answer))
