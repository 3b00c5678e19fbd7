"""Standing in: somebody decides in the place of another for a time, everywhere or for a resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import accounts, notifications, resources
from src.domain.accounts.tables import User, UserState
from src.domain.approvals.errors import BadDelegation, DelegationNotFound
from src.domain.approvals.tables import Delegation
from src.domain.approvals.views import Person
from src.domain.resources.tables import Resource

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DelegationWish:
    """Who shall stand in for the actor, from when until when, and for which resource (None: all)."""

    to_id: UUID
    starts_at: datetime
    ends_at: datetime
    resource_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DelegationView:
    """Who stands in for whom."""

    id: UUID
    from_: Person
    to: Person
    resource_id: UUID | None
    resource: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    revoked_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it counts no more."""
        return self.revoked_at is not None or self.ends_at <= now


async def list_(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[DelegationView]:
    """The actor's own and those to them, the newest first."""
    wanted = select(Delegation).where(
        or_(Delegation.from_id == actor.user_id, Delegation.to_id == actor.user_id)
    )
    keys = [Key(Delegation.id, descending=True, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def get(session: AsyncSession, actor: Actor, delegation_id: UUID) -> DelegationView:
    """One of them. Raises `DelegationNotFound`."""
    return (await _views(session, [await _known(session, actor, delegation_id)]))[0]


async def create(session: AsyncSession, actor: Actor, *, wish: DelegationWish) -> DelegationView:
    """Let somebody decide in the actor's place; they are told.

    Raises `BadDelegation` (every fault), `PersonOnly`: a key gives nothing away.
    """
    accounts.restricting.require_person(actor)
    faults = [*await _faults(session, actor, wish)]
    if faults or actor.user_id is None:
        detail = faults[0].detail if faults else _("Log in first.")
        raise BadDelegation(detail, errors=tuple(faults))
    made = Delegation(
        id=ids.new(),
        from_id=actor.user_id,
        to_id=wish.to_id,
        resource_id=wish.resource_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        reason=wish.reason.strip(),
    )
    session.add(made)
    await session.flush()
    events.record(
        session,
        actor,
        "delegation.created",
        ("delegation", made.id),
        changes={
            "from": made.from_id,
            "to": made.to_id,
            "resource_id": made.resource_id,
            "starts_at": made.starts_at,
            "ends_at": made.ends_at,
        },
    )
    (view,) = await _views(session, [made])
    await notifications.notify(
        session,
        user_id=made.to_id,
        kind="approval.delegated",
        args={
            "by": made.from_id,
            "resource": view.resource or "",
            "starts_at": made.starts_at,
            "ends_at": made.ends_at,
            "reason": made.reason or None,
        },
        link="/me/delegations",
        subject=("delegation", made.id),
    )
    return view


async def revoke(
    session: AsyncSession,
    actor: Actor,
    delegation_id: UUID,
    *,
    expected_version: int | None = None,
) -> DelegationView:
    """End it now; whoever gave it may, and whoever has it. Ended twice changes nothing.

    Raises `DelegationNotFound`, `PersonOnly`, `PreconditionFailed`.
    """
    accounts.restricting.require_person(actor)
    row = await _known(session, actor, delegation_id, lock=True)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(_("Read it again, then repeat the change."), version=row.version)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        changes = {"from": row.from_id, "to": row.to_id}
        events.record(session, actor, "delegation.revoked", ("delegation", row.id), changes=changes)
        await session.flush()
    return (await _views(session, [row]))[0]


async def _faults(session: AsyncSession, actor: Actor, wish: DelegationWish) -> list[FieldError]:
    faults = []
    if wish.to_id == actor.user_id:
        faults.append(FieldError(("to_id",), "yourself", _("Choose somebody else.")))
    active = select(User.id).where(User.id == wish.to_id, User.state == UserState.ACTIVE)
    if await session.scalar(active) is None:
        detail = _("There is nobody active with this id.")
        faults.append(FieldError(("to_id",), "unknown-id", detail))
    if wish.ends_at <= wish.starts_at:
        faults.append(FieldError(("ends_at",), "order", _("It must end after its start.")))
    elif wish.ends_at <= clock.now():
        faults.append(FieldError(("ends_at",), "in-the-past", _("That time is over.")))
    elif wish.ends_at - wish.starts_at > LONGEST:
        detail = _("At most a year at a time.")
        faults.append(FieldError(("ends_at",), "too-long", detail))
    if len(wish.reason) > 500:
        detail = _("At most %(limit)s characters.", limit=500)
        faults.append(FieldError(("reason",), "too-long-text", detail))
    if wish.resource_id is not None:
        seen = select(Resource.id).where(
            Resource.id == wish.resource_id, resources.access.visible(actor)
        )
        if await session.scalar(seen) is None:
            detail = _("There is no resource with this id.")
            faults.append(FieldError(("resource_id",), "unknown-id", detail))
    return faults


async def _known(
    session: AsyncSession, actor: Actor, delegation_id: UUID, *, lock: bool = False
) -> Delegation:
    wanted = select(Delegation).where(
        Delegation.id == delegation_id,
        or_(Delegation.from_id == actor.user_id, Delegation.to_id == actor.user_id),
    )
    if lock:
        wanted = wanted.with_for_update()
    row: Delegation | None = await session.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        raise DelegationNotFound(_("Choose one of your own, or one that was given to you."))
    return row


async def _views(session: AsyncSession, rows: list[Delegation]) -> list[DelegationView]:
    people = await accounts.names(
        session, {person for row in rows for person in (row.from_id, row.to_id)}
    )
    on = {row.resource_id for row in rows if row.resource_id is not None}
    found = await session.execute(select(Resource.id, Resource.name).where(Resource.id.in_(on)))
    named = {row.id: row.name for row in found} if on else {}
    return [
        DelegationView(
            id=row.id,
            from_=Person(row.from_id, people.get(row.from_id, "")),
            to=Person(row.to_id, people.get(row.to_id, "")),
            resource_id=row.resource_id,
            resource=named.get(row.resource_id) if row.resource_id else None,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=row.reason,
            revoked_at=row.revoked_at,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]
