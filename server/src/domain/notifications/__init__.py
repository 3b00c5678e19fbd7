"""What people are told, and over which channel.

A notification is stored as a kind, arguments and a link, and rendered when it is read, in its
reader's language and time zone. It is written by the transaction of what it tells about, together
with the outbox row that mails it: nobody is told of what was rolled back, and no mail is lost.
Domains register their kinds beside themselves (`kinds`).
"""

from __future__ import annotations

from src.domain.notifications import follows, leaving, topics
from src.domain.notifications.enclosures import Enclosed, enclosing
from src.domain.notifications.kinds import Channel, NotificationKind, kind, registered
from src.domain.notifications.letters import (
    give_up,
    letter,
    record,
    skip,
    test_mail,
)
from src.domain.notifications.service import (
    NotificationView,
    conceal,
    list_for,
    mark_read,
    notify,
    unread_and,
    unread_count,
    unread_group,
)
from src.domain.notifications.tables import Delivery, DeliveryState, Mode, Notification

__all__ = [
    "Channel",
    "Delivery",
    "DeliveryState",
    "Enclosed",
    "Mode",
    "Notification",
    "NotificationKind",
    "NotificationView",
    "conceal",
    "enclosing",
    "follows",
    "give_up",
    "kind",
    "leaving",
    "letter",
    "list_for",
    "mark_read",
    "notify",
    "record",
    "registered",
    "skip",
    "test_mail",
    "topics",
    "unread_and",
    "unread_count",
    "unread_group",
]
