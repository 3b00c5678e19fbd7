"""The pages: server-rendered, whole without JavaScript, calling the services the API calls."""

from __future__ import annotations

from src.web.pages import (
    booking_forms,
    bookings,
    notifications,
    people,
    resources,
    session,
    today,
)
from src.web.pages.frame import problem_page

ROUTERS = (
    today.router,
    session.router,
    resources.router,
    # before `bookings`: /bookings/new is no booking's id
    booking_forms.router,
    bookings.router,
    notifications.router,
    people.router,
)

__all__ = ["ROUTERS", "problem_page"]
