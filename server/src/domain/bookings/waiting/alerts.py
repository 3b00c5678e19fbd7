"""Telling people that so many minutes have become free on a resource.

Told is who asked for at least so much, when a stretch of free time that was shorter becomes as
long as that. While it stays so nobody is told again; once it has become less they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import notifications, resources
from src.domain.bookings import policy, rooms
from src.domain.bookings.tables import FreeAlert
from src.domain.bookings.views import ResourceRef
from src.domain.bookings.waiting.errors import BadWaiting, FreeAlertNotFound, TooManyWaiting
from src.domain.bookings.waiting.views import AlertView
from src.domain.resources.tables import Resource

Window = resources.hours.Window
Freed = tuple[UUID, Window]

MOST_OF_ONE = 50
LONGEST = 366 * 1440
REACH = timedelta(days=60)


async def add(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    min_minutes: int,
    earliest_at: datetime | None = None,
    latest_at: datetime | None = None,
) -> AlertView:
    """Have oneself told when at least so many minutes become free, in a time if one is named.

    Raises `ResourceNotFound`, `BadWaiting`, `TooManyWaiting`, `Forbidden` (`bookings:create`).
    """
    policy.require(actor, Permission.BOOKINGS_CREATE, resource_id)
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first: somebody has to be told."))
    now = clock.now()
    await resources.terms.one(session, actor, resource_id, around=Window(now, now))
    _require_sound(min_minutes, earliest_at, latest_at, now)
    open_ones = await session.scalars(
        select(FreeAlert.id).where(
            FreeAlert.person_id == actor.user_id, FreeAlert.cancelled_at.is_(None)
        )
    )
    if len(open_ones.all()) >= MOST_OF_ONE:
        raise TooManyWaiting(_("At most %(most)s alerts at once.", most=MOST_OF_ONE))
    alert = FreeAlert(
        id=ids.new(),
        person_id=actor.user_id,
        resource_id=resource_id,
        min_minutes=min_minutes,
        earliest_at=earliest_at,
        latest_at=latest_at,
    )
    session.add(alert)
    await session.flush()
    changes = {"resource_id": resource_id, "min_minutes": min_minutes}
    events.record(session, actor, "free-alert.added", ("free-alert", alert.id), changes=changes)
    return await get(session, actor, alert.id)


async def get(session: AsyncSession, actor: Actor, alert_id: UUID) -> AlertView:
    """One's own alert. Raises `FreeAlertNotFound`."""
    row = (await session.execute(_own(actor).where(FreeAlert.id == alert_id))).one_or_none()
    if row is None:
        raise FreeAlertNotFound(_("Choose one from the list of alerts."))
    return _view(*row)


async def list_(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[AlertView]:
    """One's own alerts that still count, the newest first."""
    ahead = or_(FreeAlert.latest_at.is_(None), FreeAlert.latest_at > clock.now())
    wanted = _own(actor).where(FreeAlert.cancelled_at.is_(None), ahead)
    keys = [Key(FreeAlert.id, name="id", descending=True)]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(*row))


async def cancel(session: AsyncSession, actor: Actor, alert_id: UUID) -> None:
    """Be told no more. Raises `FreeAlertNotFound`."""
    wanted = _own(actor).where(FreeAlert.id == alert_id).with_for_update(of=FreeAlert)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise FreeAlertNotFound(_("Choose one from the list of alerts."))
    alert = row[0]
    if alert.cancelled_at is None:
        alert.cancelled_at = clock.now()
        events.record(session, actor, "free-alert.cancelled", ("free-alert", alert.id))
        await session.flush()


async def tell(session: AsyncSession, freed: Sequence[Freed]) -> int:
    """Tell those for whom the freed time makes enough of it; how many those were."""
    now = clock.now()
    ahead = [(id_, window) for id_, window in freed if window.ends_at > now]
    if not ahead:
        return 0
    on = {resource_id for resource_id, _ in ahead}
    found = await session.scalars(
        select(FreeAlert)
        .where(
            FreeAlert.resource_id.in_(on),
            FreeAlert.cancelled_at.is_(None),
            or_(FreeAlert.latest_at.is_(None), FreeAlert.latest_at > now),
        )
        .order_by(FreeAlert.id)
    )
    alerts = list(found)
    if not alerts:
        return 0
    first = min(window.starts_at for _, window in ahead)
    last = min(max(window.ends_at for _, window in ahead), now + REACH)
    span = Window(max(now, first - timedelta(days=7)), last + timedelta(days=7))
    terms = await resources.terms.load(session, on, around=span)
    units = await resources.calendar.occupancy(session, on, within=span)
    told = 0
    for alert in alerts:
        if alert.resource_id not in terms:
            continue
        own = [unit for unit in units if unit.resource_id == alert.resource_id]
        theirs = [window for id_, window in ahead if id_ == alert.resource_id]
        stretch = _new(alert, terms[alert.resource_id], own, theirs, span)
        if stretch is not None:
            await _notify(session, alert, terms[alert.resource_id].name, stretch, now)
            told += 1
    return told


def _new(
    alert: FreeAlert,
    terms: resources.terms.Terms,
    units: Sequence[resources.calendar.UnitHolds],
    freed: Sequence[Window],
    span: Window,
) -> Window | None:
    """A stretch that is long enough now and was not before; None where there is no such thing.

    Which unit was freed is not said: where more units than that offer so much, one had it before.
    """
    if resources.rules.state_faults(terms):
        return None
    wanted = Window(
        max(span.starts_at, alert.earliest_at or span.starts_at),
        min(span.ends_at, alert.latest_at or span.ends_at),
    )
    if wanted.ends_at <= wanted.starts_at:
        return None
    fitting, before = [], 0
    for room in rooms.rooms(terms, rooms.by_unit(units), wanted):
        is_freed = any(room.window.overlaps(window) for window in freed)
        if not is_freed or room.window.minutes < alert.min_minutes:
            continue
        left = resources.hours.without(room.window, freed)
        before += any(part.minutes >= alert.min_minutes for part in left)
        fitting.append(room)
    is_news = fitting and not before and len({room.unit for room in fitting}) <= len(freed)
    return fitting[0].window if is_news else None


async def _notify(
    session: AsyncSession, alert: FreeAlert, name: str, stretch: Window, now: datetime
) -> None:
    alert.told_at = now
    at = stretch.starts_at.strftime("%Y-%m-%dT%H:%MZ")
    await notifications.notify(
        session,
        user_id=alert.person_id,
        kind="waiting.free",
        args={"resource": name, "starts_at": stretch.starts_at, "ends_at": stretch.ends_at},
        link=f"/bookings/new?resource_id={alert.resource_id}&starts_at={at}",
        subject=("free-alert", alert.id),
    )


def _own(actor: Actor) -> Select[FreeAlert, str, str]:
    return (
        select(FreeAlert, Resource.name, Resource.timezone)
        .join(Resource, Resource.id == FreeAlert.resource_id)
        .where(FreeAlert.person_id == actor.user_id)
    )


def _view(alert: FreeAlert, name: str, timezone: str) -> AlertView:
    return AlertView(
        id=alert.id,
        resource=ResourceRef(alert.resource_id, name, timezone),
        min_minutes=alert.min_minutes,
        earliest_at=alert.earliest_at,
        latest_at=alert.latest_at,
        told_at=alert.told_at,
        cancelled_at=alert.cancelled_at,
        version=alert.version,
        created_at=alert.created_at,
        updated_at=alert.updated_at,
    )


def _require_sound(
    minutes: int, earliest: datetime | None, latest: datetime | None, now: datetime
) -> None:
    faults = []
    if not 1 <= minutes <= LONGEST:
        detail = _("Between 1 and %(most)s minutes.", most=LONGEST)
        faults.append(FieldError(("min_minutes",), "invalid", detail))
    if latest is not None and latest <= max(now, earliest or now):
        faults.append(FieldError(("latest_at",), "in-the-past", _("It must lie ahead.")))
    if faults:
        raise BadWaiting(faults[0].detail, errors=tuple(faults))
