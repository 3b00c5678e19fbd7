"""Coming, staying longer and leaving, with what is asked on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain.bookings import attendance, changes
from src.domain.bookings.presence import checklists
from src.domain.bookings.reading import get
from src.domain.bookings.tables import Moment
from src.domain.bookings.views import BookingView

LONGEST = 7 * 24 * 60  # minutes


async def arrive(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    answers: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Check in; with `answers` the list before use is filled in by the way.

    Raises as `attendance.check_in` and `checklists.fill` do.
    """
    if answers is not None:
        await checklists.fill(session, actor, booking_id, moment=Moment.BEFORE, answers=answers)
    return await attendance.check_in(session, actor, booking_id, expected_version=expected_version)


async def leave(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    answers: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Check out; with `answers` the list after use is filled in by the way.

    Raises as `attendance.check_out` and `checklists.fill` do.
    """
    if answers is not None:
        await checklists.fill(session, actor, booking_id, moment=Moment.AFTER, answers=answers)
    return await attendance.check_out(session, actor, booking_id, expected_version=expected_version)


async def extend(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    minutes: int,
    expected_version: int | None = None,
) -> BookingView:
    """Stay so many minutes longer, if that is free and fits the rules.

    Raises as `changes.change` does, `BookingOverlaps` with what is free instead.
    """
    if not 1 <= minutes <= LONGEST:
        detail = _("Stay between 1 and %(most)s minutes longer.", most=LONGEST)
        raise Invalid(detail, errors=(FieldError(("minutes",), "bad-length", detail),))
    booking = await get(session, actor, booking_id)
    return await changes.change(
        session,
        actor,
        booking_id,
        changes={"ends_at": booking.ends_at + timedelta(minutes=minutes)},
        expected_version=expected_version,
    )
