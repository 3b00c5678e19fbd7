"""The tables of people, access, log-ins, factors, credentials and single sign-on."""

from __future__ import annotations

from src.domain.accounts.tables.access import Role, RoleAssignment, RoleName
from src.domain.accounts.tables.credentials import (
    ApiKey,
    OAuthClient,
    OAuthCode,
    RefreshToken,
    RequestNonce,
    TokenFamily,
)
from src.domain.accounts.tables.factors import BackupCode, Passkey, Totp
from src.domain.accounts.tables.log_ins import (
    KnownDevice,
    LogInFailure,
    LoginSession,
    MailedToken,
    MailPurpose,
    PendingKind,
    PendingLogIn,
    PhoneCode,
)
from src.domain.accounts.tables.people import (
    Institute,
    PasswordHistory,
    Team,
    TeamMember,
    User,
    UserState,
)
from src.domain.accounts.tables.sso import Identity

__all__ = [
    "ApiKey",
    "BackupCode",
    "Identity",
    "Institute",
    "KnownDevice",
    "LogInFailure",
    "LoginSession",
    "MailPurpose",
    "MailedToken",
    "OAuthClient",
    "OAuthCode",
    "Passkey",
    "PasswordHistory",
    "PendingKind",
    "PendingLogIn",
    "PhoneCode",
    "RefreshToken",
    "RequestNonce",
    "Role",
    "RoleAssignment",
    "RoleName",
    "Team",
    "TeamMember",
    "TokenFamily",
    "Totp",
    "User",
    "UserState",
]
