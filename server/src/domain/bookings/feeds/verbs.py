"""What the record says of calendar addresses and of calendars that are brought in."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("calendar_feed.created", mark("Calendar address made"), kind=Kind.CREDENTIAL_CHANGED)
verb("calendar_feed.renewed", mark("Calendar address renewed"), kind=Kind.CREDENTIAL_CHANGED)
verb("calendar_feed.revoked", mark("Calendar address revoked"), kind=Kind.CREDENTIAL_CHANGED)
verb("calendar.imported", mark("Calendar brought in"))
