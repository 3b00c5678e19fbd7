"""The pages: server-rendered, whole without JavaScript, calling the services the API calls."""

from __future__ import annotations

from src.web.pages import (
    appearance,
    booking_actions,
    booking_edit,
    booking_new,
    booking_preview,
    bookings,
    calendar,
    closures,
    events,
    jobs,
    languages,
    mailbox,
    me,
    notifications,
    operations,
    people,
    requests,
    resource_files,
    resource_forms,
    resource_list,
    resource_parts,
    resource_people,
    resources,
    search,
    session,
    today,
)
from src.web.pages.frame import problem_page

ROUTERS = (
    today.router,
    search.router,
    session.router,
    languages.router,
    appearance.router,
    me.router,
    # before `resources` and `bookings`: /resources/new is no resource's id
    resource_forms.router,
    resource_parts.router,
    resource_people.router,
    resource_files.router,
    resource_list.router,
    resources.router,
    booking_preview.router,
    booking_new.router,
    booking_edit.router,
    booking_actions.router,
    bookings.router,
    requests.router,
    calendar.router,
    notifications.router,
    closures.router,
    people.router,
    events.router,
    operations.router,
    jobs.router,
    mailbox.router,
)

__all__ = ["ROUTERS", "problem_page"]
