"""The review: what happened, what it meant, why, and what is learned; written, then signed off.

Signed off by whoever looks after the incident, who did not write in it. Only where nobody else
could do so does an author sign their own. A signed review is changed by nobody; the signature is
taken back with a reason, while the incident is not closed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, outbox
from src.core.actor import Actor, Permission, resource_scope
from src.core.events import Event
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.operations import policy as of_operations
from src.domain.operations import subjects
from src.domain.operations.incidents import policy, timeline
from src.domain.operations.incidents.room import access, roles, topics
from src.domain.operations.incidents.room.errors import (
    BadReview,
    OwnReview,
    ReviewIsSigned,
    ReviewNotBegun,
    ReviewNotSigned,
    refuse,
    require_version,
)
from src.domain.operations.incidents.room.views import Named, ReviewView
from src.domain.operations.tables import EntryKind, Incident, IncidentReview, IncidentType

TEXTS = ("what_happened", "impact", "root_cause", "lessons")
NEEDED = ("what_happened", "impact", "root_cause")
LONGEST, LONGEST_REASON = 20_000, 2000
_WRITTEN = "incident.review_written"


async def get(session: AsyncSession, actor: Actor, incident_id: UUID) -> ReviewView:
    """The review as it stands. Raises `IncidentNotFound`, `ReviewNotBegun`."""
    incident = await policy.found(session, actor, incident_id)
    row = await session.get(IncidentReview, incident_id)
    if row is None:
        raise _not_begun()
    return await _view(session, actor, incident, row)


async def find(session: AsyncSession, actor: Actor, incident_id: UUID) -> ReviewView | None:
    """The same, None where nobody has begun it. Raises `IncidentNotFound`."""
    try:
        return await get(session, actor, incident_id)
    except ReviewNotBegun:
        return None


async def is_needed(session: AsyncSession, incident: Incident) -> bool:
    """Whether closing the incident waits for a review that is signed off."""
    type_ = await session.get(IncidentType, incident.type_id)
    return type_ is not None and type_.needs_review


async def write(  # noqa: PLR0913 - the parts of a review, and what was read
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    what_happened: str = "",
    impact: str = "",
    root_cause: str = "",
    lessons: str = "",
    expected_version: int | None = None,
) -> ReviewView:
    """Save the review as a draft, whole or in part; after the incident is closed too.

    Raises `IncidentNotFound`, `Forbidden`, `ReviewIsSigned`, `PreconditionFailed`, `BadReview`.
    """
    incident, _rights = await access.taking_part(session, actor, incident_id, even_closed=True)
    said = {"what_happened": what_happened.strip(), "impact": impact.strip(),
            "root_cause": root_cause.strip(), "lessons": lessons.strip()}  # fmt: skip
    row = await session.get(IncidentReview, incident_id, populate_existing=True)
    require_version(expected_version, row.version if row else 0)
    if row is not None and row.signed_at is not None:
        raise ReviewIsSigned(_("Take the signature back first, with a reason."))
    long = [(name, _("At most %(most)s characters.", most=LONGEST))
            for name, text in said.items() if len(text) > LONGEST]  # fmt: skip
    if long:
        raise refuse(BadReview, *long)
    is_new = row is None
    if row is None:
        row = IncidentReview(incident_id=incident_id, begun_by=actor.user_id)
        session.add(row)
    changed = [name for name, text in said.items() if getattr(row, name) != text]
    for name in changed:
        setattr(row, name, said[name])
    await session.flush()
    if is_new:
        await _note(session, actor, incident, "review-begun")
    if is_new or changed:
        _record(session, actor, incident, _WRITTEN, {"fields": changed, "version": row.version})
    await session.flush()
    return await _view(session, actor, incident, row)


async def sign(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, expected_version: int | None = None
) -> ReviewView:
    """Sign it off, as it was read.

    Raises `IncidentNotFound`, `Forbidden`, `OwnReview`, `ReviewNotBegun`, `ReviewIsSigned`,
    `PreconditionFailed`, `BadReview` (a part that is needed is empty).
    """
    incident = await policy.managed(session, actor, incident_id)
    row = await _begun(session, incident_id)
    require_version(expected_version, row.version)
    if row.signed_at is not None:
        raise ReviewIsSigned(_("It was signed off already."))
    if why_not := await _why_not(session, actor, incident, await _authors(session, row)):
        raise OwnReview(why_not)
    empty = [(name, _("Write this part before it is signed off."))
             for name in NEEDED if not getattr(row, name).strip()]  # fmt: skip
    if empty:
        raise refuse(BadReview, *empty)
    row.signed_by, row.signed_at = actor.user_id, clock.now()
    await session.flush()
    changes = {"version": row.version, "sha256": _digest(row)}
    _record(session, actor, incident, "incident.review_signed", changes)
    await _note(session, actor, incident, "review-signed")
    await _publish(session, actor, row)
    return await _view(session, actor, incident, row)


async def reopen(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    reason: str,
    expected_version: int | None = None,
) -> ReviewView:
    """Take the signature back, with a reason that stands in the timeline.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `ReviewNotBegun`,
    `ReviewNotSigned`, `PreconditionFailed`, `BadReview`.
    """
    incident = await access.running(session, actor, incident_id)
    row = await _begun(session, incident_id)
    require_version(expected_version, row.version)
    if row.signed_at is None:
        raise ReviewNotSigned(_("It can be written and signed off as it is."))
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        detail = _("Say why, in at most %(most)s characters.", most=LONGEST_REASON)
        raise refuse(BadReview, ("reason", detail))
    row.signed_by = row.signed_at = None
    await session.flush()
    _record(session, actor, incident, "incident.review_reopened", {"version": row.version})
    await _note(session, actor, incident, "review-reopened", reason.strip())
    await _publish(session, actor, row)
    return await _view(session, actor, incident, row)


async def _begun(session: AsyncSession, incident_id: UUID) -> IncidentReview:
    row = await session.get(IncidentReview, incident_id, populate_existing=True)
    if row is None:
        raise _not_begun()
    return row


async def _authors(session: AsyncSession, row: IncidentReview) -> set[UUID]:
    """Everybody who wrote in it: the record knows."""
    wrote = await session.scalars(
        select(Event.actor_id)
        .where(
            Event.subject_type == "incident",
            Event.subject_id == row.incident_id,
            Event.verb == _WRITTEN,
        )
        .distinct()
    )
    return {one for one in (*wrote, row.begun_by) if one is not None}


async def _why_not(
    session: AsyncSession, actor: Actor, incident: Incident, authors: Collection[UUID]
) -> str:
    """Why the actor, who looks after the incident, does not sign; empty where they do."""
    if actor.user_id is None or actor.user_id not in authors:
        return ""
    others = await signers(session, incident) - set(authors)
    if not others:
        return ""
    return _("You wrote in it. Somebody else who looks after the incident signs it off.")


async def signers(session: AsyncSession, incident: Incident) -> set[UUID]:
    """Active people who look after the incident and may know of it."""
    on = await policy.resources_of(session, incident.id)
    scopes = (*of_operations.scopes(incident.team_id), *map(resource_scope, on))
    found = set(await accounts.holders(session, Permission.INCIDENTS_MANAGE, *scopes))
    found |= set(await roles.holders(session, incident.id, *policy.RUNNING))
    return await subjects.audience(session, ("incident", incident.id), found)


async def _view(
    session: AsyncSession, actor: Actor, incident: Incident, row: IncidentReview
) -> ReviewView:
    rights = await access.rights(session, actor, incident)
    authors = await _authors(session, row)
    names = await accounts.names(session, {*authors, *([row.signed_by] if row.signed_by else [])})
    is_signed, why_not = row.signed_at is not None, ""
    if rights.may_run and not is_signed:
        why_not = await _why_not(session, actor, incident, authors)
    return ReviewView(
        incident_id=row.incident_id,
        **{name: getattr(row, name) for name in TEXTS},
        authors=tuple(Named(one, names[one]) for one in sorted(authors) if one in names),
        signed_by=Named(row.signed_by, names.get(row.signed_by, "")) if row.signed_by else None,
        signed_at=row.signed_at,
        may_write=rights.may_take_part and not is_signed,
        may_sign=rights.may_run and not is_signed and not why_not,
        may_reopen=rights.may_run and is_signed and not rights.is_closed,
        why_not=why_not,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _note(
    session: AsyncSession, actor: Actor, incident: Incident, code: str, text: str = ""
) -> None:
    await timeline.write(
        session, incident.id, EntryKind.REVIEW, author_id=actor.user_id, text=text,
        details={"code": code},
    )  # fmt: skip


def _record(
    session: AsyncSession, actor: Actor, incident: Incident, verb: str, more: dict[str, object]
) -> None:
    changes = {**access.facts(incident), **more}
    events.record(session, actor, verb, ("incident", incident.id), changes=changes)


async def _publish(session: AsyncSession, actor: Actor, row: IncidentReview) -> None:
    by = str(actor.user_id) if actor.user_id else None
    payload = {"incident_id": str(row.incident_id), "by": by}
    once = f"{topics.REVIEWED.name}:{row.incident_id}:{row.version}"
    await outbox.publish(session, topics.REVIEWED, payload, once=once)


def _digest(row: IncidentReview) -> str:
    """What was signed, provable later without being told."""
    return hashlib.sha256("\x1f".join(getattr(row, name) for name in TEXTS).encode()).hexdigest()


def _not_begun() -> ReviewNotBegun:
    return ReviewNotBegun(_("Nobody has begun it; save what you know."))
