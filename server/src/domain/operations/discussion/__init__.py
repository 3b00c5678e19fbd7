"""What hangs on anything the team writes: tags, links, mentions, comments, acknowledgements."""

from __future__ import annotations

from src.domain.operations.discussion import links, mentions, tags
from src.domain.operations.discussion.links import BadLink
from src.domain.operations.discussion.tags import BadTag

__all__ = ["BadLink", "BadTag", "links", "mentions", "tags"]
