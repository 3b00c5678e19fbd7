"""What people are told, and over which channel.

A notification is stored as a kind, arguments and a link, and rendered when it is read, in its
reader's language and time zone. It is written by the transaction of what it tells about, together
with the outbox row that mails it: nobody is told of what was rolled back, and no mail is lost.
Domains register their kinds beside themselves (`kinds`). People choose how they hear of each
(`preferences`): at once, in one letter a day (`digests`), or not at all, and never in their quiet
hours; what they are owed they are always told.
"""

from __future__ import annotations

from src.domain.notifications import (
    deliveries,
    digests,
    follows,
    leaving,
    preferences,
    topics,
    unsubscribing,
)
from src.domain.notifications.enclosures import Enclosed, enclosing
from src.domain.notifications.errors import (
    BadPreference,
    UnsubscribeLinkForged,
    UnsubscribeLinkOver,
)
from src.domain.notifications.kinds import Channel, NotificationKind, group, kind, registered
from src.domain.notifications.letters import (
    QUIET,
    TURNED_OFF,
    give_up,
    letter,
    record,
    skip,
    test_mail,
)
from src.domain.notifications.passages import passage
from src.domain.notifications.service import (
    NotificationView,
    conceal,
    list_for,
    mark_read,
    notify,
    notify_all,
    unread_and,
    unread_count,
    unread_group,
)
from src.domain.notifications.tables import Delivery, DeliveryState, Mode, Notification

__all__ = [
    "QUIET",
    "TURNED_OFF",
    "BadPreference",
    "Channel",
    "Delivery",
    "DeliveryState",
    "Enclosed",
    "Mode",
    "Notification",
    "NotificationKind",
    "NotificationView",
    "UnsubscribeLinkForged",
    "UnsubscribeLinkOver",
    "conceal",
    "deliveries",
    "digests",
    "enclosing",
    "follows",
    "give_up",
    "group",
    "kind",
    "leaving",
    "letter",
    "list_for",
    "mark_read",
    "notify",
    "notify_all",
    "passage",
    "preferences",
    "record",
    "registered",
    "skip",
    "test_mail",
    "topics",
    "unread_and",
    "unread_count",
    "unread_group",
    "unsubscribing",
]
