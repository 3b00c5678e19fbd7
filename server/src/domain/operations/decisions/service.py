"""Decisions: proposed, read, changed while they are talked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, fulltext, ids, markdown
from src.core.actor import Actor
from src.core.db import ReadSession
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Page, Paging
from src.domain.operations import discussion, numbering, parties
from src.domain.operations import policy as common
from src.domain.operations.decisions import policy, repository, states, telling
from src.domain.operations.decisions.errors import BadDecision, DecisionNotFound
from src.domain.operations.decisions.views import DecisionView, Filters, Past, Wish
from src.domain.operations.tables import (
    Decision,
    DecisionOption,
    DecisionParticipant,
    DecisionState,
    Stance,
)

LONGEST = {"title": 200, "context": 20_000, "outcome": 20_000}
TEXTS = LONGEST.keys() | {"review_on"}
CHANGEABLE = TEXTS | {"team_id", "tags", "links"}
MOST_OPTIONS, MOST_PARTICIPANTS = 20, 100
LONGEST_OPTION = {"title": 200, "description": 10_000}


async def propose(
    session: AsyncSession, actor: Actor, *, wish: Wish, past: Past | None = None
) -> DecisionView:
    """Put something up for decision. Needs `operations:post` for the team; those asked are told.

    `past`: it is moved in from elsewhere with what became of it, and nobody is told. Raises
    `Forbidden`, `BadDecision` (every fault), `BadTag`, `BadLink`.
    """
    by = common.require_post(actor, wish.team_id)
    await _judge_new(session, wish)
    if past is not None and past.state is DecisionState.SUPERSEDED:
        detail = _("Move it in as accepted, and supersede it once the other is there.")
        refuse([FieldError(("state",), "superseded", detail)])
    row = Decision(
        id=ids.new(),
        number=await numbering.following(session, "decision"),
        title=wish.title.strip(),
        context=wish.context,
        outcome=wish.outcome,
        team_id=wish.team_id,
        review_on=wish.review_on,
        proposed_by=by,
        proposed_at=past.proposed_at if past else clock.now(),
        state=past.state if past else DecisionState.PROPOSED,
        decided_at=past.decided_at if past else None,
        decided_by=past.decided_by if past else None,
        reason=past.reason if past else "",
    )
    row.state_rank = states.RANKS[row.state]
    session.add(row)
    await session.flush()
    await _add_parts(session, row.id, wish)
    await _attach(session, actor, row, {"tags": wish.tags, "links": wish.links})
    verb = "decision.proposed" if past is None else "decision.imported"
    record(session, actor, verb, row, changes={"state": row.state})
    if past is None:
        texts = (*texts_of(row), *(option.description for option in wish.options))
        await telling.announce(
            session, actor, row, "proposed", people=wish.participant_ids, texts=texts
        )
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, decision_id: UUID) -> DecisionView:
    """One decision with its options, who was asked, and its chain. Raises `DecisionNotFound`."""
    found = await session.execute(repository.whole(actor).where(Decision.id == decision_id))
    row = found.first()
    if row is None:
        raise not_found()
    tags = await discussion.tags.of(session, "decision", [decision_id])
    people = await repository.participants(session, [decision_id])
    options = await repository.options(session, decision_id)
    before, after = await repository.chain(session, actor, decision_id)
    links = await discussion.links.of(session, actor, ("decision", decision_id))
    return repository.view(
        actor,
        tuple(row),
        tags.get(decision_id, ()),
        people.get(decision_id, []),
        options=tuple(repository.option_view(one) for one in options),
        supersedes=before,
        successors=after,
        links=links.to,
        linked_from=links.from_,
    )


async def list_(
    session: AsyncSession, actor: Actor, *, filters: Filters, paging: Paging | None = None
) -> Page[DecisionView]:
    """Proposed, then accepted, then the others; the newest first. Three statements.

    Raises `Forbidden`.
    """
    common.require_read(actor)
    return await repository.page_of(session, actor, filters, paging or Paging())


async def change(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> DecisionView:
    """Change a proposal; None clears. Tags and links of a decided one, too: its text never.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`, `DecisionStateConflict`,
    `BadDecision`, `BadTag`, `BadLink`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a decision {sorted(unknown)} are not changed")
    row = await writable(session, actor, decision_id, expected_version)
    if changes.keys() - {"tags", "links"}:
        states.require_proposed(row.state)
    wanted = {name: cleared(name, value) for name, value in changes.items()}
    before = {name: getattr(row, name) for name in TEXTS | {"team_id"}}
    changed = {name for name in before if name in wanted and wanted[name] != before[name]}
    await _judge_changes(session, actor, row, {name: wanted[name] for name in changed})
    texts = texts_of(row)
    for name in changed:
        setattr(row, name, wanted[name])
    if "review_on" in changed:
        row.reminded_at = None
    facts: dict[str, Any] = {"texts": sorted(changed & LONGEST.keys())}
    if await _attach(session, actor, row, wanted):
        facts["texts"] += ["tags or links"]
    facts |= {name: [before[name], wanted[name]] for name in changed & {"review_on"}}
    if "team_id" in changed:
        facts["team"] = [before["team_id"], row.team_id]
    if len(facts) > 1 or facts["texts"]:
        row.updated_at = clock.now()  # tags and links are changes of it, too
        record(session, actor, "decision.changed", row, changes=facts)
        await session.flush()
        await discussion.saying.publish(
            session, actor, ("decision", row.id), texts=texts_of(row), before=texts
        )
    return await get(session, actor, decision_id)


async def found(session: AsyncSession, actor: Actor, decision_id: UUID) -> Decision:
    """The row, locked where it may be written. Raises `DecisionNotFound`."""
    is_writing = not isinstance(session, ReadSession)  # a page asks only whether one could
    row = await session.get(
        Decision, decision_id, with_for_update=is_writing, populate_existing=is_writing
    )
    if row is None or not common.may_read(actor, row.team_id):
        raise not_found()
    return row


async def writable(
    session: AsyncSession, actor: Actor, decision_id: UUID, expected_version: int | None = None
) -> Decision:
    """The row, locked, for those who change, decide and amend it.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`.
    """
    row = await found(session, actor, decision_id)
    policy.require_decide(actor, row.team_id, row.proposed_by)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    return row


def record(
    session: AsyncSession,
    actor: Actor,
    verb: str,
    row: Decision,
    *,
    changes: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write down what happened; the team's id is always said."""
    facts = {"team_id": row.team_id, **(changes or {})}
    events.record(session, actor, verb, ("decision", row.id), changes=facts, reason=reason)


async def put_words(session: AsyncSession, row: Decision) -> None:
    """Let it be found by its words, those of its options among them."""
    options = await session.execute(
        select(DecisionOption.title, DecisionOption.description)
        .where(DecisionOption.decision_id == row.id)
        .order_by(DecisionOption.position)
    )
    said = [markdown.plain(text) for text in texts_of(row)]
    said += [f"{title} {markdown.plain(text)}" for title, text in options]
    body = " ".join([numbering.said("decision", row.number), *said])
    await fulltext.put(session, "decision", row.id, title=row.title, body=body)


def texts_of(row: Decision) -> tuple[str, ...]:
    """What of it is Markdown."""
    return row.context, row.outcome, row.reason


def cleared(name: str, value: Any) -> Any:  # noqa: ANN401 - any column's
    """Null clears a text to nothing."""
    if value is None and name in LONGEST:
        return ""
    if value is None and name in {"tags", "links"}:
        return ()
    return value.strip() if name == "title" else value


def not_found() -> DecisionNotFound:
    """The refusal."""
    return DecisionNotFound(_("Choose one from the list of decisions."))


def refuse(faults: Collection[FieldError]) -> None:
    """Raise `BadDecision` where there is any fault."""
    if faults:
        raise BadDecision(next(iter(faults)).detail, errors=tuple(faults))


async def _judge_new(session: AsyncSession, wish: Wish) -> None:
    values = {name: getattr(wish, name) for name in LONGEST}
    faults = parties.faults_of_texts(values, LONGEST)
    faults += await parties.faults_of_team(session, wish.team_id)
    people: dict[parties.Field, UUID | None] = {
        ("participant_ids", place): one for place, one in enumerate(wish.participant_ids)
    }
    faults += await parties.faults_of_people(session, wish.team_id, people)
    for place, option in enumerate(wish.options):
        said = {"title": option.title, "description": option.description}
        for fault in parties.faults_of_texts(said, LONGEST_OPTION):
            faults.append(FieldError(("options", place, *fault.field), fault.code, fault.detail))
    if sum(option.is_chosen for option in wish.options) > 1:
        detail = _("One option at the most is chosen.")
        faults.append(FieldError(("options",), "chosen-twice", detail))
    for name, many, most in (
        ("options", wish.options, MOST_OPTIONS),
        ("participant_ids", wish.participant_ids, MOST_PARTICIPANTS),
    ):
        if len(many) > most:
            faults.append(FieldError((name,), "too-many", _("At most %(most)s.", most=most)))
    refuse(faults)


async def _judge_changes(
    session: AsyncSession, actor: Actor, row: Decision, changed: Mapping[str, Any]
) -> None:
    faults = parties.faults_of_texts(changed, LONGEST)
    if "team_id" in changed:
        common.require_post(actor, changed["team_id"])
        faults += await parties.faults_of_team(session, changed["team_id"])
        asked = (await repository.participants(session, [row.id])).get(row.id, [])
        people: dict[parties.Field, UUID | None] = {
            ("team_id", place): one.person.id for place, one in enumerate(asked)
        }
        if await parties.faults_of_people(session, changed["team_id"], people):
            detail = _("Somebody who is asked may not read what that team writes.")
            faults.append(FieldError(("team_id",), "unknown-person", detail))
    refuse(faults)


async def _add_parts(session: AsyncSession, decision_id: UUID, wish: Wish) -> None:
    session.add_all(
        DecisionOption(
            id=ids.new(),
            decision_id=decision_id,
            position=place,
            title=option.title.strip(),
            description=option.description,
            is_chosen=option.is_chosen,
        )
        for place, option in enumerate(wish.options, 1)
    )
    session.add_all(
        DecisionParticipant(decision_id=decision_id, user_id=one, stance=Stance.UNDECIDED)
        for one in dict.fromkeys(wish.participant_ids)
    )
    await session.flush()


async def _attach(
    session: AsyncSession, actor: Actor, row: Decision, wanted: Mapping[str, Any]
) -> bool:
    """Tags, links and the words it is found by; whether tags or links are new."""
    subject, is_new = ("decision", row.id), False
    if "tags" in wanted:
        is_new = await discussion.tags.put(
            session, subject, discussion.tags.checked(wanted["tags"])
        )
    if "links" in wanted:
        links = await discussion.links.of(session, actor, subject)
        await discussion.links.put(session, actor, subject, list(wanted["links"]))
        is_new = is_new or {(one.kind, one.id) for one in links.to} != set(wanted["links"])
    await put_words(session, row)
    return is_new
