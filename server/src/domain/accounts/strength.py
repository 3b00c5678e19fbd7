"""How good a password is: what is refused, and what is said of it while it is typed.

Refused is what is short, stands in a list of what is guessed first, says who the person is, or would
be found within a hundred million guesses. The list and zxcvbn's measure are on this machine: no
password is asked for elsewhere. Measuring takes milliseconds, at worst some 0.3 s: do it in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MIN_LENGTH = 12
MAX_LENGTH = 1024  # characters; longer input is not even hashed
LEVELS = 4
_LEAST_LEVEL = 3  # of zxcvbn: 10^8 guesses and more
_MEASURED = 100  # characters; the time grows with their square
# Each kind of sign that may stand for a letter multiplies what zxcvbn tries.
_SIGNS = frozenset("4@8({[<369!1|70$5+%2")
_MANY_SIGNS, _MEASURED_OF_SIGNS = 8, 24
_LEFT = 4  # letters that have to be left without what says who the person is
_COMMON = Path(__file__).with_name("common_passwords.txt")
_FORGIVEN = str.maketrans("", "", " -_.!?0123456789")


@dataclass(frozen=True, slots=True)
class Strength:
    """Of a password: a level from 0 (refused) to 4, and the fault it is refused for."""

    level: int
    fault: str | None


def measured(password: str, about: Collection[str] = ()) -> Strength:
    """How good the password is for somebody whose names and addresses are `about`."""
    fault = _known_fault(password, about)
    level = LEVELS if fault == "too-long" else _level(password, about)
    if fault is None and level < _LEAST_LEVEL:
        fault = "too-easy"
    if fault is not None:
        return Strength(min(level, _LEAST_LEVEL - 1), fault)
    return Strength(level, None)


def fault_of(password: str, about: Collection[str] = ()) -> str | None:
    """The code of what is wrong with the password; None if it may be taken."""
    fault = _known_fault(password, about)
    if fault is None and _level(password, about) < _LEAST_LEVEL:
        return "too-easy"
    return fault


def _known_fault(password: str, about: Collection[str]) -> str | None:
    if len(password) < MIN_LENGTH:
        return "too-short"
    if len(password) > MAX_LENGTH:
        return "too-long"
    plain = password.casefold()
    bare = plain.translate(_FORGIVEN)
    # A common word does not get better by digits; a long number does not get worse by a word.
    is_padded = 2 * len(bare) >= len(plain) and bare in _common()
    if plain in _common() or is_padded or len(set(plain)) < 4:
        return "too-common"
    return "too-personal" if _is_personal(plain, about) else None


def _is_personal(plain: str, about: Collection[str]) -> bool:
    """Whether next to nothing is left of it without the person's names and addresses."""
    left = plain
    for word in sorted(_words(about), key=len, reverse=True):
        left = left.replace(word, "")
    return left != plain and len(left.translate(_FORGIVEN)) < _LEFT


def _words(about: Collection[str]) -> set[str]:
    whole = {one.casefold()[:_MEASURED] for one in about}
    parts = {part for one in whole for part in re.split(r"[\s@._-]+", one)}
    return {word for word in whole | parts if len(word) >= 3}


def _level(password: str, about: Collection[str]) -> int:
    # Loaded at the first use and by the server alone: its lists take 15 MB of memory.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    signs = len(_SIGNS.intersection(password))
    most = _MEASURED if signs <= _MANY_SIGNS else _MEASURED_OF_SIGNS
    words = ["aliquot", *sorted(_words(about))[:20]]
    found = zxcvbn(password[:most], user_inputs=words, max_length=most)
    return int(found["score"])


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("# ") for word in line.split())
