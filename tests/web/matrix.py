"""Who gets which answer to what.

A row for every operation of the interface, and more where it matters whose the thing is. Read by
`test_matrix.py`; a new operation needs a row.

Nobody named in a row is let in: people get 403 then, and who is not logged in 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The lead's role is bound to the team, the technician's to the confocal, `bound_key` too; `denied`
# is a manager whom a role refuses decisions, bookings, closures and the record; `keeper` is a
# member who keeps the people. `key` is the administrator's for reading bookings, `read_key` the
# member's for reading. The member made the booking, the mate the team's.
PEOPLE = "member mate lead technician keeper denied trainer ehs auditor manager admin"
KEYS = "key bound_key read_key"
OUT = frozenset({"anonymous", "suspended"})
EVERYBODY = f"anonymous suspended held_back {KEYS} {PEOPLE}"
OTHERS = "mate lead technician keeper denied trainer ehs auditor manager"
# Where neither a team nor a booking of somebody's matters.
SOME = "anonymous held_back key read_key member technician keeper denied ehs auditor manager admin"
# For what is a person's own, or anybody's: roles make no difference there.
OWN = "anonymous suspended held_back key member mate"
# What everybody who is somebody may read.
READ = "anonymous held_back key read_key member auditor"
ANYBODY = "anonymous admin"
MANAGERS = "denied manager admin"
KEEPERS = f"technician {MANAGERS}"
CLOSERS = "technician ehs manager admin"
RECORD = "ehs auditor manager admin"
BOOKERS = "member mate lead technician keeper denied trainer ehs manager admin"
ROLES = "denied auditor manager admin"
DIRECTORY = "keeper admin"


@dataclass(frozen=True, slots=True)
class Row:
    """An operation, what it aims at (by name in `Institute.ids`), and the answers by status."""

    operation: str
    answers: Mapping[int, str]
    at: Mapping[str, str] = field(default_factory=dict)
    sends: Mapping[str, Any] | None = None
    asked: str = EVERYBODY

    def expected(self, who: str) -> int:
        """The status somebody gets."""
        for status, named in self.answers.items():
            if who in named.split():
                return status
        return 401 if who in OUT else 403


# What stands in paths unless a row says otherwise.
PATHS = {
    "user_id": "other", "session_id": "session", "device_id": "device", "app_id": "client",
    "key_id": "key_of_member", "client_id": "client", "identity_id": "identity",
    "passkey_id": "passkey", "resource_id": "confocal", "type_id": "type",
    "location_id": "location", "team_id": "team", "name": "=spare", "role": "=trainer",
    "assignment_id": "assignment_of_technician", "number": "=1", "set_id": "set",
    "closure_id": "closure_of_confocal", "booking_id": "booking", "file_id": "photo_of_confocal",
    "job_id": "job", "operation_id": "operation", "code": "=forbidden", "slug": "=none",
    "archive_id": "booking", "feed_id": "calendar_feed_of_member", "event_id": "event",
}  # fmt: skip

_SHUT = {"starts_at": "$at4", "ends_at": "$at5", "resource_ids": ["$confocal"]}
_WISH = {"resource_id": "$confocal", "starts_at": "$at14", "ends_at": "$at15", "title": "Slides"}
_PICTURE = {"picture": True}
_REASON = {"json": {"reason": "Left"}}
_RANGE = {"params": {"from": "$at0", "to": "$at23"}}
_PROGRAM = {"name": "Plates", "redirect_uris": ["https://r.example.org/c"],
            "permissions": ["bookings:read"], "is_confidential": True}  # fmt: skip

# What is sent unless a row says otherwise; `$name` is an id, `$at9` nine o'clock on a day to come.
SENT: dict[str, dict[str, Any]] = {
    "access_who_may": {"params": {"permission": "bookings:read"}},
    "api_keys_create": {"json": {"name": "Mine", "permissions": ["bookings:read"]}},
    "api_keys_rotate": {"json": {"overlap_hours": 1}},
    "api_keys_update": {"json": {"name": "Another"}},
    "bookings_approve": {"json": {"note": "Yes"}},
    "bookings_batch": {"json": {"mode": "all", "items": [_WISH]}},
    "bookings_cancel": _REASON,
    "bookings_check": {"json": _WISH},
    "bookings_create": {"json": _WISH},
    "bookings_reject": {"json": {"note": "No"}},
    "bookings_update": {"json": {"title": "Other slides"}},
    "calendar_feeds_create": {"json": {"kind": "person", "name": "Phone"}},
    "calendar_feeds_update": {"json": {"name": "Laptop"}},
    "calendar_get": _RANGE,
    "closures_check": {"json": _SHUT},
    "closures_create": {"json": {**_SHUT, "reason": "Cleaning"}},
    "events_export": {"json": {"format": "csv"}},
    "files_list": {"params": {"subject_type": "resource", "subject_id": "$confocal"}},
    "files_upload": {"params": {"subject_type": "resource", "subject_id": "$confocal", "kind": "photo"}, **_PICTURE},
    "invitations_create": {"json": {"email": "ada@example.org", "name": "Ada Lovelace"}},
    "locations_create": {"json": {"name": "South"}},
    "locations_update": {"json": {"name": "South"}},
    "me_change_email": {"json": {"email": "new@example.org", "password": "not mine"}},
    "me_change_password": {"json": {"current_password": "not mine", "new_password": "nine otters juggle turnips"}},
    "me_set_picture": _PICTURE,
    "me_update": {"json": {"phone": "+49 30 901820"}},
    "notifications_mark_read": {"json": {"ids": ["$booking"]}},
    "oauth_clients_create": {"json": _PROGRAM},
    "oauth_clients_update": {"json": {"name": "Plates 2"}},
    "policies_update_site": {"json": {"slot_minutes": 15}},
    "resource_sets_create": {"json": {"name": "Another", "resource_ids": ["$confocal"]}},
    "resource_sets_update": {"json": {"name": "Another"}},
    "resource_types_create": {"json": {"name": "Printer"}},
    "resource_types_update": {"json": {"name": "Printer"}},
    "resource_types_update_policy": {"json": {"slot_minutes": 15}},
    "resources_add_units": {"json": {"count": 1}},
    "resources_calendar": _RANGE,
    "resources_create": {"json": {"name": "New", "type_id": "$type", "location_id": "$location", "timezone": "UTC"}},
    "resources_set_opening_hours": {"json": {"intervals": []}},
    "resources_set_people": {"json": {"people": [{"role": "deputy", "user_id": "$other"}]}},
    "resources_set_photo": {"json": {"file_id": "$photo_of_confocal"}},
    "resources_set_state": {"json": {"state": "down", "reason": "Broken"}},
    "resources_update": {"json": {"description": "Bright"}},
    "resources_update_policy": {"json": {"slot_minutes": 15}},
    "resources_update_unit": {"json": {"is_active": True}},
    "role_assignments_create": {"json": {"user_id": "$other", "role": "trainer"}},
    "roles_create": {"json": {"name": "night-shift", "title": "Night", "grants": ["bookings:create"]}},
    "roles_update": {"json": {"title": "Night"}},
    "schedules_update": {"json": {"interval": 10}},
    "search": {"params": {"q": "conf"}},
    "second_factor_passkeys_add": {"json": {"name": "Phone", "token": "none", "credential": {}}},
    "second_factor_passkeys_rename": {"json": {"name": "Tablet"}},
    "second_factor_totp_confirm": {"json": {"code": "000000"}},
    "settings_update": {"json": {"locale": "en"}},
    "teams_add_member": {"json": {"is_lead": False}},
    "teams_create": {"json": {"name": "Neuroscience"}},
    "teams_update": {"json": {"name": "Neuroscience"}},
    "users_create": {"json": {"email": "ada@example.org", "name": "Ada Lovelace", "roles": ["member"]}},
    "users_erase": _REASON,
    "users_import": {"content": b"email,name\nada@example.org,Ada\n", "headers": {"Content-Type": "text/csv"}},
    "users_reactivate": _REASON,
    "users_set_picture": _PICTURE,
    "users_suspend": _REASON,
    "users_update": {"json": {"name": "Ada Lovelace"}},
}  # fmt: skip

ROWS: tuple[Row, ...] = (
    Row("health_alive", {200: "anonymous admin"}, asked=ANYBODY),
    Row("health_metrics", {200: "anonymous admin"}, asked=ANYBODY),
    Row("problems_list", {200: "anonymous admin"}, asked=ANYBODY),
    Row("problems_get", {200: "anonymous admin"}, asked=ANYBODY),
    Row("auth_token", {400: "anonymous admin"}, asked=ANYBODY),
    Row("auth_token_revoke", {400: "anonymous admin"}, asked=ANYBODY),
    Row("auth_login", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_token_refresh", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_logout", {204: "held_back key read_key member mate admin"}, asked=OWN),
    Row("auth_accept_invitation", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_verify_email", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_register", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_resend_verification", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_forgot_password", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_reset_password", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_confirm_email", {422: "anonymous admin"}, asked=ANYBODY),
    Row("auth_keep_email", {422: "anonymous admin"}, asked=ANYBODY),
    Row("sso_list", {200: "anonymous admin"}, asked=ANYBODY),
    Row("sso_start", {404: "anonymous admin"}, asked=ANYBODY),
    Row("sso_backchannel_logout", {422: "anonymous admin"}, asked=ANYBODY),
    Row("me_change_email", {422: "member mate admin"}, asked=OWN),
    Row("me_identities_list", {200: "member mate admin"}, asked=OWN),
    Row("me_identities_unlink", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("me_get", {200: "key read_key member mate admin"}, asked=OWN),
    Row("me_update", {200: "member mate admin"}, asked=OWN),
    Row("me_erase", {204: "member mate", 409: "admin"}, asked=OWN),
    Row("me_phone_code", {409: "member mate admin"}, asked=OWN),
    Row("me_phone_verify", {422: "member mate admin"}, asked=OWN),
    Row("me_export", {202: "member mate admin"}, asked=OWN),
    Row("me_change_password", {422: "member mate admin"}, asked=OWN),
    Row("second_factor_get", {200: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_totp_begin", {200: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_totp_remove", {404: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_totp_confirm", {409: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_backup_codes_make", {200: "member", 409: "held_back mate admin"}, asked=OWN),
    Row("second_factor_passkeys_list", {200: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_passkeys_add", {422: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_passkeys_begin", {200: "held_back member mate admin"}, asked=OWN),
    Row("second_factor_passkeys_get", {200: "member", 404: "held_back mate admin"}, asked=OWN),
    Row("second_factor_passkeys_rename", {200: "member", 404: "held_back mate admin"}, asked=OWN),
    Row("second_factor_passkeys_remove", {204: "member", 404: "held_back mate admin"}, asked=OWN),
    Row("users_reset_second_factor", {404: DIRECTORY}, asked=SOME),
    Row("calendar_feeds_list", {200: "member mate admin"}, asked=OWN),
    Row("calendar_feeds_create", {201: "member mate admin"}, asked=OWN),
    Row("calendar_feeds_get", {200: "member", 404: "mate admin"}, asked=OWN),
    Row("calendar_feeds_update", {200: "member", 404: "mate admin"}, asked=OWN),
    Row("calendar_feeds_renew", {201: "member", 404: "mate admin"}, asked=OWN),
    Row("calendar_feeds_revoke", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("calendar_feeds_read", {404: EVERYBODY}, at={"token": "=stale"}, asked=OWN),
    Row("me_sessions_list", {200: "member mate admin"}, asked=OWN),
    Row("me_sessions_end", {204: "member mate admin"}, asked=OWN),
    Row("me_session_end", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("me_devices_list", {200: "member mate admin"}, asked=OWN),
    Row("me_device_forget", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("users_sessions_end", {204: DIRECTORY}, asked=SOME),
    Row("api_keys_list", {200: "member mate admin"}, asked=OWN),
    Row("api_keys_create", {201: "member mate admin"}, asked=OWN),
    Row("api_keys_get", {200: "member", 404: "mate admin"}, asked=OWN),
    Row("api_keys_update", {200: "member", 404: "mate admin"}, asked=OWN),
    Row("api_keys_revoke", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("api_keys_rotate", {201: "member", 404: "mate admin"}, asked=OWN),
    Row("apps_list", {200: "member mate admin"}, asked=OWN),
    Row("apps_disconnect", {204: "member", 404: "mate admin"}, asked=OWN),
    Row("oauth_clients_list", {200: "admin"}, asked=SOME),
    Row("oauth_clients_create", {201: "admin"}, asked=SOME),
    Row("oauth_clients_get", {200: "admin"}, asked=SOME),
    Row("oauth_clients_update", {200: "admin"}, asked=SOME),
    Row("oauth_clients_revoke", {204: "admin"}, asked=SOME),
    Row("oauth_clients_replace_secret", {200: "admin"}, asked=SOME),
    Row("oauth_metadata", {200: "anonymous admin"}, asked=ANYBODY),
    Row("users_list", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("users_create", {201: DIRECTORY}, asked=SOME),
    Row("users_get", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("users_update", {200: DIRECTORY}, asked=SOME),
    Row("users_suspend", {200: DIRECTORY}, asked=SOME),
    Row("users_erase", {204: DIRECTORY}, asked=SOME),
    Row("users_reactivate", {200: "admin"}, at={"user_id": "suspended"}, asked=SOME),
    Row("users_grant_role", {200: "admin"}, asked=SOME),
    Row("users_revoke_role", {200: DIRECTORY}, at={"role": "=member"}, asked=SOME),
    Row("users_import", {200: DIRECTORY}, asked=SOME),
    Row("users_export", {200: DIRECTORY}, asked=SOME),
    Row("invitations_list", {200: DIRECTORY}, asked=SOME),
    Row("invitations_create", {201: DIRECTORY}, asked=SOME),
    Row("invitations_get", {200: DIRECTORY}, at={"user_id": "invited"}, asked=SOME),
    Row("invitations_withdraw", {204: DIRECTORY}, at={"user_id": "invited"}, asked=SOME),
    Row("invitations_resend", {200: DIRECTORY}, at={"user_id": "invited"}, asked=SOME),
    Row("me_set_picture", {200: "member mate admin"}, asked=OWN),
    Row("me_remove_picture", {204: "member mate admin"}, asked=OWN),
    Row("users_picture", {404: PEOPLE}, asked=SOME),
    Row("users_set_picture", {200: DIRECTORY}, asked=SOME),
    Row("users_remove_picture", {204: DIRECTORY}, asked=SOME),
    Row("teams_list", {200: f"{PEOPLE} read_key"}),
    Row("teams_create", {201: "admin"}),
    Row("teams_get", {200: f"{PEOPLE} read_key"}),
    Row("teams_update", {200: "admin"}),
    Row("teams_delete", {409: "admin"}),
    Row("teams_members", {200: f"{PEOPLE} read_key"}),
    Row("teams_add_member", {204: "admin"}),
    Row("teams_remove_member", {204: "mate admin"}, at={"user_id": "mate"}),
    Row("roles_list", {200: f"{MANAGERS} auditor"}, asked=SOME),
    Row("roles_create", {201: "admin"}, asked=SOME),
    Row("roles_get", {200: f"{MANAGERS} auditor"}, asked=SOME),
    Row("roles_update", {200: "admin"}, asked=SOME),
    Row("roles_delete", {204: "admin"}, asked=SOME),
    Row("role_assignments_list", {200: f"{MANAGERS} auditor"}, asked=SOME),
    Row("role_assignments_create", {201: "admin"}, asked=SOME),
    Row("role_assignments_delete", {204: "admin"}, asked=SOME),
    Row("access_who_may", {200: f"{MANAGERS} auditor"}, asked=SOME),
    Row("resource_types_list", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resource_types_create", {201: MANAGERS}, asked=SOME),
    Row("resource_types_get", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resource_types_update", {200: MANAGERS}, asked=SOME),
    Row("resource_types_delete", {409: MANAGERS}, asked=SOME),
    Row("resource_types_get_policy", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resource_types_update_policy", {200: MANAGERS}, asked=SOME),
    Row("locations_list", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("locations_create", {201: MANAGERS}, asked=SOME),
    Row("locations_get", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("locations_update", {200: MANAGERS}, asked=SOME),
    Row("locations_delete", {409: MANAGERS}, asked=SOME),
    Row("policies_get_site", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("policies_update_site", {200: MANAGERS}, asked=SOME),
    Row("resources_list", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_create", {201: MANAGERS}, asked=SOME),
    Row("resources_get", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_update", {200: KEEPERS}, asked=SOME),
    Row("resources_list_units", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_add_units", {201: KEEPERS}, asked=SOME),
    Row("resources_update_unit", {200: KEEPERS}, asked=SOME),
    Row("resources_get_opening_hours", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_set_opening_hours", {200: KEEPERS}, asked=SOME),
    Row("resources_get_policy", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_update_policy", {200: KEEPERS}, asked=SOME),
    Row("resources_set_state", {409: KEEPERS}, asked=SOME),
    Row("resources_get_people", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("resources_set_people", {200: KEEPERS}, asked=SOME),
    Row("resources_set_photo", {200: KEEPERS}, asked=SOME),
    Row("resources_remove_photo", {200: KEEPERS}, asked=SOME),
    Row("resource_sets_list", {200: f"{PEOPLE} read_key"}),
    Row("resource_sets_create", {201: PEOPLE}),
    Row("resource_sets_get", {200: "read_key member", 404: f"{OTHERS} admin"}),
    Row("resource_sets_update", {200: "member", 404: f"{OTHERS} admin"}),
    Row("resource_sets_delete", {204: "member", 404: f"{OTHERS} admin"}),
    Row("closures_check", {200: CLOSERS}, asked=SOME),
    Row("closures_list", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("closures_create", {201: CLOSERS}, asked=SOME),
    Row("closures_get", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("closures_cancel", {200: CLOSERS}, asked=SOME),
    Row("bookings_check", {200: BOOKERS}),
    Row("bookings_batch", {200: BOOKERS}),
    Row("bookings_list", {200: f"{PEOPLE} {KEYS}"}),
    Row("bookings_create", {201: BOOKERS}),
    Row("bookings_get", {200: f"{PEOPLE} {KEYS}"}),
    Row("bookings_calendar_file", {200: "member manager admin", 404: f"{PEOPLE} {KEYS}"}),
    Row("bookings_update", {200: "member manager admin"}),
    Row("bookings_cancel", {200: "member manager admin"}),
    Row("bookings_restore", {409: f"{PEOPLE} {KEYS}"}),
    Row("bookings_check_in", {200: "member manager admin"}, at={"booking_id": "coming"}),
    Row(
        "bookings_check_out",
        {200: "member manager admin", 404: "bound_key"},
        at={"booking_id": "in_use"},
    ),
    Row("bookings_approve", {200: "manager admin"}, at={"booking_id": "request"}),
    Row("bookings_reject", {200: "manager admin"}, at={"booking_id": "request"}),
    Row("calendar_get", {200: f"{PEOPLE} {KEYS}"}),
    Row("resources_calendar", {200: f"{PEOPLE} read_key", 404: "key bound_key"}),
    Row("notifications_list", {200: PEOPLE}, asked=READ),
    Row("notifications_unread", {200: PEOPLE}, asked=READ),
    Row("notifications_mark_read", {200: PEOPLE}, asked=READ),
    Row("events_archives_list", {200: RECORD}, asked=SOME),
    Row("events_archives_get", {404: RECORD}, asked=SOME),
    Row("events_archives_events", {404: RECORD}, asked=SOME),
    Row("events_archives_content", {404: RECORD}, asked=SOME),
    Row("events_list", {200: RECORD}, asked=SOME),
    Row("resources_events", {200: RECORD}, asked=SOME),
    Row("events_verify", {202: RECORD}, asked=SOME),
    Row("events_export", {202: RECORD}, asked=SOME),
    Row("me_events", {200: "member mate admin"}, asked=OWN),
    Row("events_get", {200: RECORD}, asked=SOME),
    Row("files_upload", {201: KEEPERS}),
    Row("files_list", {200: PEOPLE}),
    Row("files_get", {200: PEOPLE}),
    Row("files_delete", {204: KEEPERS}),
    Row("files_content", {200: PEOPLE}),
    Row("settings_get", {200: f"{PEOPLE} {KEYS}"}, asked=READ),
    Row("settings_update", {200: "admin"}, asked=SOME),
    Row("search", {200: f"{PEOPLE} {KEYS}"}, asked=READ),
    Row("people_pick", {200: f"{PEOPLE} read_key"}, asked=READ),
    Row("jobs_list", {200: "admin"}, asked=SOME),
    Row("jobs_get", {200: "admin"}, asked=SOME),
    Row("jobs_requeue", {200: "admin"}, asked=SOME),
    Row("jobs_dismiss", {200: "admin"}, asked=SOME),
    Row("schedules_list", {200: "admin"}, asked=SOME),
    Row("schedules_get", {200: "admin"}, at={"name": "=maintenance.settled-jobs"}, asked=SOME),
    Row("schedules_update", {200: "admin"}, at={"name": "=maintenance.settled-jobs"}, asked=SOME),
    Row("schedules_pause", {200: "admin"}, at={"name": "=maintenance.settled-jobs"}, asked=SOME),
    Row("schedules_resume", {200: "admin"}, at={"name": "=maintenance.settled-jobs"}, asked=SOME),
    Row("schedules_run", {202: "admin"}, at={"name": "=maintenance.settled-jobs"}, asked=SOME),
    Row("operations_list", {200: f"{PEOPLE} {KEYS}"}),
    Row("operations_get", {200: "read_key member admin", 404: f"{OTHERS} key bound_key"}),
    Row("operations_file", {404: "member mate admin"}, asked=OWN),
    Row("operations_cancel", {200: "member admin", 404: OTHERS}),
    Row(
        "bookings_get",
        {200: f"{PEOPLE} key read_key", 404: "bound_key"},
        at={"booking_id": "team_booking"},
    ),
    Row(
        "bookings_update",
        {200: "mate lead manager admin", 404: "bound_key"},
        at={"booking_id": "team_booking"},
    ),
    Row(
        "bookings_cancel",
        {200: "mate lead manager admin", 404: "bound_key"},
        at={"booking_id": "team_booking"},
    ),
    Row(
        "bookings_check_in",
        {404: "bound_key", 409: "mate lead manager admin"},
        at={"booking_id": "team_booking"},
    ),
    Row(
        "bookings_get",
        {200: f"{PEOPLE} key read_key", 404: "bound_key"},
        at={"booking_id": "request"},
    ),
    Row("bookings_approve", {409: "manager admin"}, at={"booking_id": "booking"}),
    Row("resources_update", {200: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_update_policy", {200: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_set_state", {409: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_set_people", {200: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_set_photo", {422: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_add_units", {201: MANAGERS}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_events", {200: RECORD}, at={"resource_id": "cytometer"}, asked=SOME),
    Row("resources_get", {200: f"{PEOPLE} read_key"}, at={"resource_id": "cytometer"}, asked=READ),
    Row(
        "resources_calendar",
        {200: f"{PEOPLE} read_key", 404: "key bound_key"},
        at={"resource_id": "cytometer"},
    ),
    Row(
        "closures_cancel",
        {200: "ehs manager admin"},
        at={"closure_id": "closure_of_cytometer"},
        asked=SOME,
    ),
    Row(
        "closures_get",
        {200: f"{PEOPLE} read_key"},
        at={"closure_id": "closure_of_cytometer"},
        asked=READ,
    ),
    Row("files_get", {200: PEOPLE}, at={"file_id": "photo_of_cytometer"}),
    Row("files_content", {200: PEOPLE}, at={"file_id": "photo_of_cytometer"}),
    Row("files_delete", {204: MANAGERS}, at={"file_id": "photo_of_cytometer"}),
    Row(
        "closures_create",
        {201: "ehs manager admin"},
        sends={
            "json": {
                "starts_at": "$at4",
                "ends_at": "$at5",
                "resource_ids": ["$cytometer"],
                "reason": "Cleaning",
            }
        },
        asked=SOME,
    ),
    Row(
        "closures_create",
        {201: "ehs manager admin"},
        sends={
            "json": {
                "starts_at": "$at4",
                "ends_at": "$at5",
                "resource_ids": ["$confocal", "$cytometer"],
                "reason": "Cleaning",
            }
        },
        asked=SOME,
    ),
    Row(
        "files_upload",
        {201: MANAGERS},
        sends={
            "params": {"subject_type": "resource", "subject_id": "$cytometer", "kind": "photo"},
            "picture": True,
        },
    ),
    Row(
        "files_upload",
        {201: DIRECTORY},
        sends={
            "params": {"subject_type": "user", "subject_id": "$other", "kind": "portrait"},
            "picture": True,
        },
    ),
    Row(
        "files_upload",
        {201: "member manager admin", 404: "mate lead keeper"},
        sends={"params": {"subject_type": "booking", "subject_id": "$booking"}, "picture": True},
    ),
    Row(
        "files_list",
        {200: f"{KEEPERS} member trainer ehs auditor", 404: "mate lead keeper"},
        sends={"params": {"subject_type": "booking", "subject_id": "$booking"}},
    ),
    Row(
        "bookings_create",
        {201: f"{MANAGERS} trainer"},
        sends={
            "json": {
                "resource_id": "$confocal",
                "starts_at": "$at14",
                "ends_at": "$at15",
                "title": "Slides",
                "booked_for": "$other",
            }
        },
    ),
    Row(
        "bookings_create",
        {201: "mate lead manager admin", 422: "member technician keeper denied trainer ehs"},
        sends={
            "json": {
                "resource_id": "$confocal",
                "starts_at": "$at14",
                "ends_at": "$at15",
                "title": "Slides",
                "team_id": "$team",
            }
        },
    ),
    Row(
        "bookings_create",
        {201: MANAGERS},
        sends={
            "json": {
                "resource_id": "$confocal",
                "starts_at": "$at14",
                "ends_at": "$at15",
                "title": "Slides",
                "override_reason": "I may",
            }
        },
    ),
    Row(
        "bookings_update",
        {200: "manager admin", 422: "member"},
        sends={"json": {"team_id": "$spare_team"}},
    ),
    Row(
        "bookings_update",
        {409: "member manager admin"},
        sends={"json": {"resource_id": "$cytometer"}},
    ),
    Row("bookings_update", {422: f"{PEOPLE} {KEYS}"}, sends={"json": {"status": "confirmed"}}),
    Row(
        "resources_set_photo",
        {422: MANAGERS},
        at={"resource_id": "cytometer"},
        sends={"json": {"file_id": "$photo_of_confocal"}},
        asked=SOME,
    ),
    Row(
        "resource_sets_create",
        {422: PEOPLE},
        sends={"json": {"name": "Z", "resource_ids": ["$booking"]}},
    ),
    Row(
        "role_assignments_create",
        {201: "admin"},
        sends={"json": {"user_id": "$other", "role": "admin"}},
        asked=SOME,
    ),
    Row(
        "role_assignments_create",
        {201: "admin"},
        sends={"json": {"user_id": "$keeper", "role": "admin"}},
        asked=SOME,
    ),
    Row(
        "role_assignments_create",
        {201: "admin"},
        sends={"json": {"team_id": "$team", "role": "manager"}},
        asked=SOME,
    ),
    Row(
        "role_assignments_create",
        {422: DIRECTORY},
        sends={"json": {"user_id": "$lead", "role": "lead", "scope": "team:none"}},
        asked=SOME,
    ),
    Row(
        "role_assignments_delete",
        {204: "admin"},
        at={"assignment_id": "assignment_of_denied"},
        asked=SOME,
    ),
    Row("users_grant_role", {200: "admin"}, at={"role": "=admin"}, asked=SOME),
    Row("users_revoke_role", {409: "admin"}, at={"user_id": "admin", "role": "=admin"}, asked=SOME),
    Row(
        "users_create",
        {201: "admin"},
        sends={"json": {"email": "ada@example.org", "name": "Ada", "roles": ["admin"]}},
        asked=SOME,
    ),
    Row(
        "invitations_create",
        {201: "admin"},
        sends={"json": {"email": "ada@example.org", "name": "Ada", "roles": ["admin"]}},
        asked=SOME,
    ),
    Row(
        "users_import",
        {200: "admin", 422: "keeper"},
        sends={
            "content": b"email,name,roles\nada@example.org,Ada,admin\n",
            "headers": {"Content-Type": "text/csv"},
        },
        asked=SOME,
    ),
    Row(
        "users_update",
        {200: "admin"},
        at={"user_id": "admin"},
        sends={"json": {"email": "mine@example.org"}},
        asked=SOME,
    ),
    Row(
        "users_update",
        {409: "admin"},
        at={"user_id": "admin"},
        sends={"json": {"state": "suspended"}},
        asked=SOME,
    ),
    Row("users_update", {200: "member keeper admin"}, at={"user_id": "member"}, asked=SOME),
    Row(
        "users_update",
        {200: DIRECTORY},
        at={"user_id": "member"},
        sends={"json": {"email": "mine@example.org"}},
        asked=SOME,
    ),
    Row("users_suspend", {409: "admin"}, at={"user_id": "admin"}, asked=SOME),
    Row("users_erase", {409: "admin"}, at={"user_id": "admin"}, asked=SOME),
    Row("users_reset_second_factor", {}, at={"user_id": "admin"}, asked=SOME),
    Row("users_sessions_end", {204: "admin"}, at={"user_id": "admin"}, asked=SOME),
    Row("users_set_picture", {200: DIRECTORY}, at={"user_id": "admin"}, asked=SOME),
    Row("users_get", {200: f"{PEOPLE} read_key"}, at={"user_id": "member"}, asked=READ),
    Row("users_picture", {404: PEOPLE}, at={"user_id": "member"}, asked=SOME),
    Row(
        "events_export",
        {202: RECORD},
        sends={"json": {"format": "csv", "actor_id": "$member"}},
        asked=SOME,
    ),
    Row(
        "access_who_may",
        {200: f"{MANAGERS} member auditor"},
        sends={"params": {"permission": "bookings:read", "user_id": "$member"}},
        asked=SOME,
    ),
    Row(
        "role_assignments_list",
        {200: f"{MANAGERS} member auditor"},
        sends={"params": {"user_id": "$member"}},
        asked=SOME,
    ),
    Row("notifications_mark_read", {200: PEOPLE}, sends={"json": {"ids": ["$event"]}}, asked=READ),
    Row("teams_remove_member", {204: "lead admin"}, at={"user_id": "lead"}),
    Row("teams_add_member", {204: "admin"}, sends={"json": {"is_lead": True}}),
    Row(
        "api_keys_create",
        {201: "admin", 422: "member mate"},
        sends={"json": {"name": "More", "permissions": ["settings:manage"]}},
        asked=OWN,
    ),
    # What a role hides from somebody is not there for them, by whichever address they ask for it.
    Row("resources_get", {404: "barred"}, asked="barred"),
    Row("resources_calendar", {404: "barred"}, asked="barred"),
    Row("resources_get_policy", {404: "barred"}, asked="barred"),
    Row("resources_list_units", {404: "barred"}, asked="barred"),
    Row("resources_get_opening_hours", {404: "barred"}, asked="barred"),
    Row("resources_get_people", {404: "barred"}, asked="barred"),
    Row("bookings_check", {404: "barred"}, asked="barred"),
    Row("bookings_create", {404: "barred"}, asked="barred"),
    Row("bookings_get", {404: "barred"}, asked="barred"),
    Row("bookings_update", {404: "barred"}, asked="barred"),
    Row("bookings_cancel", {404: "barred"}, asked="barred"),
    Row("bookings_check_in", {404: "barred"}, asked="barred"),
    Row("closures_get", {404: "barred"}, asked="barred"),
    Row("files_get", {404: "barred"}, asked="barred"),
    Row("files_content", {404: "barred"}, asked="barred"),
    Row("files_list", {404: "barred"}, asked="barred"),
    Row("files_upload", {404: "barred"}, asked="barred"),
    Row("files_delete", {404: "barred"}, asked="barred"),
    Row("resource_sets_create", {422: "barred"}, asked="barred"),
)
