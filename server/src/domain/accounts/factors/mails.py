"""What people are mailed about their second factors. Nobody can turn these off."""

from __future__ import annotations

from src.core.language import mark
from src.domain.accounts import letters

PATH = "/me/factors"
_WHEN = ((mark("When"), "%(happened_at)s"),)
_SEE = mark("See your second factors")

ADDED = {
    "totp": letters.kind(
        "factor-added-totp",
        title=mark("An authenticator app was set up for your account"),
        body=mark(
            "Codes of an authenticator app now count for your account at %(institute)s. "
            "If it was not you, change your password at once and tell your administrators."
        ),
        action=_SEE,
        path=PATH,
        facts=_WHEN,
    ),
    "passkey": letters.kind(
        "factor-added-passkey",
        title=mark("A passkey was added to your account"),
        body=mark(
            "One can now log in to your account at %(institute)s with another passkey. "
            "If it was not you, remove it and change your password at once."
        ),
        action=_SEE,
        path=PATH,
        facts=_WHEN,
    ),
}
REMOVED = {
    "totp": letters.kind(
        "factor-removed-totp",
        title=mark("The authenticator app of your account was removed"),
        body=mark(
            "Its codes no longer count for your account at %(institute)s. "
            "If it was not you, change your password at once and tell your administrators."
        ),
        action=_SEE,
        path=PATH,
        facts=_WHEN,
    ),
    "passkey": letters.kind(
        "factor-removed-passkey",
        title=mark("A passkey of your account was removed"),
        body=mark(
            "It no longer opens your account at %(institute)s. "
            "If it was not you, change your password at once and tell your administrators."
        ),
        action=_SEE,
        path=PATH,
        facts=_WHEN,
    ),
}
RESET = letters.kind(
    "factors-reset",
    title=mark("Your second factors were removed by an administrator"),
    body=mark(
        "An administrator of %(institute)s removed your authenticator app, passkeys and backup "
        "codes, and ended your log-ins. Log in with your password and set up a new one. "
        "If you did not ask for it, tell your administrators."
    ),
    action=mark("Set up a second factor"),
    path=PATH,
    facts=_WHEN,
)
BACKUP_CODES_MADE = letters.kind(
    "backup-codes-made",
    title=mark("Your account has new backup codes"),
    body=mark(
        "Ten new backup codes were made for your account at %(institute)s; those from before count "
        "no longer. If it was not you, change your password at once and tell your administrators."
    ),
    action=_SEE,
    path=PATH,
    facts=_WHEN,
)
_LEFT = ((mark("Codes that are left"), "%(left)s"),)
BACKUP_CODE_USED = letters.kind(
    "backup-code-used",
    title=mark("A backup code of your account was used"),
    body=mark(
        "Somebody proved to be you at %(institute)s with one of your backup codes; it counts no "
        "longer. If it was not you, change your password at once and make new codes."
    ),
    action=_SEE,
    path=PATH,
    facts=_WHEN + _LEFT,
)
FEW_BACKUP_CODES = letters.kind(
    "few-backup-codes",
    title=mark("A backup code was used, and few are left"),
    body=mark(
        "Somebody proved to be you at %(institute)s with one of your backup codes; it counts no "
        "longer. Make new codes before the last one is gone. If it was not you, change your "
        "password at once."
    ),
    action=mark("Make new backup codes"),
    path=PATH,
    facts=_WHEN + _LEFT,
)
