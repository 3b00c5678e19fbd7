"""Single sign-on on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from src.core.providers import Provider
from src.domain.accounts.sso import IdentityView
from src.models.common import Text, Wire


class ProviderRead(Wire):
    """A provider one may log in with."""

    slug: str
    label: str
    preset: Literal["generic", "azure", "google"]
    start: str = Field(description="Where a browser begins; `next` in its query is kept.")

    @classmethod
    def of(cls, provider: Provider) -> Self:
        """From the settings."""
        return cls(
            slug=provider.slug,
            label=provider.label,
            preset=provider.preset,
            start=f"/login/sso/{provider.slug}",
        )


class SignOnRead(Wire):
    """Where to send the browser; its cookie was set by this answer, and lives ten minutes."""

    url: str


class IdentityRead(Wire):
    """A link of one's own account to a provider's."""

    id: UUID
    provider: str
    label: str
    email: str | None = Field(description="As the provider told it last; it opens nothing.")
    created_at: datetime
    last_used_at: datetime
    is_offered: bool = Field(description="Whether one can log in by it now.")
    is_last_way_in: bool = Field(description="Such a link stays.")

    @classmethod
    def of(cls, view: IdentityView) -> Self:
        """From the service's view."""
        return cls.model_validate(view)


class LogOutForm(Wire):
    """What a provider sends when somebody logged out there."""

    logout_token: Annotated[Text, Field(min_length=1, max_length=200_000)]
