"""What can be refused about people, teams and log-ins."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class LogInRefused(Unauthenticated):
    """The address and password do not belong together, or the account is not active.

    The answer is the same for an address nobody has. The attempt is recorded.
    """

    code, title = "log-in-refused", "The e-mail address or the password is wrong"
    keeps = True


class PasswordRefused(Invalid):
    """The password is too short, too long, too common, or says the person's own name."""

    code, title = "password-refused", "Choose another password"


class BadEmail(Invalid):
    """Mail cannot be sent to such an address."""

    code, title = "bad-email", "The e-mail address is not valid"


class BadPerson(Invalid):
    """A name, time zone or language is missing or unknown; `errors` says which."""

    code, title = "bad-person", "The details are not valid"


class EmailTaken(Conflict):
    """Another person has this e-mail address already."""

    code, title = "email-taken", "The e-mail address is taken"


class TeamExists(Conflict):
    """Another team has this name already."""

    code, title = "team-exists", "The team's name is taken"


class UserNotFound(NotFound):
    """There is no such person, or you may not know of them."""

    code, title = "user-not-found", "There is no such person"


class TeamNotFound(NotFound):
    """There is no such team."""

    code, title = "team-not-found", "There is no such team"


class MayNotGrant(Forbidden):
    """Nobody grants or takes away a role whose permissions they do not hold themselves."""

    code, title = "may-not-grant", "You may not grant this role"


class LastAdministrator(Conflict):
    """The last active administrator cannot be removed. Make somebody else administrator first."""

    code, title = "last-administrator", "This is the last administrator"


class AlreadySetUp(Conflict):
    """Somebody exists already, so the set-up page is closed for good. Log in instead."""

    code, title = "already-set-up", "Aliquot is set up already"


class WrongSetUpCode(Forbidden):
    """The set-up code is not the one that the server logged when it started."""

    code, title = "wrong-set-up-code", "The set-up code is wrong"
