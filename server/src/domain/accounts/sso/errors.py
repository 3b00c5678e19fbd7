"""What can be refused about single sign-on."""

from __future__ import annotations

from src.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)


class NoSuchProvider(NotFound):
    """There is no such provider of single sign-on here. `/api/v1/auth/sso` lists those there are."""

    code, title = "no-such-provider", "There is no such way to log in"


class ProviderAway(Unavailable):
    """The provider of single sign-on did not answer in time, or not in a way that can be read.

    Try again, or log in with your password or passkey. Nothing here is wrong with your account.
    """

    code, title = "provider-away", "The log-in of your organisation does not answer"


class SignOnOver(Unauthenticated):
    """The log-in was not begun in this browser, was finished already, or took too long.

    Begin again at the log-in page.
    """

    code, title = "sign-on-over", "Log in once more"


class SignOnCancelled(Unauthenticated):
    """The provider says that the log-in was cancelled there, or that you may not use Aliquot.

    Try again, or ask whoever runs the provider.
    """

    code, title = "sign-on-cancelled", "You were not logged in"


class SignOnRefused(Unauthenticated):
    """What the provider answered does not prove who you are, so it was not accepted.

    Begin again at the log-in page. Where it goes on, tell an administrator: it stands in the log.
    """

    code, title = "sign-on-refused", "The answer was not accepted"


class NotLinked(Forbidden):
    """The provider knows you; no account here is linked to that.

    Log in with your password and link it at /me/identities. An address alone links nothing, even
    if an account here has the same one. Without an account, ask for an invitation.
    """

    code, title = "not-linked", "No account is linked yet"


class NotAdmitted(Forbidden):
    """Accounts are made here by themselves, but not for your address. Ask for an invitation."""

    code, title = "not-admitted", "There is no account for you"


class AccountClosed(Forbidden):
    """Your account here is not active. Ask an administrator of your institute."""

    code, title = "account-closed", "Your account is not active"


class IdentityTaken(Conflict):
    """It is linked to another account here. Unlink it there first, or use another one."""

    code, title = "identity-taken", "It is linked to another account"


class IdentityNotFound(NotFound):
    """There is no such link of yours; it may have been removed already."""

    code, title = "identity-not-found", "There is no such link"


class LastWayIn(Conflict):
    """Without it you could not log in any more. Choose a password or add a passkey first."""

    code, title = "last-way-in", "This is your last way in"


class TooManyIdentities(Conflict):
    """There is a limit to how many identities one account has. Unlink one that you do not use."""

    code, title = "too-many-identities", "You have linked many already"


class BadLogOutToken(Invalid):
    """The provider's word that somebody has logged out there cannot be accepted."""

    code, title = "bad-logout-token", "The log-out token is not valid"
