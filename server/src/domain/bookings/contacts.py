"""Whom to ask about a resource: every refusal names them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts.tables import User, UserState
from src.domain.bookings.views import Contact
from src.domain.resources.tables import Resource


async def of(session: AsyncSession, resource_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """The person first responsible for each of the resources that has one, in one statement."""
    wanted = (
        select(Resource.id, User.id, User.name, User.email)
        .join(User, User.id == Resource.contact_id)
        .where(Resource.id.in_(resource_ids), User.state == UserState.ACTIVE)
    )
    rows = await session.execute(wanted)
    return {on: Contact(id_, name, email) for on, id_, name, email in rows}


async def for_(session: AsyncSession, resource_id: UUID) -> Contact | None:
    """The same for one resource; None where nobody is named."""
    return (await of(session, [resource_id])).get(resource_id)
