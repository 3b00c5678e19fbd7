"""What people are mailed on their way in. Links stand in the address's query, which no log keeps."""

from __future__ import annotations

from src.core.language import mark
from src.domain.accounts import letters

_UNTIL = (mark("The link works until"), "%(until_at)s")

INVITATION = letters.kind(
    "invitation",
    title=mark("You are invited to %(institute)s"),
    body=mark(
        "%(inviter)s invites you to Aliquot, where %(institute)s books its instruments. Open the "
        "link to choose a password. It works once."
    ),
    action=mark("Accept the invitation"),
    path="/invitation?token={token}",
    facts=((mark("You log in with"), "%(email)s"), _UNTIL),
)
VERIFY = letters.kind(
    "verify-email",
    title=mark("Finish your registration at %(institute)s"),
    body=mark(
        "Somebody, hopefully you, registered with this address. Open the link to choose a "
        "password. It works once. If it was not you, do nothing: without the link nobody gets in."
    ),
    action=mark("Go on with the registration"),
    path="/verify?token={token}",
    facts=(_UNTIL,),
)
ACCOUNT_EXISTS = letters.kind(
    "account-exists",
    title=mark("You have an account already"),
    body=mark(
        "Somebody, hopefully you, wanted to register at %(institute)s with this address. You have "
        "an account already: log in, or ask there for a new password."
    ),
    action=mark("Log in"),
    path="/login",
)
RESET = letters.kind(
    "reset-password",
    title=mark("A new password for %(institute)s"),
    body=mark(
        "Somebody, hopefully you, asked for a new password. Open the link to choose one. It works "
        "once. If it was not you, do nothing: your password stays as it is."
    ),
    action=mark("Choose a new password"),
    path="/reset?token={token}",
    facts=(_UNTIL,),
)
LOGS_IN_ELSEWHERE = letters.kind(
    "logs-in-elsewhere",
    title=mark("How you log in at %(institute)s"),
    body=mark(
        "Somebody, hopefully you, asked for a new password. Your account has none: you log in "
        "through %(providers)s, on the log-in page."
    ),
    action=mark("Log in"),
    path="/login",
)
PROVE_ADDRESS = letters.kind(
    "change-email",
    title=mark("Confirm your new address"),
    body=mark(
        "You want to log in at %(institute)s with this address from now on. Open the link to "
        "confirm that it is yours. It works once."
    ),
    action=mark("Confirm the address"),
    path="/email/confirm?token={token}",
    facts=(_UNTIL,),
)
ADDRESS_WANTED = letters.kind(
    "address-wanted",
    title=mark("Somebody wanted to use your address"),
    body=mark(
        "Somebody at %(institute)s wanted to log in with your address. You have an account with it "
        "already, so nothing was changed."
    ),
    action=mark("Log in"),
    path="/login",
)
CHANGE_ASKED = letters.kind(
    "email-change-asked",
    title=mark("Your address is to be changed"),
    body=mark(
        "Somebody, hopefully you, asked that you log in at %(institute)s with %(new)s from now on. "
        "It happens as soon as that address is confirmed. If it was not you, open the link: the "
        "address stays, every log-in ends, and we mail you the way to a new password."
    ),
    action=mark("That was not me"),
    path="/email/keep?token={token}",
    facts=(_UNTIL,),
)
CHANGED = letters.kind(
    "email-changed",
    title=mark("Your address was changed"),
    body=mark(
        "You log in at %(institute)s with %(new)s now. If it was not you, open the link: you have "
        "this address again, every log-in ends, and we mail you the way to a new password."
    ),
    action=mark("That was not me"),
    path="/email/keep?token={token}",
    facts=(_UNTIL,),
)
