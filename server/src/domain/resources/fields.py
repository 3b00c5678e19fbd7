"""What may be written into the catalogue's fields: every fault is found before one is told."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.resources.errors import NotInCatalogue

MAX_TAGS = 20
MAX_UNITS = 200

Check = Callable[[Any], str | None]


def refuse(field: str, detail: str, *, code: str = "invalid") -> NotInCatalogue:
    """One fault, to be raised."""
    return NotInCatalogue(detail, errors=(FieldError((field,), code, detail),))


def check(values: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise `NotInCatalogue` with every fault of `values`, and for a field that is not known."""
    faults = []
    for field, value in values.items():
        if field not in checks:
            faults.append(FieldError((field,), "unknown-field", _("There is no such field.")))
            continue
        detail = checks[field](value)
        if detail is not None:
            faults.append(FieldError((field,), "invalid", detail))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def line(limit: int, *, required: bool = True) -> Check:
    """A line of text: not blank where `required`, without control characters."""

    def fault(value: Any) -> str | None:  # noqa: ANN401 - whatever came
        if not isinstance(value, str) or (required and not value.strip()):
            return _("It needs some text.")
        if len(value) > limit:
            return _("At most %(limit)s characters.", limit=limit)
        if any(unicodedata.category(letter) == "Cc" for letter in value):
            return _("Control characters are not allowed.")
        return None

    return fault


def text(limit: int) -> Check:
    """Text of several lines; may be empty."""

    def fault(value: Any) -> str | None:  # noqa: ANN401
        if not isinstance(value, str) or "\x00" in value:
            return _("It must be text.")
        return None if len(value) <= limit else _("At most %(limit)s characters.", limit=limit)

    return fault


def timezone(value: Any) -> str | None:  # noqa: ANN401
    """A name of the IANA database."""
    known = isinstance(value, str) and value in _timezones()
    return None if known else _("Name a time zone such as Europe/Berlin.")


def tags(value: Any) -> str | None:  # noqa: ANN401
    """Up to twenty short words."""
    if not isinstance(value, list | tuple) or len(value) > MAX_TAGS:
        return _("At most %(most)s tags.", most=MAX_TAGS)
    faults = (line(40)(tag) for tag in value)
    return next((fault for fault in faults if fault), None)


def whole(low: int, high: int, *, optional: bool = False) -> Check:
    """A whole number between two bounds."""

    def fault(value: Any) -> str | None:  # noqa: ANN401
        if value is None and optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return _("A whole number from %(low)s to %(high)s.", low=low, high=high)
        return None

    return fault


def truth(value: Any) -> str | None:  # noqa: ANN401
    """True, false, or nothing said."""
    return None if value is None or isinstance(value, bool) else _("True or false.")


def anything(_value: Any) -> str | None:  # noqa: ANN401
    """Checked elsewhere, against the database."""
    return None


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Without surrounding space, each once, in the order given."""
    return list(dict.fromkeys(tag.strip() for tag in tags))


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
