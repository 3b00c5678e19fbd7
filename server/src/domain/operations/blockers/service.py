"""Blockers: raised, read, changed. What becomes of them is `life`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, fulltext, ids, markdown
from src.core.actor import Actor
from src.core.db import ReadSession
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Page, Paging
from src.domain.operations import discussion, numbering, parties, policy
from src.domain.operations.blockers import repository, states, telling
from src.domain.operations.blockers.errors import BadBlocker, BlockerArchived, BlockerNotFound
from src.domain.operations.blockers.views import BlockerView, Filters, Past, Wish
from src.domain.operations.tables import SEVERITY_RANKS, Blocker, BlockerState, WaitingOn

LONGEST = {"title": 200, "description": 10_000, "impact_text": 2000, "waiting_on_name": 200}
CODES = frozenset({
    "team_id", "owner_id", "waiting_on", "waiting_on_id", "impact", "needed_by",
})  # fmt: skip
CHANGEABLE = CODES | LONGEST.keys() | {"tags", "links"}


async def raise_(
    session: AsyncSession, actor: Actor, *, wish: Wish, past: Past | None = None
) -> BlockerView:
    """Say what keeps the team from going on. Needs `operations:post` for the team.

    `past`: it is moved in from elsewhere with what became of it, and nobody is told. Raises
    `Forbidden`, `BadBlocker` (every fault), `BadTag`, `BadLink`.
    """
    by = policy.require_post(actor, wish.team_id)
    values = {name: value for name, value in asdict(wish).items() if name not in {"tags", "links"}}
    await _judge(session, values, values.keys())
    row = Blocker(id=ids.new(), number=await numbering.following(session, "blocker"), **values)
    row.impact_rank, row.raised_by, row.raised_at = SEVERITY_RANKS[row.impact], by, clock.now()
    row.state, row.state_rank = BlockerState.ACTIVE, states.RANKS[BlockerState.ACTIVE]
    if past is not None:
        _settle(row, past)
    session.add(row)
    await session.flush()
    await _attach(session, actor, row, {"tags": wish.tags, "links": wish.links})
    facts = {"impact": row.impact, "waiting_on": row.waiting_on, "owner_id": row.owner_id}
    verb = "blocker.raised" if past is None else "blocker.imported"
    record(session, actor, verb, row, changes=facts)
    if past is None:
        await telling.announce(session, actor, row, "raised", texts=texts_of(row))
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, blocker_id: UUID) -> BlockerView:
    """One blocker with what it is linked to. Raises `BlockerNotFound`."""
    wanted = repository.whole().where(Blocker.id == blocker_id, repository.visible(actor))
    row = (await session.execute(wanted)).first()
    if row is None:
        raise not_found()
    subject = ("blocker", blocker_id)
    tags = await discussion.tags.of(session, "blocker", [blocker_id])
    links = await discussion.links.of(session, actor, subject)
    return repository.view(actor, tuple(row), tags.get(blocker_id, ()), links)


async def list_(
    session: AsyncSession, actor: Actor, *, filters: Filters, paging: Paging | None = None
) -> Page[BlockerView]:
    """Active before resolved, critical first, then the oldest. Two statements.

    Raises `Forbidden`.
    """
    policy.require_read(actor)
    return await repository.page_of(session, actor, filters, paging or Paging())


async def change(
    session: AsyncSession,
    actor: Actor,
    blocker_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> BlockerView:
    """Change it; None clears (nobody owns it, for everybody, no day it is needed by).

    Raises `BlockerNotFound`, `Forbidden`, `PreconditionFailed`, `BlockerArchived`, `BadBlocker`,
    `BadTag`, `BadLink`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a blocker {sorted(unknown)} are not changed")
    row = await writable(session, actor, blocker_id, expected_version)
    wanted = {name: _cleared(name, value) for name, value in changes.items()}
    if wanted.get("waiting_on", row.waiting_on) is not WaitingOn.PERSON:
        wanted.setdefault("waiting_on_id", None)
    if "team_id" in wanted and wanted["team_id"] != row.team_id:
        policy.require_post(actor, wanted["team_id"])
    whole = {name: getattr(row, name) for name in CODES | LONGEST.keys()}
    kept, texts = dict(whole), texts_of(row)
    whole |= {name: value for name, value in wanted.items() if name in whole}
    changed = {name for name, value in whole.items() if value != kept[name]}
    await _judge(session, whole, {*changed, *(wanted.keys() & CODES)})
    for name in changed:
        setattr(row, name, whole[name])
    row.impact_rank = SEVERITY_RANKS[row.impact]
    if await _attach(session, actor, row, wanted):
        changed.add("tags or links")
    if changed:
        row.updated_at = clock.now()  # tags and links are changes of it, too
        done = {name: [kept[name], whole[name]] for name in sorted(changed & CODES - {"team_id"})}
        if "team_id" in changed:
            done["team"] = [kept["team_id"], row.team_id]
        texts_changed = sorted(changed - CODES)
        record(session, actor, "blocker.changed", row, changes={**done, "texts": texts_changed})
        await session.flush()
        what = [name for name in ("owner_id", "waiting_on_id") if name in changed]
        await telling.announce(
            session, actor, row, "changed", changed=what, texts=texts_of(row), before=texts
        )
    return await get(session, actor, blocker_id)


async def writable(
    session: AsyncSession,
    actor: Actor,
    blocker_id: UUID,
    expected_version: int | None = None,
    *,
    even_archived: bool = False,
) -> Blocker:
    """The row, locked, for whoever writes to its team: the one way to any change of a blocker.

    Raises `BlockerNotFound`, `Forbidden`, `PreconditionFailed`, `BlockerArchived`.
    """
    is_writing = not isinstance(session, ReadSession)  # a page asks only whether one could
    row = await session.get(
        Blocker, blocker_id, with_for_update=is_writing, populate_existing=is_writing
    )
    if row is None or not policy.may_read(actor, row.team_id):
        raise not_found()
    policy.require_post(actor, row.team_id)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    if not even_archived:
        require_not_archived(row)
    return row


def require_not_archived(row: Blocker) -> None:
    """Raise `BlockerArchived`."""
    if row.archived_at is not None:
        raise BlockerArchived(
            _("Nothing about it changes. Take it out of the archive first."),
            state=row.state.value, allowed=[],
        )  # fmt: skip


def record(
    session: AsyncSession,
    actor: Actor,
    verb: str,
    row: Blocker,
    *,
    changes: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write down what happened; the team's id is always said."""
    facts = {"team_id": row.team_id, **(changes or {})}
    events.record(session, actor, verb, ("blocker", row.id), changes=facts, reason=reason)


def texts_of(row: Blocker) -> tuple[str, ...]:
    """What of it is Markdown."""
    return row.description, row.impact_text, row.resolution


async def put_words(session: AsyncSession, row: Blocker) -> None:
    """Let it be found by its words."""
    said = [markdown.plain(text) for text in texts_of(row)]
    body = " ".join([numbering.said("blocker", row.number), *said, row.waiting_on_name])
    await fulltext.put(session, "blocker", row.id, title=row.title, body=body)


def not_found() -> BlockerNotFound:
    """The refusal."""
    return BlockerNotFound(_("Choose one from the list of blockers."))


async def _attach(
    session: AsyncSession, actor: Actor, row: Blocker, wanted: Mapping[str, Any]
) -> bool:
    """Tags, links and the words it is found by; whether tags or links are new."""
    subject, is_new = ("blocker", row.id), False
    if "tags" in wanted:
        is_new = await discussion.tags.put(
            session, subject, discussion.tags.checked(wanted["tags"])
        )
    if "links" in wanted:
        before = {(one.kind, one.id) for one in (await _linked(session, actor, subject))}
        await discussion.links.put(session, actor, subject, list(wanted["links"]))
        is_new = is_new or before != set(wanted["links"])
    await put_words(session, row)
    return is_new


async def _linked(session: AsyncSession, actor: Actor, subject: tuple[str, UUID]) -> Any:  # noqa: ANN401
    return (await discussion.links.of(session, actor, subject)).to


async def _judge(session: AsyncSession, values: Mapping[str, Any], changed: Any) -> None:  # noqa: ANN401 - a set of names
    faults = parties.faults_of_texts({name: values[name] for name in changed}, LONGEST)
    is_person = values["waiting_on"] is WaitingOn.PERSON
    if not is_person and values["waiting_on_id"] is not None:
        detail = _("Only what waits on a person names one. Give a name instead.")
        faults.append(FieldError(("waiting_on_id",), "not-a-person", detail))
    elif is_person and not (values["waiting_on_id"] or values["waiting_on_name"].strip()):
        detail = _("Say whom it waits for.")
        faults.append(FieldError(("waiting_on_id",), "missing", detail))
    if "team_id" in changed:
        faults += await parties.faults_of_team(session, values["team_id"])
    people = {"owner_id", "waiting_on_id"}
    asked = people if "team_id" in changed else people & set(changed)
    named: dict[parties.Field, UUID | None] = {(name,): values[name] for name in asked}
    faults += await parties.faults_of_people(session, values["team_id"], named)
    if faults:
        raise BadBlocker(faults[0].detail, errors=tuple(faults))


def _cleared(name: str, value: Any) -> Any:  # noqa: ANN401 - any column's
    """Null clears a text to nothing."""
    if value is None and name in {"description", "impact_text", "waiting_on_name"}:
        return ""
    if value is None and name in {"tags", "links"}:
        return ()
    return value.strip() if isinstance(value, str) and name in LONGEST else value


def _settle(row: Blocker, past: Past) -> None:
    row.raised_at = past.raised_at
    if past.resolved_at is not None:
        row.state, row.state_rank = BlockerState.RESOLVED, states.RANKS[BlockerState.RESOLVED]
        row.resolved_at, row.resolution = past.resolved_at, past.resolution
        row.archived_at = clock.now() if past.is_archived else None
