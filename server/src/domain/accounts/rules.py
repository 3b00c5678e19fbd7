"""What an address, a name, a time zone and a language must look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from src.core import language
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.errors import BadEmail, BadPerson

# ASCII only: other addresses need a mail server that speaks SMTPUTF8.
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


THEMES = ("light", "dark", "system")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
REFUSALS = (BadEmail, BadPerson)


def fold(email: str) -> str:
    """The address as it is stored and compared."""
    # No text of PostgreSQL's can hold NUL, and no address has one.
    return unicodedata.normalize("NFKC", email.replace("\x00", "")).strip().casefold()


def checked_email(email: str) -> str:
    """The folded address; raises `BadEmail`."""
    folded = fold(email)
    if len(folded) > 254 or not _EMAIL.fullmatch(folded) or ".." in folded:
        detail = _("Write an address such as name@example.org.")
        raise BadEmail(detail, errors=(FieldError(("email",), "bad-email", detail),))
    return folded


def checked_name(name: str, *, field: str = "name") -> str:
    """The name in one line; raises `BadPerson`."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(plain) <= 200 or any(
        unicodedata.category(char) in {"Cc", "Cs"} for char in plain
    ):
        raise _bad(field, "bad-name", _("Give a name of 1 to 200 characters."))
    return plain


def checked_timezone(timezone: str) -> str:
    """An IANA time zone's name; raises `BadPerson`."""
    if not language.is_timezone(timezone):
        raise _bad("timezone", "unknown-timezone", _("Use a name such as Europe/Berlin."))
    return timezone


def checked_locale(locale: str | None) -> str | None:
    """One of the languages there are, or none; raises `BadPerson`."""
    if locale is not None and locale not in language.available():
        choices = ", ".join(language.available())
        detail = _("The languages are %(choices)s.", choices=choices)
        raise _bad("locale", "unknown-locale", detail)
    return locale


def checked_date_format(value: str | None) -> str | None:
    """One of `language.DATE_FORMATS`, or none; raises `BadPerson`."""
    return _one_of("date_format", value, language.DATE_FORMATS)


def checked_time_format(value: str | None) -> str | None:
    """One of `language.TIME_FORMATS`, or none; raises `BadPerson`."""
    return _one_of("time_format", value, language.TIME_FORMATS)


def checked_theme(value: str | None) -> str | None:
    """One of `THEMES`, or none; raises `BadPerson`."""
    return _one_of("theme", value, THEMES)


def checked_phone(value: str | None) -> str | None:
    """A number as the whole world writes it (E.164), or none; raises `BadPerson`."""
    if not value or not value.strip():
        return None
    plain = "".join(char for char in value if char not in " \u00a0-./()")
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    if not _PHONE.fullmatch(plain):
        detail = _("Write it with the country's number, such as +49 30 901820.")
        raise _bad("phone", "bad-phone", detail)
    return plain


def _one_of(field: str, value: str | None, choices: Collection[str]) -> str | None:
    if value is not None and value not in choices:
        detail = _("Choose one of: %(choices)s.", choices=", ".join(choices))
        raise _bad(field, "unknown-choice", detail)
    return value


def _bad(field: str, code: str, detail: str) -> BadPerson:
    return BadPerson(detail, errors=(FieldError((field,), code, detail),))
