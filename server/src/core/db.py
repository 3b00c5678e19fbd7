"""Engine, sessions and the one place that commits.

A writing transaction on SQLite begins with BEGIN IMMEDIATE behind a first-in first-out gate; a
reading one cannot write (`query_only`, `READ ONLY`). What must follow a commit is announced on the
session and handed to the listeners of `Database` once the outermost transaction has committed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    Enum,
    Float,
    MetaData,
    TypeDecorator,
    Uuid,
    event,
    literal,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from src.core import clock, ids
from src.core.errors import DatabaseBusy, DatabaseUnavailable, DomainError
from src.core.gate import WriterGate, gate_of
from src.core.language import gettext as _

TRANSACTION_LIMIT = 60.0  # seconds; summaries rely on it (`jobs.md`, `domain.md` events)
CONNECT_TIMEOUT = 5.0
POOL_TIMEOUT = 10.0
_SQLITE_NOW = "'%Y-%m-%d %H:%M:%f000'"

BUSY_STATES = frozenset({"40P01", "40001", "55P03"})
AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "53300"})


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes. SQLite keeps `YYYY-MM-DD HH:MM:SS.ffffff`, which sorts as it reads."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,
    ) -> datetime | None:
        """Refuse naive values: they would be read as UTC by one database and not by the other."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's protocol
    ) -> datetime | None:
        """Give every time back aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSONValue = JSON().with_variant(JSONB(), "postgresql")
# For columns in which nothing said is NULL, so that COALESCE can ask the next.
JSONOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Table(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's protocol
        datetime: UTCDateTime(),
        dict[str, Any]: JSONValue,
        list[str]: JSONValue,
        UUID: Uuid(),
    }


class Identified:
    """Adds a UUIDv7 primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new, sort_order=-10)


class Versioned:
    """Adds a version that grows with every change and when the row was made and changed.

    A change that lost a race raises SQLAlchemy's StaleDataError; the version makes the ETag.
    """

    version: Mapped[int] = mapped_column(sort_order=90)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(
        default=clock.now, onupdate=clock.now, sort_order=92
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let the ORM count versions."""
        return {"version_id_col": cls.version}


def choice(values: type[StrEnum]) -> Enum:
    """A text column that takes only the values of `values`, checked by the database."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=values.__name__.lower(),
        values_callable=lambda enum: [member.value for member in enum],
    )


class _DatabaseNow(FunctionElement[datetime]):
    type = UTCDateTime()
    inherit_cache = True
    name = "database_now"


@compiles(_DatabaseNow, "postgresql")
def _postgresql_now(element: _DatabaseNow, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    offset = compiler.process(element.clauses, **kw)
    return f"(clock_timestamp() + ({offset}) * interval '1 second')"


@compiles(_DatabaseNow, "sqlite")
def _sqlite_now(element: _DatabaseNow, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    offset = compiler.process(element.clauses, **kw)
    return f"strftime({_SQLITE_NOW}, 'now', ({offset}) || ' seconds')"


def database_now(plus: Any = 0.0) -> _DatabaseNow:  # noqa: ANN401 - a number or a SQL expression
    """The database's clock in the stored format, `plus` seconds later. Worker clocks may be off."""
    offset = literal(float(plus), Float()) if isinstance(plus, int | float) else plus
    return _DatabaseNow(offset)


class ReadSession(AsyncSession):
    """A session the database itself keeps from writing."""


Listener = Callable[[list[Any]], None]


@dataclass(slots=True)
class Database:
    """One database: its pools, its sessions and who listens to its commits.

    A listener is a plain function, called on the event loop after the commit with everything
    announced on its channel; it must return at once and may not raise for what the outside does.
    """

    engine: AsyncEngine
    reading_engine: AsyncEngine
    gate: WriterGate | None
    listeners: dict[str, Listener] = field(default_factory=dict)
    sessions: async_sessionmaker[AsyncSession] = field(init=False)
    reads: async_sessionmaker[ReadSession] = field(init=False)

    def __post_init__(self) -> None:
        """Bind the session factories."""
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.reads = async_sessionmaker(
            self.reading_engine,
            class_=ReadSession,
            expire_on_commit=False,
            autoflush=False,
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
        if self.reading_engine.sync_engine.pool is not self.engine.sync_engine.pool:
            await self.reading_engine.dispose()


def create_database(url: str, *, pool_size: int = 10) -> Database:
    """Open the pools of the database at `url` (a SQLAlchemy address with its async driver)."""
    if url.startswith("sqlite"):
        return _create_sqlite(url, pool_size)
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": TRANSACTION_LIMIT,
            "server_settings": {
                "application_name": "aliquot",
                "timezone": "UTC",
                "lock_timeout": "10000",
                "idle_in_transaction_session_timeout": str(int(TRANSACTION_LIMIT * 1000)),
            },
        },
    )
    return Database(engine, engine.execution_options(postgresql_readonly=True), None)


def _create_sqlite(url: str, pool_size: int) -> Database:
    def engine(*, reading: bool) -> AsyncEngine:
        made = create_async_engine(
            url,
            pool_size=pool_size if reading else min(pool_size, 4),
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            connect_args={"timeout": 5.0},
            # As PostgreSQL keeps it: the text of a JSON column is searched.
            json_serializer=partial(json.dumps, ensure_ascii=False),
        )
        begin = "BEGIN" if reading else "BEGIN IMMEDIATE"

        @event.listens_for(made.sync_engine, "connect")
        def _pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI object
            connection.isolation_level = None  # SQLAlchemy begins, see below
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=NORMAL",
                "foreign_keys=ON",
                # INSERT OR REPLACE would pass the append-only triggers otherwise
                "recursive_triggers=ON",
                "busy_timeout=5000",
                f"query_only={'ON' if reading else 'OFF'}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
            # SQLite's own knows A to Z alone, and people have names like Éva and Łukasz.
            connection.create_function("lower", 1, _lower, deterministic=True)

        @event.listens_for(made.sync_engine, "begin")
        def _begin(connection: Any) -> None:  # noqa: ANN401
            # A reader that turns writer would fail at once, busy_timeout or not.
            connection.exec_driver_sql(begin)

        return made

    return Database(engine(reading=False), engine(reading=True), gate_of(url))


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def announce(session: AsyncSession, channel: str, item: Any) -> None:  # noqa: ANN401
    """Hand `item` to the channel's listener if, and only if, this transaction commits."""
    session.info.setdefault("announced", []).append((channel, item))


@asynccontextmanager
async def savepoint(session: AsyncSession) -> AsyncIterator[None]:
    """A nested transaction; rolled back, it takes along what was announced inside it."""
    announced: list[Any] = session.info.setdefault("announced", [])
    before = len(announced)
    try:
        async with session.begin_nested():
            yield
    except BaseException:
        del announced[before:]
        raise


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[AsyncSession]:
    """A writing transaction: commits at the end, rolls back on an error, then tells listeners.

    An error whose class has `keeps` is raised after the commit. Errors: `DatabaseBusy` for
    deadlocks, serialisation failures and a full gate, `DatabaseUnavailable` when it is away.
    """
    if database.gate is not None:
        await database.gate.acquire()
    try:
        async with asyncio.timeout(TRANSACTION_LIMIT), database.sessions() as session:
            kept = None
            with translated(connecting=True):
                await session.begin()
                await session.connection()
            with translated():
                try:
                    yield session
                except DomainError as refusal:
                    if not refusal.keeps:
                        raise
                    kept = refusal
                await session.commit()
    finally:
        if database.gate is not None:
            database.gate.release()
    _tell(database, session.info.pop("announced", []))
    if kept is not None:
        raise kept


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[ReadSession]:
    """A reading transaction; the database refuses writes in it. Errors as `transaction`."""
    async with database.reads() as session:
        with translated(connecting=True):
            await session.connection()
        with translated():
            yield session


def _tell(database: Database, announced: Sequence[tuple[str, Any]]) -> None:
    by_channel: dict[str, list[Any]] = {}
    for channel, item in announced:
        by_channel.setdefault(channel, []).append(item)
    for channel, items in by_channel.items():
        listener = database.listeners.get(channel)
        if listener is not None:
            listener(items)


@contextmanager
def translated(*, connecting: bool = False) -> Iterator[None]:
    """Turn the driver's ways of saying "busy" and "away" into facts of ours."""
    try:
        yield
    except Exception as error:
        fact = fact_of(error)
        if fact is None and connecting and isinstance(error, OSError):
            fact = _away()  # asyncpg lets the socket's own errors through
        if fact is None:
            raise
        raise fact from error


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of a driver error, as PostgreSQL gave it."""
    orig = getattr(error, "orig", error)
    return getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)


def _busy() -> DatabaseBusy:
    return DatabaseBusy(_("Repeat the request in a second."), retry_after=1)


def _away() -> DatabaseUnavailable:
    return DatabaseUnavailable(_("Nothing was stored. Try again in a few seconds."), retry_after=5)


def fact_of(error: Exception) -> DomainError | None:
    """The `DatabaseBusy` or `DatabaseUnavailable` behind a driver error, if it is one."""
    if isinstance(error, PoolTimeout):
        return _busy()
    if not isinstance(error, DBAPIError):
        return _away() if isinstance(error, ConnectionError) else None
    state = sqlstate(error) or ""
    said = str(error.orig)
    if state in BUSY_STATES or "database is locked" in said:
        return _busy()
    away = (
        error.connection_invalidated
        or state in AWAY_STATES
        or state.startswith("08")
        or (isinstance(error, InterfaceError) and "clos" in said)
        or "unable to open database" in said
    )
    return _away() if away else None
