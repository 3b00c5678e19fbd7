"""The options of a proposal: added, changed, put in order, one of them chosen, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations import discussion, parties
from src.domain.operations.decisions import repository, service, states
from src.domain.operations.decisions.errors import OptionNotFound
from src.domain.operations.decisions.views import DecisionView, OptionWish
from src.domain.operations.tables import Decision, DecisionOption

CHANGEABLE = frozenset({"title", "description", "is_chosen", "position"})


async def add(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    *,
    wish: OptionWish,
    expected_version: int | None = None,
) -> DecisionView:
    """Add one at the end.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`, `DecisionStateConflict`,
    `BadDecision`.
    """
    row = await _proposed(session, actor, decision_id, expected_version)
    known = await repository.options(session, decision_id)
    values = {"title": wish.title, "description": wish.description}
    faults = parties.faults_of_texts(values, service.LONGEST_OPTION)
    if len(known) >= service.MOST_OPTIONS:
        detail = _("At most %(most)s.", most=service.MOST_OPTIONS)
        faults.append(FieldError(("title",), "too-many", detail))
    service.refuse(faults)
    made = DecisionOption(
        id=ids.new(),
        decision_id=decision_id,
        position=len(known) + 1,
        title=wish.title.strip(),
        description=wish.description,
        is_chosen=wish.is_chosen,
    )
    session.add(made)
    _put(known, made, len(known) + 1)
    return await _done(session, actor, row, "added", made)


async def change(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    option_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> DecisionView:
    """Change one: `title`, `description`, `is_chosen` (no other is then), `position` from 1.

    Raises `OptionNotFound`, and what `add` does.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of an option {sorted(unknown)} are not changed")
    row = await _proposed(session, actor, decision_id, expected_version)
    known = await repository.options(session, decision_id)
    option = _one(known, option_id)
    service.refuse(parties.faults_of_texts(changes, service.LONGEST_OPTION))
    before = option.description
    for name in changes.keys() - {"position"}:
        value = changes[name]
        setattr(option, name, (value or "") if name == "description" else value)
    _put(known, option, changes.get("position") or option.position)
    if option.description != before:
        subject = ("decision", decision_id)
        await discussion.saying.publish(
            session, actor, subject, texts=[option.description], before=[before]
        )
    return await _done(session, actor, row, "changed", option)


async def remove(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    option_id: UUID,
    *,
    expected_version: int | None = None,
) -> DecisionView:
    """Take one out. Raises `OptionNotFound`, and what `add` does."""
    row = await _proposed(session, actor, decision_id, expected_version)
    known = await repository.options(session, decision_id)
    option = _one(known, option_id)
    await session.delete(option)
    for place, other in enumerate((one for one in known if one is not option), 1):
        other.position = place
    return await _done(session, actor, row, "removed", option)


async def _proposed(
    session: AsyncSession, actor: Actor, decision_id: UUID, expected_version: int | None
) -> Decision:
    row = await service.writable(session, actor, decision_id, expected_version)
    states.require_proposed(row.state)
    return row


def _one(known: list[DecisionOption], option_id: UUID) -> DecisionOption:
    for option in known:
        if option.id == option_id:
            return option
    raise OptionNotFound(_("Choose one of the options of this decision."))


def _put(known: list[DecisionOption], option: DecisionOption, position: int) -> None:
    """Let it stand there, the others around it in their order; one at the most is chosen."""
    others = [one for one in known if one is not option]
    place = min(max(position, 1), len(others) + 1) - 1
    for number, one in enumerate([*others[:place], option, *others[place:]], 1):
        one.position = number
    if option.is_chosen:
        for one in others:
            one.is_chosen = False


async def _done(
    session: AsyncSession, actor: Actor, row: Decision, what: str, option: DecisionOption
) -> DecisionView:
    row.updated_at = clock.now()  # an option is part of it
    changes = {"option": option.id, "what": what, "is_chosen": option.is_chosen}
    service.record(session, actor, "decision.options_changed", row, changes=changes)
    await session.flush()
    await service.put_words(session, row)
    return await service.get(session, actor, row.id)
