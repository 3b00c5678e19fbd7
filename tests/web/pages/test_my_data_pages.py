"""Taking one's data along, and being forgotten, by pages and by the interface."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import timedelta

import time_machine

from src.core import clock
from tests.support.application import PASSWORD, Lab
from tests.web.pages.visitor import Shown, Visitor


def _ended(visitor: Visitor, path: str) -> Shown:
    until = time.monotonic() + 60
    while True:
        page = visitor.see(path)
        if "Download" in page.text or time.monotonic() > until:
            return page
        time.sleep(0.2)


def test_ones_data_is_collected_for_oneself_alone(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    page = member.see("/me/data")
    begun = member.send(page.form("/me/data/export"))
    done = _ended(member, begun.path)
    link = next(one for one in done.links if one.endswith("/file"))
    answer = member.request("GET", link)
    assert answer.status_code == 200
    assert "profile.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "Download" in member.see("/me/data").text
    for somebody in ("admin", "other"):
        assert Visitor.logged_in(lab, somebody).request("GET", link).status_code == 404


def test_one_is_forgotten_after_reading_what_that_means(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    path = lab.book(9)["id"]
    ask = member.see("/me/data/erase")
    assert "Nobody can take this back" in ask.text
    gone = member.send(ask.form("/me/data/erase"))
    assert gone.path.endswith("/login")
    assert member.see("/").path.endswith("/login")
    assert lab.get("/me").status_code == 401
    admin = Visitor.logged_in(lab, "admin")
    assert "Cancelled" in admin.see(f"/bookings/{path}").text
    assert "Former member" in admin.see(f"/bookings/{path}").text
    shown = admin.see(f"/people/{lab.ids.member}")
    assert "This person was erased" in shown.text
    assert "member@example.org" not in shown.response.text
    assert Visitor.logged_in(lab, "other").see(f"/people/{lab.ids.member}").status == 404
    stranger = Visitor(lab)
    form = stranger.see("/login").form("/login")
    assert stranger.send(form, email="member@example.org", password=PASSWORD).status == 422


def test_somebody_else_is_erased_by_who_manages_people(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    path = f"/people/{sqlite_lab.ids.other}/erase"
    done = admin.send(admin.see(path).form(path), reason="Asked for it")
    assert "The person was erased" in done.text
    assert "other@example.org" not in done.response.text
    own = f"/people/{sqlite_lab.ids.admin}/erase"
    refused = admin.send(admin.see(own).form(own))
    assert refused.status == 409


def test_an_old_log_in_is_asked_for_a_proof_first(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        page = member.see("/me/data/erase")
        assert page.status != 200 or not page.has("/me/data/erase")
        asked = member.send(member.see("/me/data").form("/me/data/export"))
        assert "Collecting" not in asked.text
        answer = sqlite_lab.call("DELETE", "/me", by="member")
        assert answer.status_code in (401, 403)
        assert answer.json()["type"] == "/problems/confirmation-needed"
