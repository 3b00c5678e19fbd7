"""What the record says of discussions: what happened to the thing they are about."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

COMMENTED = verb("comment.added", mark("Commented"))
CHANGED = verb("comment.changed", mark("Comment changed"))
DELETED = verb("comment.deleted", mark("Comment deleted"))
ACKNOWLEDGED = verb("acknowledgement.given", mark("Said to have read it"))
WITHDRAWN = verb("acknowledgement.withdrawn", mark("Said not to have read it after all"))
