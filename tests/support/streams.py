"""A reader of server-sent events, as a browser would be."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

PATH = "/api/v1/events/stream"


def crowding() -> float:
    """As much longer as everything takes where more wants to run than there are processors."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Listener:
    """One open stream and what has come over it."""

    response: httpx2.Response
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    position: str | None = None
    retry: int | None = None
    is_over: bool = False

    async def listen(self) -> None:
        """Read until the stream ends."""
        name, data = "", ""
        try:
            async for line in self.response.aiter_lines():
                kind, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match kind:
                    case "event":
                        name = value
                    case "data":
                        data = value
                    case "id":
                        self.position = value
                    case "retry":
                        self.retry = int(value)
                    case "" if line:
                        self.comments.append(value)
                    case "":
                        if data:
                            self.events.append((name, json.loads(data)))
                        name, data = "", ""
        except httpx2.HTTPError:
            pass  # cut: that is an end, too
        finally:
            self.is_over = True

    async def until(self, holds: Callable[[Listener], bool], *, seconds: float = 60) -> None:
        """Wait until it holds of what has come."""
        try:
            async with asyncio.timeout(seconds):
                while not holds(self):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"not within {seconds:g} s; there came {self.events}") from None

    async def event(self, name: str, **data: Any) -> None:
        """Wait for an event that says just this."""
        await self.until(lambda it: (name, data) in it.events)

    async def calendar(self, resource_id: object) -> None:
        """Wait for word of a resource."""
        await self.until(lambda it: str(resource_id) in it.named)

    @property
    def named(self) -> set[str]:
        """The resources that were named."""
        return {
            each
            for name, data in self.events
            if name == "calendar"
            for each in data["resource_ids"]
        }

    def kinds(self) -> list[str]:
        """The names of the events, in order."""
        return [name for name, _ in self.events]


@asynccontextmanager
async def listening(
    url: str, headers: dict[str, str], *, after: str | None = None
) -> AsyncIterator[Listener]:
    """Open a stream, and wait until it has said where it begins."""
    more = {} if after is None else {"Last-Event-ID": after}
    timeout = httpx2.Timeout(30, read=None)
    async with (
        httpx2.AsyncClient(base_url=url, timeout=timeout) as client,
        client.stream("GET", PATH, headers={**headers, **more}) as response,
    ):
        assert response.status_code == 200, await response.aread()
        listener = Listener(response)
        task = asyncio.create_task(listener.listen())
        try:
            await listener.until(lambda it: it.position is not None or it.is_over)
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
