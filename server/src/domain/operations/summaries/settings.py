"""When a team reads its summary. The zone is the team's own (`accounts.update_team`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain.operations import policy
from src.domain.operations.summaries import making, scopes, windows
from src.domain.operations.summaries.errors import BadSummarySettings
from src.domain.operations.summaries.scopes import Scope
from src.domain.operations.summaries.views import SettingView
from src.domain.operations.tables import SummarySetting

FIELDS = frozenset({"minute", "is_active"})
_LAST = 24 * 60 - 1


async def list_(session: AsyncSession, actor: Actor) -> list[SettingView]:
    """Those of all teams the actor may read, everybody's first. Raises `Forbidden`."""
    return [_view(actor, scope) for scope in await scopes.readable(session, actor)]


async def get(session: AsyncSession, actor: Actor, team_id: UUID | None) -> SettingView:
    """Those of one. Raises `SummaryNotFound`."""
    scope = await scopes.found(session, actor, team_id)
    return _view(actor, scope, await making.told_of(session, scope))


async def change(
    session: AsyncSession,
    actor: Actor,
    team_id: UUID | None,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> SettingView:
    """Set `minute` (past midnight, on the team's clock) and `is_active`.

    What is told next begins where the last summary ended, whatever the new hour. Raises
    `SummaryNotFound`, `Forbidden` (`operations:manage`), `BadSummarySettings`,
    `PreconditionFailed`.
    """
    if unknown := changes.keys() - FIELDS:
        raise TypeError(f"of these settings {sorted(unknown)} are not changed")
    scope = await scopes.found(session, actor, team_id)
    policy.require_manage(actor, team_id)
    if expected_version not in {None, scope.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=scope.version
        )
    minute = changes.get("minute", scope.minute)
    if not 0 <= minute <= _LAST:
        detail = _("Choose a time from 00:00 to 23:59.")
        raise BadSummarySettings(detail, errors=(FieldError(("minute",), "invalid", detail),))
    done = {
        name: [getattr(scope, name), value]
        for name, value in changes.items()
        if getattr(scope, name) != value
    }
    if done:
        await _store(session, scope, changes)
        subject = ("summary-settings", team_id)
        facts = {"team_id": team_id, **done}
        events.record(session, actor, "summary.set", subject, changes=facts)
    return await get(session, actor, team_id)


async def _store(session: AsyncSession, scope: Scope, changes: Mapping[str, Any]) -> None:
    row = await session.get(SummarySetting, scope.name, with_for_update=True)
    if row is None:
        row = SummarySetting(
            scope=scope.name, **{"minute": scope.minute, "is_active": True, **changes}
        )
        try:
            async with savepoint(session):
                session.add(row)
                await session.flush()
        except IntegrityError as error:
            raise PreconditionFailed(_("Somebody else set it just now. Read it again.")) from error
        return
    for name, value in changes.items():
        setattr(row, name, value)
    await session.flush()


def _view(actor: Actor, scope: Scope, told: windows.Told | None = None) -> SettingView:
    now = clock.now()
    window = windows.coming(told, now=now, minute=scope.minute, zone=scope.zone)
    return SettingView(
        team_id=scope.team_id,
        team=scope.team,
        timezone=scope.timezone,
        minute=scope.minute,
        is_active=scope.is_active,
        next_at=window.ends_at,
        version=scope.version,
        may_change=policy.may_manage(actor, scope.team_id),
    )
