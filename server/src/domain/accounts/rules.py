"""What an address, a name, a time zone and a language must look like."""

from __future__ import annotations

import re
import unicodedata

from src.core import language
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.errors import BadEmail, BadPerson

# ASCII only: other addresses need a mail server that speaks SMTPUTF8.
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


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


def _bad(field: str, code: str, detail: str) -> BadPerson:
    return BadPerson(detail, errors=(FieldError((field,), code, detail),))
