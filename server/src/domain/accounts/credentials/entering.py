"""Log-in for programs: the same proof as at every other door, then tokens instead of a cookie."""

from __future__ import annotations

from collections.abc import Collection

from src.core import events
from src.core.actor import Permission
from src.core.db import Database, transaction
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts import login
from src.domain.accounts.credentials import tokens
from src.domain.accounts.credentials.errors import BadScope
from src.domain.accounts.credentials.tokens import Tokens
from src.domain.accounts.devices import Client
from src.domain.accounts.views import UserView, view


async def log_in(
    database: Database,
    *,
    email: str,
    password: str,
    code: str = "",
    client: Client,
    scope: str = "",
) -> tuple[Tokens, UserView]:
    """Tokens for a person's program. `code` is the second factor's, `scope` names permissions.

    Raises `LogInRefused`, `CodeRefused` (both recorded, counted), `SecondFactorRequired`,
    `TooManyAttempts`, `BadScope`.
    """
    permissions = permissions_of(scope)
    proven = await login.prove(database, email=email, password=password, client=client)
    if proven.needs_factor:
        proven = await login.prove_factor(database, proven, code, client)
    async with transaction(database) as session:
        user = await login.accept(session, proven, client)
        made = await tokens.begin(
            session,
            user.id,
            client=client,
            permissions=permissions,
            has_factor=proven.has_factor,
        )
        actor = login.by(user, client)
        events.record(
            session,
            actor,
            "user.token_issued",
            ("user", user.id),
            changes={"family": made.family_id, "factor": proven.has_factor, "scope": made.scope},
            personal={"device": client.device} if client.device else None,
        )
        return made, (await view(session, actor, [user]))[0]


def permissions_of(scope: str) -> Collection[str] | None:
    """The permissions a scope names (RFC 6749, section 3.3); None for an empty one.

    Raises `BadScope`. What the person does not hold is simply not held by the token either.
    """
    wanted = scope.split()
    unknown = sorted(set(wanted) - set(Permission))
    if unknown:
        detail = _("There is no such permission.")
        raise BadScope(detail, errors=(FieldError(("scope",), "unknown-permission", detail),))
    return wanted or None
