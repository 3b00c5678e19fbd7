"""What the record says of discussions: what happened to the thing they are about."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("comment.added", mark("Commented"))
verb("comment.changed", mark("Comment changed"))
verb("comment.deleted", mark("Comment deleted"))
verb("acknowledgement.given", mark("Said to have read it"))
verb("acknowledgement.withdrawn", mark("Said not to have read it after all"))
