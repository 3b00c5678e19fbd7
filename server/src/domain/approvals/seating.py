"""Who is asked in a step: people, roles, whoever is responsible, whoever holds a permission.

Looked up when the step begins and kept then, so that nobody's seat comes or goes by a change of
roles while a request waits. Nobody gets a seat for what they asked for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Permission, resource_scope
from src.domain import accounts, resources
from src.domain.accounts.tables import User, UserState
from src.domain.approvals.rules import Approver, ApproverKind

_PRIMARY, _DEPUTY = "primary", "deputy"


@dataclass(slots=True)
class Seating:
    """Finds people for steps; each question is asked once, however many requests there are."""

    session: AsyncSession
    _known: dict[tuple[Approver, UUID | None], frozenset[UUID]] = field(default_factory=dict)

    async def people(
        self, approvers: Iterable[Approver], resource_id: UUID | None
    ) -> frozenset[UUID]:
        """Everybody the approvers name, active people only."""
        found: frozenset[UUID] = frozenset()
        for approver in approvers:
            # A person is the same person whatever the resource.
            is_local = approver.kind is not ApproverKind.PERSON
            key = (approver, resource_id if is_local else None)
            if key not in self._known:
                self._known[key] = frozenset(await self._named(approver, resource_id))
            found |= self._known[key]
        return found

    async def _named(self, approver: Approver, resource_id: UUID | None) -> Iterable[UUID]:
        scopes = () if resource_id is None else (resource_scope(resource_id),)
        if approver.kind is ApproverKind.PERSON:
            with suppress(ValueError):
                return await _active(self.session, UUID(approver.value))
        if approver.kind is ApproverKind.ROLE:
            return await accounts.role_holders(self.session, approver.value, *scopes)
        if approver.kind is ApproverKind.PERMISSION:
            with suppress(ValueError):
                wanted = Permission(approver.value)
                return await accounts.holders(self.session, wanted, *scopes)
        if approver.kind is ApproverKind.RESPONSIBLE and resource_id is not None:
            return await _responsible(self.session, resource_id, approver.value)
        return ()


async def _active(session: AsyncSession, user_id: UUID) -> Iterable[UUID]:
    return await session.scalars(
        select(User.id).where(User.id == user_id, User.state == UserState.ACTIVE)
    )


async def _responsible(session: AsyncSession, resource_id: UUID, duty: str) -> Iterable[UUID]:
    found = (await resources.responsible_for(session, [resource_id])).get(resource_id, [])
    duties = {duty} if duty else {_PRIMARY, _DEPUTY}
    return [one.id for one in found if str(one.role) in duties]
