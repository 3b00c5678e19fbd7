"""Those who use a running Aliquot: programs with a token, people at a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from src.domain.accounts import RoleName
from tests.support.system import PASSWORD, Institute

HOUR = timedelta(hours=1)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def slot(number: int, *, days: int = 2) -> tuple[datetime, datetime]:
    """An hour of the future; different numbers never overlap."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = today + timedelta(days=days) + number * HOUR
    return starts_at, starts_at + HOUR


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and how long it took, in seconds; status 0 is a connection that was cut."""

    status: int
    seconds: float
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The document in it."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass
class Caller:
    """A program that uses the API with a token."""

    client: httpx2.AsyncClient

    async def book(
        self,
        resource_id: UUID,
        number: int,
        *,
        title: str = "A drill",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Book the hour `number`."""
        starts_at, ends_at = slot(number)
        body = {
            "resource_id": str(resource_id),
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
            "title": title,
        }
        return await asked(self.client.post("/api/v1/bookings", json=body, headers=headers))

    async def get(self, path: str) -> Answer:
        """Read."""
        return await asked(self.client.get(path))


@dataclass
class Browser:
    """A person at the pages, without JavaScript."""

    client: httpx2.AsyncClient
    token: str = ""

    async def book(self, resource_id: UUID, number: int, *, title: str) -> Answer:
        """Send the form for the hour `number`."""
        starts_at, ends_at = slot(number)
        form = {
            "csrf_token": self.token,
            "resource_id": str(resource_id),
            "starts_at_date": starts_at.date().isoformat(),
            "starts_at_time": f"{starts_at:%H:%M}",
            "ends_at_date": ends_at.date().isoformat(),
            "ends_at_time": f"{ends_at:%H:%M}",
            "title": title,
            "notes": "",
        }
        return await asked(self.client.post("/bookings/new", data=form))


async def asked(request: Awaitable[httpx2.Response]) -> Answer:
    """Wait for an answer, and time it."""
    began = time.monotonic()
    try:
        response = await request
    except httpx2.TransportError as error:
        return Answer(0, time.monotonic() - began, {}, repr(error))
    taken = time.monotonic() - began
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, taken, headers, response.text)


@asynccontextmanager
async def caller(
    url: str, role: RoleName = RoleName.MEMBER, *, password: str = PASSWORD
) -> AsyncIterator[Caller]:
    """A program with a token of the person of that role."""
    async with _client(url, "application/json") as client:
        form = {
            "grant_type": "password",
            "username": Institute.email(role),
            "password": password,
        }
        answer = await client.post("/api/v1/auth/token", data=form)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Caller(client)


@asynccontextmanager
async def browser(
    url: str, role: RoleName = RoleName.MANAGER, *, password: str = PASSWORD
) -> AsyncIterator[Browser]:
    """A browser in which the person of that role has logged in."""
    async with _client(url, "text/html") as client:
        page = await client.get("/login")
        form = {
            "csrf_token": _csrf_of(page.text),
            "email": Institute.email(role),
            "password": password,
        }
        answer = await client.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        page = await client.get("/bookings/new", follow_redirects=True)
        yield Browser(client, _csrf_of(page.text))


def _client(url: str, accept: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx2.AsyncClient(base_url=url, timeout=30, limits=limits, headers={"Accept": accept})


def _csrf_of(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None, f"no form on this page: {page[:2000]}"
    return found.group(1)
