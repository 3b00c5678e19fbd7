"""What people were told, and by which way."""

from __future__ import annotations

from starlette_admin.fields import StringField, TextAreaField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.notifications.tables import DeliveryState
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly


class Notifications(ReadOnly):
    """One thing one person was told."""

    table, label, one = "notifications", mark("Notifications"), mark("Notification")
    icon = "fa-solid fa-bell"
    needs = (Permission.USERS_MANAGE,)
    named = "kind"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("user_id", mark("Person"), key="users"),
        StringField("kind", mark("Kind")),
        Data("args", mark("Facts")),
        StringField("link", mark("Leads to")),
        StringField("subject_type", mark("About")),
        StringField("subject_id", mark("Its id")),
        Moment("created_at", mark("Told")),
        Moment("read_at", mark("Read")),
    )
    listed = ("created_at", "user_id", "kind", "subject_type", "read_at")
    found_by = ("user_id",)
    narrowed_by = ("user_id", "kind")


class Deliveries(ReadOnly):
    """A notification on its way over one channel."""

    table, label, one = "deliveries", mark("Deliveries"), mark("Delivery")
    icon = "fa-solid fa-envelope"
    needs = (Permission.USERS_MANAGE,)
    named = "channel"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("notification_id", mark("Notification"), key="notifications"),
        StringField("channel", mark("Channel")),
        Choice("state", mark("State"), enum=DeliveryState),
        StringField("message_id", mark("Id of the mail")),
        TextAreaField("detail", mark("Detail")),
        Moment("created_at", mark("Made")),
        Moment("sent_at", mark("Sent")),
    )
    listed = ("created_at", "notification_id", "channel", "state", "sent_at")
    found_by = ("notification_id",)
    narrowed_by = ("state", "channel")


GROUP = (mark("Notifications"), "fa-solid fa-bell", (Notifications, Deliveries))
