"""Refusals at the instrument."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, Limited, NotFound


class ChecklistNeeded(Conflict):
    """The list before use has to be filled in first.

    Send its answers with the check-in, or before it to `/bookings/{id}/checklists/before`.
    """

    code, title = "checklist-needed", "Fill in the checklist first"


class ChecklistInvalid(Invalid):
    """Answers of the checklist are missing or cannot be so; `errors` names each by its field."""

    code, title = "checklist-invalid", "Answers of the checklist are not right"


class NoChecklist(NotFound):
    """Nothing is asked before or after use of this resource."""

    code, title = "no-checklist", "There is no such checklist"


class KioskNotFound(NotFound):
    """There is no such kiosk, or it was revoked. Ask those who look after the instruments."""

    code, title = "kiosk-not-found", "No such kiosk"


class KioskTaken(Conflict):
    """Another kiosk has this name. Choose another."""

    code, title = "kiosk-taken", "Another kiosk has this name"


class BadKiosk(Invalid):
    """The kiosk cannot be so; `errors` names the fields."""

    code, title = "bad-kiosk", "The kiosk cannot be so"


class BadPin(Invalid):
    """A PIN has six digits that are not guessed at once."""

    code, title = "bad-pin", "This is no PIN"


class PinRefused(Invalid):
    """The PIN is not right for this booking. Try again, or check in on your phone."""

    code, title, keeps = "pin-refused", "The PIN is not right", True


class PinLocked(Limited):
    """Too many wrong PINs were typed for this booking's person. Wait as long as it says."""

    code, title, keeps = "pin-locked", "Wait before the next PIN", True
