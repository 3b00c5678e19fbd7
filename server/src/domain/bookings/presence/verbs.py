"""What the record says of checklists, kiosks and PINs."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("booking.checklist", mark("Checklist filled in"))
verb("kiosk.created", mark("Kiosk made"))
verb("kiosk.revoked", mark("Kiosk revoked"))
verb("kiosk.pin-refused", mark("A wrong PIN was typed"))
verb("kiosk.pin-set", mark("PIN set"))
verb("kiosk.pin-removed", mark("PIN removed"))
