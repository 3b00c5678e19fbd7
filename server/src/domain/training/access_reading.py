"""Requests for access as their people see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, reach
from src.core.actor import Actor, Permission, resource_scope
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import User
from src.domain.resources.tables import Resource
from src.domain.training import qualifications
from src.domain.training.errors import AccessRequestNotFound
from src.domain.training.tables import AccessRequest, AccessState
from src.domain.training.views import AccessView, Named

_DECIDER = aliased(User)


async def get(session: AsyncSession, actor: Actor, request_id: UUID) -> AccessView:
    """One request, for whoever asked and those who may decide. Raises `AccessRequestNotFound`."""
    wanted = whole().where(AccessRequest.id == request_id, visible(actor))
    row = (await session.execute(wanted)).first()
    if row is None:
        raise not_found()
    return (await views(session, [tuple(row)]))[0]


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_id: UUID | None = None,
    states: Collection[AccessState] = (),
    is_own: bool = False,
    paging: Paging | None = None,
) -> Page[AccessView]:
    """Requests the actor made or may decide on, the newest first; two statements."""
    wanted = whole().where(visible(actor))
    if resource_id is not None:
        wanted = wanted.where(AccessRequest.resource_id == resource_id)
    if states:
        wanted = wanted.where(_state_is(states))
    if is_own:
        wanted = wanted.where(AccessRequest.person_id == actor.user_id)
    keys = [Key(AccessRequest.id, descending=True, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.holding(await views(session, page.items))


async def open_for(session: AsyncSession, actor: Actor, resource_id: UUID) -> UUID | None:
    """The actor's own request for a resource that waits, if there is one. One statement."""
    if actor.user_id is None:
        return None
    found: UUID | None = await session.scalar(
        select(AccessRequest.id).where(
            AccessRequest.person_id == actor.user_id,
            AccessRequest.resource_id == resource_id,
            AccessRequest.state == AccessState.OPEN,
            AccessRequest.expires_at > clock.now(),
        )
    )
    return found


def visible(actor: Actor) -> ColumnElement[bool]:
    """The requests somebody made themselves or may decide on, as a SQL condition."""
    theirs: ColumnElement[bool] = false()
    if actor.user_id is not None:
        theirs = AccessRequest.person_id == actor.user_id
    decides = reach.within(
        actor, Permission.QUALIFICATIONS_MANAGE, {"resource": AccessRequest.resource_id}
    )
    return or_(theirs, decides)


def may_decide(actor: Actor, view: AccessView) -> bool:
    """Whether the actor may decide by their permission; a seat of a rule is asked about there."""
    scope = resource_scope(view.resource.id)
    is_others = view.person.id != actor.user_id
    return is_others and actor.may(Permission.QUALIFICATIONS_MANAGE, scope)


def state_at(row: AccessRequest) -> AccessState:
    """What counts now: what is past its end has lapsed."""
    is_over = row.state is AccessState.OPEN and row.expires_at <= clock.now()
    return AccessState.EXPIRED if is_over else row.state


def _state_is(states: Collection[AccessState]) -> ColumnElement[bool]:
    now, wanted = clock.now(), set(states)
    settled = AccessRequest.state.in_(wanted - {AccessState.OPEN})
    some: list[ColumnElement[bool]] = [settled]
    is_open = AccessRequest.state == AccessState.OPEN
    if AccessState.OPEN in wanted:
        some.append(is_open & (AccessRequest.expires_at > now))
    if AccessState.EXPIRED in wanted:
        some.append(is_open & (AccessRequest.expires_at <= now))
    return or_(*some)


def whole() -> Select[*tuple[Any, ...]]:
    """A request, and the names of who asks, for what, and who decided."""
    return (
        select(AccessRequest, User.name, Resource.name, _DECIDER.name)
        .join(User, User.id == AccessRequest.person_id)
        .join(Resource, Resource.id == AccessRequest.resource_id)
        .outerjoin(_DECIDER, _DECIDER.id == AccessRequest.decided_by)
    )


async def views(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> list[AccessView]:
    """Rows of `whole` as they are shown; one statement for any number."""
    wanted = {UUID(each) for row, *_names in rows for each in row.qualification_ids}
    named = await qualifications.names(session, wanted)
    return [
        AccessView(
            id=row.id,
            person=Named(row.person_id, person),
            resource=Named(row.resource_id, resource),
            reason=row.reason,
            qualifications=tuple(
                Named(UUID(each), named[UUID(each)])
                for each in row.qualification_ids
                if UUID(each) in named
            ),
            state=state_at(row),
            granted_until=row.granted_until,
            expires_at=row.expires_at,
            decision_note=row.decision_note,
            decided_by=Named(row.decided_by, decider) if row.decided_by and decider else None,
            decided_at=row.decided_at,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row, person, resource, decider in rows
    ]


def not_found() -> AccessRequestNotFound:
    """The refusal of an id that is none."""
    return AccessRequestNotFound(_("Choose one from the list of requests for access."))
