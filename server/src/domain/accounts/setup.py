"""The one-time code that opens the set-up page of an empty Aliquot."""

from __future__ import annotations

import base64
import hmac
import secrets

from src.core import crypto
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.errors import WrongSetUpCode

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_code: str | None = None
_is_told = False


def configure(secret_key: str | None) -> None:
    """Derive the code from the secret key, so that every server process tells the same one.

    Without a key (a laptop, whose key is public) it is random for each process.
    """
    global _code, _is_told  # noqa: PLW0603 - one code for the process
    _is_told = False
    if secret_key is None:
        _code = None
        return
    raw = base64.b32encode(crypto.derive(secret_key, "set-up code")).decode()
    _code = _grouped(raw[:16])


def code() -> str:
    """The code, in groups of four; tell it on the console while nobody has been set up."""
    global _code  # noqa: PLW0603
    if _code is None:
        _code = _grouped("".join(secrets.choice(_ALPHABET) for _ in range(16)))
    return _code


def code_to_tell() -> str | None:
    """The code for whoever started the process: once, None from then on."""
    global _is_told  # noqa: PLW0603
    if _is_told:
        return None
    _is_told = True
    return code()


def require_code(given: str) -> None:
    """Raise `WrongSetUpCode` unless this is the code; compared in constant time."""
    plain = "".join(given.upper().split()).replace("-", "")
    if not hmac.compare_digest(plain.encode(), code().replace("-", "").encode()):
        detail = _("This is not the code that the server logged when it started.")
        fault = FieldError(("code",), WrongSetUpCode.code, detail)
        raise WrongSetUpCode(detail, errors=(fault,))


def _grouped(text: str) -> str:
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))
