"""Whether many plans fit at once: each by the rules, and all of them beside one another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import judging, repository
from src.domain.bookings.plans import Judgement, Plan, Violation, Window
from src.domain.bookings.views import Conflict


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a plan: the rules' judgement, and what holds its time."""

    judgement: Judgement
    violations: tuple[Violation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    is_taken: bool = False

    @property
    def fits(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.violations and not self.is_taken


async def find(
    session: AsyncSession,
    actor: Actor,
    wanted: Sequence[Plan],
    *,
    now: datetime,
    leaving: Collection[UUID] = (),
) -> list[Finding]:
    """Judge plans and look where they would lie, in a number of statements that never grows.

    What `leaving` holds now is in nobody's way. Raises as `judging.judge` does.
    """
    if not wanted:
        return []
    judged = await judging.judge(session, actor, wanted, now=now)
    held = [judgement.held for judgement in judged if _is_window(judgement)]
    if not held:
        return [Finding(each, each.refusals) for each in judged]
    span = Window(min(one.starts_at for one in held), max(one.ends_at for one in held))
    own = {*(plan.id for plan in wanted), *leaving}
    found = await _placed(session, judged, span, own)
    missed = {each.judgement.plan.resource_id for each in found if each.is_taken}
    for resource_id in missed:
        taken = await repository.conflicts(session, actor, resource_id, window=span, excluding=own)
        found = [_told(each, resource_id, taken) for each in found]
    return found


def _is_window(judgement: Judgement) -> bool:
    return judgement.plan.window.ends_at > judgement.plan.window.starts_at


async def _placed(
    session: AsyncSession, judged: Sequence[Judgement], span: Window, own: set[UUID]
) -> list[Finding]:
    """Give each its unit, in the order of their times; those without one are taken."""
    ids = {judgement.plan.resource_id for judgement in judged}
    units = await resources.calendar.occupancy(session, ids, within=span)
    busy: dict[tuple[UUID, int], list[Window]] = {
        (unit.resource_id, unit.number): [
            hold.window for hold in unit.holds if hold.holder_id not in own
        ]
        for unit in units
        if unit.is_active
    }
    found: dict[UUID, Finding] = {}
    for judgement in sorted(judged, key=lambda each: each.plan.window.starts_at):
        plan, is_taken = judgement.plan, False
        if _is_window(judgement):
            free = [
                place
                for place, windows in busy.items()
                if place[0] == plan.resource_id
                and plan.unit in {None, place[1]}
                and not any(window.overlaps(judgement.held) for window in windows)
            ]
            is_taken = not free
            if free and not judgement.refusals:
                chosen = min(free, key=lambda place: (place[1] != plan.preferred, place[1]))
                busy[chosen].append(judgement.held)
        found[plan.id] = Finding(judgement, judgement.refusals, is_taken=is_taken)
    return [found[judgement.plan.id] for judgement in judged]


def _told(each: Finding, resource_id: UUID, taken: Sequence[Conflict]) -> Finding:
    """With what holds its time; nothing does where the series is in its own way."""
    plan = each.judgement.plan
    if not each.is_taken or plan.resource_id != resource_id:
        return each
    held = each.judgement.held
    theirs = tuple(
        one
        for one in taken
        if plan.unit in {None, one.unit} and Window(one.starts_at, one.ends_at).overlaps(held)
    )
    if theirs:
        return Finding(each.judgement, each.violations, theirs, is_taken=True)
    message = _("It would begin before the one before it has ended.")
    itself = Violation("overlaps-itself", message, False, {}, "starts_at")
    return Finding(each.judgement, (*each.violations, itself), is_taken=True)
