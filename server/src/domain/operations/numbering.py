"""Numbers people can say: INC-12, BLK-3, DEC-7. Given in order, without a gap, one row's lock each."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.db import savepoint
from src.domain.operations.tables import Counter

PREFIXES = {"incident": "INC", "blocker": "BLK", "decision": "DEC"}


async def following(session: AsyncSession, kind: str, count: int = 1) -> int:
    """The next number of a kind; with `count` the first of so many. Held until the commit."""
    given = update(Counter).where(Counter.kind == kind).values(last=Counter.last + count)
    last = await session.scalar(given.returning(Counter.last))
    if last is None:
        # The migration made a row for each kind; a kind that came later makes its own.
        async with savepoint(session):
            session.add(Counter(kind=kind, last=count))
            await session.flush()
        last = count
    return int(last) - count + 1


def said(kind: str, number: int) -> str:
    """How it is written: INC-12."""
    return f"{PREFIXES[kind]}-{number}"
