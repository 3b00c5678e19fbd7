"""Reminders: two weeks before a qualification ends, once for each end it has had."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import notifications
from src.domain.training.holding import counts_at
from src.domain.training.tables import Qualification, QualificationGrant

AHEAD = timedelta(days=14)


def skip_if_soon(grant: QualificationGrant) -> None:
    """Nobody needs to be reminded of what they were given for some days."""
    if grant.expires_at is not None and grant.expires_at <= grant.granted_at + AHEAD:
        grant.told_for = grant.expires_at


async def remind(session: AsyncSession, *, limit: int = 200) -> int:
    """Remind of the qualifications that end soon; how many those were.

    The row remembers the end it was reminded of, in the transaction of the reminder: running this
    twice, or on two workers, tells nobody twice.
    """
    now = clock.now()
    due = (
        counts_at(now),
        QualificationGrant.expires_at <= now + AHEAD,
        or_(
            QualificationGrant.told_for.is_(None),
            QualificationGrant.told_for != QualificationGrant.expires_at,
        ),
    )
    first = select(QualificationGrant.id).where(*due).order_by(QualificationGrant.id).limit(limit)
    claimed = (
        await session.scalars(
            update(QualificationGrant)
            .where(QualificationGrant.id.in_(first), *due)
            # Not a change anybody has to know of: version and time of change stay.
            .values(
                told_for=QualificationGrant.expires_at, updated_at=QualificationGrant.updated_at
            )
            .returning(QualificationGrant.id)
            .execution_options(synchronize_session=False)
        )
    ).all()
    rows = await session.execute(
        select(QualificationGrant, Qualification.name)
        .join(Qualification, Qualification.id == QualificationGrant.qualification_id)
        .where(QualificationGrant.id.in_(claimed))
    )
    for grant, name in rows.all():
        await notifications.notify(
            session,
            user_id=grant.person_id,
            kind="qualification.expiring",
            args={"qualification": name, "expires_at": grant.expires_at},
            link="/me/qualifications",
            subject=("qualification", grant.qualification_id),
        )
    return len(claimed)
