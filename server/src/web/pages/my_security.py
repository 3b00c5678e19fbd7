"""What happened to your own access: log-ins, refused ones, passwords, factors and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import audit, verbs
from src.core.actor import Actor
from src.core.audit import EventView
from src.core.language import mark
from src.core.verbs import Kind
from src.domain import accounts
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Paging, Reads
from src.web.pages import event_rows
from src.web.pages.devices import device_name
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)
enter_me(mark("What happened"), "/me/security", rank=80)
SIGNS = {
    Kind.LOG_IN: "check",
    Kind.LOG_OUT: "exit",
    Kind.FAILED_LOG_IN: "alert",
    Kind.SECURITY: "alert",
    Kind.NEW_ADDRESS: "alert",
}
LOUD = frozenset({Kind.FAILED_LOG_IN, Kind.SECURITY, Kind.NEW_ADDRESS})


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as the person it happened to reads it. `who` is somebody else, or None."""

    event: EventView
    what: str
    icon: str
    is_loud: bool
    device: str | None
    who: str | None


@router.get("/me/security", **shows(SIGNED_IN, even_held_back=True))
async def show_security(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Newest first, with the device and address where they are known."""
    found = await audit.own(reads, page.actor, paging=paging)
    named = await accounts.names(reads, event_rows.people_of(found.items))
    return page.show("me/security.html", page=found.map(partial(_entry, page.actor, named)))


def _entry(actor: Actor, named: Mapping[UUID, str], one: EventView) -> Entry:
    """How one event is shown to the person it is about."""
    declared = verbs.declared.get(one.verb)
    kind = declared.kind if declared else Kind.DATA_CHANGED
    device = (one.personal or {}).get("device")
    is_other = one.actor_id is not None and one.actor_id != actor.user_id
    return Entry(
        one,
        verbs.words_of(one.verb),
        SIGNS.get(kind, "shield"),
        kind in LOUD,
        device_name(str(device)) if device else None,
        named.get(one.actor_id, "…") if is_other and one.actor_id else None,
    )
