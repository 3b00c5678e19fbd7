"""From codes and arguments to words, in the language and the time zone of whoever reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.language import gettext, mark
from src.domain import accounts
from src.domain.notifications import kinds
from src.domain.notifications.tables import Notification

_REPEATED = re.compile(r"…(?:\W*…)+")
_NOBODY = mark("a former member")


class _Values(dict[str, str]):
    """A value that was not given reads as nothing: the other words still tell what happened."""

    def __missing__(self, key: str) -> str:
        return ""


class _Anything(dict[str, str]):
    """Stands for whatever will be said."""

    def __missing__(self, key: str) -> str:
        return "…"


def words(what: kinds.NotificationKind) -> str:
    """A kind in words, for whoever reads now: its title, with dots for what it will name."""
    return _REPEATED.sub("…", gettext(what.title) % _Anything()).strip()


def plain(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as JSON keeps them: times as ISO texts with offset, ids as texts."""
    return {name: _plain(name, value) for name, value in args.items() if value is not None}


async def people_in(
    session: AsyncSession, notifications: Iterable[Notification]
) -> dict[UUID, str]:
    """The names of all people the notifications speak of, in one statement."""
    wanted = {
        UUID(item.args[name])
        for item in notifications
        if (what := kinds.find_or_none(item.kind)) is not None
        for name in what.people
        if name in item.args
    }
    return await accounts.names(session, wanted)


def render(
    notification: Notification, people: Mapping[UUID, str], locale: str, timezone: str
) -> accounts.post.Text:
    """The notification in words."""
    what = kinds.find_or_none(notification.kind)
    with language.reading_as(locale, timezone):
        if what is None:
            # Written by another version of Aliquot; its link still leads to the thing.
            return accounts.post.Text(gettext("Something happened"), "", gettext("Have a look"), ())
        values = _values(what, notification.args, people)
        facts = tuple(
            (gettext(label), text)
            for label, pattern in what.facts
            if (text := (gettext(pattern) % values).strip())
        )
        return accounts.post.Text(
            title=(gettext(what.title) % values).strip(),
            body=(gettext(what.body) % values).strip(),
            action=gettext(what.action),
            facts=facts,
        )


def _values(
    what: kinds.NotificationKind, args: Mapping[str, Any], people: Mapping[UUID, str]
) -> _Values:
    values = _Values()
    for name, value in args.items():
        if name in what.people:
            values[name] = people.get(UUID(value)) or gettext(_NOBODY)
        elif name.endswith("_at"):
            values[name] = language.format_datetime(datetime.fromisoformat(value))
        else:
            values[name] = str(value)
    if "starts_at" in args and "ends_at" in args:
        values["when"] = language.format_period(
            datetime.fromisoformat(args["starts_at"]), datetime.fromisoformat(args["ends_at"])
        )
    return values


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a domain has to tell
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be told: {name}")
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value
