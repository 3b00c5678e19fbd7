"""Whether a resource can be used: available, degraded, down or retired, and why."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.resources import calendar, fields, service, writing
from src.domain.resources.access import require_manage
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource, ResourceState

_REASON = fields.line(500)


async def set_state(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    state: ResourceState,
    reason: str | None = None,
    expected_version: int | None = None,
) -> Resource:
    """Say what state the resource is in. What becomes of its bookings is settled by the caller.

    Every state but available needs a reason. Raises `ResourceNotFound`, `Forbidden` (needs
    `resources:manage`), `PreconditionFailed`, `NotInCatalogue`.
    """
    require_manage(actor, resource_id)
    reason = (reason or "").strip() or None
    if state is not ResourceState.AVAILABLE:
        fields.check({"reason": reason or ""}, {"reason": _REASON})
    await calendar.lock(session, {resource_id})
    resource = await session.get(Resource, resource_id, populate_existing=True)
    if resource is None:
        raise ResourceNotFound(_("Choose one from the list of resources."))
    writing.require_version(resource, expected_version)
    kept = None if state is ResourceState.AVAILABLE else reason
    if (resource.state, resource.state_reason) == (state, kept):
        return resource
    before, resource.state, resource.state_reason = resource.state, state, kept
    events.record(
        session,
        actor,
        f"resource.{state.value}",
        ("resource", resource.id),
        changes={"state": [before, state]},
        reason=reason,
    )
    await session.flush()
    if before is ResourceState.RETIRED:
        # What closes everything does not reach retired resources.
        await service.close_over(session, resource_id)
    return resource
