"""Who looks after a resource: its contact, deputies, trainers and who is in charge of safety."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import case, delete, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.tables import User, UserState
from src.domain.resources import access, contacts, listing, service, writing
from src.domain.resources.errors import NotInCatalogue
from src.domain.resources.tables import Duty, Responsibility
from src.domain.resources.views import ResponsiblePerson

MOST_PEOPLE = 30
_PRIMARY: Literal["primary"] = "primary"
_ORDER = (_PRIMARY, *Duty)


@dataclass(frozen=True, slots=True)
class Charge:
    """Somebody is to look after the resource in this way."""

    role: Duty
    user_id: UUID


async def responsible(
    session: AsyncSession, actor: Actor, resource_id: UUID
) -> list[ResponsiblePerson]:
    """Whom to ask, in order: the contact as `primary`, deputies, trainers, safety.

    Whoever sees the resource sees their addresses: people must reach them. Those who are no
    longer active are left out. Raises `ResourceNotFound`.
    """
    await listing.require_visible(session, actor, resource_id)
    return (await responsible_for(session, [resource_id])).get(resource_id, [])


async def responsible_for(
    session: AsyncSession, resource_ids: Collection[UUID]
) -> dict[UUID, list[ResponsiblePerson]]:
    """The same for several resources in one statement; who may see them is the caller's."""
    first = contacts.statement(resource_ids).add_columns(
        literal(_PRIMARY).label("role"), literal(0).label("position")
    )
    others = (
        select(
            Responsibility.resource_id,
            User.id,
            User.name,
            User.email,
            Responsibility.role,
            Responsibility.position,
        )
        .join(User, User.id == Responsibility.user_id)
        .where(Responsibility.resource_id.in_(resource_ids), User.state == UserState.ACTIVE)
    )
    all_ = union_all(first, others).subquery()
    rank = case({role: place for place, role in enumerate(_ORDER)}, value=all_.c.role)
    found: dict[UUID, list[ResponsiblePerson]] = {}
    for row in await session.execute(select(all_).order_by(rank, all_.c.position)):
        duty: Literal["primary"] | Duty = _PRIMARY if row.role == _PRIMARY else Duty(row.role)
        person = ResponsiblePerson(duty, row.user_id, row.name, row.email)
        found.setdefault(row.resource_id, []).append(person)
    return found


async def set_responsible(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    people: Sequence[Charge],
    *,
    expected_version: int | None = None,
) -> list[ResponsiblePerson]:
    """Replace deputies, trainers and safety; the order given is that in which they are asked.

    The contact is changed by `update`. `expected_version` is the resource's. Raises
    `ResourceNotFound`, `Forbidden`, `PreconditionFailed`, `NotInCatalogue` (every fault).
    """
    access.require_manage(actor, resource_id)
    resource = await service.locked(session, resource_id)
    writing.require_version(resource, expected_version)
    await _require_sound(session, people)
    before = await _of(session, resource_id)
    after = sorted(people, key=lambda charge: _ORDER.index(charge.role))
    if after != before:
        await session.execute(
            delete(Responsibility).where(Responsibility.resource_id == resource_id)
        )
        session.add_all(
            Responsibility(
                resource_id=resource_id, role=charge.role, user_id=charge.user_id, position=place
            )
            for place, charge in enumerate(after)
        )
        resource.updated_at = clock.now()
        changes = {"people": [_plain(before), _plain(after)]}
        events.record(
            session, actor, "resource.people-set", ("resource", resource_id), changes=changes
        )
        await session.flush()
    return (await responsible_for(session, [resource_id])).get(resource_id, [])


async def _of(session: AsyncSession, resource_id: UUID) -> list[Charge]:
    rows = await session.execute(
        select(Responsibility.role, Responsibility.user_id)
        .where(Responsibility.resource_id == resource_id)
        .order_by(Responsibility.position)
    )
    return [Charge(role, user_id) for role, user_id in rows]


async def _require_sound(session: AsyncSession, people: Sequence[Charge]) -> None:
    if len(people) > MOST_PEOPLE:
        detail = _("At most %(most)s people look after a resource.", most=MOST_PEOPLE)
        raise NotInCatalogue(detail, errors=(FieldError(("people",), "invalid", detail),))
    wanted = {charge.user_id for charge in people}
    active = set(
        await session.scalars(
            select(User.id).where(User.id.in_(wanted), User.state == UserState.ACTIVE)
        )
    )
    faults: list[FieldError] = []
    for place, charge in enumerate(people):
        where = ("people", place, "user_id")
        if charge.user_id not in active:
            detail = _("There is nobody active with this id.")
            faults.append(FieldError(where, "unknown-id", detail))
        elif charge in people[:place]:
            detail = _("This person has this duty already.")
            faults.append(FieldError(where, "duplicate", detail))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def _plain(charges: Sequence[Charge]) -> list[list[str]]:
    return [[charge.role, str(charge.user_id)] for charge in charges]
