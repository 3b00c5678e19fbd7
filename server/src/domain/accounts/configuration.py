"""What the composition roots tell this domain once, before anything is served."""

from __future__ import annotations

from src.core.settings import Settings
from src.domain.accounts import passwords, sessions, setup


def configure(settings: Settings) -> None:
    """Take over the costs of hashing, the limits of log-ins and the source of the set-up code."""
    passwords.configure(memory_kib=settings.argon2_memory_kib, time_cost=settings.argon2_time_cost)
    sessions.configure(idle=settings.session_idle, absolute=settings.session_absolute)
    setup.configure(
        settings.secret_key.get_secret_value() if settings.env == "production" else None
    )
