"""The tables as they are, at /admin, for those who run the deployment.

Built with starlette-admin, tamed: it reads through `core.db.reading`, every change goes through the
domain's service, and processes (booking, deciding, states, jobs) are not to be had here at all.
`door` guards the whole mount; `site` and what it imports are loaded when somebody first comes,
because they take memory and time that most processes never need.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Route

from src.core.actor import Permission
from src.core.language import mark
from src.core.settings import Settings
from src.templating import enter
from src.web.admin.door import PREFIX, Door

__all__ = ["PREFIX", "install"]

enter(
    mark("Administration"),
    PREFIX,
    Permission.SETTINGS_MANAGE,
    rank=90,
    icon="admin",
    is_everywhere=True,
)


def install(app: FastAPI, settings: Settings) -> None:
    """Mount it."""
    door = Door(settings, _build)
    app.router.routes.append(Route(PREFIX, door, include_in_schema=False))
    app.mount(PREFIX, door, name="admin")


def _build(settings: Settings) -> Starlette:
    from src.web.admin import site  # noqa: PLC0415 - a fifth of a second and 7 MB, when first needed

    return site.build(settings)
