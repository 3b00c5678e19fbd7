"""The institute on the wire: what everybody may know, and what it decided."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from src.domain.accounts.facility import (
    LONGEST_GRACE,
    LONGEST_KEPT,
    MOST_LOG_INS,
    Facility,
    Registration,
)
from src.models.accounts import Email, Zone
from src.models.common import Line, Wire, absent

Code = Annotated[Line, Field(max_length=40)]
Domain = Annotated[Line, Field(min_length=3, max_length=253, examples=["example.org"])]
Days = Annotated[int, Field(ge=1, le=LONGEST_KEPT, strict=True)]


class SettingsRead(Wire):
    """Whose deployment this is. What follows `version` is null without `settings:manage`."""

    name: str
    timezone: str
    currency: str
    version: int
    locale: str | None = Field(None, description="Of mails to people who chose no language.")
    mail_from: str | None = None
    registration: Registration | None = Field(None, description="Who may register by themselves.")
    registration_domains: list[str] | None = None
    max_log_ins: int | None = Field(None, description="Browsers at once; null: as many as wanted.")
    factor_roles: list[str] | None = Field(None, description="Whose holders need a second factor.")
    factor_grace_days: int | None = None
    retention: dict[str, int] | None = Field(
        None, description="Days that what is personal in an event is kept, by kind; else for ever."
    )

    @classmethod
    def of(cls, facility: Facility, *, is_whole: bool) -> Self:
        """The settings as this reader may see them."""
        read = cls.model_validate(facility)
        if is_whole:
            return read
        return cls(
            name=read.name, timezone=read.timezone, currency=read.currency, version=read.version
        )


class SettingsUpdate(Wire):
    """What is decided anew; what is absent stays."""

    name: Annotated[Line, Field(min_length=1, max_length=200)] = absent()
    timezone: Zone = absent()
    currency: Annotated[Line, Field(min_length=3, max_length=3, examples=["EUR"])] = absent()
    locale: Annotated[Line, Field(min_length=2, max_length=16, examples=["en"])] = absent()
    mail_from: Email | None = None
    registration: Registration = absent()
    registration_domains: Annotated[list[Domain], Field(max_length=100)] = absent()
    max_log_ins: Annotated[int, Field(ge=1, le=MOST_LOG_INS, strict=True)] | None = None
    factor_roles: Annotated[list[Code], Field(max_length=100)] = absent()
    factor_grace_days: Annotated[int, Field(ge=0, le=LONGEST_GRACE, strict=True)] = absent()
    retention: Annotated[dict[Code, Days], Field(max_length=20)] = absent()
