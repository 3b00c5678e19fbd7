"""What can be refused about people, teams and log-ins."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Invalid, Limited, NotFound, Unauthenticated


class LogInRefused(Unauthenticated):
    """The address and password do not belong together, or the account is not active.

    The answer is the same for an address nobody has. The attempt is recorded.
    """

    code, title = "log-in-refused", "The e-mail address or the password is wrong"
    keeps = True


class SecondFactorRequired(Unauthenticated):
    """The password is right; the account wants a second factor too.

    Repeat the request with `second_factor` (at the OAuth2 token endpoint: `client_secret`): the code
    an authenticator app shows now, or one of the backup codes.
    """

    code, title = "second-factor-required", "A code is needed too"


class CodeRefused(Unauthenticated):
    """The code is wrong, too old, or was used before. The attempt is recorded.

    Wait for the next code of the app, or use one of the backup codes.
    """

    code, title = "code-refused", "The code is not right"
    keeps = True


class LogInOver(Unauthenticated):
    """A log-in was not finished in time, or too many codes were wrong. Begin with the password."""

    code, title = "log-in-over", "Log in once more"
    keeps = True


class SecondFactorMissing(Forbidden):
    """Your role wants a second factor, and the time to set one up is over.

    Set one up at /me/factors, or log in with the one you have; everything else waits until then.
    """

    code, title = "second-factor-missing", "Set up a second factor first"


class ConfirmationNeeded(Forbidden):
    """What is sensitive needs a password, passkey or code that was given minutes ago.

    At a browser confirm at /me/confirm; a program logs in again and repeats the request with the
    new token. API keys cannot do this.
    """

    code, title = "confirmation-needed", "Confirm that it is you"


class LogInNotFound(NotFound):
    """There is no such log-in of yours; it may have ended already."""

    code, title = "log-in-not-found", "There is no such log-in"


class DeviceNotFound(NotFound):
    """There is no such device of yours; it may have been forgotten already."""

    code, title = "device-not-found", "There is no such device"


class TooManyAttempts(Limited):
    """Too many attempts failed, so the next has to wait: for the seconds in Retry-After.

    The same is said of an account that does not exist. Nobody is locked out for good, and a
    browser that has logged in before waits for its own failures alone.
    """

    code, title = "too-many-attempts", "Too many attempts failed"
    keeps = True


class NothingToVerify(Conflict):
    """You have no phone number, or it is verified already. Save the number first."""

    code, title = "nothing-to-verify", "There is no number to verify"


class SmsClosed(Conflict):
    """No gateway for text messages is set up here, so no number can be verified."""

    code, title = "sms-closed", "Text messages are not set up"


class TooManyCodes(Limited):
    """Too many text messages were asked for: by you, to this number, or by everybody together.

    Wait for the seconds in Retry-After, then ask once more.
    """

    code, title = "too-many-codes", "Too many codes were asked for"


class PhoneCodeWrong(Invalid):
    """The code is not that of the last text message. After five wrong ones ask for a new code."""

    code, title = "phone-code-wrong", "The code is not right"
    keeps = True


class PhoneCodeOver(Conflict):
    """No code is waited for any more. Ask for a new one.

    None was asked for, ten minutes are over, five were wrong, or the number was changed.
    """

    code, title = "phone-code-over", "Ask for a new code"


class PasswordRefused(Invalid):
    """The password is too short or too long, known or easily guessed, says who you are, or is a former one.

    Choose another; `errors` says what is wrong with this one.
    """

    code, title = "password-refused", "Choose another password"


class BadEmail(Invalid):
    """Mail cannot be sent to such an address."""

    code, title = "bad-email", "The e-mail address is not valid"


class BadPerson(Invalid):
    """A name, time zone or language is missing or unknown; `errors` says which."""

    code, title = "bad-person", "The details are not valid"


class BadSetting(Invalid):
    """A setting of the institute cannot be what was given; `errors` says which and why."""

    code, title = "bad-setting", "The settings are not valid"


class EmailTaken(Conflict):
    """Another person has this e-mail address already."""

    code, title = "email-taken", "The e-mail address is taken"


class TeamExists(Conflict):
    """Another team has this name already."""

    code, title = "team-exists", "The team's name is taken"


class UserNotFound(NotFound):
    """There is no such person, or you may not know of them."""

    code, title = "user-not-found", "There is no such person"


class UserStateConflict(Conflict):
    """A person cannot come from the state they are in to that one; `allowed` says to which."""

    code, title = "user-state-conflict", "The person's state does not allow this"


class MayNotDecide(Forbidden):
    """Nobody decides over a person who may do more than they may themselves. Ask one who may."""

    code, title = "may-not-decide", "This person may do more than you"


class TeamInUse(Conflict):
    """Bookings or other records name the team, so it stays; take its members out instead."""

    code, title = "team-in-use", "The team is in use"


class TeamNotFound(NotFound):
    """There is no such team."""

    code, title = "team-not-found", "There is no such team"


class MayNotGrant(Forbidden):
    """Nobody grants or takes away a role whose permissions they do not hold themselves."""

    code, title = "may-not-grant", "You may not grant this role"


class RoleNotFound(NotFound):
    """There is no such role."""

    code, title = "role-not-found", "There is no such role"


class RoleExists(Conflict):
    """Another role has this name already."""

    code, title = "role-exists", "The role's name is taken"


class BadRole(Invalid):
    """A role's name, title or permissions cannot be what was given; `errors` says which."""

    code, title = "bad-role", "The role is not valid"


class BuiltInRole(Conflict):
    """A built-in role stays as it is. Make one of your own that grants what you need."""

    code, title = "built-in-role", "Built-in roles cannot be changed"


class RoleInUse(Conflict):
    """Somebody holds this role. Take it away from its holders first."""

    code, title = "role-in-use", "The role is in use"


class AssignmentNotFound(NotFound):
    """There is no such assignment of a role; it may have been taken away already."""

    code, title = "assignment-not-found", "There is no such assignment"


class UnknownScope(Invalid):
    """A role is bound to something that does not exist. Scopes read `team:<id>`, `resource:<id>`."""

    code, title = "unknown-scope", "There is no such scope"


class BadExpiry(Invalid):
    """The end of an assignment has to lie ahead."""

    code, title = "bad-expiry", "The end does not lie ahead"


class LastAdministrator(Conflict):
    """The last active administrator cannot be removed. Make somebody else administrator first."""

    code, title = "last-administrator", "This is the last administrator"


class AlreadySetUp(Conflict):
    """Somebody exists already, so the set-up page is closed for good. Log in instead."""

    code, title = "already-set-up", "Aliquot is set up already"


class WrongSetUpCode(Forbidden):
    """The set-up code is not the one that the server logged when it started."""

    code, title = "wrong-set-up-code", "The set-up code is wrong"
