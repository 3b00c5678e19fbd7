"""What stands around a blocker or a decision on its page, and in the forms of both."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, notifications
from src.domain.operations import discussion
from src.domain.operations.parties import Named
from src.web.forms import Form
from src.web.pages import writing
from src.web.pages.frame import Page
from src.web.pages.history import history

Choices = list[tuple[str, str]]


async def around(
    reads: ReadSession, page: Page, subject: tuple[str, UUID], *, may_comment: bool
) -> dict[str, Any]:
    """Comments, following and history of a thing; what takes no comment takes no change of one."""
    limits = Limits(limit=writing.MOST_COMMENTS)
    said = await discussion.comments.of(reads, page.actor, subject, paging=limits)
    if not may_comment:
        said = said.map(lambda one: replace(one, may_change=False, may_remove=False))
    return {
        "comments": said,
        "comment_form": Form(),
        "may_comment": may_comment,
        "follows": await notifications.follows.state(reads, page.actor.user_id, subject),
        "events": await history(reads, subject),
    }


async def people_choices(
    reads: ReadSession, page: Page, chosen: Collection[Named | None] = ()
) -> Choices:
    """People to choose from by name; who is chosen is always among them."""
    found = {str(one.id): one.name for one in chosen if one is not None}
    if page.actor.may_anywhere(Permission.USERS_READ):
        limits = Limits(limit=MAX_LIMIT)
        people = await accounts.pick(reads, page.actor, paging=limits)
        found |= {str(one.id): one.name for one in people.items}
    return sorted(found.items(), key=lambda pair: pair[1].casefold())
