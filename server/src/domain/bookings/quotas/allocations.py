"""Allocations: who may book how much of what, and where people stand.

Whoever holds `quotas:manage` (everywhere, or for the resource a quota is about) makes and changes
them; everybody sees those that are theirs. Of whom, what and by which period stays as it was made:
the ledger hangs on it. To have it otherwise, end one and make another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids, reach
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Role, RoleAssignment, Team, TeamMember, User
from src.domain.bookings.quotas import facts, ledger, periods
from src.domain.bookings.quotas.errors import BadQuota, QuotaNotFound
from src.domain.bookings.quotas.views import Balance, LedgerLine, QuotaView, QuotaWish
from src.domain.bookings.tables import (
    Allocation,
    Booking,
    HolderKind,
    Period,
    Project,
    QuotaBalance,
    QuotaEntry,
)
from src.domain.resources.tables import Resource, ResourceType

FIELDS = frozenset({"name", "amount", "ends_on", "is_active"})
MOST = 10_000_000
_LONGEST_NAME = 120
_MANAGE = Permission.QUOTAS_MANAGE
_OWNED = {HolderKind.PERSON: User, HolderKind.TEAM: Team, HolderKind.PROJECT: Project}


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    mine: bool = False,
    ended: bool = False,
    paging: Paging | None = None,
) -> Page[QuotaView]:
    """Quotas the actor may see, by name; `mine` are those that are theirs. Two statements."""
    today = await _today(session)
    wanted = _statement(actor, today).where(_is_mine(actor) if mine else _visible(actor))
    if not ended:
        wanted = wanted.where(Allocation.is_active)
    keys = [Key(func.lower(Allocation.name), name="name"), Key(Allocation.id, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(row, today))


async def get(session: AsyncSession, actor: Actor, quota_id: UUID) -> QuotaView:
    """One quota. Raises `QuotaNotFound`."""
    today = await _today(session)
    wanted = _statement(actor, today).where(Allocation.id == quota_id, _visible(actor))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise QuotaNotFound(_("Choose one from the list of quotas."))
    return _view(row, today)


async def create(session: AsyncSession, actor: Actor, *, wish: QuotaWish) -> QuotaView:
    """Make a quota. What is booked already from its present period on counts at once.

    Raises `BadQuota`, `Forbidden`.
    """
    _require(actor, wish.resource_id)
    await _judge(session, wish)
    row = Allocation(
        id=ids.new(),
        name=wish.name.strip(),
        holder_kind=wish.holder_kind,
        holder_id=wish.holder_id,
        role=wish.role,
        resource_id=wish.resource_id,
        type_id=wish.type_id,
        period=wish.period,
        unit=wish.unit,
        amount=wish.amount,
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        is_active=True,
    )
    session.add(row)
    await session.flush()
    (limit,) = facts.limits(await session.scalar(facts.rows(Allocation.id == row.id)))
    await ledger.fill(session, row, limit)
    changes = {"amount": [None, row.amount], "unit": row.unit, "period": row.period}
    events.record(session, actor, "quota.created", ("quota", row.id), changes=changes)
    return await get(session, actor, row.id)


async def change(
    session: AsyncSession,
    actor: Actor,
    quota_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> QuotaView:
    """Change name, amount or last day, or end it; an ended one limits nobody any more.

    Raises `QuotaNotFound`, `BadQuota`, `Forbidden`, `PreconditionFailed`.
    """
    await get(session, actor, quota_id)
    row = await session.get_one(Allocation, quota_id)
    _require(actor, row.resource_id)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(_("Read the quota again, then repeat the change."))
    if unknown := set(changes) - FIELDS:
        raise TypeError(f"a quota has no {sorted(unknown)} that may change")
    said: dict[str, Any] = {"name": row.name, "amount": row.amount, "ends_on": row.ends_on} | dict(
        changes
    )
    _raise(_faults(said["name"], said["amount"], row.starts_on, said["ends_on"]))
    done: dict[str, list[Any]] = {}
    for name, value in changes.items():
        new = value.strip() if name == "name" else value
        if new != getattr(row, name):
            done[name] = [getattr(row, name), new]
            setattr(row, name, new)
    if done:
        await session.flush()
        events.record(session, actor, "quota.changed", ("quota", row.id), changes=done)
    return await get(session, actor, quota_id)


async def ledger_of(
    session: AsyncSession, actor: Actor, quota_id: UUID, *, paging: Paging | None = None
) -> Page[LedgerLine]:
    """The ledger of a quota, newest first: of all holders to whoever manages it, else one's own.

    Raises `QuotaNotFound`.
    """
    quota = await get(session, actor, quota_id)
    wanted = (
        select(QuotaEntry, Resource.name, Booking.starts_at, _name_of(QuotaEntry.holder_id))
        .join(Booking, Booking.id == QuotaEntry.booking_id)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(QuotaEntry.allocation_id == quota_id)
    )
    if not may_manage(actor, quota.resource_id):
        wanted = wanted.where(QuotaEntry.holder_id.in_(_selves(actor)))
    keys = [Key(QuotaEntry.id, descending=True, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(
        lambda row: LedgerLine(
            id=row[0].id,
            at=row[0].at,
            kind=row[0].kind,
            amount=row[0].amount,
            holder_id=row[0].holder_id,
            holder_name=row[3] or "",
            period_start=row[0].period_start,
            booking_id=row[0].booking_id,
            resource_name=row[1],
            starts_at=row[2],
        )
    )


async def balances(
    session: AsyncSession, actor: Actor, quota: QuotaView, *, most: int = 50
) -> list[Balance]:
    """Who has taken how much in the period that runs, the most first; for who manages it."""
    _require(actor, quota.resource_id)
    rows = await session.execute(
        select(QuotaBalance.holder_id, _name_of(QuotaBalance.holder_id), QuotaBalance.taken)
        .where(
            QuotaBalance.allocation_id == quota.id,
            QuotaBalance.period_start == quota.period_start,
            QuotaBalance.taken > 0,
        )
        .order_by(QuotaBalance.taken.desc(), QuotaBalance.holder_id)
        .limit(most)
    )
    return [Balance(holder, name or "", taken) for holder, name, taken in rows]


def may_manage(actor: Actor, resource_id: UUID | None) -> bool:
    """Whether the actor makes and changes quotas of a resource, or (None) of more than one."""
    return actor.may(_MANAGE, *([resource_scope(resource_id)] if resource_id else []))


def _require(actor: Actor, resource_id: UUID | None) -> None:
    actor.require(_MANAGE, *([resource_scope(resource_id)] if resource_id else []))


async def _today(session: AsyncSession) -> date:
    """The date at the institute."""
    zone = await session.scalar(select(facts.ZONE))
    return periods.local_day(clock.now(), periods.zone_of(zone))


def _statement(
    actor: Actor, today: date
) -> Select[Allocation, str, str, str | None, str, bool, int]:
    starts = {each.value: periods.start_of(today, each) for each in Period}
    holder = case((Allocation.holder_id.is_(None), actor.user_id), else_=Allocation.holder_id)
    balance = and_(
        QuotaBalance.allocation_id == Allocation.id,
        QuotaBalance.holder_id == holder,
        QuotaBalance.period_start == case(starts, value=Allocation.period),
    )
    return (
        select(
            Allocation,
            Resource.name,
            ResourceType.name,
            _name_of(Allocation.holder_id),
            Role.title,
            _is_mine(actor),
            func.coalesce(QuotaBalance.taken, 0),
        )
        .outerjoin(Resource, Resource.id == Allocation.resource_id)
        .outerjoin(ResourceType, ResourceType.id == Allocation.type_id)
        .outerjoin(Role, Role.name == Allocation.role)
        .outerjoin(QuotaBalance, balance)
    )


def _view(row: Any, today: date) -> QuotaView:  # noqa: ANN401 - a row of `_statement`
    quota, resource_name, type_name, holder_name, role_title, is_mine, taken = row
    start = periods.start_of(today, quota.period)
    return QuotaView(
        id=quota.id,
        name=quota.name,
        holder_kind=quota.holder_kind,
        holder_id=quota.holder_id,
        holder_name=holder_name or role_title,
        role=quota.role,
        resource_id=quota.resource_id,
        resource_name=resource_name,
        type_id=quota.type_id,
        type_name=type_name,
        period=quota.period,
        unit=quota.unit,
        amount=quota.amount,
        starts_on=quota.starts_on,
        ends_on=quota.ends_on,
        is_active=quota.is_active,
        version=quota.version,
        created_at=quota.created_at,
        updated_at=quota.updated_at,
        period_start=start,
        period_end=periods.end_of(start, quota.period),
        is_mine=bool(is_mine),
        taken=taken if is_mine else 0,
    )


def _visible(actor: Actor) -> ColumnElement[bool]:
    return or_(reach.within(actor, _MANAGE, {"resource": Allocation.resource_id}), _is_mine(actor))


def _is_mine(actor: Actor) -> ColumnElement[bool]:
    """Quotas that bookings of the actor draw on."""
    if actor.user_id is None:
        return false()
    kind, holder = Allocation.holder_kind, Allocation.holder_id
    teams = select(TeamMember.team_id).where(TeamMember.user_id == actor.user_id)
    roles = select(RoleAssignment.role).where(
        or_(RoleAssignment.user_id == actor.user_id, RoleAssignment.team_id.in_(teams)),
        or_(RoleAssignment.expires_at.is_(None), RoleAssignment.expires_at > clock.now()),
    )
    projects = select(Project.id).where(Project.team_id.in_(actor.team_ids))
    return or_(
        kind == HolderKind.EVERYONE,
        and_(kind == HolderKind.PERSON, holder == actor.user_id),
        and_(kind == HolderKind.TEAM, holder.in_(actor.team_ids)),
        and_(kind == HolderKind.PROJECT, holder.in_(projects)),
        and_(kind == HolderKind.ROLE, Allocation.role.in_(roles)),
    )


def _selves(actor: Actor) -> Any:  # noqa: ANN401 - a subquery of ids
    """The holders that are the actor's own: themselves, their teams and those teams' projects."""
    projects = select(Project.id).where(Project.team_id.in_(actor.team_ids))
    return (
        select(User.id)
        .where(User.id == actor.user_id)
        .union_all(select(Team.id).where(Team.id.in_(actor.team_ids)), projects)
    )


def _name_of(holder: Any) -> ColumnElement[str | None]:  # noqa: ANN401 - a column of ids
    names = [
        select(table.name).where(table.id == holder).scalar_subquery()
        for table in (User, Team, Project)
    ]
    return func.coalesce(*names)


async def _judge(session: AsyncSession, wish: QuotaWish) -> None:
    faults = _faults(wish.name, wish.amount, wish.starts_on, wish.ends_on)
    table = _OWNED.get(wish.holder_kind)
    if (table is not None) != (wish.holder_id is not None):
        detail = _("Say whose it is: a person, a team or a project.")
        if table is None:
            detail = _("A quota for a role or for everyone belongs to nobody in particular.")
        faults.append(FieldError(("holder_id",), "bad-holder", detail))
    elif table is not None and await session.get(table, wish.holder_id) is None:
        detail = _("There is nobody of that kind. Choose one from the list.")
        faults.append(FieldError(("holder_id",), "unknown-holder", detail))
    is_role = wish.holder_kind is HolderKind.ROLE
    known = select(Role.id).where(Role.name == wish.role)
    if is_role != (wish.role is not None) or (is_role and await session.scalar(known) is None):
        detail = _("Choose a role from the list, for a quota of a role alone.")
        faults.append(FieldError(("role",), "unknown-role", detail))
    for name, target in (("resource_id", Resource), ("type_id", ResourceType)):
        given = getattr(wish, name)
        if given is not None and await session.get(target, given) is None:
            faults.append(FieldError((name,), "unknown", _("Choose one from the list.")))
    if wish.resource_id is not None and wish.type_id is not None:
        detail = _("Choose a resource or a type, or neither for everything.")
        faults.append(FieldError(("type_id",), "two-targets", detail))
    _raise(faults)


def _faults(
    name: str, amount: int, starts_on: date | None, ends_on: date | None
) -> list[FieldError]:
    faults = []
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or "\x00" in name:
        detail = _("Give it a name of at most %(most)s characters.", most=_LONGEST_NAME)
        faults.append(FieldError(("name",), "bad-name", detail))
    if not 0 <= amount <= MOST:
        detail = _("The amount is between 0 and %(most)s.", most=MOST)
        faults.append(FieldError(("amount",), "bad-amount", detail))
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        detail = _("The last day must not be before the first.")
        faults.append(FieldError(("ends_on",), "ends-before-start", detail))
    return faults


def _raise(faults: Sequence[FieldError]) -> None:
    if faults:
        raise BadQuota(_("Correct what is marked."), errors=tuple(faults))
