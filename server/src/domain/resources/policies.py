"""The policies as they are written down: one for the site, one a type, one a resource.

What holds for a resource in the end is told by `terms.load`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Uuid,
    and_,
    column,
    delete,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain.resources import access, calendar, fields, listing, own_settings, writing
from src.domain.resources.errors import NotInCatalogue, ResourceTypeNotFound
from src.domain.resources.hours import Weekly
from src.domain.resources.policy import POLICY_FIELDS, EffectivePolicy
from src.domain.resources.tables import OpeningHours, Policy, Resource, ResourceType
from src.domain.resources.views import SITE, Level, PolicyView

MOST_QUALIFICATIONS = 20
_DAY, _YEAR = 1440, 366 * 1440
# Upper domains' tables, of which only the keys are looked at.
_RULES = table("approval_rules", column("id", Uuid), column("is_active", Boolean))
_QUALIFICATIONS = table("qualifications", column("id", Uuid))
_minutes = fields.whole(0, _YEAR, optional=True)
_buffer = fields.whole(0, _DAY, optional=True)


def _grid(value: Any) -> str | None:  # noqa: ANN401 - whatever came
    fault = fields.whole(1, _DAY, optional=True)(value)
    if fault is None and value is not None and _DAY % value:
        return _("The grid must divide a day: 5, 10, 15, 20, 30, 60 minutes.")
    return fault


def _ids(value: Any) -> str | None:  # noqa: ANN401 - whatever came
    if value is None:
        return None
    is_list = isinstance(value, list | tuple) and len(value) <= MOST_QUALIFICATIONS
    if not is_list or not all(_is_id(each) for each in value):
        return _("At most %(most)s qualifications, by their ids.", most=MOST_QUALIFICATIONS)
    return None


def _is_id(value: object) -> bool:
    try:
        return str(UUID(str(value))) == str(value)
    except ValueError:
        return False


CHECKS: dict[str, fields.Check] = {
    "slot_minutes": _grid,
    "min_minutes": fields.whole(1, _YEAR, optional=True),
    "max_minutes": fields.whole(1, _YEAR, optional=True),
    "earliest_minutes": _minutes,
    "latest_minutes": _minutes,
    "buffer_before_minutes": _buffer,
    "buffer_after_minutes": _buffer,
    "cancel_notice_minutes": _minutes,
    "is_check_in_required": fields.truth,
    "check_in_grace_minutes": fields.whole(1, _DAY, optional=True),
    "is_approval_required": fields.truth,
    "request_hold_minutes": fields.whole(5, _YEAR, optional=True),
    "max_upcoming": fields.whole(1, 10_000, optional=True),
    "max_per_day": fields.whole(1, 10_000, optional=True),
    "max_minutes_per_day": fields.whole(1, 25 * 60, optional=True),
    "max_minutes_per_week": fields.whole(1, 7 * _DAY + 60, optional=True),
    "is_parallel_refused": fields.truth,
    "are_rivals_allowed": fields.truth,
    "approval_rule_id": fields.anything,
    "offer_minutes": fields.whole(5, 7 * _DAY, optional=True),
    "required_qualifications": _ids,
    "questions": fields.anything,
    "checklist_before": fields.anything,
    "checklist_after": fields.anything,
    "own_rules": fields.anything,
}


async def get_policy(session: AsyncSession, actor: Actor, level: Level) -> PolicyView:
    """What one level says. Raises `ResourceNotFound`, `ResourceTypeNotFound`."""
    await require_level(session, actor, level)
    row = await session.scalar(select(Policy).where(Policy.level == level.key))
    return _view(level, row)


async def set_policy(
    session: AsyncSession,
    actor: Actor,
    level: Level,
    *,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> PolicyView:
    """Say something at one level: what is absent stays, None leaves it to the level above.

    Minutes throughout. `expected_version` is the policy's own, 0 where nothing is stored. Raises
    `ResourceNotFound`, `ResourceTypeNotFound`, `Forbidden`, `PreconditionFailed`,
    `NotInCatalogue` (every fault).
    """
    async with changing(session, actor, level, expected_version) as (row, changes):
        fields.check(values, CHECKS)
        own_settings.check(values)
        await _require_known(session, values)
        changes.update(writing.assign(row, values))
        _require_order(row)
    return _view(level, row)


@asynccontextmanager
async def changing(
    session: AsyncSession, actor: Actor, level: Level, expected_version: int | None
) -> AsyncIterator[tuple[Policy, dict[str, Any]]]:
    """Change what a level says: what the block puts into the changes is written down.

    Raises as `set_policy` does.
    """
    await require_level(session, actor, level)
    if level.kind == "resource" and level.id is not None:
        access.require_manage(actor, level.id)
    else:
        access.require_manage_all(actor)
    row = await _locked(session, level)
    if expected_version is not None and (row.version or 0) != expected_version:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version or 0
        )
    changes: dict[str, Any] = {}
    yield row, changes
    if not changes:
        return
    row.updated_at = clock.now()
    await _store(session, row)
    governed = await session.scalars(select(Resource.id).where(_governed(level)))
    await calendar.lock(session, governed.all())
    # The rules of one resource are part of its own history.
    subject = ("policy", row.id) if level.kind != "resource" else ("resource", level.id)
    said = {"level": level.key, **changes}
    events.record(session, actor, "policy.set", subject, changes=said)


async def forget(session: AsyncSession, level: Level) -> None:
    """Remove what a level says, because the level itself goes."""
    await session.execute(delete(Policy).where(Policy.level == level.key))
    if level.kind == "type":
        await session.execute(delete(OpeningHours).where(OpeningHours.type_id == level.id))


@dataclass(frozen=True, slots=True)
class Said:
    """A field of the effective policy, and the level that says so; None: nobody does."""

    field: str
    value: Any
    level: Level | None


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for a resource in the end, and where each value comes from."""

    policy: EffectivePolicy
    said: tuple[Said, ...]
    hours: tuple[Weekly, ...]
    hours_level: Level | None
    names: Mapping[str, str]  # of levels, by their keys


async def effective(session: AsyncSession, actor: Actor, resource_id: UUID) -> Effective:
    """The rules of a resource with their origins. Raises `ResourceNotFound`."""
    await require_level(session, actor, Level("resource", resource_id))
    wanted = (
        select(Resource.name, Resource.type_id, ResourceType.name.label("type_name"))
        .join(ResourceType, ResourceType.id == Resource.type_id)
        .where(Resource.id == resource_id)
    )
    one = (await session.execute(wanted)).one()
    levels = [Level("resource", resource_id), Level("type", one.type_id), SITE]
    keys = [level.key for level in levels]
    rows = {
        row.level: row
        for row in await session.scalars(select(Policy).where(Policy.level.in_(keys)))
    }
    stored = [{name: getattr(rows.get(key), name, None) for name in POLICY_FIELDS} for key in keys]
    policy = EffectivePolicy.of(*stored)
    said = tuple(
        Said(name, getattr(policy, name), _first(levels, [each[name] for each in stored]))
        for name in POLICY_FIELDS
    )
    hours = await _hours_by_level(session, levels)
    hours_level = _first(levels, [hours[key] or None for key in keys])
    return Effective(
        policy,
        said,
        hours[hours_level.key] if hours_level else (),
        hours_level,
        {keys[0]: one.name, keys[1]: one.type_name},
    )


def _first(levels: Sequence[Level], values: Sequence[Any]) -> Level | None:
    """The nearest level that says something."""
    saying = (level for level, value in zip(levels, values, strict=True) if value is not None)
    return next(saying, None)


async def _hours_by_level(
    session: AsyncSession, levels: Sequence[Level]
) -> dict[str, tuple[Weekly, ...]]:
    own, of_type, site = levels
    is_site = and_(OpeningHours.resource_id.is_(None), OpeningHours.type_id.is_(None))
    wanted = select(OpeningHours).where(
        or_(OpeningHours.resource_id == own.id, OpeningHours.type_id == of_type.id, is_site)
    )
    found: dict[str, list[Weekly]] = {level.key: [] for level in levels}
    for row in await session.scalars(wanted):
        level = own if row.resource_id else of_type if row.type_id else site
        found[level.key].append(Weekly(row.weekday, row.opens, row.closes))
    return {key: tuple(sorted(hours)) for key, hours in found.items()}


async def _locked(session: AsyncSession, level: Level) -> Policy:
    statement = select(Policy).where(Policy.level == level.key).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    return row or Policy(
        id=ids.new(),
        level=level.key,
        type_id=level.id if level.kind == "type" else None,
        resource_id=level.id if level.kind == "resource" else None,
    )


async def _store(session: AsyncSession, row: Policy) -> None:
    """Two who first say something at one level: the second is told."""
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        raise PreconditionFailed(_("Read it again, then repeat the change.")) from error


async def require_level(session: AsyncSession, actor: Actor, level: Level) -> None:
    """Raise `ResourceNotFound`, `ResourceTypeNotFound` unless the actor may see it."""
    access.require_read(actor)
    if level.kind == "resource" and level.id is not None:
        await listing.require_visible(session, actor, level.id)
    if level.kind == "type":
        known = await session.scalar(select(ResourceType.id).where(ResourceType.id == level.id))
        if known is None:
            raise ResourceTypeNotFound(_("Choose one from the list of resource types."))


async def _require_known(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Raise where what the policy names is not there."""
    faults = []
    if rule_id := values.get("approval_rule_id"):
        is_there = select(_RULES.c.id).where(_RULES.c.id == rule_id, _RULES.c.is_active.is_(true()))
        if await session.scalar(is_there) is None:
            detail = _("Choose one of the approval rules.")
            faults.append(FieldError(("approval_rule_id",), "unknown", detail))
    if wanted := {UUID(each) for each in values.get("required_qualifications") or ()}:
        there = select(_QUALIFICATIONS.c.id).where(_QUALIFICATIONS.c.id.in_(wanted))
        if wanted - set(await session.scalars(there)):
            detail = _("Choose from the list of qualifications.")
            faults.append(FieldError(("required_qualifications",), "unknown", detail))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def _governed(level: Level) -> ColumnElement[bool]:
    if level.kind == "resource":
        return Resource.id == level.id
    return Resource.type_id == level.id if level.kind == "type" else true()


def _require_order(row: Policy) -> None:
    """Raise where what this level says contradicts itself."""
    faults = []
    for low, high, detail in (
        (
            "min_minutes",
            "max_minutes",
            _("The longest booking cannot be shorter than the shortest."),
        ),
        (
            "latest_minutes",
            "earliest_minutes",
            _("The window of advance booking would be empty."),
        ),
    ):
        below, above = getattr(row, low), getattr(row, high)
        if below is not None and above is not None and below > above:
            faults.append(FieldError((high,), "contradiction", detail))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def _view(level: Level, row: Policy | None) -> PolicyView:
    if row is None or row.version is None:
        return PolicyView(level, 0, None)
    said = {field: getattr(row, field) for field in POLICY_FIELDS}
    return PolicyView(level, row.version, row.updated_at, **said)
