"""The code on a resource's printed label: short, and without letters that are mistaken for others.

It is an address (`/r/<code>`), not a secret: who follows it logs in and sees what they may see.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8
_CODE = re.compile(r"[0-9A-Z]{4,16}")


def new() -> str:
    """A code nobody has: there are 31**8 of them, and the column is unique."""
    return "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))


def tidy(typed: str) -> str | None:
    """The code somebody typed, in small letters or with spaces and dashes; None: it is none."""
    code = re.sub(r"[\s-]", "", typed).upper()
    return code if _CODE.fullmatch(code) else None
