"""What the operations of people and access are given, so that each can succeed once.

Every operation that ends something has a person, a role or a credential of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import SYSTEM
from src.core.crypto import hash_of
from src.domain import accounts
from src.domain.accounts import RoleName
from src.domain.accounts.tables import MailedToken, MailPurpose
from tests.support import photographs
from tests.support.application import PASSWORD, Lab
from tests.support.factors import with_app
from tests.support.institute import belongings
from tests.web.test_events_api import exported
from tests.web.test_jobs_api import write

Given = dict[str, dict[str, Any]]

NEW_PASSWORD = "words that nobody has guessed yet"
PROGRAM = {
    "name": "Reader", "redirect_uris": ["https://reader.example.org/callback"],
    "permissions": ["bookings:read"], "is_confidential": True,
}  # fmt: skip
# Who is invited or registers has no password yet; whoever changes the address does.
LINKS = {
    "auth_accept_invitation": (MailPurpose.INVITATION, {"password": NEW_PASSWORD, "name": "Nia"}),
    "auth_verify_email": (MailPurpose.VERIFY_EMAIL, {"password": NEW_PASSWORD, "name": "Nia"}),
    "auth_reset_password": (MailPurpose.RESET_PASSWORD, {"password": NEW_PASSWORD}),
    "auth_confirm_email": (MailPurpose.CHANGE_EMAIL, {}),
    "auth_keep_email": (MailPurpose.RESTORE_EMAIL, {}),
}


def made(lab: Lab, path: str, **options: Any) -> str:
    """Something the administrator creates: its id."""
    answer = lab.post(path, **{"by": "admin", **options})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def people(lab: Lab) -> Given:
    """People to be changed, suspended and made members of a team."""
    named = [_person(lab, name) for name in ("changing", "leaving", "pictured", "joining")]
    changing, leaving, pictured, joining = ({"user_id": one} for one in named)
    shown = lab.call(
        "PUT", f"/users/{pictured['user_id']}/picture", by="admin", content=photographs.png(),
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert shown.is_success, shown.text
    team = made(lab, "/teams", json={"name": "Optics"})
    grant = {"user_id": changing["user_id"], "role": "lead", "scope": f"team:{team}"}
    invited = {"email": "ivy@example.org", "name": "Ivy Invited"}
    invitation = made(lab, "/invitations", json=invited)
    assignment = made(lab, "/role-assignments", json=grant)
    person = {"email": "grace@example.org", "name": "Grace Hopper", "password": NEW_PASSWORD}
    return {
        "invitations_resend": {"path": {"user_id": invitation}},
        "users_create": {"body": person},
        "users_import": {"body": "email,name,teams\nlise@example.org,Lise Meitner,\n"},
        "users_update": {"path": changing, "body": {"name": "Changed Example"}},
        "users_suspend": {"path": leaving, "headers": {"If-Match": "*"}},
        "users_picture": {"path": pictured},
        "teams_add_member": {"path": {"team_id": team, **joining}},
        "role_assignments_delete": {"path": {"assignment_id": assignment}},
    }


def roles(lab: Lab) -> Given:
    """Roles of the institute's own."""
    for name in ("changing", "ending"):
        made(lab, "/roles", json={"name": name, "title": name.title(), "grants": ["jobs:read"]})
    night = {"name": "evenings", "title": "Evenings", "grants": ["jobs:read"]}
    return {
        "roles_create": {"body": night},
        "roles_get": {"path": {"name": "changing"}},
        "roles_update": {"path": {"name": "changing"}, "body": {"title": "Changed"}},
        "roles_delete": {"path": {"name": "ending"}},
    }


def credentials(lab: Lab) -> Given:
    """Keys, programs, and what the administrator has by logging in."""
    wish = {"name": "Narrow", "permissions": ["bookings:read"]}
    keys = [{"key_id": made(lab, "/me/api-keys", json=wish)} for _ in range(3)]
    program, ending, used = (made(lab, "/oauth-clients", json=PROGRAM) for _ in range(3))
    client = {"path": {"client_id": program}}

    forgetful = _person(lab, "forgetful")

    async def work(session: AsyncSession) -> dict[str, str]:
        await belongings(session, UUID(forgetful), client_id=UUID(used))
        return await belongings(session, lab.ids.admin, client_id=UUID(used))

    own = write(lab, work)
    with_app(lab, "admin")
    password = {"email": "manager@example.org", "password": PASSWORD}
    program_of = lab.post("/auth/login", by=None, json=password).json()["data"]
    passkey = {"passkey_id": own["passkey"]}
    return {
        "api_keys_get": {"path": keys[0]},
        "api_keys_update": {"path": keys[0], "body": {"name": "Changed"}},
        "api_keys_rotate": {"path": keys[1], "body": {"overlap_hours": 1}},
        "api_keys_revoke": {"path": keys[2]},
        "oauth_clients_get": client,
        "oauth_clients_update": {**client, "body": {"name": "Plate reader"}},
        "oauth_clients_replace_secret": client,
        "oauth_clients_revoke": {"path": {"client_id": ending}},
        "apps_disconnect": {"path": {"app_id": used}},
        "me_device_forget": {"path": {"device_id": own["device"]}},
        "me_identities_unlink": {"path": {"identity_id": own["identity"]}},
        "me_session_end": {"path": {"session_id": own["session"]}},
        "second_factor_passkeys_get": {"path": passkey},
        "second_factor_passkeys_rename": {"path": passkey, "body": {"name": "Telephone"}},
        "second_factor_passkeys_remove": {"path": passkey},
        "users_reset_second_factor": {"path": {"user_id": forgetful}},
        "auth_login": {"body": password},
        "auth_token_refresh": {"body": {"refresh_token": program_of["refresh_token"]}},
        "auth_token": {"body": {"username": "manager@example.org", "password": PASSWORD}},
        "me_change_email": {"body": {"email": "ada.admin@example.org", "password": PASSWORD}},
    }


def links(lab: Lab) -> Given:
    """Links that were mailed, each to a person of its own."""

    async def work(session: AsyncSession) -> Given:
        given: Given = {}
        for name, (purpose, more) in LINKS.items():
            person = await accounts.create_user(
                session, SYSTEM, email=f"{purpose}@example.org", name="Nia New",
                roles=(RoleName.MEMBER,), locale="en",
            )  # fmt: skip
            # Who is logged in confirms only an address of their own.
            own = purpose is MailPurpose.CHANGE_EMAIL
            token = secrets.token_urlsafe(32)
            session.add(
                MailedToken(
                    id=ids.new(), user_id=lab.ids.admin if own else person.id, purpose=purpose,
                    token_hash=hash_of(token),
                    email=f"proved-{purpose}@example.org" if own else person.email, created_at=clock.now(),
                    expires_at=clock.now() + timedelta(hours=1),
                )
            )  # fmt: skip
            given[name] = {"body": {"token": token, **more}}
        return given

    linked: Given = write(lab, work)
    return linked


def files(lab: Lab) -> Given:
    """An export that is done."""
    address = exported(lab, "admin")
    return {"operations_file": {"path": {"operation_id": address.split("/")[2]}}}


def _person(lab: Lab, name: str) -> str:
    body = {"email": f"{name}@example.org", "name": f"{name.title()} Example"}
    return made(lab, "/users", json={**body, "password": NEW_PASSWORD})
