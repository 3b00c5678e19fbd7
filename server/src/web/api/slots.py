"""Finding a time over many resources, and keeping one for five minutes."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import slots
from src.models.bookings import BookingProblem
from src.models.common import Many, One
from src.models.waiting import SlotHoldCreate, SlotHoldRead, SlotRead
from src.web import replies
from src.web.dependencies import CurrentActor, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import End, Start

router = APIRouter(prefix="/api/v1", tags=["slots"])
CREATE = Permission.BOOKINGS_CREATE
_TAKEN = (resources.ResourceNotFound, bookings.BookingOverlaps, bookings.BookingRefused)

Length = Annotated[int, Query(ge=1, le=89_280, description="How long, in minutes.")]
Ids = Annotated[list[UUID], Query(max_length=200)]
Tags = Annotated[
    list[Annotated[str, Query(max_length=60)]],
    Query(alias="tag", max_length=20, description="All of them."),
]
Between = Annotated[
    str | None,
    Query(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]|24):[0-5]\d$",
        description="A part of the day by the resource's clock: `09:00-18:00`; over midnight too.",
    ),
]


def between_of(text: str | None) -> tuple[time, time] | None:
    """`09:00-18:00` as two times; 24:00 is midnight."""
    if not text:
        return None
    begins, ends = text.split("-")
    return time.fromisoformat(begins), time() if ends[:2] == "24" else time.fromisoformat(ends)


@router.get(
    "/slots",
    operation_id="slots_find",
    response_model=Many[SlotRead],
    **declares(CREATE, problems=(slots.BadSearch,)),
)
async def find_slots(
    *,
    actor: CurrentActor,
    reads: Reads,
    length_minutes: Length,
    from_: Start,
    to: End,
    type_id: Ids = [],  # noqa: B006 - FastAPI copies it
    tag: Tags = [],  # noqa: B006
    location_id: Ids = [],  # noqa: B006
    resource_id: Ids = [],  # noqa: B006
    qualified_for_me: bool = True,
    between: Between = None,
    nights: bool = False,
    weekends: bool = False,
    order: Literal["earliest", "disturbance"] = "earliest",
    limit: Annotated[int, Query(ge=1, le=slots.MOST)] = 50,
) -> Response:
    """Times that are free and within all rules for you, over all resources that fit.

    Without `between` the nights (22 to 6) are left out unless `nights`, and Saturdays and Sundays
    unless `weekends`. `order=disturbance` tells those first that break up free time the least.
    """
    sought = slots.Sought(
        length_minutes, from_, to,
        type_ids=type_id, tags=tag, location_ids=location_id, resource_ids=resource_id,
        qualified_for_me=qualified_for_me, between=between_of(between), nights=nights,
        weekends=weekends, order=order, limit=limit,
    )  # fmt: skip
    found = await slots.find(reads, actor, sought)
    return replies.whole([SlotRead.of(each) for each in found])


@router.get(
    "/slot-holds",
    operation_id="slot_holds_list",
    response_model=Many[SlotHoldRead],
    **declares(CREATE),
)
async def list_slot_holds(actor: CurrentActor, reads: Reads) -> Response:
    """The times that are kept for you."""
    found = await slots.list_(reads, actor)
    return replies.whole([SlotHoldRead.model_validate(each) for each in found])


@router.post(
    "/slot-holds",
    operation_id="slot_holds_create",
    status_code=201,
    response_model=One[SlotHoldRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(CREATE, rate="write", problems=(*_TAKEN, slots.TooManySlots)),
)
async def create_slot_hold(
    request: Request, body: SlotHoldCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Keep a free time for five minutes; three at most at once."""

    async def effect() -> Response:
        wish = {name: getattr(body, name) for name in SlotHoldCreate.model_fields}
        view = await slots.hold(tx, actor, **wish)
        item = SlotHoldRead.model_validate(view)
        location = f"/api/v1/slot-holds/{view.id}"
        return replies.one(request, item, version=1, status=201, location=location)

    return await once(tx, effect)


@router.get(
    "/slot-holds/{slot_id}",
    operation_id="slot_holds_get",
    response_model=One[SlotHoldRead],
    **declares(CREATE, cache="private", problems=(slots.SlotNotFound,)),
)
async def get_slot_hold(
    request: Request, slot_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """A time that is kept for you."""
    view = await slots.get(reads, actor, slot_id)
    item = SlotHoldRead.model_validate(view)
    return replies.one(request, item, version=1, changed_at=view.created_at)


@router.delete(
    "/slot-holds/{slot_id}",
    operation_id="slot_holds_delete",
    status_code=204,
    **declares(CREATE, rate="write", problems=(slots.SlotNotFound,)),
)
async def delete_slot_hold(slot_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Give a time back before it lapses."""
    await slots.release(tx, actor, slot_id)
    return replies.nothing()
