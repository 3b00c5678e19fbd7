"""What a person who leaves takes along: what they said. It stays, under "former member"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.accounts.tables import Team
from src.domain.operations.tables import Acknowledgement, StatusUpdate


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            StatusUpdate.id, Team.name.label("team"), StatusUpdate.done, StatusUpdate.next,
            StatusUpdate.needs, StatusUpdate.posted_at, StatusUpdate.edited_at,
        )
        .outerjoin(Team, Team.id == StatusUpdate.team_id)
        .where(StatusUpdate.author_id == user_id)
        .order_by(StatusUpdate.posted_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


async def _read_acknowledged(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - the same
    rows = await session.execute(
        select(Acknowledgement.subject_type, Acknowledgement.subject_id, Acknowledgement.at)
        .where(Acknowledgement.user_id == user_id)
        .order_by(Acknowledgement.at)
    )
    return [dict(row) for row in rows.mappings()]


accounts.leaving.exporting.source("status-updates", _read)
accounts.leaving.exporting.source("acknowledgements", _read_acknowledged)
