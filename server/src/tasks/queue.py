"""The queue carries hints: a Huey instance per class of work, and one task, `deliver(id)`.

Messages are signed (they are pickles) and hold an id and nothing else. A hint that is lost, sent
twice or not sent at all does no harm: the outbox has the truth and the sweep repeats hints. So
Huey's own retries, results, revocation and periodic tasks are not used.

The server imports this module alone, for `sender`.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import structlog
from huey import Huey
from huey.consumer import Consumer, Scheduler, Worker
from huey.serializer import SignedSerializer
from huey.storage import MemoryStorage, PriorityRedisStorage
from redis import RedisError

from src import redis_client
from src.core import metrics
from src.core.outbox import Hint
from src.core.settings import Settings

log = structlog.get_logger(__name__)

CLASSES = ("notifications", "reports", "maintenance")
WINDOW = 200  # hints that may wait per class: a backlog must not multiply
SALT = "aliquot-queue"
READ_TIMEOUT = 1  # seconds a worker's read blocks
BREAKER = 2.0  # seconds without trying after the broker failed
PENDING = 2_000  # hints held in memory on their way to the broker

Deliver = Callable[[int], None]


class BlockingMemory(MemoryStorage):
    """Huey's memory storage with a read that waits, so that a hint starts its job at once."""

    blocking = True

    def __init__(self, name: str, **_: object) -> None:
        """Start empty."""
        super().__init__(name)
        self._numbers = count()
        self._filled = threading.Condition()
        self._is_closed = False

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Add, and wake one reader."""
        with self._filled:
            heapq.heappush(self._queue, (-(priority or 0), next(self._numbers), data))
            self._filled.notify()

    def dequeue(self) -> bytes | None:
        """Take the most urgent, waiting for a while."""
        with self._filled:
            if not self._queue and not self._is_closed:
                self._filled.wait(READ_TIMEOUT)
            return heapq.heappop(self._queue)[2] if self._queue else None

    def close(self) -> None:
        """Wake every reader; nobody waits from now on."""
        with self._filled:
            self._is_closed = True
            self._filled.notify_all()


class PrefixedRedis(PriorityRedisStorage):
    """Huey's Redis storage under our own prefix."""

    def __init__(self, name: str, **options: Any) -> None:  # noqa: ANN401 - Huey's
        """Read blockingly; name the one key that is used."""
        super().__init__(name, read_timeout=READ_TIMEOUT, **options)
        self.queue_key = f"{name}:hints"


class Lane(Huey):
    """One class of work. Nothing of ours is ever revoked, which spares two round trips a job."""

    is_away = False

    def is_revoked(self, *_: object, **__: object) -> bool:
        """Never."""
        return False

    def delete(self, key: str) -> bool:  # noqa: ARG002 - Huey's
        """There is no revocation to forget."""
        return False

    def serve(self, deliver: Deliver) -> None:
        """Bind the one task."""

        def task(message_id: int) -> None:
            deliver(message_id)

        self._deliver = self.task(name="deliver")(task)

    def waiting(self) -> int:
        """How many hints wait."""
        return int(self.storage.queue_size())

    def hint(self, message_id: int, priority: int) -> None:
        """Send a hint. Raises RedisError when the broker is away."""
        self.enqueue(self._deliver.s(message_id, priority=priority))


class Reader(Worker):
    """A consumer's thread that says when it last looked, and that outlives bad messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Huey's
        """Begin as one that has just looked."""
        self.beat = time.monotonic()
        super().__init__(*args, **kwargs)

    def loop(self, now: Any = None) -> None:  # noqa: ANN401 - Huey's
        """Take one hint and deliver it."""
        self.beat = time.monotonic()
        try:
            task = self.huey.dequeue()
        except (RedisError, OSError) as error:
            if not self.huey.is_away:
                log.warning("the broker does not answer; the sweep goes on", error=str(error))
            self.huey.is_away = True
            self.stop_flag.wait(1)
            return
        except Exception as error:  # noqa: BLE001 - whatever a forged message makes of itself
            log.error("a message of the queue was refused", error=repr(error))  # noqa: TRY400
            return
        self.huey.is_away = False
        if task is not None:
            self.huey.execute(task, now)


class RingSerializer(SignedSerializer):
    """Huey's signatures under a ring of keys: the first signs, all of them are believed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take the secrets, the present one first."""
        super().__init__(secret=secrets[0], salt=SALT)
        self._earlier = [SignedSerializer(secret=one, salt=SALT) for one in secrets[1:]]

    def _unsign(self, signed: bytes) -> bytes:
        for ring in self._earlier:
            with suppress(ValueError):
                return bytes(ring._unsign(signed))  # noqa: SLF001 - one of our own kind
        return bytes(super()._unsign(signed))


class Idle(Scheduler):
    """Huey's scheduler has nothing to do here."""

    def loop(self, now: Any = None) -> None:  # noqa: ANN401, ARG002 - Huey's
        """Wait for the end."""
        self.stop_flag.wait()


class QueueConsumer(Consumer):
    """Huey's consumer without its signal handlers: the process has its own."""

    worker_class = Reader
    scheduler_class = Idle

    def _set_signal_handlers(self) -> None:
        """Leave the process's signals alone (embedded they are the web server's)."""


def _no_worker_here(message_id: int) -> None:
    raise RuntimeError(f"job {message_id} reached a process that only sends hints")


def create_lanes(
    settings: Settings, classes: Iterable[str], deliver: Deliver = _no_worker_here
) -> dict[str, Lane]:
    """The lanes of `classes`, in Redis or in this process's memory."""
    classes = tuple(classes)
    pool = redis_client.create_queue_pool(
        settings, connections=len(classes) * settings.worker_threads + 8
    )
    serializer = RingSerializer([settings.secret_key.get_secret_value(), *settings.old_keys])
    lanes = {}
    for name in classes:
        options: dict[str, Any] = (
            {"storage_class": BlockingMemory}
            if pool is None
            else {"storage_class": PrefixedRedis, "connection_pool": pool, "clean_name": False}
        )
        lane = Lane(
            f"{settings.redis_prefix}:queue:{name}",
            results=False,
            serializer=serializer,
            **options,
        )
        lane.serve(deliver)
        lanes[name] = lane
    return lanes


def send(lanes: Mapping[str, Lane], hints: Iterable[Hint]) -> None:
    """Send hints, no more than may wait. Raises RedisError when the broker is away."""
    by_queue: defaultdict[str, list[Hint]] = defaultdict(list)
    for hint in hints:
        by_queue[hint.queue].append(hint)
    for queue, wanted in by_queue.items():
        lane = lanes.get(queue)
        if lane is None:  # no worker inside this process yet
            continue
        room = max(0, WINDOW - lane.waiting())
        for hint in wanted[:room]:
            lane.hint(hint.message_id, hint.priority)
        metrics.hints.labels("sent").inc(min(room, len(wanted)))
        metrics.hints.labels("spared").inc(max(0, len(wanted) - room))


class Sender:
    """Sends hints from a thread of its own: a listener of commits may not wait for Redis.

    While the broker is away it tries every two seconds and forgets the hints in between.
    """

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        """Start the thread with the first hint, so that it lives in the process that sends."""
        self._lanes = lanes
        self._pending: deque[Hint] = deque(maxlen=PENDING)
        self._filled = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._closed_until = 0.0

    def __call__(self, hints: list[Hint]) -> None:
        """Take hints over; returns at once."""
        if time.monotonic() < self._closed_until:
            metrics.hints.labels("failed").inc(len(hints))
            return
        with self._filled:
            self._pending.extend(hints)
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._work, name="hints", daemon=True)
                self._thread.start()
            self._filled.notify()

    def close(self) -> None:
        """Send what is pending and end, within two seconds."""
        with self._filled:
            self._is_closed = True
            self._filled.notify()
        if self._thread is not None:
            self._thread.join(2)
        for lane in self._lanes.values():
            lane.storage.close()

    def _work(self) -> None:
        while True:
            with self._filled:
                while not self._pending and not self._is_closed:
                    self._filled.wait()
                hints = list(self._pending)
                self._pending.clear()
            if not hints:
                return
            try:
                send(self._lanes, hints)
            except (RedisError, OSError) as error:
                self._closed_until = time.monotonic() + BREAKER
                metrics.hints.labels("failed").inc(len(hints))
                log.warning("hints were not sent; the sweep repeats them", error=str(error))


_embedded: dict[str, Mapping[str, Lane]] = {}


def embed(settings: Settings, lanes: Mapping[str, Lane]) -> None:
    """Let senders of this process find the lanes of the worker inside it."""
    _embedded[settings.database] = lanes


def unembed(settings: Settings) -> None:
    """The worker inside this process has ended; its hints are sweepings again."""
    _embedded.pop(settings.database, None)


def sender(settings: Settings) -> Callable[[list[Hint]], None]:
    """What to put at `database.listeners[outbox.CHANNEL]`: sends hints and returns at once.

    Embedded, they go to the worker of `embedded.start(settings)` as soon as that runs. With Redis
    it is a `Sender`, to be closed at the end.
    """
    if settings.is_embedded:
        return lambda hints: send(_embedded.get(settings.database, {}), hints)
    return Sender(create_lanes(settings, CLASSES))
