"""Subscriptions: somebody wants to hear of incidents that fit a filter they saved.

A filter names types, teams, resources and tags, of each at least one has to fit, and how severe it
is at least; what it does not name fits always. Whom an incident is told of they still may not see
is sorted out by whoever tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts, resources
from src.domain.accounts.tables import User, UserState
from src.domain.operations import policy as of_operations
from src.domain.operations.discussion import BadTag, tags
from src.domain.operations.incidents.room.errors import (
    BadSubscription,
    SubscriptionNotFound,
    refuse,
    require_version,
)
from src.domain.operations.incidents.room.views import Named, SubscriptionView
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    Incident,
    IncidentResource,
    IncidentSubscription,
    IncidentType,
    Severity,
)

LONGEST_NAME, MOST, MOST_OF_EACH = 120, 50, 50
CHANGEABLE = frozenset({"name", "filter", "is_active"})
_IDS = ("type_ids", "team_ids", "resource_ids")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an incident counts: pure, so that it can be tried without a database."""

    type_id: UUID
    team_id: UUID | None
    resource_ids: frozenset[UUID]
    tags: frozenset[str]
    severity: Severity

    def fits(self, filter_: Mapping[str, Any]) -> bool:
        """Whether the filter asks for such an incident."""
        least = filter_.get("least_severity")
        if least and SEVERITY_RANKS[self.severity] < SEVERITY_RANKS[Severity(least)]:
            return False
        return all(
            not filter_.get(name) or not have.isdisjoint(filter_[name])
            for name, have in (
                ("type_ids", {str(self.type_id)}),
                ("team_ids", {str(self.team_id)} if self.team_id else set()),
                ("resource_ids", {str(one) for one in self.resource_ids}),
                ("tags", self.tags),
            )
        )


async def list_(session: AsyncSession, actor: Actor) -> list[SubscriptionView]:
    """The actor's own, by name; at most four statements."""
    rows = await session.scalars(
        select(IncidentSubscription)
        .where(IncidentSubscription.user_id == _self(actor))
        .order_by(func.lower(IncidentSubscription.name), IncidentSubscription.id)
    )
    return await _views(session, actor, rows.all())


async def get(session: AsyncSession, actor: Actor, subscription_id: UUID) -> SubscriptionView:
    """One's own. Raises `SubscriptionNotFound`."""
    row = await _found(session, actor, subscription_id)
    return (await _views(session, actor, [row]))[0]


async def create(
    session: AsyncSession, actor: Actor, *, name: str, filter_: Mapping[str, Any]
) -> SubscriptionView:
    """Save a filter, of which one hears from now on. Raises `Forbidden`, `BadSubscription`."""
    user_id = _self(actor)
    of_operations.require_read(actor)
    mine = select(func.count()).where(IncidentSubscription.user_id == user_id)
    if (await session.scalar(mine) or 0) >= MOST:
        raise refuse(BadSubscription, ("name", _("At most %(most)s of them.", most=MOST)))
    row = IncidentSubscription(
        id=ids.new(),
        user_id=user_id,
        name=_checked_name(name),
        filter=await _checked(session, actor, filter_),
        is_active=True,
    )
    session.add(row)
    await session.flush()
    _record(session, actor, row, "incident.subscribed")
    return (await _views(session, actor, [row]))[0]


async def change(
    session: AsyncSession,
    actor: Actor,
    subscription_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> SubscriptionView:
    """Change its name, its filter as a whole, or whether it counts.

    Raises `SubscriptionNotFound`, `PreconditionFailed`, `BadSubscription`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a subscription {sorted(unknown)} are not changed")
    row = await _found(session, actor, subscription_id, lock=True)
    require_version(expected_version, row.version)
    made = dict(changes)
    if "name" in made:
        made["name"] = _checked_name(made["name"])
    if "filter" in made:
        made["filter"] = await _checked(session, actor, made["filter"])
    done = [name for name, value in made.items() if getattr(row, name) != value]
    for name in done:
        setattr(row, name, made[name])
    if done:
        await session.flush()
        _record(session, actor, row, "incident.subscription_changed")
    return (await _views(session, actor, [row]))[0]


async def delete(session: AsyncSession, actor: Actor, subscription_id: UUID) -> None:
    """Hear of it no longer. Raises `SubscriptionNotFound`."""
    row = await _found(session, actor, subscription_id, lock=True)
    _record(session, actor, row, "incident.unsubscribed")
    await session.delete(row)
    await session.flush()


async def matching(session: AsyncSession, incident: Incident) -> set[UUID]:
    """Active people who subscribed to such incidents; who may see it is asked by the caller."""
    on = await session.scalars(
        select(IncidentResource.resource_id).where(IncidentResource.incident_id == incident.id)
    )
    tagged = await tags.of(session, "incident", [incident.id])
    wanted = Wanted(
        type_id=incident.type_id,
        team_id=incident.team_id,
        resource_ids=frozenset(on),
        tags=frozenset(tagged.get(incident.id, ())),
        severity=incident.severity,
    )
    rows = await session.execute(
        select(IncidentSubscription.user_id, IncidentSubscription.filter)
        .join(User, User.id == IncidentSubscription.user_id)
        .where(IncidentSubscription.is_active.is_(True), User.state == UserState.ACTIVE)
    )
    return {user_id for user_id, filter_ in rows if wanted.fits(filter_)}


async def types(session: AsyncSession) -> list[Named]:
    """The types of incidents there are to choose from, in their order."""
    rows = await session.execute(
        select(IncidentType.id, IncidentType.name)
        .where(IncidentType.is_active.is_(True))
        .order_by(IncidentType.rank, IncidentType.name)
    )
    return [Named(id_, name) for id_, name in rows]


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return actor.user_id


async def _found(
    session: AsyncSession, actor: Actor, subscription_id: UUID, *, lock: bool = False
) -> IncidentSubscription:
    row = await session.get(
        IncidentSubscription, subscription_id, with_for_update=lock, populate_existing=lock
    )
    if row is None or row.user_id != _self(actor):
        raise SubscriptionNotFound(_("Choose one of your own."))
    return row


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        detail = _("Give it a name of at most %(most)s characters.", most=LONGEST_NAME)
        raise refuse(BadSubscription, ("name", detail))
    return name


async def _checked(
    session: AsyncSession, actor: Actor, filter_: Mapping[str, Any]
) -> dict[str, Any]:
    """The filter as it is kept: without what it does not name; ids that are there."""
    wanted = {name: sorted({UUID(str(one)) for one in filter_.get(name) or ()}) for name in _IDS}
    known = await _known(session, actor, wanted)
    faults = []
    for name, found in wanted.items():
        if len(found) > MOST_OF_EACH:
            faults.append((name, _("At most %(most)s.", most=MOST_OF_EACH)))
        elif not known[name].keys() >= set(found):
            faults.append((name, _("There is no such thing to choose.")))
    if faults:
        raise refuse(BadSubscription, *faults)
    made: dict[str, Any] = {name: [str(one) for one in found] for name, found in wanted.items()}
    try:
        made["tags"] = tags.checked(filter_.get("tags") or ())
    except BadTag as refusal:
        raise refuse(BadSubscription, ("tags", refusal.detail)) from refusal
    least = filter_.get("least_severity")
    made["least_severity"] = Severity(least).value if least else None
    return {name: value for name, value in made.items() if value}


async def _known(
    session: AsyncSession, actor: Actor, wanted: Mapping[str, Iterable[UUID]]
) -> dict[str, dict[UUID, str]]:
    types: dict[UUID, str] = {}
    if type_ids := list(wanted["type_ids"]):
        rows = await session.execute(
            select(IncidentType.id, IncidentType.name).where(IncidentType.id.in_(type_ids))
        )
        types = {id_: name for id_, name in rows}  # noqa: C416 - rows are not pairs to mypy
    return {
        "type_ids": types,
        "team_ids": await accounts.team_names(session, set(wanted["team_ids"])),
        "resource_ids": await resources.names(session, actor, set(wanted["resource_ids"])),
    }


async def _views(
    session: AsyncSession, actor: Actor, rows: Sequence[IncidentSubscription]
) -> list[SubscriptionView]:
    wanted = {
        name: {UUID(one) for row in rows for one in row.filter.get(name, ())} for name in _IDS
    }
    known = await _known(session, actor, wanted)

    def named(row: IncidentSubscription, name: str) -> tuple[Named, ...]:
        found = [UUID(one) for one in row.filter.get(name, ())]
        return tuple(Named(one, known[name][one]) for one in found if one in known[name])

    return [
        SubscriptionView(
            id=row.id,
            name=row.name,
            filter=dict(row.filter),
            is_active=row.is_active,
            types=named(row, "type_ids"),
            teams=named(row, "team_ids"),
            resources=named(row, "resource_ids"),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _record(session: AsyncSession, actor: Actor, row: IncidentSubscription, verb: str) -> None:
    subject = ("incident_subscription", row.id)
    events.record(session, actor, verb, subject, changes={"user_id": row.user_id})
