"""Templates of bookings: one's own, and those a team shares."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import resources
from src.domain.bookings import parties
from src.models.booking_parties import TemplateCreate, TemplateRead, TemplateUpdate
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/booking-templates", tags=["bookings"])
_READ = Permission.BOOKINGS_READ
_INPUT = (parties.BadTemplate, resources.ResourceNotFound)
_NOT_FOUND = parties.TemplateNotFound


def _reply(request: Request, view: parties.TemplateView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        TemplateRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="booking_templates_list",
    response_model=Many[TemplateRead],
    **declares(_READ),
)
async def list_templates(actor: CurrentActor, reads: Reads) -> Response:
    """Your own and those of your teams, by name."""
    found = await parties.templates.list_(reads, actor)
    return replies.whole([TemplateRead.model_validate(view) for view in found])


@router.post(
    "",
    operation_id="booking_templates_create",
    status_code=201,
    response_model=One[TemplateRead],
    **declares(Permission.BOOKINGS_CREATE, rate="write", problems=_INPUT),
)
async def create_template(
    request: Request, body: TemplateCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Keep a template."""

    async def effect() -> Response:
        view = await parties.templates.create(tx, actor, values=dict(body))
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{template_id}",
    operation_id="booking_templates_get",
    response_model=One[TemplateRead],
    **declares(_READ, cache="private", problems=(_NOT_FOUND,)),
)
async def get_template(
    request: Request, template_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One template."""
    return _reply(request, await parties.templates.get(reads, actor, template_id))


@router.patch(
    "/{template_id}",
    operation_id="booking_templates_update",
    response_model=One[TemplateRead],
    **declares(_READ, rate="write", problems=(_NOT_FOUND, *_INPUT)),
)
async def update_template(
    request: Request,
    template_id: UUID,
    body: TemplateUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change one of your own, or share it with a team."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    view = await parties.templates.update(
        tx, actor, template_id, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.delete(
    "/{template_id}",
    operation_id="booking_templates_delete",
    status_code=204,
    **declares(_READ, rate="write", problems=(_NOT_FOUND,)),
)
async def delete_template(
    template_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Forget one of your own."""
    await parties.templates.delete(tx, actor, template_id, expected_version=version)
    return replies.nothing()
