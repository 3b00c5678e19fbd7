"""Shift hand-overs: given, read, and taken over by whoever comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, fulltext, ids, markdown, outbox
from src.core.actor import Actor
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team, User
from src.domain.operations import discussion, parties
from src.domain.operations import policy as of_operations
from src.domain.operations.handovers import policy, topics
from src.domain.operations.handovers.errors import BadHandover, HandoverNotFound, HandoverTaken
from src.domain.operations.handovers.views import HandoverView
from src.domain.operations.summaries import attention, instruments, rendering, sections
from src.domain.operations.summaries.sections import Frame
from src.domain.operations.summaries.views import SectionView
from src.domain.operations.tables import Handover

LONGEST_WATCH, LONGEST_REMARK = 10_000, 2000
PARTS = (attention.NAME, instruments.NAME)
# What was, and not what is: the summary tells of it.
_OVER = frozenset({"used", "no_shows"})
SHIFT = timedelta(hours=24)
_GIVER, _TAKER, _NEXT = aliased(User), aliased(User), aliased(User)


class Which(StrEnum):
    """Which hand-overs: all, those nobody has taken, those that wait for the reader."""

    ALL = "all"
    OPEN = "open"
    MINE = "mine"


async def give(
    session: AsyncSession, actor: Actor, *, team_id: UUID | None, to_id: UUID | None, watch: str
) -> HandoverView:
    """Hand the shift over, to one person or (None) to the whole team, with what is open now.

    `watch` (Markdown): what whoever comes next should have an eye on. Needs `operations:post` for
    the team. Raises `Forbidden`, `BadHandover` (every fault).
    """
    by = of_operations.require_post(actor, team_id)
    await _judge(session, by, team_id, to_id, watch)
    now = clock.now()
    last = await session.scalar(
        select(Handover.given_at)
        .where(Handover.team_id == team_id if team_id else Handover.team_id.is_(None))
        .order_by(Handover.id.desc())
        .limit(1)
    )
    frame = Frame(team_id, now.date(), max(last or now - SHIFT, now - SHIFT), now, as_of=now)
    row = Handover(
        id=ids.new(), team_id=team_id, from_id=by, to_id=to_id, given_at=now, watch=watch.strip(),
        content=await sections.collect(session, frame, only=PARTS), remark="",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    _record(session, actor, "handover.given", row)
    await fulltext.put(
        session, "handover", row.id, title=_("Hand-over"), body=markdown.plain(row.watch)
    )
    await discussion.saying.publish(session, actor, ("handover", row.id), texts=(row.watch,))
    await _publish(session, topics.GIVEN, row)
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, handover_id: UUID) -> HandoverView:
    """One hand-over with what was open, of that what the actor may know of.

    Raises `HandoverNotFound`.
    """
    wanted = _whole().where(Handover.id == handover_id, policy.visible(actor))
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        raise _not_found()
    content = found[0].content
    things = await rendering.known(session, actor, rendering.refs_of(content))
    return replace(_view(actor, *found), sections=open_in(rendering.in_words(content, things)))


def open_in(found: Iterable[SectionView]) -> tuple[SectionView, ...]:
    """What of a summary goes along: what is open, and what comes."""
    return tuple(
        replace(one, groups=tuple(group for group in one.groups if group.code not in _OVER))
        for one in found
        if one.name in PARTS
    )


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    which: Which = Which.ALL,
    team_ids: Sequence[UUID] = (),
    paging: Paging | None = None,
) -> Page[HandoverView]:
    """Hand-overs the actor may read, the newest first, without what was open. One statement.

    Raises `Forbidden`.
    """
    of_operations.require_read(actor)
    wanted = _whole().where(policy.visible(actor))
    if which is Which.OPEN:
        wanted = wanted.where(Handover.acknowledged_at.is_(None))
    if which is Which.MINE:
        wanted = wanted.where(policy.waiting(actor))
    if team_ids:
        wanted = wanted.where(Handover.team_id.in_(team_ids))
    keys = [Key(Handover.id, descending=True, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(actor, *row))


async def acknowledge(
    session: AsyncSession,
    actor: Actor,
    handover_id: UUID,
    *,
    remark: str = "",
    expected_version: int | None = None,
) -> HandoverView:
    """Take it over: the one it was given to, else anybody of the team but who gave it.

    Raises `HandoverNotFound`, `HandoverTaken`, `Forbidden`, `BadHandover`, `PreconditionFailed`.
    """
    row = await session.scalar(
        select(Handover).where(Handover.id == handover_id, policy.visible(actor)).with_for_update()
    )
    if row is None:
        raise _not_found()
    if row.acknowledged_at is not None:
        raise HandoverTaken(_("Write a hand-over of your own for what is new."))
    policy.require_acknowledge(actor, row)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(_("Read it again, then repeat."), current_version=row.version)
    if len(remark) > LONGEST_REMARK:
        raise _refuse([_too_long("remark", LONGEST_REMARK)])
    row.acknowledged_by, row.acknowledged_at = actor.user_id, clock.now()
    row.remark = remark.strip()
    await session.flush()
    _record(session, actor, "handover.acknowledged", row)
    await _publish(session, topics.ACKNOWLEDGED, row)
    return await get(session, actor, handover_id)


async def _judge(
    session: AsyncSession, by: UUID, team_id: UUID | None, to_id: UUID | None, watch: str
) -> None:
    faults = [
        *await parties.faults_of_team(session, team_id),
        *await parties.faults_of_people(session, team_id, {("to_id",): to_id}),
    ]
    if to_id == by:
        detail = _("Choose somebody else: nobody hands a shift over to themselves.")
        faults.append(FieldError(("to_id",), "oneself", detail))
    if len(watch) > LONGEST_WATCH:
        faults.append(_too_long("watch", LONGEST_WATCH))
    if faults:
        raise _refuse(faults)


def _too_long(field: str, most: int) -> FieldError:
    return FieldError((field,), "too-long", _("At most %(most)s characters.", most=most))


def _refuse(faults: Sequence[FieldError]) -> BadHandover:
    return BadHandover(faults[0].detail, errors=tuple(faults))


def _record(session: AsyncSession, actor: Actor, verb: str, row: Handover) -> None:
    changes = {"team_id": row.team_id, "to_id": row.to_id}
    events.record(session, actor, verb, ("handover", row.id), changes=changes)


async def _publish(session: AsyncSession, topic: outbox.Topic, row: Handover) -> None:
    payload = {"handover_id": str(row.id)}
    await outbox.publish(session, topic, payload, once=f"{topic.name}:{row.id}")


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        select(Handover, Team.name, _GIVER.name, _NEXT.name, _TAKER.name)
        .outerjoin(Team, Team.id == Handover.team_id)
        .join(_GIVER, _GIVER.id == Handover.from_id)
        .outerjoin(_NEXT, _NEXT.id == Handover.to_id)
        .outerjoin(_TAKER, _TAKER.id == Handover.acknowledged_by)
    )


def _view(
    actor: Actor, row: Handover, team: str | None, giver: str, to: str | None, taker: str | None
) -> HandoverView:
    return HandoverView(
        id=row.id,
        team=parties.named(row.team_id, team),
        from_person=parties.Named(row.from_id, giver),
        to=parties.named(row.to_id, to),
        given_at=row.given_at,
        watch=row.watch,
        acknowledged_by=parties.named(row.acknowledged_by, taker),
        acknowledged_at=row.acknowledged_at,
        remark=row.remark,
        may_acknowledge=policy.may_acknowledge(actor, row),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _not_found() -> HandoverNotFound:
    return HandoverNotFound(_("Choose one from the list of hand-overs."))
