"""One search over everything, and people to pick from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.domain import accounts, search
from src.models.common import Many, Reference
from src.models.search import KINDS, SearchGroup
from src.web import replies
from src.web.dependencies import SIGNED_IN, CurrentActor, Paging, Reads, declares
from src.web.queries import Words

router = APIRouter(prefix="/api/v1")
Sought = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Finds what holds every word, in whatever case.",
        examples=["confocal"],
    ),
]
Kinds = Annotated[
    list[str],
    Query(
        alias="kind",
        max_length=20,
        description=f"These alone: {KINDS} Without it, everything.",
        examples=[["incident", "update"]],
    ),
]
PerKind = Annotated[int, Query(ge=1, le=search.MOST, description="How many of each kind.")]


@router.get(
    "/search",
    tags=["search"],
    operation_id="search",
    response_model=Many[SearchGroup],
    **declares(SIGNED_IN, programs=True),
)
async def find(
    actor: CurrentActor,
    reads: Reads,
    q: Sought,
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
    limit: PerKind = 5,
) -> Response:
    """Everything that holds every word, as far as one may see it, in groups by kind.

    What was written (updates, incidents, blockers, decisions, hand-overs, comments) is found by the
    beginnings of its words, whatever their case and accents: in titles first, then the latest. Of
    bookings, those that began within the last twelve months or lie ahead.
    """
    found = await search.find(reads, actor, q, limit, kinds=kind)
    return replies.whole([SearchGroup.model_validate(group) for group in found])


@router.get(
    "/people",
    tags=["people"],
    operation_id="people_pick",
    response_model=Many[Reference],
    **declares(SIGNED_IN, programs=True),
)
async def pick_people(
    actor: CurrentActor, reads: Reads, paging: Paging, q: Words = None
) -> Response:
    """Active people by name, the nearest first, to pick one for a booking or a duty.

    For whoever holds `users:read`, `bookings:for-others` or `resources:manage`.
    """
    page = await accounts.pick(reads, actor, q=q, paging=paging)
    return replies.many([Reference.model_validate(one) for one in page.items], page)
