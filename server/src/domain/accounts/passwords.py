"""Passwords: argon2id, in threads of their own, so that neither the loop nor a transaction waits.

One hash takes some 130 ms and `memory_kib` of memory; the few threads bound both. What makes a
password good enough is said in `strength`; decision 17 has the reasons.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import Type
from pwdlib.hashers.argon2 import Argon2Hasher

from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts import strength
from src.domain.accounts.errors import PasswordRefused
from src.domain.accounts.strength import MAX_LENGTH

T = TypeVar("T")

_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")
# Whoever types waits for nobody who logs in, and the other way round.
_measuring = ThreadPoolExecutor(1, thread_name_prefix="strength")


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


async def new_hash(
    password: str,
    *,
    about: Collection[str] = (),
    former: Collection[str] = (),
    field: str = "password",
) -> str:
    """Check the rules, then hash. Call it while no transaction is open. Raises `PasswordRefused`.

    `about` are the person's name and address, which do not make a password; `former` the hashes of
    those they had, which are not taken again.
    """
    hasher, typed = _hasher, _typed(password[:MAX_LENGTH])

    def work() -> str:
        fault = strength.fault_of(password, about)
        if fault is None and any(hasher.argon2.verify(typed, one) for one in former):
            fault = "used-before"
        if fault is not None:
            raise _Refused(fault)
        return hasher.argon2.hash(typed)

    try:
        return await _in_thread(work)
    except _Refused as refused:
        detail = words_of(refused.code)
        fault = FieldError((field,), refused.code, detail)
        raise PasswordRefused(detail, errors=(fault,)) from None


async def measure(password: str, *, about: Collection[str] = ()) -> strength.Strength:
    """How good a password would be, measured in a thread of its own."""
    return await asyncio.get_running_loop().run_in_executor(
        _measuring, strength.measured, password, about
    )


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than are set now."""
    return _hasher.argon2.check_needs_rehash(password_hash)


class _Refused(Exception):
    """The fault of a password, on its way out of the thread, which knows no reader's language."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def words_of(code: str) -> str:
    """What is wrong with a password, and what to do instead."""
    return {
        "too-short": _(
            "Use at least %(least)s characters; a few words are good.", least=strength.MIN_LENGTH
        ),
        "too-long": _("Use at most %(most)s characters.", most=MAX_LENGTH),
        "too-common": _("This password is one of the first to be guessed."),
        "too-personal": _("Do not use your own name or address as the password."),
        "too-easy": _("This is easily guessed. Add a word or two that nobody expects."),
        "used-before": _("You had this password not long ago. Choose one you never had."),
    }[code]


def _typed(password: str) -> bytes:
    """The same bytes from every keyboard: systems compose letters with marks differently."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
