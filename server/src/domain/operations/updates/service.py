"""Status updates: what people did, will do, and need, said to their team or to everybody.

One's own can be changed, its versions kept, and deleted; who looks after the team's operations
deletes those of others. A deletion leaves its events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, fulltext, ids, live, markdown, outbox
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.operations import discussion, parties, policy
from src.domain.operations.discussion import RevisionView
from src.domain.operations.tables import StatusUpdate
from src.domain.operations.updates import repository, topics
from src.domain.operations.updates.errors import BadUpdate, UpdateNotFound
from src.domain.operations.updates.repository import KIND
from src.domain.operations.updates.views import Draft, Filters, UpdateView, Whole

TEXTS = ("done", "next", "needs")
LONGEST = 10_000
CHANGEABLE = frozenset({*TEXTS, "tags", "links"})


async def post(session: AsyncSession, actor: Actor, *, draft: Draft) -> UpdateView:
    """Say something. Needs `operations:post` for the team.

    Raises `Forbidden`, `BadUpdate` (every fault), `BadTag`, `BadLink`.
    """
    author_id = policy.require_post(actor, draft.team_id)
    is_brought = draft.author_id is not None or draft.posted_at is not None
    if is_brought:
        policy.require_manage(actor, draft.team_id)
        author_id = draft.author_id or author_id
    texts = _checked({name: getattr(draft, name) for name in TEXTS})
    faults = await parties.faults_of_team(session, draft.team_id)
    faults += await _faults_of_what_is_brought(session, draft)
    if faults:
        raise BadUpdate(_("Correct what is wrong and send it again."), errors=tuple(faults))
    tags = discussion.tags.checked(draft.tags)
    at = draft.posted_at or clock.now()
    row = StatusUpdate(
        id=ids.new(), author_id=author_id, team_id=draft.team_id, posted_at=at, **texts
    )
    session.add(row)
    await session.flush()
    await discussion.tags.put(session, (KIND, row.id), tags)
    await discussion.links.put(session, actor, (KIND, row.id), list(draft.links))
    await _index(session, row)
    changes = {"team_id": row.team_id, "author_id": author_id}
    verb = "update.imported" if is_brought else "update.posted"
    events.record(session, actor, verb, (KIND, row.id), changes=changes)
    _tell_readers(session, row)
    if not is_brought:
        await outbox.publish(
            session, topics.POSTED, {"update_id": str(row.id)}, once=f"updates.posted:{row.id}"
        )
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, update_id: UUID) -> UpdateView:
    """One update. Raises `UpdateNotFound`."""
    row = (await session.execute(repository.by_id(actor, update_id))).first()
    if row is None:
        raise _not_found()
    return repository.view_of(actor, *row)


async def get_whole(session: AsyncSession, actor: Actor, update_id: UUID) -> Whole:
    """One update with what it is linked to. Raises `UpdateNotFound`."""
    view = await get(session, actor, update_id)
    links = await discussion.links.of(session, actor, (KIND, update_id))
    return Whole(view, links.to, links.from_)


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    filters: Filters | None = None,
    paging: Paging | None = None,
) -> Page[UpdateView]:
    """Those the actor may read, the latest first. One statement, with `q` up to three.

    Raises `Forbidden`.
    """
    policy.require_read(actor)
    filters = filters or Filters()
    authors = await repository.called(session, filters.q)
    is_frequent = await fulltext.is_frequent(session, KIND, filters.q or "")
    wanted = repository.narrowed(repository.found(actor), filters, authors, is_frequent=is_frequent)
    keys = [
        Key(StatusUpdate.posted_at, descending=True, name="posted_at"),
        Key(StatusUpdate.id, descending=True, name="id"),
    ]
    page = await paginate(
        session, wanted, keys=keys, paging=paging or Paging(), shown=repository.whole(actor)
    )
    return page.map(lambda row: repository.view_of(actor, *row))


async def change(
    session: AsyncSession,
    actor: Actor,
    update_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> UpdateView:
    """Change one's own: `done`, `next`, `needs`, `tags`, `links`; what it said before is kept.

    Its team stays: delete it and say it to the other. Raises `UpdateNotFound`, `Forbidden`,
    `BadUpdate`, `BadTag`, `BadLink`, `PreconditionFailed`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a status update {sorted(unknown)} are not changed")
    row = await _opened(session, actor, update_id, expected_version)
    if row.author_id != actor.user_id or not policy.may_post(actor, row.team_id):
        raise forbidden(Permission.OPERATIONS_POST)
    before = {name: getattr(row, name) for name in TEXTS}
    texts = _checked({**before, **{name: changes[name] for name in TEXTS if name in changes}})
    done = [name for name in TEXTS if texts[name] != before[name]]
    if "tags" in changes:
        tags = discussion.tags.checked(changes["tags"])
        before["tags"] = (await discussion.tags.of(session, KIND, [row.id])).get(row.id, [])
        if await discussion.tags.put(session, (KIND, row.id), tags):
            done.append("tags")
    if "links" in changes and await _relinked(session, actor, row, list(changes["links"])):
        done.append("links")
    if not done:
        return await get(session, actor, update_id)
    for name in TEXTS:
        setattr(row, name, texts[name])
    await _changed(session, actor, row, before, done)
    return await get(session, actor, update_id)


async def remove(
    session: AsyncSession, actor: Actor, update_id: UUID, *, expected_version: int | None = None
) -> None:
    """Delete one's own, or (with `operations:manage` for its team) anybody's, and all on it.

    The record of events keeps that it was. Raises `UpdateNotFound`, `Forbidden`,
    `PreconditionFailed`.
    """
    row = await _opened(session, actor, update_id, expected_version)
    is_own = row.author_id == actor.user_id and policy.may_post(actor, row.team_id)
    if not is_own:
        policy.require_manage(actor, row.team_id)
    changes = {"team_id": row.team_id, "author_id": row.author_id}
    events.record(session, actor, "update.deleted", (KIND, row.id), changes=changes)
    _tell_readers(session, row)
    await discussion.forget(session, (KIND, row.id))
    await session.delete(row)
    await session.flush()


async def versions(session: AsyncSession, actor: Actor, update_id: UUID) -> list[RevisionView]:
    """What it said before, the first first. Raises `UpdateNotFound`."""
    await get(session, actor, update_id)
    return await discussion.revisions.of(session, (KIND, update_id))


async def _changed(
    session: AsyncSession,
    actor: Actor,
    row: StatusUpdate,
    before: Mapping[str, Any],
    done: list[str],
) -> None:
    row.edited_at = clock.now()
    await session.flush()
    number = await discussion.revisions.keep(session, actor, (KIND, row.id), before)
    changes = {"team_id": row.team_id, "fields": done, "revision": number}
    events.record(session, actor, "update.changed", (KIND, row.id), changes=changes)
    await _index(session, row)
    _tell_readers(session, row)
    await discussion.saying.publish(
        session,
        actor,
        (KIND, row.id),
        texts=[getattr(row, name) for name in TEXTS],
        before=[before[name] for name in TEXTS],
    )


async def _relinked(
    session: AsyncSession,
    actor: Actor,
    row: StatusUpdate,
    targets: list[tuple[str, UUID]],
) -> bool:
    subject = (KIND, row.id)
    before = {(one.kind, one.id) for one in (await discussion.links.of(session, actor, subject)).to}
    await discussion.links.put(session, actor, subject, targets)
    return before != set(targets)


async def _opened(
    session: AsyncSession, actor: Actor, update_id: UUID, expected_version: int | None
) -> StatusUpdate:
    row = await session.get(StatusUpdate, update_id, with_for_update=True, populate_existing=True)
    if row is None or not policy.may_read(actor, row.team_id):
        raise _not_found()
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    return row


async def _faults_of_what_is_brought(session: AsyncSession, draft: Draft) -> list[FieldError]:
    faults = []
    if draft.author_id is not None:
        authors: dict[parties.Field, UUID | None] = {("author_id",): draft.author_id}
        faults += await parties.faults_of_people(session, draft.team_id, authors)
    if draft.posted_at is not None and draft.posted_at > clock.now():
        detail = _("It cannot have been said in the future.")
        faults.append(FieldError(("posted_at",), "in-the-future", detail))
    return faults


def _checked(texts: Mapping[str, str | None]) -> dict[str, str]:
    kept = {name: (text or "").strip() for name, text in texts.items()}
    faults = parties.faults_of_texts(kept, dict.fromkeys(TEXTS, LONGEST))
    if not any(kept.values()):
        detail = _("Say what was done, what comes next or what you need.")
        faults.append(FieldError(("done",), "missing", detail))
    if faults:
        raise BadUpdate(_("Correct what is wrong and send it again."), errors=tuple(faults))
    return kept


def _tell_readers(session: AsyncSession, row: StatusUpdate) -> None:
    """A feed that is open reads itself again."""
    live.tell(session, live.Notice(live.Kind.UPDATES, row.team_id))


async def _index(session: AsyncSession, row: StatusUpdate) -> None:
    body = " ".join(markdown.plain(text) for text in (row.done, row.next, row.needs) if text)
    await fulltext.put(session, KIND, row.id, title=repository.title_of(row), body=body)


def _not_found() -> UpdateNotFound:
    return UpdateNotFound(_("It may have been deleted, or you may not see it."))
