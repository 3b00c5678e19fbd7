"""Every table, imported once: for Alembic and for foreign keys between domains."""

from __future__ import annotations

from src.core import events as _events
from src.core import fulltext as _fulltext
from src.core import idempotency as _idempotency
from src.core import operations as _operations
from src.core import outbox as _outbox
from src.core import schedule as _schedule
from src.core.db import Table
from src.domain.accounts import tables as _accounts
from src.domain.approvals import tables as _approvals
from src.domain.bookings import tables as _bookings
from src.domain.files import tables as _files
from src.domain.maintenance import tables as _maintenance
from src.domain.notifications import tables as _notifications
from src.domain.operations import tables as _operations_of_teams
from src.domain.resources import tables as _resources
from src.domain.training import tables as _training

__all__ = ["metadata"]

LOADED = (
    _operations,
    _schedule,
    _events,
    _fulltext,
    _idempotency,
    _outbox,
    _accounts,
    _resources,
    _approvals,
    _training,
    _bookings,
    _maintenance,
    _notifications,
    _files,
    _operations_of_teams,
)
metadata = Table.metadata
