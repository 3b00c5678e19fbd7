"""The page behind the link at the foot of a mail: no more of these, without a log-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from src.core.errors import DomainError
from src.domain.notifications import UnsubscribeLinkForged, UnsubscribeLinkOver, unsubscribing
from src.web.callers import client_ip
from src.web.declarations import PUBLIC
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
PATH = unsubscribing.PATH + "{token}"
Token = Annotated[str, Path(max_length=200)]


@router.get(PATH, **shows(PUBLIC))
async def look(page: CurrentPage, token: Token) -> Response:
    """Which mails they are. Changes nothing: programs open links, too."""
    try:
        async with page.reading() as reads:
            found = await unsubscribing.look(reads, token)
    except (UnsubscribeLinkForged, UnsubscribeLinkOver) as refusal:
        return _refused(page, refusal)
    return page.show("notifications/unsubscribe.html", found=found, action=page.request.url.path)


@router.post(PATH, **takes(PUBLIC))
async def end(page: CurrentPage, token: Token) -> Response:
    """No more such mails."""
    try:
        async with page.writing() as session:
            found = await unsubscribing.end(
                session,
                token,
                ip=client_ip(page.request),
                request_id=page.actor.request_id,
            )
    except (UnsubscribeLinkForged, UnsubscribeLinkOver) as refusal:
        return _refused(page, refusal)
    return page.show("notifications/unsubscribe.html", found=found, action="")


def _refused(page: Page, refusal: DomainError) -> Response:
    return page.show(
        "notifications/unsubscribe_refused.html", status=status_of(refusal), refusal=refusal
    )
