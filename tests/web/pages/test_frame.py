"""What holds for every page: who sees it, how one comes in, what is refused and how it is said."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx2
import pytest

from src.assets import library
from src.web import pages
from tests.support.application import PASSWORD, Lab, count
from tests.web.pages.test_booking_pages import book
from tests.web.pages.visitor import Visitor

EVERYBODY = ["/", "/search?q=con", "/me", "/resources", "/resources?free=on&q=con", "/bookings", "/bookings?whose=all&when=all", "/requests",
             "/notifications", "/closures", "/resources/{confocal}", "/bookings/new?resource_id={confocal}"]  # fmt: skip
MANAGERS = ["/approval-rules", "/events", "/closures/new", "/resources/new", "/resources/{confocal}/edit",
            "/resources/{confocal}/state", "/resources/{confocal}/hours", "/resources/{confocal}/policy"]  # fmt: skip
SCRIPTS = r' src="/static/|type="(importmap|application/json)"'
ADMINS = ["/people", "/people/new", "/jobs", "/jobs?state=all", "/mailbox"]


@pytest.fixture
def lab(each_lab: Lab) -> Lab:
    """The application, on each database."""
    return each_lab


def _address(lab: Lab, path: str) -> str:
    return path.format(confocal=lab.ids.confocal)


def test_each_page_is_there_for_those_who_may_and_refused_to_others(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    people = {name: Visitor.logged_in(lab, name) for name in ("member", "manager", "admin")}
    for paths, may in (
        (EVERYBODY, "member manager admin"),
        (MANAGERS, "manager admin"),
        (ADMINS, "admin"),
    ):
        for path in paths:
            for name, visitor in people.items():
                status = visitor.see(_address(lab, path)).status
                wanted = (200,) if name in may.split() else (403, 404)
                assert status in wanted, (name, path, status)


def test_who_is_not_logged_in_comes_back_to_where_they_wanted_to_go(sqlite_lab: Lab) -> None:
    stranger = Visitor(sqlite_lab)
    assert stranger.request("GET", "/").headers["Location"] == "/en/"  # the first visit
    for path in (*EVERYBODY, *MANAGERS, *ADMINS):
        address = _address(sqlite_lab, path)
        answer = stranger.request("GET", address)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/login?next=")
    page = stranger.see(f"/resources/{sqlite_lab.ids.confocal}?week=2027-W03")
    done = stranger.send(page.form("/login"), email="member@example.org", password=PASSWORD)
    assert done.response.url.path == f"/resources/{sqlite_lab.ids.confocal}"
    assert "week=2027-W03" in str(done.response.url)


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x=1",
               "javascript:alert(1)", "%09//evil.example"]
)  # fmt: skip
def test_log_in_leads_to_no_other_site(shared_lab: Lab, target: str) -> None:
    visitor = Visitor(shared_lab)
    page = visitor.see(f"/login?next={target}")
    form = page.forms[0]
    form.action = f"/login?next={target}"
    client = shared_lab.client
    client.cookies = visitor.cookies
    fields = {
        **{n: v[0] for n, v in form.fields.items()},
        "email": "member@example.org",
        "password": PASSWORD,
    }
    answer = client.post(form.action, data=fields, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_keeps_the_address_and_tells_nothing(sqlite_lab: Lab) -> None:
    texts = []
    for email in ("member@example.org", "nobody@example.org"):
        visitor = Visitor(sqlite_lab)
        page = visitor.see("/login")
        refused = visitor.send(page.form("/login"), email=email, password="not the password")
        assert refused.status == 422
        assert refused.value("email") == email
        assert "not the password" not in refused.response.text
        texts.append(refused.text)
    assert texts[0] == texts[1]


def test_logging_out_ends_the_session(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    before = member.cookies
    stolen = {one.name: one.value for one in before.jar}
    assert member.send(member.see("/").form("/logout")).path == "/login"
    member.cookies.update({name: value or "" for name, value in stolen.items()})
    assert member.request("GET", "/resources").status_code == 303


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, other = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "other")
    page = member.see(f"/bookings/new?resource_id={lab.ids.confocal}")
    form = page.form("/bookings/new")
    theirs = other.see("/").form("/logout").fields["csrf_token"][0]
    for token in ("", "made up", theirs):
        assert member.send(form, csrf_token=token).status == 403
    fields = {name: values[0] for name, values in form.fields.items() if values}
    client = lab.client
    client.cookies = member.cookies
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post("/bookings/new", data=fields, headers=headers).status_code == 403
    assert count(lab, "bookings") == 0
    assert book(member, lab.ids.confocal).status == 200


def test_every_page_that_changes_something_wants_the_token(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "admin")
    changing = [
        getattr(route, "path")  # noqa: B009 - BaseRoute has none
        for router in pages.ROUTERS
        for route in router.routes
        if "POST" in getattr(route, "methods", ())
    ]
    assert len(changing) > 15
    known = {"job_id": "1", "name": "x", "number": "1", "way": "in"}
    for path in changing:
        address = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), path)
        answer = member.request("POST", address, data={"title": "x"})
        assert answer.status_code == 403, path


def test_refusals_are_pages_for_people_and_problems_for_programs(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    for path in ("/nowhere", f"/bookings/{uuid4()}", f"/resources/{uuid4()}"):
        missing = member.see(path)
        assert missing.status == 404
        assert missing.response.headers["content-type"].startswith("text/html")
        assert "may have been removed" in missing.text
        assert missing.has("/resources")
    refused = member.see("/jobs")
    assert (refused.status, "ask a manager" in refused.text) == (403, True)
    assert member.see("/bookings/not-an-id").status in (404, 422)
    assert (
        shared_lab.get(f"/bookings/{uuid4()}")
        .headers["content-type"]
        .startswith("application/problem+json")
    )


def test_pages_may_run_no_inline_code_and_are_kept_by_no_cache(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    for path in EVERYBODY:
        page = member.see(_address(shared_lab, path))
        assert "no-store" in page.response.headers["cache-control"]
        policy = page.response.headers["content-security-policy"]
        assert f"script-src 'self' {library.import_map_source()};" in policy
        assert "unsafe" not in policy
        html = page.response.text
        assert " style=" not in html
        assert "<style" not in html
        assert " onclick" not in html
        # Inside of a page stand only where modules are, and data that does nothing by itself.
        assert html.count('<script type="importmap">') == 1
        scripts = re.findall(r"<script\b([^>]*)>", html)
        assert scripts
        assert not [one for one in scripts if not re.search(SCRIPTS, one)]


def test_the_number_of_statements_does_not_grow_with_the_bookings(lab: Lab) -> None:
    budgets = {
        "/": 20,  # six of them for the team's morning
        "/bookings": 8,
        "/resources": 10,
        f"/resources/{lab.ids.confocal}?week=": 10,  # one for its incidents
        f"/bookings/new?resource_id={lab.ids.confocal}": 10,
    }
    member = Visitor.logged_in(lab, "member")
    found = []
    for more in (range(1), range(1, 12)):
        for hour in more:
            lab.book(hour, by="member")
        member.waits_for_unread(more.stop)
        found.append({path: member.cost(path) for path in budgets})
    assert found[0] == found[1]
    assert {path: n for path, n in found[1].items() if n > budgets[path]} == {}


def test_every_page_tells_how_much_is_unread(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member = Visitor.logged_in(lab, "member")
    bell = '<span class="count" data-unread>{}</span>'
    assert bell.format(1) not in member.see("/resources").response.text
    lab.book(9, by="member")
    member.waits_for_unread(1)
    for path in (
        "/",
        "/resources",
        "/bookings",
        "/notifications",
        f"/resources/{lab.ids.confocal}",
    ):
        assert bell.format(1) in member.see(path).response.text, path
    form = member.see("/notifications").form("/notifications/read")
    member.send(form, id="", next="")
    assert "data-unread hidden>0<" in member.see("/resources").response.text


def test_what_people_write_is_shown_as_they_wrote_it(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    written = "50% off %(name)s <script>alert('x')</script> {{ 7*7 }} & \"Größe\""
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    path = book(member, lab.ids.confocal, title=written, notes=written).path
    state = f"/resources/{lab.ids.confocal}/state"
    form = manager.see(state).form(state)
    asked = manager.send(form, state="down", reason=written)
    manager.send(asked.form(state), **{f"choice-{path.rsplit('/', 1)[1]}": "keep"})
    refused = book(member, lab.ids.confocal, title=written, notes=written)
    assert refused.status == 422
    assert refused.value("title") == written
    for address in (path, "/", "/bookings", f"/resources/{lab.ids.confocal}"):
        html = member.see(address).response.text
        assert "50% off %(name)s &lt;script&gt;" in html, address
        assert "<script>" not in html
        assert "alert('" not in html


def test_a_resource_out_of_service_still_has_its_page(sqlite_lab: Lab) -> None:
    manager = Visitor.logged_in(sqlite_lab, "manager")
    path = f"/resources/{sqlite_lab.ids.confocal}"
    form = manager.see(f"{path}/state").form(f"{path}/state")
    manager.send(form, state="retired", reason="Sold")
    shown = manager.see(path)
    assert shown.status == 200
    assert "Retired" in shown.text
    assert not any("/bookings/new" in link for link in shown.links)


def test_who_was_logged_out_meanwhile_returns_to_the_form_after_log_in(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    address = f"/bookings/new?resource_id={shared_lab.ids.confocal}"
    client = shared_lab.client
    client.cookies = httpx2.Cookies()
    for referer, target in (
        (f"http://testserver{address}", address),
        ("https://evil.example/x", "/"),
    ):
        headers = {"Referer": referer, "Accept": "text/html"}
        answer = client.post(
            "/bookings/new", data={"title": "x"}, headers=headers, follow_redirects=False
        )
        assert answer.headers["Location"] == f"/login?next={quote(target, safe='')}"
    assert member.see(address).status == 200


NONSENSE = ["", "x", "\u0000", "%00", "-1", "0", "99999999999999999999", "null", "2026-02-30T99:99Z", "é" * 300,
            "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23T09:00:00+23:59", "'; --", "{{7*7}}"]  # fmt: skip


def test_nonsense_in_an_address_breaks_no_page(shared_lab: Lab) -> None:
    admin = Visitor.logged_in(shared_lab, "admin")
    confocal = shared_lab.ids.confocal
    for value in NONSENSE:
        said = quote(value)
        for address in (
            f"/resources?q={said}&type_id={said}&location_id={said}&state={said}&free={said}",
            f"/resources?cursor={said}", f"/resources?page={said}", f"/resources?limit={said}",
            f"/resources/{said}", f"/resources/{confocal}?week={said}&done={said}",
            f"/bookings?whose={said}&when={said}&status={said}&resource_id={said}&q={said}",
            f"/bookings/new?resource_id={confocal}&starts_at={said}&ends_at={said}",
            f"/bookings/{said}", f"/people?q={said}", f"/jobs?state={said}", f"/jobs/{said}",
            f"/mailbox/{said}", f"/notifications?unread={said}", f"/login?next={said}", f"/search?q={said}",
        ):  # fmt: skip
            status = admin.see(address).status
            assert status in (200, 404, 422), (address, status)


def test_nonsense_in_a_form_is_refused_and_stores_nothing(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager = Visitor.logged_in(lab, "manager")
    pages_of_forms = ["/bookings/new?resource_id={}", "/closures/new", "/resources/new", "/resources/{}/edit",
                      "/resources/{}/state", "/resources/{}/hours", "/resources/{}/policy"]  # fmt: skip
    for address in pages_of_forms:
        page = manager.see(address.format(lab.ids.confocal))
        form = page.form(urlsplit(address.format(lab.ids.confocal)).path)
        for value in NONSENSE:
            if (value, address) == ("", "/resources/{}/policy") or (
                value in ("", "0") and "hours" in address
            ):
                continue
            typed = {name: value for name in form.fields if name != "csrf_token"}
            status = manager.send(form, **typed, use=value).status
            assert status in (200, 404, 409, 412, 422), (address, value, status)
    assert count(lab, "bookings") == 0
    assert count(lab, "closures") == 0
    assert count(lab, "resources") == 2
