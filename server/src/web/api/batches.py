"""Many bookings in one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import DomainError, FieldError, Kind
from src.domain import bookings, resources
from src.domain.bookings import BookingView
from src.models.bookings import (
    BatchCancel,
    BatchCreate,
    BatchUpdate,
    BookingBatch,
    BookingRead,
)
from src.models.common import Batch
from src.web import problems, replies
from src.web.dependencies import CurrentActor, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1", tags=["bookings"])
Item = BatchCreate | BatchUpdate | BatchCancel


@router.post(
    "/bookings:batch",
    operation_id="bookings_batch",
    response_model=Batch[BookingRead],
    responses={207: {"model": Batch[BookingRead], "description": "With `each`: item by item"}},
    **declares(
        Permission.BOOKINGS_CREATE,
        rate="write",
        problems=(
            resources.ResourceNotFound,
            bookings.BookingNotFound,
            bookings.BookingOverlaps,
            bookings.BookingRefused,
            bookings.BookingStateConflict,
            bookings.TooManyChanges,
        ),
    ),
)
async def change_bookings(
    request: Request, body: BookingBatch, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Make, change and cancel up to 500 bookings.

    `all`: everything or nothing; cancellations first, then all updates together (so that two may
    swap their times), then new ones. `each`: item by item in order, and 207.
    """
    work = _Batch(request, tx, actor, body.items)
    return await once(tx, work.all if body.mode == "all" else work.each)


@dataclass(frozen=True, slots=True)
class _Batch:
    request: Request
    session: AsyncSession
    actor: Actor
    items: list[Item]

    async def all(self) -> Response:
        """Everything or nothing."""
        await self._lock()
        done: dict[int, BookingView] = {}
        placed = list(enumerate(self.items))
        for index, item in placed:
            if isinstance(item, BatchCancel):
                done[index] = await self._named(index, item)
        updates = [(index, item) for index, item in placed if isinstance(item, BatchUpdate)]
        done |= await self._together(updates)
        for index, item in placed:
            if isinstance(item, BatchCreate):
                done[index] = await self._named(index, item)
        made = [BookingRead.of(done[index]) for index in range(len(self.items))]
        return replies.batch(made, [], status=200)

    async def each(self) -> Response:
        """What can be done, item by item."""
        await self._lock()
        made: list[BookingRead | None] = []
        failures: list[dict[str, Any]] = []
        for index, item in enumerate(self.items):
            try:
                async with savepoint(self.session):
                    made.append(BookingRead.of(await self._one(item)))
            except DomainError as refusal:
                if refusal.kind is Kind.UNAVAILABLE:
                    raise
                made.append(None)
                failures += _failures(index, refusal)
        return replies.batch(made, failures, status=207)

    async def _lock(self) -> None:
        """All calendars at once, for two batches may name them in different orders."""
        known = [item.id for item in self.items if not isinstance(item, BatchCreate)]
        wanted = {item.resource_id for item in self.items if not isinstance(item, BatchCancel)}
        await bookings.lock(self.session, known, resource_ids=wanted - {None})

    async def _together(self, updates: list[tuple[int, BatchUpdate]]) -> dict[int, BookingView]:
        if not updates:
            return {}
        changes = [bookings.Change(item.id, item.changes(), item.version) for _, item in updates]
        indexes = [index for index, _ in updates]
        try:
            views = await bookings.change_many(self.session, self.actor, changes=changes)
        except DomainError as refusal:
            raise _moved(refusal, indexes) from refusal
        return dict(zip(indexes, views, strict=True))

    async def _named(self, index: int, item: Item) -> BookingView:
        try:
            return await self._one(item)
        except DomainError as refusal:
            refusal.errors = tuple(_below(index, error) for error in refusal.errors)
            raise

    async def _one(self, item: Item) -> BookingView:
        session, actor = self.session, self.actor
        if isinstance(item, BatchCreate):
            return await bookings.create(session, actor, wish=item.wish())
        if isinstance(item, BatchCancel):
            return await bookings.cancel(
                session, actor, item.id, reason=item.reason, expected_version=item.version
            )
        return await bookings.change(
            session, actor, item.id, changes=item.changes(), expected_version=item.version
        )


def _below(index: int, error: FieldError) -> FieldError:
    return replace(error, field=("items", index, *error.field))


def _moved(refusal: DomainError, indexes: list[int]) -> DomainError:
    """Faults name a place in the list of updates; the caller knows places in the batch."""

    def moved(error: FieldError) -> FieldError:
        place = next((part for part in error.field if isinstance(part, int)), None)
        if place is None or place >= len(indexes):
            return error
        rest = error.field[error.field.index(place) + 1 :]
        return replace(error, field=("items", indexes[place], *rest))

    refusal.errors = tuple(moved(error) for error in refusal.errors)
    return refusal


def _failures(index: int, refusal: DomainError) -> list[dict[str, Any]]:
    named = refusal.errors or (FieldError((), refusal.code, refusal.detail),)
    return [
        {
            "pointer": problems.pointer(_below(index, error).field),
            "code": error.code,
            "detail": error.detail,
        }
        for error in named
    ]
