"""Passwords: argon2id, in threads of their own, so that neither the loop nor a transaction waits.

One hash takes some 130 ms and `memory_kib` of memory; the few threads bound both.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import Type
from pwdlib.hashers.argon2 import Argon2Hasher

from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.errors import PasswordRefused

MIN_LENGTH = 12
MAX_LENGTH = 1024  # characters; longer input is not even hashed
_COMMON = Path(__file__).with_name("common_passwords.txt")
_FORGIVEN = str.maketrans("", "", " -_.!?0123456789")

T = TypeVar("T")

_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")


class _Hasher:
    """argon2id with one set of parameters, and a hash nobody has the password of."""

    def __init__(self, memory_kib: int, time_cost: int) -> None:
        self.argon2 = Argon2Hasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._nobody: str | None = None

    @property
    def nobody(self) -> str:
        if self._nobody is None:
            self._nobody = self.argon2.hash(secrets.token_urlsafe(32))
        return self._nobody


_hasher = _Hasher(65536, 3)


def configure(*, memory_kib: int, time_cost: int) -> None:
    """Set argon2's parameters; hashes made with others are renewed at the next log-in."""
    global _hasher  # noqa: PLW0603 - one set of parameters for the process
    _hasher = _Hasher(memory_kib, time_cost)


async def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash the same work is done in vain."""
    hasher = _hasher
    fits = len(password) <= MAX_LENGTH
    typed = _typed(password[:MAX_LENGTH])

    def work() -> bool:
        return hasher.argon2.verify(typed, password_hash or hasher.nobody)

    return await _in_thread(work) and fits and password_hash is not None


async def make_hash(password: str) -> str:
    """Hash a password whose rules have been checked."""
    hasher, typed = _hasher, _typed(password)
    return await _in_thread(lambda: hasher.argon2.hash(typed))


async def new_hash(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> str:
    """Check the rules, then hash. Call it while no transaction is open. Raises `PasswordRefused`.

    `about` are the person's name and address, which do not make a password.
    """
    refuse_weak(password, about=about, field=field)
    return await make_hash(password)


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than are set now."""
    return _hasher.argon2.check_needs_rehash(password_hash)


def refuse_weak(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> None:
    """Raise `PasswordRefused` for a short, endless or well-known password."""
    code, detail = _fault(password, about)
    if code:
        raise PasswordRefused(detail, errors=(FieldError((field,), code, detail),))


def _fault(password: str, about: tuple[str, ...]) -> tuple[str, str]:
    if len(password) < MIN_LENGTH:
        return "too-short", _(
            "Use at least %(least)s characters; a few words are good.", least=MIN_LENGTH
        )
    if len(password) > MAX_LENGTH:
        return "too-long", _("Use at most %(most)s characters.", most=MAX_LENGTH)
    plain = password.casefold()
    if plain in _common() or plain.translate(_FORGIVEN) in _common() or len(set(plain)) < 4:
        return "too-common", _("This password is one of the first to be guessed.")
    known = {plain, plain.translate(_FORGIVEN)}
    if known & {word.casefold().replace(" ", "") for word in about} | known & set(about):
        return "too-personal", _("Do not use your own name or address as the password.")
    return "", ""


def _typed(password: str) -> bytes:
    """The same bytes from every keyboard: systems compose letters with marks differently."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
