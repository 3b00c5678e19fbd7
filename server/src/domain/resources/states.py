"""Whether a resource can be used: available, degraded, down or retired, and why.

What a person says is one outage among others (`outages`): a resource they bring back stays down
while a utility or a problem keeps it down.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.resources import calendar, fields, outages, service, turns, writing
from src.domain.resources.access import require_manage
from src.domain.resources.errors import KeptDown, ResourceNotFound
from src.domain.resources.tables import Effect, Resource, ResourceState

_REASON = fields.line(500)
_EFFECTS = {ResourceState.DOWN: Effect.DOWN, ResourceState.DEGRADED: Effect.DEGRADED}


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
    `resources:manage`), `PreconditionFailed`, `NotInCatalogue`, `KeptDown`.
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
    was_retired = resource.state is ResourceState.RETIRED
    if state is ResourceState.RETIRED:
        outages.put(session, actor, resource, state, reason)
        await session.flush()
        await outages.end(session, actor, outages.PERSON, resource_ids=[resource_id])
        await turns.shut(session, actor, [resource_id], None, reason=reason or "")
        return resource
    if state in _EFFECTS:
        effects = {resource_id: _EFFECTS[state]}
        await outages.begin(
            session, actor, effects,
            source=outages.PERSON, reason=reason or "", revived=was_retired,
        )  # fmt: skip
    else:
        await _bring_back(session, actor, resource, reason, was_retired=was_retired)
    if was_retired:
        # What closes everything does not reach retired resources.
        await service.close_over(session, resource_id)
    return resource


async def _bring_back(
    session: AsyncSession,
    actor: Actor,
    resource: Resource,
    reason: str | None,
    *,
    was_retired: bool,
) -> None:
    """End what a person said. Raises `KeptDown` where that is nothing, and something else does."""
    open_ = (await outages.open_of(session, [resource.id])).get(resource.id, [])
    if open_ and not was_retired and all(one.source.kind != "person" for one in open_):
        raise KeptDown(
            _(
                "%(name)s is kept so by something else: %(reason)s. Settle that first.",
                name=resource.name,
                reason=open_[0].reason,
            ),
            reasons=[one.reason for one in open_],
        )
    await outages.end(
        session, actor, outages.PERSON,
        resource_ids=[resource.id], reason=reason, revived=True,
    )  # fmt: skip
