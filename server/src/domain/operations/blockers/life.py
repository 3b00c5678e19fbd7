"""What becomes of a blocker: resolved, back again, archived, taken out of the archive."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.operations import policy
from src.domain.operations.blockers import service, states, telling
from src.domain.operations.blockers.views import BlockerView
from src.domain.operations.tables import BlockerState


async def transition(
    session: AsyncSession,
    actor: Actor,
    blocker_id: UUID,
    *,
    to: BlockerState,
    note: str,
    expected_version: int | None = None,
) -> BlockerView:
    """Resolve it (`note`: what did), or say that it is back (`note`: why).

    Raises `BlockerNotFound`, `Forbidden`, `PreconditionFailed`, `BlockerArchived`,
    `BlockerStateConflict` with the allowed targets, `BadBlocker` without a note.
    """
    row = await service.writable(session, actor, blocker_id, expected_version)
    states.step(row.state, to, note)
    before, row.state, row.state_rank = row.state, to, states.RANKS[to]
    is_resolved = to is BlockerState.RESOLVED
    row.resolution = note.strip() if is_resolved else ""
    row.resolved_at = clock.now() if is_resolved else None
    row.resolved_by = actor.user_id if is_resolved else None
    row.nudged_at = None
    changes = {"state": [before, to], "impact": row.impact}
    service.record(session, actor, states.VERBS[to], row, changes=changes, reason=note.strip())
    await session.flush()
    await service.put_words(session, row)
    what = "resolved" if is_resolved else "reopened"
    await telling.announce(session, actor, row, what, texts=(note,))
    return await service.get(session, actor, blocker_id)


async def archive(
    session: AsyncSession, actor: Actor, blocker_id: UUID, *, expected_version: int | None = None
) -> BlockerView:
    """Put away what is resolved: from now on it is read and nothing else.

    Raises `BlockerNotFound`, `Forbidden`, `PreconditionFailed`, `BlockerArchived`,
    `BlockerStateConflict` while it is active.
    """
    row = await service.writable(session, actor, blocker_id, expected_version)
    states.require_archivable(row.state)
    row.archived_at = clock.now()
    service.record(session, actor, "blocker.archived", row)
    await session.flush()
    return await service.get(session, actor, blocker_id)


async def unarchive(
    session: AsyncSession, actor: Actor, blocker_id: UUID, *, expected_version: int | None = None
) -> BlockerView:
    """Take it out of the archive. Needs `operations:manage` for its team.

    Raises `BlockerNotFound`, `Forbidden`, `PreconditionFailed`, `BlockerStateConflict`.
    """
    row = await service.writable(session, actor, blocker_id, expected_version, even_archived=True)
    policy.require_manage(actor, row.team_id)
    if row.archived_at is None:
        raise states.conflict(row.state, _("It is not archived."))
    row.archived_at = None
    service.record(session, actor, "blocker.unarchived", row)
    await session.flush()
    return await service.get(session, actor, blocker_id)
