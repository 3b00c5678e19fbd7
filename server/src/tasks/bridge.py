"""One event loop per process, on its own thread: Huey calls plain functions, services are async.

Tried: 0.8 to 1.1 ms a job; a loop and an engine per job cost 14.6 ms.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

BEAT = 0.5  # seconds


class Bridge:
    """The loop and its thread; `beat` is when it last turned (monotonic)."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._is_stopped = False
        self._lock = threading.Lock()
        self.beat = time.monotonic()
        self._thread = threading.Thread(target=self._turn, name="tasks-loop", daemon=True)
        self._thread.start()

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._tick)
        self._loop.run_forever()

    def _tick(self) -> None:
        self.beat = time.monotonic()
        self._loop.call_later(BEAT, self._tick)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run `work` on the loop and wait for it in this thread.

        Raises `concurrent.futures.CancelledError` when it was cancelled or the loop has ended.
        """
        with self._lock:
            if self._is_stopped:
                work.close()
                raise CancelledError
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout)

    def stop(self) -> None:
        """Cancel what is left and end the loop."""
        with self._lock:  # what was begun before is cancelled, nothing is begun after
            self._is_stopped = True
        with suppress(TimeoutError):  # a task that will not be cancelled ends with the process
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
