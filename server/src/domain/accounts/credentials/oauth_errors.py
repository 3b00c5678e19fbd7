"""What can be refused about programs of third parties, and to them."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from src.domain.accounts.credentials.errors import BadRefreshToken


class BadOAuthClient(Invalid):
    """Something about the program cannot be as it was given; `errors` says which field and why."""

    code, title = "bad-oauth-client", "The program cannot be registered like this"


class OAuthClientNotFound(NotFound):
    """There is no such program, or you may not know of it."""

    code, title = "oauth-client-not-found", "There is no such program"


class OAuthClientRevoked(Conflict):
    """The program was revoked, and stays so. Register it anew."""

    code, title = "oauth-client-revoked", "The program was revoked"


class OnlyOwner(Forbidden):
    """The program acts in its owner's name by itself, so nobody else may hold its secret.

    Whoever looks after programs may revoke it; its owner alone changes it.
    """

    code, title = "only-its-owner", "Only the program's owner may change it"


class AppNotFound(NotFound):
    """No program of this id acts for you."""

    code, title = "app-not-found", "No such program acts for you"


class ClientRefused(Unauthenticated):
    """The program is not registered, was revoked, or did not prove that it is the one it says."""

    code, title = "client-refused", "The program is not known here"


class GrantNotAllowed(Invalid):
    """The program was not registered for this way to get tokens."""

    code, title = "grant-not-allowed", "The program may not get tokens like this"


class BadCode(BadRefreshToken):
    """The code is not ours, has expired, or belongs to another program, address or verifier."""

    code, title = "bad-code", "The code is not valid"


class CodeReused(BadCode):
    """The code was exchanged before, so two hold it: what came of it has ended. Begin again."""

    code, title = "code-reused", "The code was used before"
    keeps = True


class UntrustedRequest(Invalid):
    """The link that led here is not one of a registered program, so nobody is sent back to it.

    Whoever made the program has to repair it; nothing was given to anybody.
    """

    code, title = "untrusted-request", "This program cannot be connected"


class RequestRefused(Invalid):
    """What a program asks for cannot be given; it is told so at its own address.

    `error` is OAuth2's word for it (RFC 6749, section 4.1.2.1).
    """

    code, title = "request-refused", "The program's request is not valid"
