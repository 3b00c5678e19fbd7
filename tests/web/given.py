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
from tests.support.application import PASSWORD, Lab, moment
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


def parties(lab: Lab) -> Given:
    """Series, templates and transfers, each to be changed once; and resources of their own."""
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "units": 9}
    apart = made(lab, "/resources", json={"name": "Together", "timezone": "UTC", **spare})
    wish = lab.wish(9, resource_id=apart)
    repeated = {**wish, "rule": "FREQ=DAILY;COUNT=2"}
    series = [{"series_id": made(lab, "/booking-series", json=repeated)} for _ in range(3)]
    kept = {"resource_id": apart, "minutes": 60}
    templates = [
        {"template_id": made(lab, "/booking-templates", json={"name": name, **kept})}
        for name in ("One", "Two", "Three")
    ]
    guests = {"attendees": [str(lab.ids.other)]}
    invited = {"booking_id": made(lab, "/bookings", json={**wish, **guests})}
    asked = [
        made(lab, f"/bookings/{one}/transfer", json={"to_id": str(lab.ids.other)})
        for one in (made(lab, "/bookings", json=lab.wish(12, resource_id=apart)) for _ in range(2))
    ]
    theirs = [_offered(lab, apart) for _ in range(2)]
    mine = lab.wish(17, resource_id=apart, attendees=[str(lab.ids.admin)])
    coming = made(lab, "/bookings", by="member", json=mine)
    offer = {"booking_id": made(lab, "/bookings", json=lab.wish(14, resource_id=apart))}
    return {
        "booking_series_create": {"body": {**repeated, "resource_id": apart}},
        "booking_series_check": {"body": {**repeated, "resource_id": apart}},
        "booking_series_get": {"path": series[0]},
        "booking_series_update": {"path": series[1], "body": {"scope": "all", "title": "Other"}},
        "booking_series_cancel": {"path": series[2], "body": {"scope": "all"}},
        "booking_templates_create": {"body": {"name": "Four", **kept}},
        "booking_templates_get": {"path": templates[0]},
        "booking_templates_update": {"path": templates[1], "body": {"title": "Other"}},
        "booking_templates_delete": {"path": templates[2]},
        "bookings_group": {
            "body": {
                "items": [{"resource_id": apart}],
                "starts_at": wish["starts_at"],
                "ends_at": wish["ends_at"],
            }
        },
        "bookings_attendees": {"path": invited},
        "bookings_invite": {"path": invited, "body": {"user_ids": [str(lab.ids.other)]}},
        "bookings_uninvite": {"path": {**invited, "user_id": str(lab.ids.other)}},
        "bookings_respond": {"path": {"booking_id": coming}, "body": {"response": "accepted"}},
        "bookings_transfer": {"path": offer, "body": {"to_id": str(lab.ids.other)}},
        "transfers_get": {"path": {"transfer_id": asked[0]}},
        "transfers_withdraw": {"path": {"transfer_id": asked[1]}},
        "transfers_accept": {"path": {"transfer_id": theirs[0]}},
        "transfers_decline": {"path": {"transfer_id": theirs[1]}},
    }


def _offered(lab: Lab, resource_id: str) -> str:
    """Something of the member's that the administrator may take over."""
    wish = lab.wish(19, resource_id=resource_id)
    booking = made(lab, "/bookings", by="member", json=wish)
    asked = {"to_id": str(lab.ids.admin)}
    return made(lab, f"/bookings/{booking}/transfer", by="member", json=asked)


def approvals(lab: Lab, asking: str) -> Given:
    """A request for each thing said about one, a rule for each thing done to one."""
    wishes = [lab.wish(hour, resource_id=asking) for hour in (14, 16, 18, 20)]
    booked = [lab.post("/bookings", by="member", json=wish).json()["data"]["id"] for wish in wishes]
    waiting = lab.get("/approvals", by="admin").json()["data"]
    by_booking = {one["subject_id"]: one["id"] for one in waiting}
    first, second, third, fourth = ({"approval_id": by_booking[one]} for one in booked)
    steps = [{"approvers": [{"kind": "responsible"}]}]
    kept, changing, ending = (
        {"rule_id": made(lab, "/approval-rules", json={"name": name, "steps": steps})}
        for name in ("Kept", "Changing", "Ending")
    )
    away = {"to_id": str(lab.ids.other), "starts_at": moment(1), "ends_at": moment(9)}
    standing, over = ({"delegation_id": made(lab, "/delegations", json=away)} for _ in range(2))
    return {
        "approvals_get": {"path": first},
        "approvals_approve": {"path": second},
        "approvals_reject": {"path": third},
        "approvals_batch": {
            "body": {"items": [{"id": fourth["approval_id"], "verdict": "approve"}]}
        },
        "approval_rules_create": {"body": {"name": "New", "steps": steps}},
        "approval_rules_get": {"path": kept},
        "approval_rules_update": {"path": changing, "body": {"description": "Changed"}},
        "approval_rules_delete": {"path": ending},
        "delegations_create": {"body": away},
        "delegations_get": {"path": standing},
        "delegations_revoke": {"path": over},
    }


def files(lab: Lab) -> Given:
    """An export that is done."""
    address = exported(lab, "admin")
    return {"operations_file": {"path": {"operation_id": address.split("/")[2]}}}


def _person(lab: Lab, name: str) -> str:
    body = {"email": f"{name}@example.org", "name": f"{name.title()} Example"}
    return made(lab, "/users", json={**body, "password": NEW_PASSWORD})
