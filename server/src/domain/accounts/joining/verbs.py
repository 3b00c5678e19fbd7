"""What the record says of people who come in, and of addresses and passwords they prove."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("user.invited", mark("Invited"), kind=Kind.ADMINISTRATION)
verb("user.invitation_sent_again", mark("Invitation sent again"), kind=Kind.ADMINISTRATION)
verb("user.invitation_withdrawn", mark("Invitation withdrawn"), kind=Kind.ADMINISTRATION)
verb("user.registered", mark("Registered"), kind=Kind.DATA_CHANGED)
verb("user.email_verified", mark("E-mail address proved"), kind=Kind.CREDENTIAL_CHANGED)
verb("user.password_reset_asked", mark("New password asked for"), kind=Kind.SECURITY)
verb("user.password_reset", mark("Password set by a mailed link"), kind=Kind.CREDENTIAL_CHANGED)
verb("user.email_change_asked", mark("Change of address asked for"), kind=Kind.SECURITY)
verb("user.email_changed", mark("E-mail address changed"), kind=Kind.CREDENTIAL_CHANGED)
verb("user.email_restored", mark("E-mail address taken back"), kind=Kind.SECURITY)
