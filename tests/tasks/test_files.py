"""Bytes that nobody names, removed by the worker."""

from __future__ import annotations

import os
import time

from src.core.outbox import State
from src.core.storage import create_storage
from src.domain.files.topics import REMOVE, SEARCH
from src.tasks import files, handlers
from tests.tasks.conftest import Bench, eventually


async def test_the_worker_finds_what_broke_off_and_removes_it(bench: Bench) -> None:
    files.configure(bench.settings)
    sweep = handlers.registry.by_topic["files.sweep"]
    for topic in (SEARCH.name, REMOVE.name, "files.sweep"):
        bench.registry.add(handlers.registry.by_topic[topic])
    storage = create_storage("", data_dir=bench.settings.data_dir)
    for key in ("incoming/old", "blobs/00/old", "incoming/new"):
        await storage.put(key, b"x")
    long_ago = time.time() - 2 * 86400
    for key in ("incoming/old", "blobs/00/old"):
        os.utime(bench.settings.data_dir / "files" / key, (long_ago, long_ago))
    await bench.start()
    slot = {"slot": "2026-11-21T00:20:00+00:00"}  # the first hour searches blobs/00
    job = await bench.settled(await bench.publish(sweep.topic, slot))
    assert job.state is State.DONE

    async def is_clean() -> bool:
        return not await storage.exists("incoming/old") and not await storage.exists("blobs/00/old")

    await eventually(is_clean, what="the removal")
    assert await storage.exists("incoming/new")
