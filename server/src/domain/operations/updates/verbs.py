"""What the record says of status updates."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

POSTED = verb("update.posted", mark("Status update posted"))
IMPORTED = verb("update.imported", mark("Status update moved in"))
CHANGED = verb("update.changed", mark("Status update changed"))
DELETED = verb("update.deleted", mark("Status update deleted"))
