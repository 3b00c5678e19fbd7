"""Links from one thing to another, of whatever kind; what the reader may not see is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain.operations import subjects
from src.domain.operations.subjects import Thing
from src.domain.operations.tables import ObjectLink

MOST = 50
Subject = tuple[str, UUID]


class BadLink(Invalid):
    """A link leads to something else that exists and that you may see; 50 at most."""

    code, title = "bad-link", "This link cannot be made"


@dataclass(frozen=True, slots=True)
class Links:
    """What a thing leads to, and what leads to it."""

    to: tuple[Thing, ...]
    from_: tuple[Thing, ...]


async def put(
    session: AsyncSession, actor: Actor, subject: Subject, targets: Sequence[Subject]
) -> list[Subject]:
    """Let the thing lead to these and no others; which are new.

    Links the actor may not see stay as they are. Raises `BadLink`.
    """
    known = set(await _targets(session, subject))
    seen = await subjects.things(session, actor, {*targets, *known})
    wanted = dict.fromkeys(targets)
    for place, target in enumerate(wanted):
        if target not in seen or target == subject:
            raise _bad(place, _("There is nothing to link here: choose something else."))
    if len(wanted) > MOST:
        raise _bad(MOST, _("At most %(limit)s links.", limit=MOST))
    for target in known & seen.keys() - wanted.keys():
        await session.execute(delete(ObjectLink).where(*_is(subject, target)))
    new = [target for target in wanted if target not in known]
    for target in new:
        session.add(
            ObjectLink(
                id=ids.new(),
                subject_type=subject[0],
                subject_id=subject[1],
                target_type=target[0],
                target_id=target[1],
                created_by=actor.user_id,
                created_at=clock.now(),
            )
        )
    await session.flush()
    return new


async def of(session: AsyncSession, actor: Actor, subject: Subject) -> Links:
    """What it leads to and what leads to it, as far as the actor may see."""
    return (await of_many(session, actor, [subject]))[subject]


async def of_many(
    session: AsyncSession, actor: Actor, wanted: Collection[Subject]
) -> dict[Subject, Links]:
    """The same of several things; one statement, and one for each kind that is linked."""
    rows = (await session.scalars(select(ObjectLink).where(_touching(wanted)))).all()
    ends = [_ends(row) for row in rows]
    seen = await subjects.things(session, actor, {end for pair in ends for end in pair})
    return {
        subject: Links(
            tuple(seen[to] for from_, to in ends if from_ == subject and to in seen),
            tuple(seen[from_] for from_, to in ends if to == subject and from_ in seen),
        )
        for subject in wanted
    }


async def forget(session: AsyncSession, subject: Subject) -> None:
    """Drop all links of something that is no more."""
    await session.execute(delete(ObjectLink).where(_touching([subject])))


def _touching(wanted: Iterable[Subject]) -> ColumnElement[bool]:
    by_kind: dict[str, set[UUID]] = {}
    for kind, thing_id in wanted:
        by_kind.setdefault(kind, set()).add(thing_id)
    return or_(
        False,
        *(
            or_(
                and_(ObjectLink.subject_type == kind, ObjectLink.subject_id.in_(found)),
                and_(ObjectLink.target_type == kind, ObjectLink.target_id.in_(found)),
            )
            for kind, found in by_kind.items()
        ),
    )


async def _targets(session: AsyncSession, subject: Subject) -> list[Subject]:
    rows = await session.execute(
        select(ObjectLink.target_type, ObjectLink.target_id).where(
            ObjectLink.subject_type == subject[0], ObjectLink.subject_id == subject[1]
        )
    )
    return [(kind, thing_id) for kind, thing_id in rows]


def _is(subject: Subject, target: Subject) -> tuple[ColumnElement[bool], ...]:
    return (
        ObjectLink.subject_type == subject[0],
        ObjectLink.subject_id == subject[1],
        ObjectLink.target_type == target[0],
        ObjectLink.target_id == target[1],
    )


def _ends(row: ObjectLink) -> tuple[Subject, Subject]:
    return (row.subject_type, row.subject_id), (row.target_type, row.target_id)


def _bad(place: int, detail: str) -> BadLink:
    return BadLink(detail, errors=(FieldError(("links", place), BadLink.code, detail),))
