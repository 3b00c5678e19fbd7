"""What the record says of how people are told."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("notifications.chosen", mark("Notifications chosen"))
