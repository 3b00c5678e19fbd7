"""What the record says of status updates."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("update.posted", mark("Status update posted"))
verb("update.imported", mark("Status update moved in"))
verb("update.changed", mark("Status update changed"))
verb("update.deleted", mark("Status update deleted"))
