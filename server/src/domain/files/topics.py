"""Work that files leave for after the commit."""

from __future__ import annotations

from src.core import outbox

# Payload {"file_id": …}: make the sizes of a picture; published with the file. `is_old` where it
# was stored before its metadata was left out at the door.
PREPARE = outbox.topic("files.prepare", queue="reports", time_limit=120.0)
# Payload {"keys": […]}: bytes that no row names any more.
REMOVE = outbox.topic("files.remove", queue="maintenance", time_limit=300.0)
# Payload {"folders": […]}: look there for bytes that no row ever named.
SEARCH = outbox.topic("files.search", queue="maintenance", max_attempts=3, time_limit=900.0)
