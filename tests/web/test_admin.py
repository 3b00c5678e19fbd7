"""The administration: who comes in, what it shows and hides, and that changes are the domain's."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from starlette.routing import Mount

from src.core import outbox
from src.core.actor import Permission
from src.core.db import create_database, reading, transaction
from src.domain import files
from src.domain.accounts import GRANTS
from src.domain.accounts.tables import RoleName
from src.domain.schema import metadata
from src.web.admin import door
from src.web.declarations import Declaration
from tests.support import servers
from tests.support.application import Lab, count
from tests.support.factors import execute
from tests.support.statements import counted
from tests.web.pages.visitor import Form, Shown, Visitor

SECRET = "not-for-anybodys-eyes"
NOTHING = "No data"
# Log-ins and answers kept for repetition hold secrets and nothing else; sets are their owner's own.
HIDDEN = {
    "login_sessions", "idempotency_keys", "resource_sets", "password_history", "pending_log_ins",
    "log_in_failures", "mailed_tokens", "totp_factors", "backup_codes", "request_nonces",
    "refresh_tokens", "oauth_codes", "phone_codes",
    "approval_seats",  # who is asked stands on the page of the request
    "kiosk_pins", "quota_balances",  # a secret; the sums of the ledger
    "search_documents",  # the index of words: all that it is made from is listed
    "counters", "imported_rows",  # the last number given; what keeps an import from being repeated
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(shared_lab: Lab) -> Lab:
    """Some of each: what is booked, told, done and still to be done, with a secret in it."""
    lab = shared_lab
    for hour in (9, 11, 13):
        lab.book(hour)

    async def work() -> None:
        database = create_database(lab.settings.database)
        topic = outbox.Topic("tests.secret", "default")
        async with transaction(database) as session:
            await outbox.publish(session, topic, {"token": SECRET, "name": "shown"}, delay=86400)
        await database.dispose()

    servers.in_thread(work)
    return lab


@pytest.fixture(scope="module")
def admin(everything: Lab) -> Visitor:
    """The administrator, logged in."""
    return Visitor.logged_in(everything, "admin")


def _lists(admin: Visitor) -> list[str]:
    found = {urlsplit(link).path for link in admin.see("/admin/").links}
    return sorted(path for path in found if path.endswith("/list"))


def _first(page: Shown) -> str | None:
    return next((link for link in page.links if "/detail?" in link), None)


def _said(lab: Lab, statement: str) -> list[Any]:
    async def work() -> list[Any]:
        database = create_database(lab.settings.database)
        try:
            async with reading(database) as reads:
                return [tuple(row) for row in await reads.execute(text(statement))]
        finally:
            await database.dispose()

    return servers.in_thread(work)


def _edit(admin: Visitor, table: str, row: object) -> tuple[Shown, Form]:
    page = admin.see(f"/admin/{table}/edit?pk={row}")
    assert page.status == 200, page.text
    return page, page.form(f"/admin/{table}/edit")


def test_only_those_who_run_the_place_come_in_and_others_are_sent_to_log_in(
    everything: Lab,
) -> None:
    paths = ("/admin/", "/admin/users/list", "/admin/nothing/list", "/admin/_api/users/row-action")
    stranger = Visitor(everything)
    for path in paths:
        answer = stranger.request("GET", path)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/login?next=" + path.replace("/", "%2F"),
        )
    for name in ("member", "manager"):
        visitor = Visitor.logged_in(everything, name)
        assert not visitor.see("/").has("/admin")
        for path in paths:
            assert visitor.see(path).status == 403, (name, path)
    boss = Visitor.logged_in(everything, "admin")
    assert boss.see("/").has("/admin")
    assert boss.see("/admin").path == "/admin/"
    assert boss.see("/admin/nothing/list").status == 404


def test_every_table_is_listed_and_its_rows_shown_without_a_secret(
    everything: Lab, admin: Visitor
) -> None:
    hidden = [SECRET, "$argon2"]
    hidden += [value for (value,) in _said(everything, "SELECT token_hash FROM login_sessions")]
    hidden += [value for (value,) in _said(everything, "SELECT salt FROM event_details")]
    lists = _lists(admin)
    assert {path.split("/")[2].replace("-", "_") for path in lists} == {*metadata.tables} - HIDDEN
    shown = 0
    for path in lists:
        page = admin.see(path)
        pages = [page]
        if (first := _first(page)) is not None:
            pages.append(admin.see(first))
            shown += 1
        for one in pages:
            assert one.status == 200, (path, one.text)
            assert [secret for secret in hidden if secret in one.response.text] == [], path
    assert shown >= 15


FILES = {"files", "pictures", "renditions"}
# Whom bookings are about, and who is asked about them.
OF_BOOKINGS = {
    "bookings", "booking-series", "booking-attendees", "booking-templates", "booking-transfers",
    "approvals", "approval-votes", "waiting-entries", "waiting-offers", "free-alerts",
    "slot-holds", "checklist-entries", "quota-entries",
}  # fmt: skip
# What is, or hangs on, or tells of an incident, which may be restricted.
OF_INCIDENTS = {
    "incidents", "incident-resources", "incident-assignments", "incident-entries", "incident-pins",
    "incident-tasks", "incident-reviews", "summaries", "handovers", "operations-imports",
    "comments", "acknowledgements", "revisions", "tagged", "object-links",
}  # fmt: skip
TOLD_OF_THEM = {"notifications", "deliveries", "follows", "event-details"}
OF_THE_DAY = {
    "status-updates", "blockers", "decisions", "decision-options", "decision-participants",
    "decision-amendments", "summary-settings", "incident-types", "incident-priorities",
}  # fmt: skip


@pytest.mark.parametrize(
    ("lacking", "hidden"),
    [
        (Permission.BOOKINGS_READ_DETAILS, {*OF_BOOKINGS, *FILES}),
        (Permission.RESOURCES_READ, FILES),
        (Permission.USERS_READ, FILES),
        (Permission.FILES_READ, {"blobs", *FILES}),
        (Permission.OPERATIONS_READ, {*OF_THE_DAY, *OF_INCIDENTS, *FILES}),
        (Permission.INCIDENTS_READ_RESTRICTED, {*OF_INCIDENTS, *TOLD_OF_THEM, *FILES}),
    ],
)
def test_a_table_is_for_those_who_may_read_all_that_its_rows_are_about(
    everything: Lab, monkeypatch: pytest.MonkeyPatch, lacking: Permission, hidden: set[str]
) -> None:
    # A new type of object that files hang on belongs into the needs of their list.
    assert files.subject_types() == ["booking", "incident", "problem", "resource", "user"]
    visitor = Visitor.logged_in(everything, "admin")
    whole = set(_lists(visitor))
    # What somebody may do is remembered by the version of their access.
    renewed = "UPDATE users SET access_version = access_version + 1"
    with monkeypatch.context() as patched:
        patched.setitem(GRANTS, RoleName.ADMIN, frozenset(Permission) - {lacking})
        execute(everything, renewed)
        assert whole - set(_lists(visitor)) == {f"/admin/{table}/list" for table in hidden}
        for table in hidden:
            assert visitor.see(f"/admin/{table}/list").status == 403
    execute(everything, renewed)


def test_the_record_tells_nothing_of_an_incident_that_is_restricted_to_others(
    sqlite_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = sqlite_lab
    named = {"code": "it", "name": "IT"}
    kind = lab.post("/incident-types", by="admin", json=named).json()["data"]["id"]
    wish = {"type_id": kind, "title": "Secret", "visibility": "restricted"}
    made = lab.post("/incidents", by="member", json=wish)
    assert made.status_code == 201, made.text
    visitor, path = Visitor.logged_in(lab, "admin"), "/admin/events/list?q=incident.reported"
    assert _first(visitor.see(path)) is not None
    lacking = frozenset(Permission) - {Permission.INCIDENTS_READ_RESTRICTED}
    monkeypatch.setitem(GRANTS, RoleName.ADMIN, lacking)
    execute(lab, "UPDATE users SET access_version = access_version + 1")
    assert _first(visitor.see(path)) is None
    assert _first(visitor.see("/admin/events/list?q=user.")) is not None


def test_a_payload_is_shown_with_its_secrets_masked(admin: Visitor) -> None:
    found = _first(admin.see("/admin/outbox/list?q=tests.secret"))
    assert found is not None
    assert '"name": "shown"' in admin.see(found).text
    assert '"token": "***"' in admin.see(found).text


def test_a_page_asks_no_other_host_and_says_so(admin: Visitor) -> None:
    for path in ("/admin/", "/admin/resources/list", "/admin/resource-types/create"):
        answer = admin.request("GET", path)
        policy = answer.headers["content-security-policy"]
        script = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in script
        assert "style-src 'self'" in policy
        assert answer.headers["cache-control"] == "no-store"
        # The addresses in other languages are for search engines, and are not loaded.
        page = re.sub(r'<link rel="alternate"[^>]*>', "", answer.text)
        hosts = {urlsplit(one).netloc for one in re.findall(r'(?:src|href)="([^"]+)"', page)}
        assert hosts <= {"", "testserver"}
        assert not re.search(r"<style|\son[a-z]+=", answer.text)
        for attributes, body in re.findall(
            r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL
        ):
            assert "src=" in attributes or "json" in attributes or "importmap" in attributes, body


def test_its_scripts_are_kept_and_hold_nothing_of_ours(admin: Visitor, everything: Lab) -> None:
    page = admin.request("GET", "/admin/resources/list").text
    paths = set(re.findall(r'"(http://testserver/admin/static/[^"]+)"', page))
    assert paths
    for path in paths:
        served = Visitor(everything).request("GET", path)
        assert served.status_code == 200, path
        assert "immutable" in served.headers["cache-control"]
        for other in ("", "?v=", "?v=9999", "?version=1"):
            served = Visitor(everything).request("GET", path.partition("?")[0] + other)
            assert served.headers["cache-control"] == "public, max-age=86400", other
    assert Visitor(everything).request("GET", "/admin/static/js/none.js").status_code == 404


SEARCHES = [
    ("resources/list?q=confoc", "Confocal", "Cytometer"),
    ("resources/list?q={confocal}", "Confocal", "Cytometer"),
    ("resources/list?filter=name__startswith=Cyto", "Cytometer", "Confocal"),
    ("resources/list?filter=state__in=available", "Confocal", NOTHING),
    ("resources/list?filter=type_id__contains=micro", "Confocal", NOTHING),
    ("resources/list?filter=type_id__contains=cyto", NOTHING, "Confocal"),
    ("resources/list?filter=created_at__in_past AND state_reason__is_null", "Confocal", NOTHING),
    ("bookings/list?q={confocal}", "Confocal", NOTHING),
    ("bookings/list?q=Confocal", NOTHING, "Member Example"),
    ("bookings/list?filter=booked_for__contains=member", "Member Example", NOTHING),
    (
        "bookings/list?filter=starts_at__between=2000-01-01T00:00..2001-01-01T00:00",
        NOTHING,
        "Member",
    ),
    ("events/list?q=booking.", "booking.confirmed", "user.created"),
    ("events/list?filter=subject_type__eq=booking", "booking.confirmed", "user.created"),
    ("units/list?filter=is_active__is_true AND number__gte=1", "Confocal", NOTHING),
    ("holds/list?filter=kind__in=booking", "Confocal", NOTHING),
]


def test_lists_are_searched_and_narrowed_down(lab: Lab) -> None:
    lab.book()
    visitor = Visitor.logged_in(lab, "admin")
    for path, shown, hidden in SEARCHES:
        address, _, query = path.format(confocal=lab.ids.confocal).partition("?")
        name, _, value = query.partition("=")
        page = visitor.see(f"/admin/{address}?{name}={quote(value)}")
        assert page.status == 200, page.text
        rows = page.response.text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert shown in rows, path
        assert hidden not in rows, path


@pytest.mark.parametrize(
    "path",
    [
        "resources/list?filter=password_hash__is_null",
        "users/list?filter=password_hash__contains%3Da",
        "events/list?filter=subject_id__eq%3Dnone",
        "units/list?filter=number__eq%3D99999999999999999999",
        "resources/list?page_size=-1",
    ],
)
def test_a_filter_that_means_nothing_is_refused_not_broken(admin: Visitor, path: str) -> None:
    assert admin.see(f"/admin/{path}").status == 422


@pytest.mark.parametrize(
    "path",
    [
        "users/list?sort=password_hash__asc",
        "events/list?page=99999999999999999999999",
        "users/list?q=%00",
        "resources/list?q=%25",
        "events/list?q=%00x",
        "users/detail?pk=none",
        "outbox/detail?pk=99999999999999999999",
        "team-members/detail?pk=a.b.c",
        "team-members/detail?pk=",
    ],
)
def test_odd_addresses_break_nothing(admin: Visitor, path: str) -> None:
    assert admin.see(f"/admin/{path}").status in (200, 404)


def test_a_list_costs_the_same_for_few_rows_and_for_many(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    costs: dict[str, set[int]] = {"bookings": set(), "events": set(), "holds": set()}
    for hour in (1, 3, 5):
        lab.book(hour)
        for table, found in costs.items():
            with counted(lab.app.state.database) as said:
                assert visitor.see(f"/admin/{table}/list").status == 200
            found.add(len(said))
    assert all(len(found) == 1 and max(found) <= 12 for found in costs.values()), costs


def test_a_change_and_its_event_are_one(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    _page, form = _edit(visitor, "resource-types", lab.ids.type)
    done = visitor.send(form, name="Light microscope")
    assert (done.status, done.path) == (200, "/admin/resource-types/list")
    assert "Light microscope" in done.text
    ((verb, actor),) = _said(
        lab, "SELECT verb, actor_id FROM events WHERE verb LIKE 'resource-type.up%'"
    )
    assert UUID(str(actor)) == lab.ids.admin
    assert verb == "resource-type.updated"

    again = visitor.send(form, name="From an old form")
    assert again.status == 422
    assert "Read it again" in again.text or "somebody" in again.text.lower()
    assert _said(lab, "SELECT name FROM resource_types") == [("Light microscope",)]


def test_who_chose_no_language_keeps_none(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    assert lab.patch("/me", by="other", json={"locale": None}).status_code == 200
    admin = Visitor.logged_in(lab, "admin")
    _page, form = _edit(admin, "users", lab.ids.other)
    assert admin.send(form, name="Olga Other").status == 200
    kept = lab.get("/me", by="other").json()["data"]
    assert (kept["name"], kept["locale"]) == ("Olga Other", None)


def test_rows_are_made_and_removed_by_the_services(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    form = visitor.see("/admin/locations/create").form("/admin/locations/create")
    done = visitor.send(form, name="Room 1", parent_id=str(lab.ids.location))
    assert done.path == "/admin/locations/list", done.text
    ((made,),) = _said(lab, "SELECT id FROM locations WHERE name = 'Room 1'")

    refused = _act(visitor, "locations", "delete", lab.ids.location)
    assert refused.status_code == 400
    assert "Move them first" in refused.json()["msg"]
    assert _act(visitor, "locations", "delete", UUID(str(made))).status_code == 200
    assert count(lab, "locations") == 1
    verbs = [verb for (verb,) in _said(lab, "SELECT verb FROM events ORDER BY id")]
    assert verbs[-2:] == ["location.created", "location.deleted"]


def test_what_is_refused_is_told_at_its_field_and_nothing_is_stored(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    before = count(lab, "events")
    _page, form = _edit(visitor, "users", lab.ids.member)
    page = visitor.send(form, timezone="Nowhere/Land", name="Changed")
    assert page.status == 422
    assert re.search(r'id="timezone-error">[^<]+<', page.response.text)
    assert page.value("name") == "Changed"

    _page, form = _edit(visitor, "users", lab.ids.admin)
    page = visitor.send(form, state="suspended")
    assert page.status == 422
    assert "administrator" in page.text

    _page, form = _edit(visitor, "resources", lab.ids.cytometer)
    page = visitor.send(form, name="Confocal")
    assert page.status == 422
    assert re.search(r'id="name-error">[^<]+<', page.response.text)
    assert "Microscope" in page.response.text  # what was chosen is still named
    assert count(lab, "events") == before
    assert _said(lab, "SELECT name FROM resources ORDER BY name") == [("Confocal",), ("Cytometer",)]


def test_only_what_the_form_shows_can_be_changed(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    _page, form = _edit(visitor, "resources", lab.ids.confocal)
    assert form.fields["type_id"] == [str(lab.ids.type)]
    visitor.send(form, state="down", description="Fine", tags="laser", id=str(lab.ids.member))
    assert _said(lab, "SELECT state, description FROM resources ORDER BY name") == [
        ("available", "Fine"),
        ("available", ""),
    ]


def _act(visitor: Visitor, table: str, name: str, row: object) -> httpx2.Response:
    page = visitor.request("GET", f"/admin/{table}/list").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    client = visitor.lab.client
    client.cookies = visitor.cookies
    return client.post(
        f"/admin/_api/{table}/row-action",
        params={"name": name, "pk": str(row)},
        headers={"X-CSRFToken": token[1]},
    )


def test_processes_are_not_to_be_had_here(everything: Lab, admin: Visitor) -> None:
    tables = ("bookings", "holds", "outbox", "events", "seals", "policies", "role-assignments")
    token = admin.see("/admin/").response.text
    found = re.search(r'name="csrf_token" value="([^"]+)"', token)
    assert found is not None
    for table in tables:
        for what in ("create", "edit"):
            for method in ("GET", "POST"):
                body = {"csrf_token": found[1], "status": "cancelled"}
                options = {"data": body} if method == "POST" else {}
                address = f"/admin/{table}/{what}?pk={everything.ids.admin}"
                assert admin.request(method, address, **options).status_code == 403
        assert _act(admin, table, "delete", everything.ids.admin).status_code == 400
        page = admin.see(f"/admin/{table}/list")
        assert not [link for link in page.links if "/create" in link or "/edit" in link]
    for way in ("action?name=delete", "action?name=export", "import", "inline-edit?field=name"):
        body = {"csrf_token": found[1]}
        answer = admin.request("POST", f"/admin/_api/resource-types/{way}", data=body)
        assert answer.status_code in (400, 403), way
    booking = _first(admin.see("/admin/bookings/list"))
    assert booking is not None
    assert any(re.search(r"^/bookings/[0-9a-f-]{36}$", one) for one in admin.see(booking).links)


def test_a_form_without_our_token_or_from_elsewhere_changes_nothing(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "admin")
    page = visitor.see("/admin/teams/create")
    form = page.form("/admin/teams/create")
    assert "csrf_token" in form.fields
    client = lab.client
    client.cookies = visitor.cookies
    bare = {"name": "Forged", "timezone": "UTC"}
    good = bare | {"csrf_token": form.fields["csrf_token"][0]}
    for body, headers in (
        (bare, {}),
        (bare | {"csrf_token": "x" * 40}, {}),
        (bare | {"csrftoken": "x" * 40}, {"X-CSRFToken": "x" * 40}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good, {"Origin": "https://evil.example"}),
    ):
        answer = client.post("/admin/teams/create", data=body, headers=headers)
        assert answer.status_code == 403, (body, headers)
    assert count(lab, "teams") == 0
    assert visitor.send(form, **bare).path == "/admin/teams/list"
    assert count(lab, "teams") == 1


def test_the_mount_is_guarded_as_a_whole(everything: Lab) -> None:
    """No route of a mount has a declaration of its own; the door has them for all."""
    mounts = {one.path: one.app for one in everything.app.routes if isinstance(one, Mount)}
    assert set(mounts) == {"/static", door.PREFIX}
    guard = mounts[door.PREFIX]
    assert isinstance(guard, door.Door)
    assert {one.rate for one in guard.declarations} == {"read", "write"}
    for declaration in guard.declarations:
        assert isinstance(declaration, Declaration)
        assert declaration.access is Permission.SETTINGS_MANAGE
        assert declaration.cache == "no-store"
