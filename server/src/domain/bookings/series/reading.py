"""Reading series: one, and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain.accounts.tables import User
from src.domain.bookings import repository
from src.domain.bookings.series import policy
from src.domain.bookings.series.errors import SeriesNotFound
from src.domain.bookings.series.views import SeriesView
from src.domain.bookings.tables import Booking, BookingSeries
from src.domain.bookings.views import Person, ResourceRef
from src.domain.resources.tables import Resource

_By, _For = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class Row:
    """A series and what stands around it."""

    series: BookingSeries
    view: SeriesView


async def get(session: AsyncSession, actor: Actor, series_id: UUID) -> SeriesView:
    """One series. Raises `SeriesNotFound`."""
    return (await find(session, actor, series_id)).view


async def find(session: AsyncSession, actor: Actor, series_id: UUID) -> Row:
    """One series with its row. Raises `SeriesNotFound`."""
    wanted = _whole().where(BookingSeries.id == series_id, policy.readable(actor))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise SeriesNotFound(_("Choose one from the list of series."))
    return Row(row[0], _view(actor, row))


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Sequence[UUID] = (),
    mine: bool = False,
    current: bool = False,
    paging: Paging | None = None,
) -> Page[SeriesView]:
    """Series the actor may read, the latest made first, in one statement.

    `mine`: made by me or for me; `current`: something of it lies ahead. Raises `BadCursor`.
    """
    wanted = _whole().where(policy.readable(actor))
    if resource_ids:
        wanted = wanted.where(BookingSeries.resource_id.in_(resource_ids))
    if mine:
        own = BookingSeries.booked_for == actor.user_id
        wanted = wanted.where(own | (BookingSeries.booked_by == actor.user_id))
    if current:
        wanted = wanted.where(_counted(_ahead()) > 0)
    keys = sorted_by(
        None,
        {"created_at": BookingSeries.created_at},
        default="-created_at",
        unique=BookingSeries.id,
    )
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(actor, row))


async def take_in_hand(
    session: AsyncSession, actor: Actor, series_id: UUID, expected_version: int | None
) -> Row:
    """A series to be changed, as it is now.

    Raises `SeriesNotFound`, `Forbidden`, `PreconditionFailed` when it is not the version expected.
    """
    lock = select(BookingSeries.id).where(BookingSeries.id == series_id).with_for_update()
    await session.execute(lock)
    row = await find(session, actor, series_id)
    if not policy.may_change(actor, row.series):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    if expected_version not in {None, row.series.version}:
        raise PreconditionFailed(
            _("Read the series again, then repeat the change."), version=row.series.version
        )
    return row


def _ahead() -> ColumnElement[bool]:
    now = clock.now()
    return and_(Booking.starts_at > now, repository.is_held(now))


def _counted(*which: ColumnElement[bool]) -> Any:  # noqa: ANN401 - a scalar subquery
    return (
        select(func.count())
        .select_from(Booking)
        .where(Booking.series_id == BookingSeries.id, *which)
        .correlate(BookingSeries)
        .scalar_subquery()
    )


def _whole() -> Select[Any]:
    """Series with the names around them, and how many bookings they have."""
    first = (
        select(func.min(Booking.starts_at))
        .where(Booking.series_id == BookingSeries.id, _ahead())
        .correlate(BookingSeries)
        .scalar_subquery()
    )
    return (
        select(
            BookingSeries,
            Resource.name,
            Resource.timezone,
            _By.name,
            _For.name,
            _counted(),
            _counted(_ahead()),
            first,
        )
        .join(Resource, Resource.id == BookingSeries.resource_id)
        .join(_By, _By.id == BookingSeries.booked_by)
        .join(_For, _For.id == BookingSeries.booked_for)
        .execution_options(populate_existing=True)
    )


def _view(actor: Actor, row: Any) -> SeriesView:  # noqa: ANN401 - a row of `_whole`
    series, name, timezone, by, whose, count, ahead, next_at = row
    may = ahead and policy.may_change(actor, series)
    return SeriesView(
        id=series.id,
        resource=ResourceRef(series.resource_id, name, timezone),
        rule=series.rule,
        starts_at=series.starts_at,
        timezone=series.timezone,
        minutes=series.minutes,
        skipped=tuple(series.skipped),
        title=series.title,
        notes=series.notes,
        unit=series.unit,
        booked_by=Person(series.booked_by, by),
        booked_for=Person(series.booked_for, whose),
        team_id=series.team_id,
        project_id=series.project_id,
        count=count,
        ahead=ahead,
        next_at=next_at,
        cancelled_at=series.cancelled_at,
        version=series.version,
        created_at=series.created_at,
        updated_at=series.updated_at,
        answers=series.answers,
        allowed=("edit", "cancel") if may else (),
    )
