"""The groups of a person, as the provider tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from src.domain.accounts.sso import id_tokens
from src.domain.accounts.sso.fetching import Line

_MEMBER_OF = "/me/getMemberObjects"

log = structlog.get_logger(__name__)


async def of(line: Line, claims: Mapping[str, Any], access_token: str) -> frozenset[str] | None:
    """The groups; none where nothing follows from them.

    Microsoft leaves them out of a token where there are many (overage) and has them asked for. What
    cannot be asked for fails the log-in: roles must not outlive groups. Raises `ProviderAway`,
    `SignOnRefused`.
    """
    provider = line.provider
    if not provider.group_roles:
        return None
    if provider.preset == "azure" and _is_overage(claims, provider.groups_claim):
        found = await line.post_json(
            provider.graph.rstrip("/") + _MEMBER_OF,
            {"securityEnabledOnly": False},
            token=access_token,
        )
        told: object = found.get("value")
    else:
        told = claimed(claims, provider.groups_claim)
    if told is None:
        return frozenset()
    if isinstance(told, str):
        told = [told]
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        log.warning("the groups cannot be read", provider=provider.slug)
        raise id_tokens.refused(provider)
    return frozenset(told)


def claimed(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name; dots lead into others, as in `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_overage(claims: Mapping[str, Any], name: str) -> bool:
    elsewhere = claims.get("_claim_names")
    is_elsewhere = isinstance(elsewhere, Mapping) and name in elsewhere
    return is_elsewhere or claims.get("hasgroups") in (True, "true")
