"""The worker: handlers of what the outbox holds, and the machinery that runs them.

Importing a module of this package imports no handler (the server sends hints through
`src.tasks.queue` alone); `load()` imports every module that registers some.
"""

from __future__ import annotations

from importlib import import_module

# One line per module of handlers; its owner adds it.
MODULES = ("src.tasks.maintenance",)


def load() -> None:
    """Register every handler and schedule."""
    for name in MODULES:
        import_module(name)
