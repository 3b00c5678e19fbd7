"""What the composition roots tell this domain once, before anything is served."""

from __future__ import annotations

from src.core.settings import Settings
from src.domain.accounts import lockout, passwords, phones, post, secrets, sessions, setup, sso
from src.domain.accounts.credentials import tokens


def configure(settings: Settings) -> None:
    """Take over costs of hashing, limits of log-ins, keys, the way out for mails, the set-up code."""
    passwords.configure(memory_kib=settings.argon2_memory_kib, time_cost=settings.argon2_time_cost)
    sessions.configure(idle=settings.session_idle, absolute=settings.session_absolute)
    lockout.configure(settings.secret_key.get_secret_value())
    secrets.configure(settings)
    tokens.configure(settings)
    post.configure(settings)
    phones.configure(settings)
    sso.configure(settings)
    setup.configure(
        settings.secret_key.get_secret_value() if settings.env == "production" else None
    )
