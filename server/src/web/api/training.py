"""Qualifications, who has them, and requests for access."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts, approvals, resources, training
from src.domain.training import AccessState
from src.models.common import Many, One
from src.models.training import (
    AccessDecision,
    AccessRequestCreate,
    AccessRequestRead,
    GrantCreate,
    GrantRead,
    GrantRevoke,
    QualificationCreate,
    QualificationRead,
    QualificationUpdate,
)
from src.web import replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

qualifications = APIRouter(prefix="/api/v1/qualifications", tags=["training"])
people = APIRouter(prefix="/api/v1/users/{user_id}/qualifications", tags=["training"])
requests = APIRouter(prefix="/api/v1/access-requests", tags=["training"])
_READ = Permission.RESOURCES_READ
_MANAGE = Permission.QUALIFICATIONS_MANAGE
_NONE = training.QualificationNotFound
_INPUT = (training.BadQualification, training.QualificationTaken)
_NO_REQUEST = training.AccessRequestNotFound
Retired = Annotated[bool, Query(description="With those that are out of use.")]
Past = Annotated[bool, Query(description="With those who held it.")]
Own = Annotated[bool, Query(description="Only your own.")]
States = Annotated[list[AccessState], Query(alias="state", max_length=5)]


def _qualification(
    request: Request, view: training.QualificationView, *, status: int = 200
) -> Response:
    return replies.one(
        request,
        QualificationRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{qualifications.prefix}/{view.id}" if status == 201 else None,
    )


def _grant(request: Request, view: training.GrantView, *, status: int = 200) -> Response:
    item = GrantRead.model_validate(view)
    at = f"{qualifications.prefix}/{view.qualification.id}/grants/{view.id}"
    return replies.one(
        request,
        item,
        version=view.version,
        changed_at=view.revoked_at or view.granted_at,
        status=status,
        location=at if status == 201 else None,
    )


def _access(request: Request, view: training.AccessView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        AccessRequestRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{requests.prefix}/{view.id}" if status == 201 else None,
    )


@qualifications.get(
    "",
    operation_id="qualifications_list",
    response_model=Many[QualificationRead],
    **declares(_READ),
)
async def list_qualifications(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    q: Words = None,
    with_retired: Retired = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """What one can be qualified for, by name."""
    page = await training.qualifications.list_(
        reads, actor, q=q, with_retired=with_retired, paging=paging
    )
    return replies.many([QualificationRead.model_validate(view) for view in page.items], page)


@qualifications.post(
    "",
    operation_id="qualifications_create",
    status_code=201,
    response_model=One[QualificationRead],
    **declares(_MANAGE, rate="write", problems=_INPUT),
)
async def create_qualification(
    request: Request, body: QualificationCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a qualification. Needs `qualifications:manage` everywhere."""

    async def effect() -> Response:
        view = await training.qualifications.create(tx, actor, **dict(body))
        return _qualification(request, view, status=201)

    return await once(tx, effect)


@qualifications.get(
    "/{qualification_id}",
    operation_id="qualifications_get",
    response_model=One[QualificationRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_qualification(
    request: Request, qualification_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One qualification."""
    view = await training.qualifications.get(reads, actor, qualification_id)
    return _qualification(request, view)


@qualifications.patch(
    "/{qualification_id}",
    operation_id="qualifications_update",
    response_model=One[QualificationRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, *_INPUT)),
)
async def update_qualification(
    request: Request,
    qualification_id: UUID,
    body: QualificationUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a qualification; who holds it keeps it."""
    changes = body.model_dump(exclude_unset=True)
    view = await training.qualifications.update(
        tx, actor, qualification_id, changes=changes, expected_version=version
    )
    return _qualification(request, view)


@qualifications.get(
    "/{qualification_id}/grants",
    operation_id="qualifications_list_grants",
    response_model=Many[GrantRead],
    **declares(_MANAGE, problems=(_NONE,)),
)
async def list_grants(
    qualification_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    with_past: Past = False,  # noqa: FBT002
) -> Response:
    """Who holds it, by name."""
    page = await training.grants.of_qualification(
        reads, actor, qualification_id, with_past=with_past, paging=paging
    )
    return replies.many([GrantRead.model_validate(view) for view in page.items], page)


@qualifications.post(
    "/{qualification_id}/grants",
    operation_id="qualifications_give",
    status_code=201,
    response_model=One[GrantRead],
    **declares(
        _MANAGE,
        rate="write",
        problems=(
            _NONE, training.BadQualification, training.QualificationRetired,
            training.OwnQualification,
        ),
    ),
)  # fmt: skip
async def give(
    request: Request,
    qualification_id: UUID,
    body: GrantCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Say that somebody is qualified, in the place of what they held. Nobody qualifies themselves."""

    async def effect() -> Response:
        view = await training.grants.give(
            tx, actor, qualification_id, body.person_id,
            expires_at=body.expires_at, note=body.note,
        )  # fmt: skip
        return _grant(request, view, status=201)

    return await once(tx, effect)


@qualifications.get(
    "/{qualification_id}/grants/{grant_id}",
    operation_id="qualifications_get_grant",
    response_model=One[GrantRead],
    **declares(_READ, problems=(training.GrantNotFound,)),
)
async def get_grant(
    request: Request, qualification_id: UUID, grant_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One that was given: for whoever has it and those who give."""
    view = await training.grants.get(reads, actor, grant_id, of=qualification_id)
    return _grant(request, view)


@qualifications.post(
    "/{qualification_id}/grants/{grant_id}/revoke",
    operation_id="qualifications_revoke",
    response_model=One[GrantRead],
    **declares(_MANAGE, rate="write", problems=(training.GrantNotFound, training.BadQualification)),
)
async def revoke(
    request: Request,
    qualification_id: UUID,
    grant_id: UUID,
    body: GrantRevoke,
    actor: CurrentActor,
    tx: Tx,
) -> Response:
    """Take it away from now on."""
    await training.grants.get(tx, actor, grant_id, of=qualification_id)
    return _grant(request, await training.grants.revoke(tx, actor, grant_id, reason=body.reason))


@people.get(
    "",
    operation_id="users_qualifications",
    response_model=Many[GrantRead],
    **declares(_READ, problems=(accounts.UserNotFound,)),
)
async def of_person(user_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What a person holds and held: for themselves, and with `qualifications:manage`."""
    found = await training.grants.of_person(reads, actor, user_id)
    return replies.whole([GrantRead.model_validate(view) for view in found])


@requests.get(
    "",
    operation_id="access_requests_list",
    response_model=Many[AccessRequestRead],
    **declares(_READ),
)
async def list_requests(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    resource_id: UUID | None = None,
    state: States = [],  # noqa: B006 - FastAPI copies it
    own: Own = False,  # noqa: FBT002
) -> Response:
    """What you asked for and what you may decide on, the newest first."""
    page = await training.access.list_(
        reads, actor, resource_id=resource_id, states=state, is_own=own, paging=paging
    )
    return replies.many([AccessRequestRead.model_validate(view) for view in page.items], page)


@requests.post(
    "",
    operation_id="access_requests_create",
    status_code=201,
    response_model=One[AccessRequestRead],
    **declares(
        Permission.BOOKINGS_CREATE,
        rate="write",
        problems=(
            resources.ResourceNotFound, training.AccessNotNeeded, training.AccessAsked,
            training.BadQualification,
        ),
    ),
)  # fmt: skip
async def ask(
    request: Request, body: AccessRequestCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Ask for access. Those who hold `qualifications:manage` for the resource decide."""

    async def effect() -> Response:
        view = await training.access.ask(tx, actor, body.resource_id, reason=body.reason)
        return _access(request, view, status=201)

    return await once(tx, effect)


@requests.get(
    "/{request_id}",
    operation_id="access_requests_get",
    response_model=One[AccessRequestRead],
    **declares(_READ, cache="private", problems=(_NO_REQUEST,)),
)
async def get_request(
    request: Request, request_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One request: for whoever asked and those who may decide."""
    return _access(request, await training.access.get(reads, actor, request_id))


@requests.post(
    "/{request_id}/decide",
    operation_id="access_requests_decide",
    response_model=One[AccessRequestRead],
    **declares(
        _READ,
        rate="write",
        problems=(_NO_REQUEST, training.AccessSettled, training.BadQualification),
    ),
)
async def decide(
    request: Request,
    request_id: UUID,
    body: AccessDecision,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Grant or refuse. Nobody decides their own."""
    view = await training.access.decide(
        tx,
        actor,
        request_id,
        approvals.Verdict(body.verdict),
        until=body.until,
        note=body.note,
        expected_version=version,
    )
    return _access(request, view)


@requests.post(
    "/{request_id}/withdraw",
    operation_id="access_requests_withdraw",
    response_model=One[AccessRequestRead],
    **declares(
        Permission.BOOKINGS_CREATE, rate="write", problems=(_NO_REQUEST, training.AccessSettled)
    ),
)
async def withdraw(request: Request, request_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Take one's own request back."""
    return _access(request, await training.access.withdraw(tx, actor, request_id))
