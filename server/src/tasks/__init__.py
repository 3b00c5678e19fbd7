"""The worker: handlers of what the outbox holds, and the machinery that runs them.

Importing a module of this package imports no handler (the server sends hints through
`src.tasks.queue` alone); `load()` imports every module that registers some.
"""

from __future__ import annotations

from importlib import import_module

from src.core.settings import Settings

# One line per module of handlers; its owner adds it. What needs settings has `configure(settings)`.
MODULES = (
    "src.domain.schema",
    "src.domain.accounts",
    "src.tasks.maintenance",
    "src.tasks.accounts",
    "src.tasks.approvals",
    "src.tasks.blockers",
    "src.tasks.bookings",
    "src.tasks.waiting",
    "src.tasks.decisions",
    "src.tasks.events",
    "src.tasks.record",
    "src.tasks.exports",
    "src.tasks.leaving",
    "src.tasks.notifications",
    "src.tasks.files",
    "src.tasks.incident_room",
    "src.tasks.incidents",
    "src.tasks.phones",
    "src.tasks.problems",
    "src.tasks.summaries",
    "src.tasks.status_updates",
    "src.tasks.training",
    "src.tasks.team_imports",
)


def load(settings: Settings) -> None:
    """Register every handler and schedule, and give the settings to those who need them."""
    for name in MODULES:
        configure = getattr(import_module(name), "configure", None)
        if configure is not None:
            configure(settings)
