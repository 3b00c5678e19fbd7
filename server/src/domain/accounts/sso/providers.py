"""The providers of this deployment, by their slugs."""

from __future__ import annotations

from dataclasses import dataclass

from src.core.language import gettext as _
from src.core.providers import Provider
from src.core.settings import Settings
from src.domain.accounts.sso.errors import NoSuchProvider


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the settings say: the providers, where we are, and whether http is for a laptop."""

    providers: tuple[Provider, ...] = ()
    base_url: str = ""
    even_loopback: bool = False


_deployment: list[Deployment] = [Deployment()]


def configure(settings: Settings) -> None:
    """Take over the deployment's providers."""
    is_development = settings.env == "development"
    _deployment[:] = [Deployment(settings.sso_providers, settings.base_url, is_development)]


def deployment() -> Deployment:
    """The deployment as it was configured."""
    return _deployment[0]


def offered() -> tuple[Provider, ...]:
    """Every provider one may log in with, in the order of the settings."""
    return deployment().providers


def get(slug: str) -> Provider:
    """The provider. Raises `NoSuchProvider`."""
    for one in offered():
        if one.slug == slug:
            return one
    raise NoSuchProvider(_("Choose another way at the log-in page."))


def label_of(slug: str) -> str:
    """What people call it; its slug where it is offered no more."""
    return next((one.label for one in offered() if one.slug == slug), slug)


def callback_of(provider: Provider) -> str:
    """The address that has to be entered at the provider."""
    return f"{deployment().base_url}/login/sso/{provider.slug}/callback"
