"""What happens now: live updates as server-sent events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response, StreamingResponse

from src.web import streaming
from src.web.dependencies import SIGNED_IN, CurrentActor, declares

router = APIRouter(prefix="/api/v1/events", tags=["live"])

_EXAMPLE = """retry: 2000

event: calendar
data: {"resource_ids":["0198c0de-5a7e-7000-8000-000000000002"]}

event: notifications
data: {"unread":3}
id: 1795267200000-4

: still here
id: 1795267200000-9

"""

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The last `id` that was read: what came after it is sent first.",
        examples=["1795267200000-4"],
    ),
]


@router.get(
    "/stream",
    operation_id="live_stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Goes on until the log-in ends.",
            "content": {
                "text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE},
            },
        }
    },
    **declares(SIGNED_IN, programs=True, problems=(streaming.TooManyStreams,)),
)
async def stream(
    request: Request, actor: CurrentActor, last_event_id: LastEventId = None
) -> Response:
    """What changes from now on, as far as you may see it; read anew what an event names.

    `calendar` names resources whose calendar or state changed, `notifications` how many of yours
    are unread, `operation` one that went on; `updates` says that a status update was posted,
    changed or deleted. `reset` says that something may have been missed: read everything again. A
    comment comes every 15 seconds.
    """
    return streaming.open_(request, actor, after=last_event_id)
