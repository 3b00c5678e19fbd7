"""What routes ask for in their signatures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import paging
from src.core.db import ReadSession, reading, transaction
from src.web.declarations import PUBLIC, SIGNED_IN, Declaration, declares
from src.web.etags import IfMatch, IfMatchRequired
from src.web.security import CurrentActor, require_csrf


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(request.app.state.database) as session:
        yield session


async def _reading(request: Request) -> AsyncIterator[ReadSession]:
    async with reading(request.app.state.database) as session:
        yield session


# `scope="function"`: committed before the answer leaves, so a failed commit is no 201.
Tx = Annotated[AsyncSession, Depends(_transaction, scope="function")]
Reads = Annotated[ReadSession, Depends(_reading, scope="function")]


def _paging(
    limit: Annotated[
        int, Query(ge=1, le=paging.MAX_LIMIT, description="How many at most.")
    ] = paging.DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(max_length=2000, description="`next` or `previous` of the page before."),
    ] = None,
    page: Annotated[
        int | None,
        Query(ge=1, le=paging.MAX_PAGE, description="A page by its number, with the total."),
    ] = None,
) -> paging.Paging:
    return paging.Paging(limit=limit, cursor=cursor, page=page)


Paging = Annotated[paging.Paging, Depends(_paging)]
CsrfChecked = Depends(require_csrf)

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "CsrfChecked",
    "CurrentActor",
    "Declaration",
    "IfMatch",
    "IfMatchRequired",
    "Paging",
    "Reads",
    "Tx",
    "declares",
]
