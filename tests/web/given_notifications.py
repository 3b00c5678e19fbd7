"""What the operations of notifications and following are given."""

from __future__ import annotations

from src.core import clock
from src.core.crypto import keyring_of
from src.domain.notifications import unsubscribing
from tests.support.application import Lab
from tests.web.given import Given


def notifications(lab: Lab) -> Given:
    """A resource to follow, a kind to choose, and the link of a mail."""
    thing = {"subject_type": "resource", "subject_id": str(lab.ids.confocal)}
    link = unsubscribing.Link(lab.ids.admin, "booking.reminder", clock.now())
    token = unsubscribing.sign(link, keyring_of(lab.settings))
    chosen = {
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        "kinds": {"waiting.free": {"mail": "off"}},
    }
    return {
        "follows_get": {"path": thing},
        "follows_put": {"path": thing, "body": {"is_muted": False}},
        "follows_delete": {"path": thing},
        "notification_preferences_update": {"body": chosen},
        "notifications_unsubscribe": {"path": {"token": token}},
    }
