"""What runs by itself, and at which times: declared beside its handler, kept as one table.

The table is written by workers and read by everybody (the server does not load the handlers). Each
run is a job of the outbox, one at a time, `once` per slot; a slot is the moment it was meant for.
Administrators pause, run now and override; each is an event.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from sqlalchemy import Float, String, Text, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from src.core import events, ids, language, outbox
from src.core.actor import Actor, Permission
from src.core.db import Identified, Table, Versioned, database_now
from src.core.errors import FieldError, Invalid, NotFound, PreconditionFailed
from src.core.language import gettext as _
from src.core.language import mark, ngettext
from src.core.outbox import Message, State, Topic

FORGOTTEN_AFTER = 7 * 86400.0  # seconds without a worker that declares it
SHORTEST_INTERVAL = 10
_DAILY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* \*")
_HOURLY = re.compile(r"(\d{1,2}) \* \* \* \*")
_EVERY = re.compile(r"\*/(\d{1,2}) \* \* \* \*")
LOOKS = mark("A crontab has five fields, minute hour day month weekday, such as */10 7-19 * * 1-5.")


events.verb("schedule.overridden", mark("Times changed"), kind=events.Kind.ADMINISTRATION)
events.verb("schedule.paused", mark("Paused"), kind=events.Kind.ADMINISTRATION)
events.verb("schedule.resumed", mark("Resumed"), kind=events.Kind.ADMINISTRATION)
events.verb("schedule.run", mark("Run by hand"), kind=events.Kind.ADMINISTRATION)


class ScheduleNotFound(NotFound):
    """No periodic work has this name."""

    code, title = "schedule-not-found", "There is no such schedule"


class BadTimes(Invalid):
    """Times are a crontab of five fields (`*/5 * * * *`) or an interval in seconds, from 10."""

    code, title = "bad-times", "These times cannot be read"


class Schedule(Identified, Versioned, Table):
    """Periodic work: its declared times, what an administrator put over them, how it went."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    queue: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text)
    max_attempts: Mapped[int]
    time_limit: Mapped[float] = mapped_column(Float)
    crontab: Mapped[str | None] = mapped_column(String(100))
    interval: Mapped[int | None]
    override_crontab: Mapped[str | None] = mapped_column(String(100))
    override_interval: Mapped[int | None]
    paused_at: Mapped[datetime | None]
    declared_at: Mapped[datetime]
    last_slot: Mapped[datetime]
    last_started_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_duration: Mapped[float | None] = mapped_column(Float)
    last_result: Mapped[dict[str, Any] | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Times:
    """When it runs: a crontab on the institute's wall clock, or every so many seconds."""

    crontab: str | None = None
    interval: int | None = None

    def latest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The last slot up to and including `now` (UTC)."""
        if self.interval is not None:
            return _floor(now, self.interval)
        # The iterator starts strictly before the given moment.
        just_after = (now + timedelta(microseconds=1)).astimezone(zone)
        return next(CronSim(self.crontab or "", just_after, reverse=True)).astimezone(UTC)

    def following(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first slot after `now` (UTC)."""
        if self.interval is not None:
            return _floor(now, self.interval) + timedelta(seconds=self.interval)
        return next(CronSim(self.crontab or "", now.astimezone(zone))).astimezone(UTC)

    def spacing(self, now: datetime, zone: ZoneInfo) -> float:
        """Seconds between the next two slots."""
        first = self.following(now, zone)
        return (self.following(first, zone) - first).total_seconds()

    def __str__(self) -> str:
        """In words, for people."""
        if self.interval is not None:
            return ngettext("Every second", "Every %(num)s seconds", self.interval)
        crontab = self.crontab or ""
        if found := _DAILY.fullmatch(crontab):
            return _("At %(time)s every day", time=f"{int(found[2]):02d}:{int(found[1]):02d}")
        if found := _HOURLY.fullmatch(crontab):
            return _("At minute %(minute)s of every hour", minute=found[1])
        if found := _EVERY.fullmatch(crontab):
            return ngettext("Every minute", "Every %(num)s minutes", int(found[1]))
        if language.reader().locale != language.BASE:
            return crontab  # the library's words are English
        return CronSim(crontab, datetime(2000, 1, 1, tzinfo=UTC)).explain()


def _floor(now: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def times(*, crontab: str | None = None, interval: int | None = None) -> Times:
    """Read times. Raises `BadTimes`."""
    if (crontab is None) == (interval is None):
        raise BadTimes(_("Give a crontab or an interval, one of the two."))
    if interval is not None:
        if interval < SHORTEST_INTERVAL:
            raise _bad(
                "interval",
                _("The interval must be %(least)s seconds or more.", least=SHORTEST_INTERVAL),
            )
        return Times(interval=interval)
    fields = (crontab or "").split()
    if len(fields) != 5:
        raise _bad("crontab", _(LOOKS))
    made = Times(crontab=" ".join(fields))
    try:
        made.following(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
    except (CronSimError, StopIteration) as error:
        raise _bad("crontab", _about(error)) from error
    return made


def _about(error: Exception) -> str:
    """What is wrong with a crontab, and what one looks like."""
    if isinstance(error, StopIteration):
        return _("No day of the calendar fits this.")
    part = str(error).removeprefix("Bad ")
    return f"{_('This cannot be read: %(part)s.', part=part)} {_(LOOKS)}"


def _bad(field: str, detail: str) -> BadTimes:
    return BadTimes(detail, errors=(FieldError((field,), "bad-times", detail),))


@dataclass(frozen=True, slots=True)
class Declaration:
    """Periodic work as the code declares it; its topic bears its name."""

    topic: Topic
    times: Times
    description: str


declared: dict[str, Declaration] = {}


def declare(declaration: Declaration) -> None:
    """Add to the declarations of this process."""
    declared[declaration.topic.name] = declaration


async def register(session: AsyncSession, declarations: Collection[Declaration]) -> None:
    """Write the declarations down, at a worker's start and daily; forget what nobody declares.

    New work waits for its next slot.
    """
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    for declaration in sorted(declarations, key=lambda item: item.topic.name):
        topic = declaration.topic
        facts = {
            "queue": topic.queue,
            "description": declaration.description,
            "max_attempts": topic.max_attempts,
            "time_limit": topic.time_limit,
            "crontab": declaration.times.crontab,
            "interval": declaration.times.interval,
        }
        now = database_now()
        await session.execute(  # several workers may start at once
            insert(Schedule)
            .values(id=ids.new(), name=topic.name, version=1, declared_at=now, last_slot=now,
                    created_at=now, updated_at=now, **facts)
            .on_conflict_do_nothing(index_elements=["name"])
        )  # fmt: skip
        row = await session.scalar(
            select(Schedule).where(Schedule.name == topic.name).with_for_update()
        )
        for name, value in facts.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        await _put(session, topic.name, declared_at=now)
    await session.flush()
    await session.execute(
        delete(Schedule).where(Schedule.declared_at < database_now(-FORGOTTEN_AFTER))
    )


async def _put(session: AsyncSession, name: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write facts about runs, which make no new version of what people edit."""
    await session.execute(
        update(Schedule.__table__).where(Schedule.name == name).values(**values)  # type: ignore[arg-type]
    )


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose latest slot has not been run."""

    name: str
    queue: str
    max_attempts: int
    time_limit: float
    last_slot: datetime
    slot: datetime


async def find_due(reads: AsyncSession, names: Collection[str], zone: ZoneInfo) -> list[Due]:
    """The schedules among `names` with a slot since their last one, by the database's clock."""
    rows = await reads.execute(
        select(Schedule, database_now()).where(
            Schedule.name.in_(names), Schedule.paused_at.is_(None)
        )
    )
    found = []
    for row, now in rows:
        slot = effective(row).latest(now, zone)
        if slot > row.last_slot:
            found.append(
                Due(row.name, row.queue, row.max_attempts, row.time_limit, row.last_slot, slot)
            )
    return found


async def publish_due(session: AsyncSession, due: Due) -> bool:
    """Publish the slot's run, unless another scheduler did; of missed slots only the latest.

    While an earlier run has not even begun, this one is not added to it.
    """
    won = await session.execute(
        update(Schedule.__table__)  # type: ignore[arg-type]
        .where(Schedule.name == due.name, Schedule.last_slot == due.last_slot)
        .values(last_slot=due.slot)
        .returning(Schedule.id)
    )
    if won.first() is None or await _waits(session, due.name):
        return False
    slot = due.slot.isoformat().replace("+00:00", "Z")
    topic = Topic(due.name, due.queue, max_attempts=due.max_attempts)
    made = await outbox.publish(
        session, topic, {"slot": slot}, once=f"{due.name}@{slot}", key=_key(due.name)
    )
    return made is not None


async def _waits(session: AsyncSession, name: str) -> bool:
    return bool(
        await session.scalar(
            select(
                exists().where(
                    Message.key == _key(name),
                    Message.state == State.QUEUED,
                    Message.attempts == 0,
                )
            )
        )
    )


def _key(name: str) -> str:
    return f"schedule:{name}"


def effective(row: Schedule) -> Times:
    """The times that count: the administrator's, else the declared ones."""
    if row.override_crontab is not None or row.override_interval is not None:
        return Times(row.override_crontab, row.override_interval)
    return Times(row.crontab, row.interval)


async def note_start(session: AsyncSession, name: str) -> None:
    """A run begins."""
    await _put(session, name, last_started_at=database_now())


async def note_success(
    session: AsyncSession, name: str, *, duration: float, result: dict[str, Any] | None
) -> None:
    """A run ended well after `duration` seconds."""
    await _put(
        session,
        name,
        last_success_at=database_now(),
        last_duration=duration,
        last_result=result,
        last_error=None,
        last_error_at=None,
    )


async def note_failure(session: AsyncSession, name: str, error: str) -> None:
    """An attempt failed."""
    await _put(session, name, last_error=error, last_error_at=database_now())


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as shown: `state` is `active`, `paused` or `late` (two slots without success)."""

    id: UUID
    name: str
    description: str
    queue: str
    times: Times
    declared: Times
    is_overridden: bool
    state: str
    next_at: datetime | None
    paused_at: datetime | None
    last_started_at: datetime | None
    last_success_at: datetime | None
    last_duration: float | None
    last_result: dict[str, Any] | None
    last_error: str | None
    last_error_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


async def list_(reads: AsyncSession, actor: Actor, *, zone: str = "UTC") -> Sequence[ScheduleView]:
    """Every schedule by name, for those who may read jobs; `zone` is the institute's."""
    actor.require(Permission.JOBS_READ)
    rows = await reads.execute(select(Schedule, database_now()).order_by(Schedule.name))
    return [_view(row, now, ZoneInfo(zone)) for row, now in rows]


async def get(reads: AsyncSession, actor: Actor, name: str, *, zone: str = "UTC") -> ScheduleView:
    """One schedule. Raises `ScheduleNotFound`."""
    actor.require(Permission.JOBS_READ)
    found = (
        await reads.execute(
            select(Schedule, database_now())
            .where(Schedule.name == name)
            .execution_options(populate_existing=True)
        )
    ).first()
    if found is None:
        raise _not_found(name)
    row, now = found
    return _view(row, now, ZoneInfo(zone))


def _view(row: Schedule, now: datetime, zone: ZoneInfo) -> ScheduleView:
    effective_times = effective(row)
    since = row.last_success_at or row.created_at
    late_after = timedelta(seconds=2 * effective_times.spacing(now, zone))
    state = "paused" if row.paused_at else "late" if now - since > late_after else "active"
    return ScheduleView(
        id=row.id,
        name=row.name,
        description=_(row.description) if row.description else "",
        queue=row.queue,
        times=effective_times,
        declared=Times(row.crontab, row.interval),
        is_overridden=effective_times != Times(row.crontab, row.interval),
        state=state,
        next_at=None if row.paused_at else effective_times.following(now, zone),
        paused_at=row.paused_at,
        last_started_at=row.last_started_at,
        last_success_at=row.last_success_at,
        last_duration=row.last_duration,
        last_result=row.last_result,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def pause(session: AsyncSession, actor: Actor, name: str) -> None:
    """Let it rest until `resume`; a run that has begun goes on. Raises `ScheduleNotFound`."""
    row = await _for_change(session, actor, name)
    if row.paused_at is None:
        row.paused_at = await session.scalar(select(database_now()))
        events.record(session, actor, "schedule.paused", ("schedule", row.id))


async def resume(session: AsyncSession, actor: Actor, name: str) -> None:
    """Go on with the next slot; those of the pause are not made up for."""
    row = await _for_change(session, actor, name)
    if row.paused_at is not None:
        row.paused_at = None
        await _put(session, name, last_slot=database_now())
        events.record(session, actor, "schedule.resumed", ("schedule", row.id))


async def run_now(session: AsyncSession, actor: Actor, name: str) -> int:
    """Publish a run out of turn, also while paused; the job's id. One at a time, as always."""
    row = await _for_change(session, actor, name)
    now = await session.scalar(select(database_now()))
    slot = (now or row.last_slot).isoformat().replace("+00:00", "Z")
    topic = Topic(name, row.queue, max_attempts=row.max_attempts)
    message_id = await outbox.publish(session, topic, {"slot": slot}, key=_key(name), priority=5)
    events.record(session, actor, "schedule.run", ("schedule", row.id))
    if message_id is None:
        raise RuntimeError("a job without `once` is always published")
    return message_id


async def override(
    session: AsyncSession,
    actor: Actor,
    name: str,
    *,
    crontab: str | None = None,
    interval: int | None = None,
    expected_version: int | None = None,
) -> None:
    """Put other times over the declared ones; neither given takes them away again.

    Raises `BadTimes`, `ScheduleNotFound`, `PreconditionFailed` when it is not `expected_version`.
    The next run is the next slot of the new times.
    """
    row = await _for_change(session, actor, name)
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Somebody changed it since you read it. Read it again."))
    given = (
        times(crontab=crontab, interval=interval) if crontab or interval is not None else Times()
    )
    old = [row.override_crontab, row.override_interval]
    row.override_crontab, row.override_interval = given.crontab, given.interval
    await session.flush()
    await _put(session, name, last_slot=database_now())
    events.record(
        session, actor, "schedule.overridden", ("schedule", row.id),
        changes={"times": [old, [given.crontab, given.interval]]},
    )  # fmt: skip


async def _for_change(session: AsyncSession, actor: Actor, name: str) -> Schedule:
    actor.require(Permission.JOBS_MANAGE)
    row = await session.scalar(select(Schedule).where(Schedule.name == name).with_for_update())
    if row is None:
        raise _not_found(name)
    return row


def _not_found(name: str) -> ScheduleNotFound:
    return ScheduleNotFound(
        _("No periodic work is called %(name)s. List them to see their names.", name=repr(name))
    )
