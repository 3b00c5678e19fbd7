"""The units of a resource: the places it has at once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.resources import access, fields, listing, repository, service, turns, writing
from src.domain.resources.errors import LastUnit, UnitInUse, UnitNotFound
from src.domain.resources.tables import Unit
from src.domain.resources.views import ResourceView, UnitView


async def list_units(session: AsyncSession, actor: Actor, resource_id: UUID) -> list[UnitView]:
    """All units by number, those out of service too. Raises `ResourceNotFound`."""
    await listing.require_visible(session, actor, resource_id)
    return [
        UnitView(unit.id, unit.number, unit.is_active) for unit in await _of(session, resource_id)
    ]


async def add_units(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    count: int = 1,
    expected_version: int | None = None,
) -> ResourceView:
    """Add units with the next numbers; numbers are never given twice.

    Raises `ResourceNotFound`, `Forbidden`, `PreconditionFailed`, `NotInCatalogue`.
    """
    access.require_manage(actor, resource_id)
    resource = await service.locked(session, resource_id)
    writing.require_version(resource, expected_version)
    known = await _of(session, resource_id)
    left = fields.MAX_UNITS - len(known)
    fields.check({"count": count}, {"count": fields.whole(1, left)})
    first = max((unit.number for unit in known), default=0) + 1
    numbers = list(range(first, first + count))
    session.add_all(Unit(resource_id=resource_id, number=number) for number in numbers)
    writing.touch(session, resource)
    subject = ("resource", resource_id)
    events.record(session, actor, "resource.units-added", subject, changes={"units": numbers})
    await session.flush()
    await service.close_over(session, resource_id)
    await turns.brought_back(session, actor, [resource_id] * count)
    return await listing.get(session, actor, resource_id)


async def deactivate_unit(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    number: int,
    *,
    expected_version: int | None = None,
) -> ResourceView:
    """Take a unit out of service.

    Raises `UnitInUse` while a booking holds it now or later, `LastUnit`, `UnitNotFound`,
    `ResourceNotFound`, `Forbidden`, `PreconditionFailed`.
    """
    return await _set_active(
        session, actor, (resource_id, number), is_active=False, expected_version=expected_version
    )


async def activate_unit(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    number: int,
    *,
    expected_version: int | None = None,
) -> ResourceView:
    """Put a unit into service again. Raises as `deactivate_unit`, except for bookings."""
    return await _set_active(
        session, actor, (resource_id, number), is_active=True, expected_version=expected_version
    )


async def _set_active(
    session: AsyncSession,
    actor: Actor,
    which: tuple[UUID, int],
    *,
    is_active: bool,
    expected_version: int | None,
) -> ResourceView:
    resource_id, number = which
    access.require_manage(actor, resource_id)
    # The row's lock also keeps a booking from taking the unit meanwhile.
    resource = await service.locked(session, resource_id)
    writing.require_version(resource, expected_version)
    known = await _of(session, resource_id)
    unit = next((unit for unit in known if unit.number == number), None)
    if unit is None:
        raise UnitNotFound(
            _("Its units are %(units)s.", units=", ".join(str(unit.number) for unit in known))
        )
    if unit.is_active != is_active:
        if not is_active:
            await _require_idle(session, known, unit)
        unit.is_active = is_active
        writing.touch(session, resource)
        verb = "resource.unit-activated" if is_active else "resource.unit-deactivated"
        subject = ("resource", resource_id)
        events.record(session, actor, verb, subject, changes={"unit": number})
        await session.flush()
        await service.close_over(session, resource_id)
        if is_active:
            await turns.brought_back(session, actor, [resource_id])
    return await listing.get(session, actor, resource_id)


async def _require_idle(session: AsyncSession, known: list[Unit], unit: Unit) -> None:
    if not any(other.is_active for other in known if other is not unit):
        raise LastUnit(_("Retire the resource instead, or put another unit into service first."))
    count, until = await repository.upcoming_on(session, unit.id, clock.now())
    if count:
        raise UnitInUse(
            ngettext(
                "%(num)s booking holds unit %(unit)s. Move or cancel it first.",
                "%(num)s bookings hold unit %(unit)s. Move or cancel them first.",
                count,
                unit=unit.number,
            ),
            bookings=count,
            until=until,
        )


async def _of(session: AsyncSession, resource_id: UUID) -> list[Unit]:
    statement = select(Unit).where(Unit.resource_id == resource_id).order_by(Unit.number)
    return list(await session.scalars(statement))
