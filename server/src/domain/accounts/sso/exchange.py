"""From the provider's answer to what it says of a person. Nothing here touches the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import structlog

from src.core.language import gettext as _
from src.core.providers import GOOGLE, Provider
from src.domain.accounts.sso import discovery, fetching, groups, id_tokens, providers
from src.domain.accounts.sso.discovery import Metadata
from src.domain.accounts.sso.errors import SignOnCancelled
from src.domain.accounts.sso.fetching import Line
from src.domain.accounts.sso.pending import Begun

LONGEST_HINT = 6000  # letters of an ID token that may stand in an address again
_CANCELLED = frozenset(
    {"access_denied", "login_required", "interaction_required", "user_cancelled"}
)
# RFC 8176: something one has beside something one knows or is.
_HAS = frozenset({"otp", "hwk", "swk", "sc", "sms", "tel"})
_KNOWS = frozenset({"pwd", "pin", "kba", "fpt", "face", "iris", "retina", "vbm"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brought back from the provider."""

    code: str = ""
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider proves of a person. `email` links nothing; `groups` None: it says nothing."""

    subject: str
    email: str | None
    is_verified: bool
    name: str
    domain: str | None
    groups: frozenset[str] | None
    has_factor: bool
    provider_session: str | None
    id_token: str | None


async def place(provider: Provider) -> Metadata:
    """Where the provider is asked for what. Raises `ProviderAway`."""
    async with fetching.line(provider) as line:
        return await discovery.metadata(line)


def address(provider: Provider, found: Metadata, begun: Begun) -> str:
    """Where the browser is sent to log in."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": providers.callback_of(provider),
        "scope": " ".join(provider.scopes),
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": begun.challenge,
        "code_challenge_method": "S256",
    }
    if provider.preset == "google" and provider.domains:
        asked["hd"] = provider.domains[0] if len(provider.domains) == 1 else "*"
    if begun.is_link:
        asked["prompt"] = "login" if provider.preset == "generic" else "select_account"
    return _with(found.authorization_endpoint, asked)


async def redeem(provider: Provider, begun: Begun, answer: Answer) -> Told:
    """Exchange the code and prove what comes for it.

    Raises `ProviderAway`, `SignOnCancelled`, `SignOnRefused`.
    """
    async with fetching.line(provider) as line:
        found = await discovery.metadata(line)
        _require_issuer(provider, found, answer)
        _require_code(provider, answer)
        tokens = await _tokens(line, found, begun, answer.code)
        access_token, raw = tokens["access_token"], tokens["id_token"]
        claims = await id_tokens.prove(line, raw, nonce=begun.nonce, access_token=access_token)
        claims = await _completed(line, found, claims, access_token)
        told = await groups.of(line, claims, access_token)
    return _told(provider, claims, told, raw)


def _require_issuer(provider: Provider, found: Metadata, answer: Answer) -> None:
    """An answer of another provider is not brought to this one (RFC 9207)."""
    if answer.issuer != provider.issuer and (answer.issuer is not None or found.says_issuer):
        log.warning("the answer is of another provider", provider=provider.slug)
        raise id_tokens.refused(provider)


def _require_code(provider: Provider, answer: Answer) -> None:
    if answer.error in _CANCELLED:
        detail = _("%(provider)s says that it was cancelled there.", provider=provider.label)
        raise SignOnCancelled(detail)
    if answer.error or not answer.code:
        log.warning("the provider refuses", provider=provider.slug, error=answer.error[:100])
        raise id_tokens.refused(provider)


async def _tokens(line: Line, found: Metadata, begun: Begun, code: str) -> dict[str, str]:
    provider, secret = line.provider, line.provider.client_secret.get_secret_value()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": providers.callback_of(provider),
        "code_verifier": begun.verifier,
    }
    auth = None
    if secret and found.takes_basic:
        auth = (quote(provider.client_id, safe=""), quote(secret, safe=""))
    elif secret:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    else:
        form["client_id"] = provider.client_id
    reply = await line.post_form(found.token_endpoint, form, auth=auth)
    told = {name: reply.json.get(name) for name in ("access_token", "id_token")}
    made = {name: value for name, value in told.items() if isinstance(value, str)}
    if not reply.is_good or len(made) < len(told):
        why = str(reply.json.get("error", "no tokens"))[:100]
        log.warning("the provider gives no tokens", provider=provider.slug, error=why)
        raise id_tokens.refused(provider)
    return made


async def _completed(
    line: Line, found: Metadata, claims: dict[str, Any], access_token: str
) -> dict[str, Any]:
    """With what is told apart from the ID token, where something is missing there."""
    provider = line.provider
    wants_groups = bool(provider.group_roles) and provider.preset == "generic"
    is_whole = "email" in claims and (
        not wants_groups or groups.claimed(claims, provider.groups_claim) is not None
    )
    if is_whole or found.userinfo_endpoint is None:
        return claims
    more = await line.get(found.userinfo_endpoint, token=access_token)
    if more.get("sub") != claims["sub"]:
        log.warning("the information is of somebody else", provider=provider.slug)
        raise id_tokens.refused(provider)
    if "email" in claims:  # what is verified there is another address, perhaps
        more.pop("email_verified", None)
    return {**more, **claims}


def _told(
    provider: Provider, claims: Mapping[str, Any], told: frozenset[str] | None, raw: str
) -> Told:
    email = _line(claims.get("email"), 320)
    # Microsoft proves addresses by a claim of its own, and tells others nobody has proved.
    proved = "xms_edov" if provider.preset == "azure" else "email_verified"
    is_verified = email is not None and claims.get(proved) in (True, "true", 1, "1")
    domain = email.rpartition("@")[2].casefold() if email and is_verified else None
    if provider.issuer == GOOGLE or provider.preset == "google":
        domain = _line(claims.get("hd"), 255)
    return Told(
        subject=claims["sub"],
        email=email,
        is_verified=is_verified,
        name=_name(claims, email),
        domain=domain,
        groups=told,
        has_factor=provider.trusts_factor and _has_two(claims.get("amr")),
        provider_session=_line(claims.get("sid"), 255),
        id_token=raw if len(raw) <= LONGEST_HINT else None,
    )


def _name(claims: Mapping[str, Any], email: str | None) -> str:
    both = " ".join(
        part for name in ("given_name", "family_name") if (part := _line(claims.get(name), 100))
    )
    found = _line(claims.get("name"), 200) or both or _line(claims.get("preferred_username"), 200)
    return found or (email or "").partition("@")[0]


def _has_two(methods: object) -> bool:
    """Whether two factors were given there, by the names of RFC 8176."""
    if not isinstance(methods, list):
        return False
    given = {one for one in methods if isinstance(one, str)}
    return "mfa" in given or bool(given & _HAS and given & _KNOWS)


def _line(value: object, longest: int) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        return None
    return value.strip() if value.isprintable() else None


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
