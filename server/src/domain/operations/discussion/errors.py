"""Refusals of what hangs on anything the team writes."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class CommentNotFound(NotFound):
    """There is no such comment, or you may not know of what it is about."""

    code, title = "comment-not-found", "There is no such comment"


class BadComment(Invalid):
    """A comment says something, in at most 10,000 characters."""

    code, title = "bad-comment", "The comment cannot be kept so"


class CommentDeleted(Conflict):
    """The comment was deleted; only its place is left. Write a new one."""

    code, title = "comment-deleted", "The comment was deleted"
