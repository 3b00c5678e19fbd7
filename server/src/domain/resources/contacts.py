"""Whom to ask about a resource: its page, what does not work and every refusal name them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts.tables import User, UserState
from src.domain.resources.tables import Resource
from src.domain.resources.views import Contact


async def of(session: AsyncSession, resource_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """The person first responsible for each of the resources, in one statement.

    Those who are no longer active are asked nothing. Who may see the resources is the caller's.
    """
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
