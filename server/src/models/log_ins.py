"""Log-ins and devices on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from src.domain.accounts import DeviceView, LogInView
from src.domain.accounts.agents import device_name
from src.models.common import Wire


class SessionRead(Wire):
    """A browser that is logged in."""

    id: UUID
    device: str = Field(
        description="What it calls itself, in words.", examples=["Firefox on Linux"]
    )
    ip: str | None = Field(description="The address it was logged in from.")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime = Field(description="When it ends at the latest.")
    is_this: bool = Field(description="Whether it is the one that asks.")
    method: str | None = Field(description="`password`, `passkey` or `sso`.")
    has_factor: bool = Field(description="Whether a second factor was given.")
    trusted_until: datetime | None = Field(
        description="Until when its device is asked for no second factor."
    )

    @classmethod
    def of(cls, view: LogInView) -> SessionRead:
        """As it goes over the wire."""
        facts = {name: getattr(view, name) for name in cls.model_fields if name != "device"}
        return cls(device=device_name(view.device), **facts)


class DeviceRead(Wire):
    """A browser somebody has logged in from within a year."""

    id: UUID
    device: str = Field(
        description="What it calls itself, in words.", examples=["Firefox on Linux"]
    )
    ip: str | None = Field(description="The address it was used from last.")
    created_at: datetime
    last_used_at: datetime
    trusted_until: datetime | None = Field(
        description="Until when no second factor is asked for there."
    )

    @classmethod
    def of(cls, view: DeviceView) -> DeviceRead:
        """As it goes over the wire."""
        facts = {name: getattr(view, name) for name in cls.model_fields if name != "device"}
        return cls(device=device_name(view.device), **facts)
