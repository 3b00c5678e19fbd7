"""Who was given which qualification, by whom and until when.

What is given anew takes the place of what the person held: a qualification is held once. Expiry
and taking away end it from that moment, without a job.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import accounts, notifications
from src.domain.accounts.tables import User, UserState
from src.domain.training import qualifications, reminders
from src.domain.training.errors import (
    BadQualification,
    GrantNotFound,
    OwnQualification,
    QualificationRetired,
)
from src.domain.training.holding import counts_at
from src.domain.training.tables import Qualification, QualificationGrant
from src.domain.training.views import GrantView, Named

LONGEST_NOTE = 500
_GIVER = aliased(User)


async def of_qualification(
    session: AsyncSession,
    actor: Actor,
    qualification_id: UUID,
    *,
    with_past: bool = False,
    paging: Paging | None = None,
) -> Page[GrantView]:
    """Who holds a qualification, by name; `with_past` also who held it. Two statements.

    Raises `QualificationNotFound`, `Forbidden`.
    """
    require_manage(actor)
    if await session.get(Qualification, qualification_id) is None:
        raise qualifications.not_found()
    wanted = _whole().where(QualificationGrant.qualification_id == qualification_id)
    if not with_past:
        wanted = wanted.where(counts_at(clock.now()))
    keys = [Key(User.name, name="name"), Key(QualificationGrant.id, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(*row))


async def of_person(session: AsyncSession, actor: Actor, person_id: UUID) -> list[GrantView]:
    """What a person holds and held, what counts first; for themselves, and for those who give.

    One statement. Raises `UserNotFound`, `Forbidden`.
    """
    if person_id != actor.user_id:
        require_manage(actor)
        if not await accounts.names(session, [person_id]):
            raise accounts.UserNotFound(_("Choose somebody from the list of people."))
    rows = await session.execute(
        _whole()
        .where(QualificationGrant.person_id == person_id)
        .order_by(QualificationGrant.granted_at.desc(), QualificationGrant.id)
    )
    found = [_view(*row) for row in rows]
    return sorted(found, key=lambda each: not each.is_current)


async def get(
    session: AsyncSession, actor: Actor, grant_id: UUID, *, of: UUID | None = None
) -> GrantView:
    """One grant (`of` a qualification), for whoever has it and those who give.

    Raises `GrantNotFound`.
    """
    row = (await session.execute(_whole().where(QualificationGrant.id == grant_id))).first()
    found = _view(*row) if row is not None else None
    if found is None or of not in {None, found.qualification.id}:
        raise _not_found()
    if not (found.person.id == actor.user_id or may_manage(actor)):
        raise _not_found()
    return found


async def give(
    session: AsyncSession,
    actor: Actor,
    qualification_id: UUID,
    person_id: UUID,
    *,
    expires_at: datetime | None = None,
    note: str = "",
) -> GrantView:
    """Say that somebody is qualified; without `expires_at` as long as such a one holds.

    Raises `Forbidden` (needs `qualifications:manage` everywhere), `OwnQualification`,
    `QualificationNotFound`, `QualificationRetired`, `BadQualification`.
    """
    require_manage(actor)
    if person_id == actor.user_id:
        raise OwnQualification(_("Ask somebody else who gives qualifications."))
    row = await session.get(Qualification, qualification_id, with_for_update={"key_share": True})
    if row is None:
        raise qualifications.not_found()
    if not row.is_active:
        raise QualificationRetired(_("Put it back into use first."))
    await _judge(session, person_id, expires_at, note)
    made = await enter(session, actor, row, person_id, expires_at=expires_at, note=note.strip())
    return await get(session, actor, made.id)


async def enter(  # noqa: PLR0913 - what a grant is
    session: AsyncSession,
    actor: Actor,
    qualification: Qualification,
    person_id: UUID,
    *,
    expires_at: datetime | None = None,
    note: str = "",
    access_request_id: UUID | None = None,
    tells: bool = True,
) -> QualificationGrant:
    """Write a grant down in the place of what the person holds of it; who may is the caller's."""
    now = clock.now()
    if expires_at is None and qualification.valid_days is not None:
        expires_at = now + timedelta(days=qualification.valid_days)
    await session.execute(
        update(QualificationGrant)
        .where(
            QualificationGrant.person_id == person_id,
            QualificationGrant.qualification_id == qualification.id,
            counts_at(now),
        )
        .values(revoked_at=now, version=QualificationGrant.version + 1)
    )
    made = QualificationGrant(
        id=ids.new(),
        person_id=person_id,
        qualification_id=qualification.id,
        granted_by=actor.user_id,
        granted_at=now,
        expires_at=expires_at,
        note=note,
        access_request_id=access_request_id,
    )
    reminders.skip_if_soon(made)
    session.add(made)
    await session.flush()
    changes = {"person_id": person_id, "expires_at": expires_at}
    subject = ("qualification", qualification.id)
    events.record(session, actor, "qualification.granted", subject, changes=changes)
    if tells:
        await _tell(session, actor, "qualification.granted", made, qualification.name)
    return made


async def revoke(session: AsyncSession, actor: Actor, grant_id: UUID, *, reason: str) -> GrantView:
    """Take a qualification away from this moment on; what is over already stays as it is.

    Raises `GrantNotFound`, `Forbidden`, `BadQualification` without a reason.
    """
    row = await session.get(
        QualificationGrant, grant_id, with_for_update=True, populate_existing=True
    )
    if row is None or not (row.person_id == actor.user_id or may_manage(actor)):
        raise _not_found()
    require_manage(actor)
    if not 1 <= len(reason.strip()) <= LONGEST_NOTE:
        detail = _("Say why, in at most %(most)s characters.", most=LONGEST_NOTE)
        raise BadQualification(detail, errors=(FieldError(("reason",), "missing", detail),))
    now = clock.now()
    if row.revoked_at is None and (row.expires_at is None or row.expires_at > now):
        row.revoked_at = now
        subject = ("qualification", row.qualification_id)
        changes = {"person_id": row.person_id}
        events.record(
            session, actor, "qualification.revoked", subject, changes=changes, reason=reason.strip()
        )
        await session.flush()
        name = (await qualifications.names(session, [row.qualification_id]))[row.qualification_id]
        await _tell(session, actor, "qualification.revoked", row, name, reason=reason.strip())
    return await get(session, actor, grant_id)


def changed_meanwhile(version: int) -> PreconditionFailed:
    """The refusal of a change to what is not any more as it was read."""
    return PreconditionFailed(_("Read it again, then repeat the change."), current_version=version)


def may_manage(actor: Actor) -> bool:
    """Whether the actor gives qualifications: they count everywhere, so everywhere."""
    return actor.may(Permission.QUALIFICATIONS_MANAGE)


def require_manage(actor: Actor) -> None:
    """Raise `Forbidden` unless `may_manage`."""
    if not may_manage(actor):
        raise forbidden(Permission.QUALIFICATIONS_MANAGE)


async def _judge(
    session: AsyncSession, person_id: UUID, expires_at: datetime | None, note: str
) -> None:
    faults = []
    active = select(User.id).where(User.id == person_id, User.state != UserState.SUSPENDED)
    if await session.scalar(active) is None:
        faults.append(("person_id", "unknown-id", _("There is nobody active with this id.")))
    if expires_at is not None and expires_at <= clock.now():
        faults.append(("expires_at", "in-the-past", _("This time is over.")))
    if len(note) > LONGEST_NOTE:
        text = _("At most %(limit)s characters.", limit=LONGEST_NOTE)
        faults.append(("note", "too-long", text))
    if faults:
        raise BadQualification(
            faults[0][2],
            errors=tuple(FieldError((field,), code, text) for field, code, text in faults),
        )


async def _tell(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    grant: QualificationGrant,
    name: str,
    *,
    reason: str | None = None,
) -> None:
    await notifications.notify(
        session,
        user_id=grant.person_id,
        kind=kind,
        args={
            "qualification": name, "by": actor.user_id,
            "expires_at": grant.expires_at, "reason": reason or grant.note or None,
        },
        link="/me/qualifications",
        subject=("qualification", grant.qualification_id),
    )  # fmt: skip


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        select(QualificationGrant, Qualification.name, User.name, _GIVER.name)
        .join(Qualification, Qualification.id == QualificationGrant.qualification_id)
        .join(User, User.id == QualificationGrant.person_id)
        .outerjoin(_GIVER, _GIVER.id == QualificationGrant.granted_by)
    )


def _view(row: QualificationGrant, qualification: str, person: str, giver: str | None) -> GrantView:
    now = clock.now()
    counts = row.revoked_at is None and (row.expires_at is None or row.expires_at > now)
    return GrantView(
        id=row.id,
        qualification=Named(row.qualification_id, qualification),
        person=Named(row.person_id, person),
        granted_by=Named(row.granted_by, giver) if row.granted_by and giver else None,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        note=row.note,
        is_current=counts,
        version=row.version,
    )


def _not_found() -> GrantNotFound:
    return GrantNotFound(_("Choose one from the list of those who hold it."))
