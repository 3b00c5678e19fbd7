"""Who someone is, and what they may do.

Owns people, teams, role assignments, log-ins and the institute's one row. Invariants: an e-mail
address belongs to one person (case-folded); passwords are stored as argon2id hashes and hashed
while no transaction is open; nobody grants what they do not hold; one active administrator is
always left; a suspended person's log-ins end at once.
"""

from __future__ import annotations

from src.domain.accounts import passwords, setup
from src.domain.accounts.configuration import configure
from src.domain.accounts.directory import Name, pick
from src.domain.accounts.errors import (
    AlreadySetUp,
    BadEmail,
    BadPerson,
    EmailTaken,
    LastAdministrator,
    LogInRefused,
    MayNotGrant,
    PasswordRefused,
    TeamExists,
    TeamNotFound,
    UserNotFound,
    WrongSetUpCode,
)
from src.domain.accounts.institute import create_admin, institute, is_set_up, set_up
from src.domain.accounts.log_ins import LogInView, end_log_ins, log_ins
from src.domain.accounts.login import (
    Client,
    Credentials,
    LogIn,
    authenticate,
    change_password,
    credentials,
    log_in,
    log_out,
    open_session,
    refuse_login,
)
from src.domain.accounts.passwords import new_hash
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.rules import checked_email
from src.domain.accounts.sessions import (
    actor_of_session,
    actor_of_token,
    actor_of_user,
    flush_last_seen,
    issue_access_token,
    sweep_sessions,
)
from src.domain.accounts.tables import (
    Institute,
    LoginSession,
    RoleName,
    Team,
    User,
    UserState,
)
from src.domain.accounts.teams import (
    TeamView,
    add_member,
    create_team,
    get_team,
    list_teams,
    members,
    remove_member,
    team_names,
    update_team,
)
from src.domain.accounts.users import (
    UserView,
    create_user,
    get_user,
    grant_role,
    holders,
    list_users,
    names,
    revoke_role,
    update_user,
)

__all__ = [
    "GRANTS",
    "AlreadySetUp",
    "BadEmail",
    "BadPerson",
    "Client",
    "Credentials",
    "EmailTaken",
    "Institute",
    "LastAdministrator",
    "LogIn",
    "LogInRefused",
    "LogInView",
    "LoginSession",
    "MayNotGrant",
    "Name",
    "PasswordRefused",
    "RoleName",
    "Team",
    "TeamExists",
    "TeamNotFound",
    "TeamView",
    "User",
    "UserNotFound",
    "UserState",
    "UserView",
    "WrongSetUpCode",
    "actor_of_session",
    "actor_of_token",
    "actor_of_user",
    "add_member",
    "authenticate",
    "change_password",
    "checked_email",
    "configure",
    "create_admin",
    "create_team",
    "create_user",
    "credentials",
    "end_log_ins",
    "flush_last_seen",
    "get_team",
    "get_user",
    "grant_role",
    "holders",
    "institute",
    "is_set_up",
    "issue_access_token",
    "list_teams",
    "list_users",
    "log_in",
    "log_ins",
    "log_out",
    "members",
    "names",
    "new_hash",
    "open_session",
    "passwords",
    "pick",
    "refuse_login",
    "remove_member",
    "revoke_role",
    "set_up",
    "setup",
    "sweep_sessions",
    "team_names",
    "update_team",
    "update_user",
]
