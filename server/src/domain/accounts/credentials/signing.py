"""Signed requests: HTTP Message Signatures (RFC 9421) with HMAC-SHA256, in one strict profile.

    Content-Digest: sha-256=:…:
    Signature-Input: sig=("@method" "@path" "@query" "content-digest");created=1764000000;\
nonce="…";keyid="alq_…";alg="hmac-sha256"
    Signature: sig=:…:

Method, path and query are always signed, the digest wherever there is a body, other headers if the
client likes. Each nonce is taken once, by whichever process: it is a row before the route runs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.db import Database, reading, transaction
from src.core.language import gettext as _
from src.domain.accounts.credentials import key_material, key_use
from src.domain.accounts.credentials.errors import BadSignature, RequestReplayed
from src.domain.accounts.credentials.key_use import Found
from src.domain.accounts.secrets import vault
from src.domain.accounts.tables import RequestNonce

WINDOW = timedelta(minutes=5)  # a signature counts so long before and after its `created`
ALGORITHM = "hmac-sha256"
EMPTY = hashlib.sha256(b"").digest()
_ALWAYS = ("@method", "@path", "@query")
_LONGEST = 4000
_MEMBER = re.compile(
    r'(?:^|,\s*)([a-z*][a-z0-9_.*-]*)=(\(((?:"[@a-z0-9-]+"(?: "[@a-z0-9-]+")*)?)\)'
    r'((?:;[a-z*][a-z0-9_.*-]*=(?:-?\d{1,15}|"[\x20-\x21\x23-\x5b\x5d-\x7e]*"))*))(?=\s*(?:,|$))'
)
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:(-?\d{1,15})|"([^"]*)")')
_BYTES = r":([A-Za-z0-9+/]*={0,2}):"
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{16,64}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is signed of a request: as it was sent, nothing decoded. `query` without its `?`."""

    method: str
    path: str
    query: str
    authority: str
    headers: Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that names a key of ours. `parameters` is what stands behind its label."""

    components: tuple[str, ...]
    parameters: str
    prefix: str
    created: datetime
    nonce: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Proved:
    """Who signed, and the SHA-256 that the body has to have."""

    actor: Actor
    digest: bytes = field(default=EMPTY)


def names_a_key(signature_input: str) -> bool:
    """Whether the header means a key of ours; proxies sign for reasons of their own."""
    return f'keyid="{key_material.MARK}' in signature_input


async def prove(
    database: Database, request: Request, *, ip: str | None = None, request_id: str | None = None
) -> Proved:
    """Who signed the request; its nonce is spent.

    Raises `BadSignature`, `BadToken`, `NotFromHere` and `RequestReplayed` (both recorded).
    """
    signature = parse(request)
    digest = _digest_of(request) if "content-digest" in signature.components else EMPTY
    if abs(clock.now() - signature.created) > WINDOW:
        _refuse(_("It was made too long ago, or ahead of time: compare your clock."))
    async with reading(database) as reads:
        found = await key_use.find(reads, signature.prefix, ip=ip, request_id=request_id)
    if found.row.signing_secret is None:
        _refuse(_("This key does not sign. Make one that does."))
    purpose = key_material.signing_purpose(found.row.id)
    secret = vault().decrypt(purpose, found.row.signing_secret)
    if not hmac.compare_digest(sign(secret, base(request, signature)), signature.value):
        _refuse(_("It does not fit the request: compare the method, the path and the query."))
    await key_use.note_use(database, found)
    async with transaction(database) as session:
        await _spend(session, found, signature)
    return Proved(found.actor, digest)


def parse(request: Request) -> Signature:
    """The one signature of the request that names a key of ours. Raises `BadSignature`."""
    text = ", ".join(request.headers("signature-input"))
    if len(text) > _LONGEST:
        _refuse(_("Signature-Input is too long."))
    ours = [found for found in _MEMBER.finditer(text) if names_a_key(found[2])]
    if len(ours) != 1:
        _refuse(_("Signature-Input cannot be read, or names more than one key."))
    label, parameters, listed, said = ours[0].groups()
    components = tuple(one.strip('"') for one in listed.split())
    given = {name: number or text for name, number, text in _PARAMETER.findall(said)}
    lacking = [name for name in _ALWAYS if name not in components]
    if lacking or len(set(components)) != len(components):
        _refuse(_("Sign %(parts)s, each once.", parts=", ".join(_ALWAYS)))
    prefix = key_material.prefix_in_name(given.get("keyid", ""))
    created, nonce = given.get("created", ""), given.get("nonce", "")
    if given.get("alg", ALGORITHM) != ALGORITHM or prefix is None or not created.isdecimal():
        _refuse(_("It needs created, nonce, keyid and the algorithm hmac-sha256."))
    if not _NONCE.fullmatch(nonce):
        _refuse(_("The nonce has 16 to 64 characters, and is random."))
    try:
        at = datetime.fromtimestamp(int(created), UTC)
    except (ValueError, OverflowError, OSError):
        _refuse(_("It was made too long ago, or ahead of time: compare your clock."))
    value = _member(", ".join(request.headers("signature")), label)
    return Signature(components, parameters, prefix, at, nonce, value)


def base(request: Request, signature: Signature) -> str:
    """The text that is signed (RFC 9421, section 2.5). Raises `BadSignature`."""
    lines = [f'"{name}": {_value(request, name)}' for name in signature.components]
    return "\n".join([*lines, f'"@signature-params": {signature.parameters}'])


def sign(secret: str, text: str) -> bytes:
    """The signature of a text."""
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


async def sweep(session: AsyncSession) -> int:
    """Forget nonces whose signatures are too old to count; how many."""
    gone = delete(RequestNonce).where(RequestNonce.expires_at <= clock.now())
    return len((await session.execute(gone.returning(RequestNonce.nonce))).all())


def _value(request: Request, name: str) -> str:
    derived: Mapping[str, str] = {
        "@method": request.method,
        "@path": request.path or "/",
        "@query": f"?{request.query}",
        "@authority": request.authority.lower(),
    }
    if name in derived:
        return derived[name]
    values = [] if name.startswith("@") else request.headers(name)
    if not values:
        _refuse(_("It covers %(part)s, which the request does not have.", part=name))
    return ", ".join(
        " ".join(value.split()) if "\n" in value else value.strip() for value in values
    )


def _digest_of(request: Request) -> bytes:
    found = _member(", ".join(request.headers("content-digest")), "sha-256")
    if len(found) != len(EMPTY):
        _refuse(_("Content-Digest needs a SHA-256."))
    return found


def _member(text: str, name: str) -> bytes:
    """The bytes that stand under a name in a dictionary of structured fields (RFC 9651)."""
    found = re.findall(rf"(?:^|,)\s*{re.escape(name)}={_BYTES}\s*(?=,|$)", text[:_LONGEST])
    try:
        (encoded,) = found
        return base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        _refuse(_("%(name)s is missing, or is not written as bytes are: :base64:", name=name))


async def _spend(session: AsyncSession, found: Found, signature: Signature) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = await session.scalar(
        insert(RequestNonce)
        .values(
            key_id=found.row.id,
            nonce=signature.nonce,
            # Past the last moment at which the signature counts, by any process's clock.
            expires_at=signature.created + 2 * WINDOW,
        )
        .on_conflict_do_nothing()
        .returning(RequestNonce.nonce)
    )
    if taken is None:
        key_use.record(session, found, "api_key.replayed")
        await session.flush()
        raise RequestReplayed(_("Sign each request anew, with a nonce of its own."))


def _refuse(detail: str) -> NoReturn:
    raise BadSignature(detail)
