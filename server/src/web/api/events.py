"""The audit log, and the proof that nobody has touched it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core import audit, audit_export
from src.core.actor import Permission
from src.core.audit import EventView
from src.core.db import ReadSession
from src.core.verbs import Kind
from src.domain import accounts, resources
from src.models.common import Many, One
from src.models.events import EventRead, ExportWish
from src.models.jobs import OperationRead
from src.web import replies
from src.web.api import operations
from src.web.dependencies import SIGNED_IN, CurrentActor, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import From, To

router = APIRouter(prefix="/api/v1", tags=["events"])
Verbs = Annotated[
    list[Annotated[str, Query(pattern=r"^[a-z_.-]{1,80}$")]],
    Query(alias="verb", max_length=20, description="`booking.` stands for all of a kind."),
]
Kinds = Annotated[
    list[Kind], Query(alias="kind", max_length=20, description="What an auditor asks for.")
]
SubjectType = Annotated[str | None, Query(pattern=r"^[a-z_-]{1,40}$")]


def _narrowed(
    *,
    actor_id: UUID | None = None,
    subject_type: SubjectType = None,
    subject_id: UUID | None = None,
    verb: Verbs = [],  # noqa: B006 - FastAPI copies it
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
    from_: From = None,
    to: To = None,
) -> audit.Filter:
    return audit.Filter(actor_id, subject_type, subject_id, verb, kind, from_, to)


Narrowed = Annotated[audit.Filter, Depends(_narrowed)]


@router.get(
    "/events",
    operation_id="events_list",
    response_model=Many[EventRead],
    **declares(Permission.EVENTS_READ),
)
async def list_events(
    actor: CurrentActor, reads: Reads, paging: Paging, wanted: Narrowed
) -> Response:
    """What happened, newest first. Archived months stand under `/events/archives`."""
    page = await audit.list_(reads, actor, wanted=wanted, paging=paging)
    return replies.many(await event_reads(reads, page.items), page)


@router.get(
    "/resources/{resource_id}/events",
    operation_id="resources_events",
    response_model=Many[EventRead],
    **declares(Permission.EVENTS_READ, problems=(resources.ResourceNotFound,)),
)
async def list_resource_events(
    resource_id: UUID, actor: CurrentActor, reads: Reads, paging: Paging
) -> Response:
    """What happened to a resource, newest first."""
    await resources.get(reads, actor, resource_id)
    wanted = audit.Filter(subject_type="resource", subject_id=resource_id)
    page = await audit.list_(reads, actor, wanted=wanted, paging=paging)
    return replies.many(await event_reads(reads, page.items), page)


@router.post(
    "/events:verify",
    operation_id="events_verify",
    status_code=202,
    response_model=One[OperationRead],
    **declares(Permission.EVENTS_READ, rate="write"),
)
async def verify_events(request: Request, actor: CurrentActor, once: OnlyOnce, tx: Tx) -> Response:
    """Have the whole chain of seals and every event on it read; the report is the result.

    `is_sound`, `checked` (seals read), `last_seq` and `last_hash` (the head of the chain), `found`
    (how many rows do not fit) and `faults`, the first 200 of them.
    """

    async def effect() -> Response:
        return operations.shown(request, await audit.verify(tx, actor), status=202)

    return await once(tx, effect)


@router.post(
    "/events:export",
    operation_id="events_export",
    status_code=202,
    response_model=One[OperationRead],
    **declares(Permission.EVENTS_READ, rate="export"),
)
async def export_events(
    request: Request, body: ExportWish, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Have what a filter finds written to a file: `/operations/{id}/file`, once it is done.

    CSV or JSON Lines, newest first. Only you can fetch it, for a week.
    """

    async def effect() -> Response:
        operation = await audit_export.export(tx, actor, wanted=body.wanted(), format_=body.format)
        return operations.shown(request, operation, status=202)

    return await once(tx, effect)


@router.get(
    "/me/events",
    operation_id="me_events",
    response_model=Many[EventRead],
    **declares(SIGNED_IN, cache="private"),
)
async def list_own_events(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """What happened to your own access: log-ins, refused ones, passwords, factors and keys."""
    page = await audit.own(reads, actor, paging=paging)
    return replies.many(await event_reads(reads, page.items), page)


@router.get(
    "/events/{event_id}",
    operation_id="events_get",
    response_model=One[EventRead],
    **declares(Permission.EVENTS_READ, problems=(audit.EventNotFound,)),
)
async def get_event(
    request: Request, event_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One event."""
    view = await audit.get(reads, actor, event_id)
    (item,) = await event_reads(reads, [view])
    return replies.one(request, item, changed_at=view.at)


async def event_reads(reads: ReadSession, views: list[EventView]) -> list[EventRead]:
    """Events with the names of those who did them, in one statement."""
    names = await accounts.names(reads, {view.actor_id for view in views if view.actor_id})
    return [EventRead.of(view, names) for view in views]
