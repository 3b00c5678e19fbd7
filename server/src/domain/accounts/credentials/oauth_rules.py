"""What addresses, permissions and proofs of third parties have to look like. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import SplitResult, urlencode, urlsplit

from src.core.actor import Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.credentials.oauth_errors import BadOAuthClient

CODE, REFRESH, CLIENT = "authorization_code", "refresh_token", "client_credentials"
GRANT_TYPES = (CODE, REFRESH, CLIENT)
MOST_URIS, LONGEST_URI = 10, 500
LONGEST_STATE = 500
# What reaches far: who lets a program have it shows first, once more, who they are.
WIDE = frozenset(
    {
        *(one for one in Permission if one.value.endswith(":manage")),
        Permission.ACCESS_READ,
        Permission.BOOKINGS_APPROVE,
        Permission.BOOKINGS_DISPLACE,
        Permission.BOOKINGS_FOR_OTHERS,
        Permission.BOOKINGS_OVERRIDE,
        Permission.EVENTS_READ,
    }
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Printable ASCII without what needs escaping somewhere, wildcards and fragments.
_PLAIN = re.compile(r"[!$%&+-;=?-\[\]_a-z~]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def checked_redirects(given: Sequence[str]) -> list[str]:
    """Where a program may have people sent: exact addresses. Raises `BadOAuthClient`."""
    found: dict[str, None] = {}
    faults = []
    for place, one in enumerate(given):
        uri = one.strip()
        if not _is_redirect(uri):
            detail = _(
                "Give the whole address: https, or http on this computer itself (127.0.0.1), "
                "without wildcards, user names and fragments."
            )
            faults.append(FieldError(("redirect_uris", place), "bad-redirect-uri", detail))
        found[uri] = None
    if len(found) > MOST_URIS:
        detail = _("Give %(most)s addresses at the most.", most=MOST_URIS)
        faults.append(FieldError(("redirect_uris",), "too-many", detail))
    if faults:
        raise BadOAuthClient(faults[0].detail, errors=tuple(faults))
    return list(found)


def checked_website(given: str | None) -> str | None:
    """An address that people can be shown as a link. Raises `BadOAuthClient`."""
    website = (given or "").strip()
    if not website:
        return None
    split = _split(website)
    if split is None or split.scheme not in ("https", "http"):
        raise bad("website", "bad-website", _("Give an address such as https://example.org."))
    return website


def checked_grants(
    given: Iterable[str], *, is_confidential: bool, uris: Collection[str]
) -> list[str]:
    """By what it gets tokens, and whether the rest fits that. Raises `BadOAuthClient`."""
    grants = set(given)
    if not grants or grants - set(GRANT_TYPES):
        raise bad("grant_types", "bad-grant-type", _("Choose how the program gets its tokens."))
    if grants == {REFRESH}:
        detail = _("Tokens are refreshed only where people have connected the program.")
        raise bad("grant_types", "refresh-without-code", detail)
    if CLIENT in grants and not is_confidential:
        detail = _("A program acts by itself only if it can keep a secret.")
        raise bad("grant_types", "needs-secret", detail)
    if CODE in grants and not uris:
        detail = _("Say where people are sent back to.")
        raise bad("redirect_uris", "missing", detail)
    return [one for one in GRANT_TYPES if one in grants]


def checked_permissions(given: Iterable[str]) -> list[str]:
    """What it may ask for at most. Raises `BadOAuthClient`."""
    found = set(given)
    if unknown := sorted(found - set(Permission)):
        detail = _("There is no such permission: %(name)s.", name=unknown[0])
        raise bad("permissions", "unknown-permission", detail)
    if not found:
        raise bad("permissions", "missing", _("Choose what the program may ask for."))
    return sorted(str(one) for one in found)


def checked_name(given: str) -> str:
    """The name in one line. Raises `BadOAuthClient`."""
    name = " ".join(given.split())
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise bad("name", "bad-name", _("Give a name of 1 to 100 characters."))
    return name


def bad(field: str, code: str, detail: str) -> BadOAuthClient:
    """The refusal of one field."""
    return BadOAuthClient(detail, errors=(FieldError((field,), code, detail),))


def fits(uri: str, registered: Iterable[str]) -> bool:
    """Whether people may be sent there: letter by letter, but for the port on a loopback."""
    if uri in (known := list(registered)):
        return True
    if len(uri) > LONGEST_URI or not _is_redirect(uri) or not is_loopback(uri):
        return False
    return _without_port(uri) in {_without_port(one) for one in known if is_loopback(one)}


def is_loopback(uri: str) -> bool:
    """Whether it leads to the very computer that the browser runs on (RFC 8252, section 7.3)."""
    split = _split(uri)
    return split is not None and split.scheme == "http" and split.hostname in _LOOPBACK


def origin_of(uri: str) -> str:
    """Whom it leads to, for people to read."""
    split = urlsplit(uri)
    return f"{split.scheme}://{split.netloc}"


def with_answer(uri: str, answer: dict[str, str]) -> str:
    """The address with the answer in its query; what stands there already stays."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"


def is_challenge(text: str) -> bool:
    """Whether it can be the SHA-256 of a verifier (RFC 7636, section 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier_of(verifier: str, challenge: str) -> bool:
    """Whether it is what the challenge was made of."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())


def _is_redirect(uri: str) -> bool:
    split = _split(uri)
    return split is not None and (
        split.scheme == "https" or (split.scheme == "http" and split.hostname in _LOOPBACK)
    )


def _split(uri: str) -> SplitResult | None:
    """Its parts; None where it is no whole address, or looks like another than it is."""
    if not 1 <= len(uri) <= LONGEST_URI or not _PLAIN.fullmatch(uri):
        return None
    try:
        split = urlsplit(uri)
        port = split.port
    except ValueError:
        return None
    host = split.netloc if port is None else split.netloc.removesuffix(f":{port}")
    return split if split.hostname and _HOST.fullmatch(host) else None


def _without_port(uri: str) -> SplitResult:
    split = urlsplit(uri)
    return split._replace(netloc=f"[{split.hostname}]")
