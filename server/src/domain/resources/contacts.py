"""Whom to ask about a resource: its page, what does not work and every refusal name them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts.tables import User, UserState
from src.domain.resources.tables import Resource
from src.domain.resources.views import Contact


def statement(resource_ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    """Resource, person, name and address: of each of the resources, who is first responsible.

    Those who are no longer active are asked nothing. Who may see the resources is the caller's.
    """
    return (
        select(
            Resource.id.label("resource_id"),
            User.id.label("user_id"),
            User.name.label("name"),
            User.email.label("email"),
        )
        .join(User, User.id == Resource.contact_id)
        .where(Resource.id.in_(resource_ids), User.state == UserState.ACTIVE)
    )


async def of(session: AsyncSession, resource_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """What `statement` tells, by resource."""
    rows = await session.execute(statement(resource_ids))
    return {on: Contact(id_, name, email) for on, id_, name, email in rows}


async def for_(session: AsyncSession, resource_id: UUID) -> Contact | None:
    """The same for one resource; None where nobody is named."""
    return (await of(session, [resource_id])).get(resource_id)
