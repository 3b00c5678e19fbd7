"""The vault of this process: what encrypts secrets of people and programs.

Whoever stores an encrypted text says so, beside the table it stands in; so a new key reaches it.

    holds(Totp.secret, id_=Totp.user_id, purpose=_purpose)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from src.core.settings import Settings
from src.core.vault import Vault, create_vault

_vaults: list[Vault] = []


def configure(settings: Settings) -> None:
    """Take over the deployment's keys."""
    _vaults[:] = [create_vault(settings)]


def vault() -> Vault:
    """The vault of this process."""
    if not _vaults:
        raise RuntimeError("the process was started without its settings")
    return _vaults[0]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of encrypted texts. `purpose` says for a row's id what it was encrypted for."""

    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[Any]
    purpose: Callable[[Any], str]

    @property
    def name(self) -> str:
        """As it is told: table and column."""
        return f"{self.column.class_.__tablename__}.{self.column.key}"


_sealed: list[Sealed] = []


def holds(
    column: InstrumentedAttribute[Any],
    *,
    id_: InstrumentedAttribute[Any],
    purpose: Callable[[Any], str],
) -> None:
    """Say that a column holds texts of the vault's."""
    _sealed.append(Sealed(column, id_, purpose))


def sealed() -> list[Sealed]:
    """Every column that holds texts of the vault's."""
    return list(_sealed)
