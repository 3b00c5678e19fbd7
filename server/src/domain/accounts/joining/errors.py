"""What can be refused to people on their way in."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound


class LinkGone(Gone):
    """The mailed link was used, is too old, or was replaced by a newer one. Ask for a new one.

    The same is said of a link that never was.
    """

    code, title = "link-gone", "This link no longer works"


class RegistrationClosed(NotFound):
    """Nobody registers here by themselves. Ask an administrator for an invitation."""

    code, title = "registration-closed", "There is no registration here"


class DomainNotApproved(Invalid):
    """Only people with an address at the institute's own domains may register."""

    code, title = "domain-not-approved", "This address cannot register"


class InvitationNotFound(NotFound):
    """There is no such invitation, or it was accepted or withdrawn."""

    code, title = "invitation-not-found", "There is no such invitation"


class MailIsOff(Conflict):
    """Nobody can be invited while this deployment sends no mail. Add the person instead."""

    code, title = "mail-is-off", "No mail is sent here"


class NoPassword(Conflict):
    """The account has no password: its owner logs in elsewhere. An administrator can help."""

    code, title = "no-password", "This account has no password"


class OnlyInPerson(Forbidden):
    """A key or another program may not do this; the person does, logged in."""

    code, title = "only-in-person", "Only the person may do this"
