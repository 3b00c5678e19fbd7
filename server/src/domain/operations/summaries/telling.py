"""Telling those a summary is for that it is there, and what of it stands in the mail."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import accounts, notifications
from src.domain.accounts.tables import Team, TeamMember
from src.domain.operations import subjects
from src.domain.operations.summaries import reading
from src.domain.operations.summaries.errors import SummaryNotFound
from src.domain.operations.summaries.sections import Group, Item
from src.domain.operations.summaries.views import SummaryView
from src.domain.operations.tables import Summary

KIND = "summary.ready"
_LINES = 8  # of a group that stand in a mail


async def tell(session: AsyncSession, summary_id: UUID) -> int:
    """Tell the members of the team, and who follows it; everybody's to those who manage all.

    How many were told.
    """
    row = await session.get(Summary, summary_id)
    if row is None:
        return 0
    team = await session.scalar(select(Team.name).where(Team.id == row.team_id))
    args = {"team": team or "", "day": row.on_date.isoformat()}
    people = await _audience(session, row)
    for person_id in sorted(people):
        await notifications.notify(
            session,
            user_id=person_id,
            kind=KIND,
            args=args,
            link=f"/summaries/{row.team_id or 'all'}/{row.on_date.isoformat()}",
            subject=("summary", row.id),
        )
    return len(people)


async def _audience(session: AsyncSession, row: Summary) -> set[UUID]:
    if row.team_id is None:
        concerned = set(await accounts.holders(session, Permission.OPERATIONS_MANAGE))
        return await subjects.audience(session, ("summary", row.id), concerned)
    members = await session.scalars(
        select(TeamMember.user_id).where(TeamMember.team_id == row.team_id)
    )
    subject = ("team", row.team_id)
    heard = await notifications.follows.audience(session, subject, set(members))
    return await subjects.audience(session, ("summary", row.id), heard)


async def lines(
    session: AsyncSession, summary_id: UUID, user_id: UUID
) -> tuple[tuple[str, str], ...]:
    """The summary as rows of a mail, of what that person may know of, in their language."""
    actor = await accounts.actor_of_user(session, user_id)
    if actor is None:
        return ()
    try:
        view = await reading.of_id(session, actor, summary_id)
    except SummaryNotFound:  # they left the team meanwhile
        return ()
    return as_rows(view)


def as_rows(view: SummaryView) -> tuple[tuple[str, str], ...]:
    """A row for each group: what it is, and its lines."""
    if view.is_quiet:
        return ((_("All quiet"), _("Nothing is open, and nothing happened.")),)
    return tuple(
        (group.title, _said(group)) for section in view.sections for group in section.groups
    )


def _said(group: Group) -> str:
    shown = [_line(item) for item in group.items[:_LINES]]
    more = group.count - len(shown)
    if more:
        shown.append(ngettext("and %(num)s more", "and %(num)s more", more))
    return " · ".join(shown)


def _line(item: Item) -> str:
    return f"{item.title} ({item.detail})" if item.detail else item.title


notifications.passage(KIND, lines)
