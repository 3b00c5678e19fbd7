"""What people were told, and by which way."""

from __future__ import annotations

from starlette_admin.fields import BooleanField, IntegerField, StringField, TextAreaField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.notifications.tables import DeliveryState, Mode
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly

# People are told of restricted incidents too, and follow them.
_TOLD = (Permission.USERS_MANAGE, Permission.INCIDENTS_READ_RESTRICTED)


class Notifications(ReadOnly):
    """One thing one person was told."""

    table, label, one = "notifications", mark("Notifications"), mark("Notification")
    icon = "fa-solid fa-bell"
    needs = _TOLD
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
        BooleanField("is_shown", mark("Not by mail alone")),
    )
    listed = ("created_at", "user_id", "kind", "subject_type", "read_at")
    found_by = ("user_id",)
    narrowed_by = ("user_id", "kind")


class Deliveries(ReadOnly):
    """A notification on its way over one channel."""

    table, label, one = "deliveries", mark("Deliveries"), mark("Delivery")
    icon = "fa-solid fa-envelope"
    needs = _TOLD
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


class Preferences(ReadOnly):
    """Of which kinds people want to hear how."""

    table, label = "notification_preferences", mark("Preferences of notifications")
    one = mark("Preference")
    icon = "fa-solid fa-sliders"
    needs = (Permission.USERS_MANAGE,)
    keys = ("user_id", "kind", "channel")
    named = "kind"
    fields = (
        Reference("user_id", mark("Person"), key="users"),
        StringField("kind", mark("Kind")),
        StringField("channel", mark("Channel")),
        Choice("mode", mark("How"), enum=Mode),
        Moment("changed_at", mark("Changed")),
    )
    listed = ("user_id", "kind", "channel", "mode", "changed_at")
    found_by = ("user_id", "kind")


class Hours(ReadOnly):
    """When people want to be left alone, and when they read their digest."""

    table, label = "notification_settings", mark("Quiet hours and digests")
    one = mark("Hours")
    icon = "fa-solid fa-moon"
    needs = (Permission.USERS_MANAGE,)
    keys = ("user_id",)
    named = "user_id"
    fields = (
        Reference("user_id", mark("Person"), key="users"),
        IntegerField("quiet_from", mark("Quiet from, minute of the day")),
        IntegerField("quiet_to", mark("Quiet to, minute of the day")),
        IntegerField("digest_minute", mark("Digest, minute of the day")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("user_id", "quiet_from", "quiet_to", "digest_minute")
    found_by = ("user_id",)


class Follows(ReadOnly):
    """Who wants to hear of what, or does not although it concerns them."""

    table, label, one = "follows", mark("Followers"), mark("Follower")
    icon = "fa-solid fa-bookmark"
    needs = _TOLD
    keys = ("user_id", "subject_type", "subject_id")
    named = "subject_type"
    fields = (
        Reference("user_id", mark("Person"), key="users"),
        StringField("subject_type", mark("Of what")),
        StringField("subject_id", mark("Its id")),
        BooleanField("is_muted", mark("Muted")),
        Moment("created_at", mark("Since")),
    )
    listed = ("user_id", "subject_type", "subject_id", "is_muted", "created_at")
    found_by = ("user_id", "subject_id")


GROUP = (
    mark("Notifications"),
    "fa-solid fa-bell",
    (Notifications, Deliveries, Preferences, Hours, Follows),
)
