"""What one can be qualified for: the list that policies choose from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, finding, ids
from src.core.actor import Actor, Permission, forbidden
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.training.errors import (
    BadQualification,
    QualificationNotFound,
    QualificationTaken,
)
from src.domain.training.holding import counts_at
from src.domain.training.tables import Qualification, QualificationGrant
from src.domain.training.views import QualificationView

LONGEST_NAME, LONGEST_TEXT, LONGEST_VALID = 120, 10_000, 36_500
FIELDS = frozenset({"name", "description", "valid_days", "is_active"})


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    q: str | None = None,
    with_retired: bool = False,
    paging: Paging | None = None,
) -> Page[QualificationView]:
    """Qualifications by name, each with how many hold it now. One statement. Raises `Forbidden`."""
    require_read(actor)
    statement = _counted().where(finding.holding(q or "", Qualification.name))
    if not with_retired:
        statement = statement.where(Qualification.is_active.is_(True))
    keys = [Key(Qualification.name, name="name"), Key(Qualification.id, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(*row))


async def get(session: AsyncSession, actor: Actor, qualification_id: UUID) -> QualificationView:
    """One qualification. Raises `QualificationNotFound`, `Forbidden`."""
    require_read(actor)
    wanted = _counted().where(Qualification.id == qualification_id)
    row = (await session.execute(wanted)).first()
    if row is None:
        raise not_found()
    return _view(*row)


async def names(session: AsyncSession, qualification_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by id, in one statement, and in the order of the alphabet."""
    if not qualification_ids:
        return {}
    rows = await session.execute(
        select(Qualification.id, Qualification.name)
        .where(Qualification.id.in_(qualification_ids))
        .order_by(Qualification.name)
    )
    return {id_: name for id_, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    name: str,
    description: str = "",
    valid_days: int | None = None,
) -> QualificationView:
    """Make a qualification; `valid_days` is how long it holds when nothing else is said.

    Raises `Forbidden`, `BadQualification` (every fault), `QualificationTaken`.
    """
    actor.require(Permission.QUALIFICATIONS_MANAGE)
    values = {"name": name, "description": description, "valid_days": valid_days}
    made = Qualification(id=ids.new(), is_active=True)
    await _store(session, made, _checked(values))
    subject = ("qualification", made.id)
    events.record(
        session, actor, "qualification.created", subject, changes={"name": [None, made.name]}
    )
    return _view(made, 0)


async def update(
    session: AsyncSession,
    actor: Actor,
    qualification_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> QualificationView:
    """Change name, description, valid_days or is_active; who holds it keeps it.

    Raises `QualificationNotFound`, `Forbidden`, `PreconditionFailed`, `BadQualification`,
    `QualificationTaken`.
    """
    require_read(actor)
    actor.require(Permission.QUALIFICATIONS_MANAGE)
    row = await session.get(
        Qualification, qualification_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise not_found()
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    changed = await _store(session, row, _checked(changes))
    if changed:
        subject = ("qualification", row.id)
        events.record(session, actor, "qualification.updated", subject, changes=changed)
    return await get(session, actor, qualification_id)


def require_read(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may know of what resources ask for."""
    if not actor.may_anywhere(Permission.RESOURCES_READ):
        raise forbidden(Permission.RESOURCES_READ)


def not_found() -> QualificationNotFound:
    """The refusal of an id that is none."""
    return QualificationNotFound(_("Choose one from the list of qualifications."))


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - FIELDS
    if unknown:
        raise TypeError(f"a qualification has no {sorted(unknown)}")
    tidy: dict[str, Any] = {
        key: each.strip() if isinstance(each, str) else each for key, each in values.items()
    }
    faults = []
    if "name" in tidy and not 1 <= len(tidy["name"]) <= LONGEST_NAME:
        faults.append(("name", _("A name of 1 to %(most)s characters.", most=LONGEST_NAME)))
    if "description" in tidy and len(tidy["description"]) > LONGEST_TEXT:
        faults.append(("description", _("At most %(limit)s characters.", limit=LONGEST_TEXT)))
    days = tidy.get("valid_days")
    if days is not None and not 1 <= days <= LONGEST_VALID:
        text = _("A whole number from %(low)s to %(high)s.", low=1, high=LONGEST_VALID)
        faults.append(("valid_days", text))
    if faults:
        raise BadQualification(
            faults[0][1],
            errors=tuple(FieldError((field,), "invalid", text) for field, text in faults),
        )
    return tidy


async def _store(
    session: AsyncSession, row: Qualification, values: Mapping[str, Any]
) -> dict[str, list[Any]]:
    changed: dict[str, list[Any]] = {}
    try:
        async with savepoint(session):
            for field, value in values.items():
                old = getattr(row, field)
                if old != value:
                    setattr(row, field, value)
                    changed[field] = [old, value]
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _(
            "There is already one named %(name)s. Choose another name.", name=values.get("name")
        )
        faults = (FieldError(("name",), "name-taken", detail),)
        raise QualificationTaken(detail, errors=faults) from error
    return changed


def _counted() -> Select[*tuple[Any, ...]]:
    holders = (
        select(func.count(QualificationGrant.person_id.distinct()))
        .where(QualificationGrant.qualification_id == Qualification.id, counts_at(clock.now()))
        .correlate(Qualification)
        .scalar_subquery()
    )
    return select(Qualification, holders)


def _view(row: Qualification, holders: int) -> QualificationView:
    return QualificationView(
        id=row.id,
        name=row.name,
        description=row.description,
        valid_days=row.valid_days,
        is_active=row.is_active,
        holder_count=holders,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
