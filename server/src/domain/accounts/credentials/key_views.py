"""What a key is wished to be, how its owner sees it, and what it may not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from src.core import clock, networks
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.credentials.errors import BadApiKey
from src.domain.accounts.credentials.key_material import MARK
from src.domain.accounts.tables import ApiKey

MOST_ADDRESSES = 50
LONGEST_NAME = 100
LONGEST = timedelta(days=3653)
Signing = Literal["never", "allowed", "required"]


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key is to be. `permissions`, `scopes` None: all of the person's, without bounds.

    `addresses` are networks it may be used from (CIDR); none: from anywhere.
    """

    name: str
    permissions: Sequence[str] | None = None
    scopes: Sequence[str] | None = None
    addresses: Sequence[str] = ()
    expires_at: datetime | None = None
    signing: Signing = "never"


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as its owner sees it. `prefix` is how it begins."""

    id: UUID
    name: str
    prefix: str
    permissions: tuple[str, ...] | None
    scopes: tuple[str, ...] | None
    addresses: tuple[str, ...]
    signing: Signing
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str | None
    replaces_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether it was revoked or has expired."""
        return self.revoked_at is not None or (
            self.expires_at is not None and self.expires_at <= clock.now()
        )


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secrets: shown this once."""

    view: KeyView
    key: str
    signing_secret: str | None


def checked_name(name: str) -> str:
    """The name in one line. Raises `BadApiKey`."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_NAME or not plain.isprintable():
        raise bad("name", "bad-name", _("Give a name of 1 to 100 characters."))
    return plain


def checked_addresses(given: Sequence[str]) -> list[str]:
    """Networks in their one spelling. Raises `BadApiKey`."""
    if len(given) > MOST_ADDRESSES:
        detail = _("Name %(most)s networks at the most.", most=MOST_ADDRESSES)
        raise bad("addresses", "too-many", detail)
    found: dict[str, None] = {}
    for place, one in enumerate(given):
        try:
            found[str(networks.networks([one.strip()])[0])] = None
        except ValueError as error:
            detail = _("Write an address or a network, such as 192.0.2.7 or 192.0.2.0/24.")
            fault = FieldError(("addresses", place), "bad-address", detail)
            raise BadApiKey(detail, errors=(fault,)) from error
    return list(found)


def checked_end(at: datetime | None) -> datetime | None:
    """An end that lies ahead, or none. Raises `BadApiKey`."""
    if at is not None and not clock.now() < at <= clock.now() + LONGEST:
        detail = _("A key ends within ten years, and not in the past.")
        raise bad("expires_at", "bad-expiry", detail)
    return at


def bad(field: str, code: str, detail: str) -> BadApiKey:
    """The refusal of one field."""
    return BadApiKey(detail, errors=(FieldError((field,), code, detail),))


def _signing(row: ApiKey) -> Signing:
    if row.signing_secret is None:
        return "never"
    return "required" if row.must_sign else "allowed"


def view(row: ApiKey) -> KeyView:
    """The key as its owner sees it."""
    return KeyView(
        id=row.id,
        name=row.name,
        prefix=MARK + row.prefix,
        permissions=None if row.permissions is None else tuple(row.permissions),
        scopes=None if row.scopes is None else tuple(row.scopes),
        addresses=tuple(row.addresses),
        signing=_signing(row),
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        last_used_ip=row.last_used_ip,
        replaces_id=row.replaces_id,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
