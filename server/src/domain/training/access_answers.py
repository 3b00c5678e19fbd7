"""What follows a decision on access: qualifications are given, and the person is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import SYSTEM, Actor, Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import approvals, notifications
from src.domain.resources.tables import Resource
from src.domain.training import access_reading, grants
from src.domain.training.tables import AccessRequest, AccessState, Qualification

KIND = "access-request"


async def settle(
    session: AsyncSession,
    actor: Actor,
    row: AccessRequest,
    state: AccessState,
    *,
    note: str | None = None,
) -> None:
    """Take a request to its end, and write down who did it."""
    before, row.state = row.state, state
    row.decision_note, row.decided_by, row.decided_at = note or None, actor.user_id, clock.now()
    subject = ("access-request", row.id)
    changes = {"state": [before, state]}
    events.record(
        session, actor, f"access.{state.value}", subject, changes=changes, reason=note or None
    )
    await session.flush()


async def _approved(
    session: AsyncSession, actor: Actor, request_id: UUID, note: str | None
) -> None:
    row = await session.get_one(AccessRequest, request_id)
    ids_ = [UUID(each) for each in row.qualification_ids]
    wanted = select(Qualification).where(Qualification.id.in_(ids_)).order_by(Qualification.id)
    for qualification in (await session.scalars(wanted)).all():
        await grants.enter(
            session, actor, qualification, row.person_id,
            expires_at=row.granted_until, access_request_id=row.id, tells=False,
        )  # fmt: skip
    await settle(session, actor, row, AccessState.GRANTED, note=note)
    await _tell(session, row, "access.granted", note)


async def _rejected(
    session: AsyncSession, actor: Actor, request_id: UUID, note: str | None
) -> None:
    row = await session.get_one(AccessRequest, request_id)
    await settle(session, actor, row, AccessState.REJECTED, note=note)
    await _tell(session, row, "access.rejected", note)


async def _expired(session: AsyncSession, request_id: UUID) -> None:
    row = await session.get_one(AccessRequest, request_id)
    await settle(session, SYSTEM, row, AccessState.EXPIRED)
    await _tell(session, row, "access.expired", None)


async def _lock(session: AsyncSession, request_ids: Sequence[UUID]) -> None:
    await session.execute(
        select(AccessRequest)
        .where(AccessRequest.id.in_(request_ids))
        .order_by(AccessRequest.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def _describe(
    session: AsyncSession, request_ids: Collection[UUID]
) -> dict[UUID, approvals.Description]:
    rows = await session.execute(access_reading.whole().where(AccessRequest.id.in_(request_ids)))
    found = await access_reading.views(session, [tuple(row) for row in rows])
    return {
        view.id: approvals.Description(
            what=view.resource.name,
            link=f"/access-requests/{view.id}",
            text=view.reason,
            facts=((_("Asks for"), ", ".join(one.name for one in view.qualifications)),),
            args={
                "resource": view.resource.name,
                "person": view.person.id,
                "reason": view.reason,
                "qualifications": ", ".join(one.name for one in view.qualifications),
            },
        )
        for view in found
    }


async def _tell(session: AsyncSession, row: AccessRequest, kind: str, note: str | None) -> None:
    name = await session.scalar(select(Resource.name).where(Resource.id == row.resource_id))
    await notifications.notify(
        session,
        user_id=row.person_id,
        kind=kind,
        args={"resource": name, "expires_at": row.granted_until, "reason": note or None},
        link=f"/access-requests/{row.id}",
        subject=("access-request", row.id),
    )


approvals.subjects.register(
    KIND,
    name=mark("Access"),
    permission=Permission.QUALIFICATIONS_MANAGE,
    notice="access.requested",
    describe=_describe,
    approved=_approved,
    rejected=_rejected,
    expired=_expired,
    lock=_lock,
)
