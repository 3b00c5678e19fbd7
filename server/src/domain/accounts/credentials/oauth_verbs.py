"""What the record says of programs of third parties, and what people are mailed about them."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark
from src.domain.accounts import letters

verb("oauth_client.created", mark("Program registered"), kind=Kind.ADMINISTRATION)
verb("oauth_client.changed", mark("Program changed"), kind=Kind.ADMINISTRATION)
verb(
    "oauth_client.secret_replaced",
    mark("Secret of a program replaced"),
    kind=Kind.CREDENTIAL_CHANGED,
)
verb("oauth_client.revoked", mark("Program revoked"), kind=Kind.ADMINISTRATION)
verb("app.connected", mark("App connected"), kind=Kind.PERMISSION_GRANTED)
verb("app.disconnected", mark("App disconnected"), kind=Kind.PERMISSION_REVOKED)
verb("app.token_issued", mark("Tokens given to an app"), kind=Kind.LOG_IN)
verb("app.code_reused", mark("Code of an app used twice"), kind=Kind.SECURITY)

_APPS = "/me/apps"
_FACTS = ((mark("App"), mark("%(app)s")), (mark("Address"), mark("%(ip)s")))

APP_CONNECTED = letters.kind(
    "app-connected",
    title=mark("An app may act for you"),
    body=mark(
        "You allowed it just now. If that was not you, disconnect the app and change your password."
    ),
    action=mark("See your apps"),
    path=_APPS,
    facts=_FACTS,
)
CODE_REUSED = letters.kind(
    "app-code-reused",
    title=mark("An app was disconnected from your account"),
    body=mark(
        "What it logs in with was used a second time, as happens when somebody has copied it. "
        "Nothing that came of it counts any more. Connect the app again if you trust it."
    ),
    action=mark("See your apps"),
    path=_APPS,
    facts=_FACTS,
)
