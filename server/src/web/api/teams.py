"""Teams and who belongs to them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.domain.accounts import TeamView
from src.models.accounts import MemberRead, MemberSet, TeamCreate, TeamRead, TeamUpdate
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

router = APIRouter(prefix="/api/v1/teams", tags=["people"])


def _reply(request: Request, view: TeamView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        TeamRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="teams_list",
    response_model=Many[TeamRead],
    **declares(Permission.USERS_READ),
)
async def list_teams(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    q: Words = None,
    member_id: UUID | None = None,
) -> Response:
    """Teams by name; those of one person with `member_id`."""
    page = await accounts.list_teams(reads, actor, q=q, member_id=member_id, paging=paging)
    return replies.many([TeamRead.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="teams_create",
    status_code=201,
    response_model=One[TeamRead],
    **declares(
        Permission.TEAMS_MANAGE,
        rate="write",
        problems=(accounts.BadPerson, accounts.TeamExists),
    ),
)
async def create_team(
    request: Request, body: TeamCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a team."""

    async def effect() -> Response:
        view = await accounts.create_team(tx, actor, name=body.name, timezone=body.timezone)
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{team_id}",
    operation_id="teams_get",
    response_model=One[TeamRead],
    **declares(Permission.USERS_READ, cache="private", problems=(accounts.TeamNotFound,)),
)
async def get_team(request: Request, team_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One team."""
    return _reply(request, await accounts.get_team(reads, actor, team_id))


@router.patch(
    "/{team_id}",
    operation_id="teams_update",
    response_model=One[TeamRead],
    **declares(
        Permission.TEAMS_MANAGE,
        rate="write",
        problems=(accounts.TeamNotFound, accounts.BadPerson, accounts.TeamExists),
    ),
)
async def update_team(
    request: Request,
    team_id: UUID,
    body: TeamUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a team's name or time zone."""
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.update_team(tx, actor, team_id, changes=changes, expected_version=version)
    return _reply(request, view)


@router.delete(
    "/{team_id}",
    operation_id="teams_delete",
    status_code=204,
    **declares(
        Permission.TEAMS_MANAGE,
        rate="write",
        problems=(
            accounts.TeamNotFound,
            accounts.TeamInUse,
            accounts.MayNotGrant,
            accounts.LastAdministrator,
        ),
    ),
)
async def delete_team(
    team_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a team that nothing else names, with its memberships and roles."""
    await accounts.delete_team(tx, actor, team_id, expected_version=version)
    return replies.nothing()


@router.get(
    "/{team_id}/members",
    operation_id="teams_members",
    response_model=Many[MemberRead],
    **declares(Permission.USERS_READ, problems=(accounts.TeamNotFound,)),
)
async def list_members(team_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """Who belongs to a team, leads first."""
    found = await accounts.members(reads, actor, team_id)
    return replies.whole([MemberRead.model_validate(member) for member in found])


@router.put(
    "/{team_id}/members/{user_id}",
    operation_id="teams_add_member",
    status_code=204,
    **declares(
        Permission.USERS_READ,
        rate="write",
        problems=(accounts.TeamNotFound, accounts.UserNotFound, accounts.MayNotGrant),
    ),
)
async def add_member(
    team_id: UUID, user_id: UUID, body: MemberSet, actor: CurrentActor, tx: Tx
) -> Response:
    """Add a person to a team, or say whether they lead it: with `teams:manage`.

    Who leads a team may add its other members.
    """
    await accounts.add_member(tx, actor, team_id, user_id, is_lead=body.is_lead)
    return replies.nothing()


@router.delete(
    "/{team_id}/members/{user_id}",
    operation_id="teams_remove_member",
    status_code=204,
    **declares(
        Permission.USERS_READ,
        rate="write",
        problems=(accounts.TeamNotFound, accounts.LastAdministrator),
    ),
)
async def remove_member(team_id: UUID, user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Take a person out of a team: with `teams:manage`, as its lead, or yourself."""
    await accounts.remove_member(tx, actor, team_id, user_id)
    return replies.nothing()
