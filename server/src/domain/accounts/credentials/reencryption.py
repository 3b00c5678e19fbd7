"""A new key for what the vault holds: rows are encrypted anew, a batch at a time.

Each batch commits, and what is current is passed over: it may be stopped and begun again at will.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from src.core import events
from src.core.actor import SYSTEM
from src.core.db import Database, reading, transaction
from src.core.vault import KeyLost
from src.domain.accounts.secrets import Sealed, sealed, vault

BATCH = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a column: rows encrypted anew, and rows that no key of ours can read."""

    name: str
    renewed: int = 0
    lost: int = 0

    def plus(self, renewed: int, lost: int) -> Report:
        """With what another batch did."""
        return Report(self.name, self.renewed + renewed, self.lost + lost)


async def renew(
    database: Database, *, batch: int = BATCH, told: Callable[[Report], None] | None = None
) -> list[Report]:
    """Encrypt with the first key whatever stands under another. `told` hears of every batch."""
    reports = []
    for each in sealed():
        report, after = Report(each.name), None
        while True:
            rows = await _next(database, each, after, batch)
            if not rows:
                break
            after = rows[-1][0]
            report = report.plus(*await _renewed(database, each, rows))
            if told is not None:
                told(report)
        reports.append(report)
    if any(report.renewed for report in reports):
        async with transaction(database) as session:
            changes = {report.name: report.renewed for report in reports}
            events.record(
                session, SYSTEM, "secrets.encrypted", ("institute", None), changes=changes
            )
    return reports


async def _next(
    database: Database,
    each: Sealed,
    after: Any,  # noqa: ANN401 - an id
    batch: int,
) -> list[tuple[Any, str]]:
    wanted = select(each.id, each.column).where(each.column.is_not(None)).order_by(each.id)
    if after is not None:
        wanted = wanted.where(each.id > after)
    async with reading(database) as reads:
        found = await reads.execute(wanted.limit(batch))
        return [(row[0], row[1]) for row in found]


async def _renewed(
    database: Database, each: Sealed, rows: list[tuple[Any, str]]
) -> tuple[int, int]:
    """How many of the rows were encrypted anew, and how many cannot be read."""
    made, lost = [], 0
    for row_id, stored in rows:
        if vault().is_current(stored):
            continue
        purpose = each.purpose(row_id)
        try:
            made.append(
                (row_id, stored, vault().encrypt(purpose, vault().decrypt(purpose, stored)))
            )
        except KeyLost:
            lost += 1
    renewed = 0
    if made:
        table = each.column.class_.__table__
        async with transaction(database) as session:
            connection = await session.connection()
            for row_id, stored, new in made:
                # What somebody changed meanwhile is current already.
                done = await connection.execute(
                    update(table)
                    .where(table.c[each.id.key] == row_id, table.c[each.column.key] == stored)
                    .values({each.column.key: new, **_untouched(table)})
                )
                renewed += done.rowcount
    return renewed, lost


def _untouched(table: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapped class's Table
    """Nobody changed the row: its time of change stays."""
    return {"updated_at": table.c.updated_at} if "updated_at" in table.c else {}
