"""What finding and holding of times take and give."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal
from uuid import UUID

from src.domain.bookings.views import Outcome, ResourceRef

Order = Literal["earliest", "disturbance"]


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: so long a time, between two times, on resources that fit.

    `between` is a part of the day by the resource's own clock; one that ends before it begins goes
    over midnight. Without it nights (22 to 6) are left out unless `nights`; Saturdays and Sundays
    unless `weekends`. Without `qualified_for_me` those are shown too for which one qualification
    is missing.
    """

    length_minutes: int
    from_: datetime
    to: datetime
    type_ids: Collection[UUID] = ()
    tags: Collection[str] = ()
    location_ids: Collection[UUID] = ()
    resource_ids: Collection[UUID] = ()
    qualified_for_me: bool = True
    between: tuple[time, time] | None = None
    nights: bool = False
    weekends: bool = False
    order: Order = "earliest"
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A time that is free and within all rules for whoever asked.

    `free_from` and `free_until` bound the free stretch it lies in. `disturbance` is 0 to 4, see
    `disturbing`; `outcome` what booking it would come to.
    """

    resource: ResourceRef
    type_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    free_from: datetime
    free_until: datetime
    disturbance: int
    outcome: Outcome
    missing: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SlotView:
    """A time that is kept for somebody until `expires_at`."""

    id: UUID
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    created_at: datetime
