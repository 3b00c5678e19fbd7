"""Lengths and times as the messages of rules say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from src.core import language
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.resources.hours import Window
from src.domain.resources.terms import Terms


def whole(minutes: float) -> int:
    """Full minutes."""
    return int(minutes // 1)


def seconds(window: Window) -> int:
    """Its length in seconds."""
    return (window.ends_at - window.starts_at) // timedelta(seconds=1)


def length_of(window: Window) -> str:
    """Its length, to the second."""
    full, rest = divmod(seconds(window), 60)
    said = [minutes(full)] if full else []
    if rest:
        said.append(ngettext("%(num)s second", "%(num)s seconds", rest))
    return language.format_list(said) if said else _("less than a second")


def minutes(count: int) -> str:
    """So many minutes."""
    return ngettext("%(num)s minute", "%(num)s minutes", count)


def span(count: int) -> str:
    """Minutes in the largest unit that says enough."""
    if count >= 2 * 1440:
        return ngettext("%(num)s day", "%(num)s days", count // 1440)
    if count >= 120:
        return ngettext("%(num)s hour", "%(num)s hours", count // 60)
    return minutes(count)


def iso(at: datetime) -> str:
    """For those who word it themselves."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(terms: Terms, at: datetime) -> str:
    """By the clock on the resource's wall."""
    return language.format_moment(at, zone=terms.zone)
