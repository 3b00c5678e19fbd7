"""What can be refused about second factors."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class WrongCode(Invalid):
    """The code does not fit the app that is being set up.

    Type the six digits the app shows now. Where they never fit, the clock of the phone is wrong.
    """

    code, title = "wrong-code", "The code is not right"


class SetUpNotBegun(Conflict):
    """No authenticator app is being set up, or it was begun too long ago. Begin again."""

    code, title = "set-up-not-begun", "Begin the set-up again"


class NoSuchFactor(NotFound):
    """You have no such second factor."""

    code, title = "no-such-factor", "There is no such second factor"


class FactorNeeded(Conflict):
    """Your role needs a second factor, and this is the only one left.

    Set up another one first, then remove this one.
    """

    code, title = "factor-needed", "Your role needs a second factor"


class NothingToBackUp(Conflict):
    """Backup codes stand in for an app or a passkey. Set up one of them first."""

    code, title = "nothing-to-back-up", "Set up an app or a passkey first"


class PasskeyRefused(Unauthenticated):
    """The answer of the passkey was not accepted: it is unknown, too old, or for another site.

    Begin again. Where it goes on, log in another way and register the passkey anew.
    """

    code, title = "passkey-refused", "The passkey was not accepted"
    keeps = True


class PasskeyNotTaken(Invalid):
    """The passkey could not be registered: the answer is too old, for another site, or broken.

    Begin again; a passkey needs a PIN, a finger or a face that the device checks.
    """

    code, title = "passkey-not-taken", "The passkey could not be registered"
    keeps = True


class PasskeyTaken(Conflict):
    """The passkey is registered already, for you or for somebody else."""

    code, title = "passkey-taken", "The passkey is registered already"


class TooManyPasskeys(Conflict):
    """There is a limit to how many passkeys one person has. Remove one you no longer use."""

    code, title = "too-many-passkeys", "You have many passkeys already"


class BadPasskeyName(Invalid):
    """A passkey's name is missing or too long."""

    code, title = "bad-passkey-name", "The name is not valid"


class MayNotReset(Forbidden):
    """Your own factors are not reset: remove them at /me/factors, one by one."""

    code, title = "may-not-reset", "You may not reset your own factors"
