"""The profile: how days and times look, colours that follow one, a phone."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def test_chosen_forms_of_days_and_times_count_on_pages(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    path = f"/bookings/{lab.book(15)['id']}"
    assert "15:00" in member.see(path).text
    form = member.see("/me").form("/me")
    done = member.send(form, date_format="iso", time_format="12h", phone="0049 (30) 901-820")
    assert "Your details were saved" in done.text
    assert done.value("phone") == "+4930901820"
    page = member.see(path).text.casefold()
    assert "3:00 pm" in page
    read = lab.get("/me").json()["data"]
    assert (read["date_format"], read["time_format"], read["phone"]) == (
        "iso", "12h", "+4930901820",
    )  # fmt: skip


def test_what_is_no_phone_is_refused_at_its_field(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    refused = member.send(member.see("/me").form("/me"), phone="call me")
    assert refused.status == 422
    assert refused.value("phone") == "call me"
    assert 'data-code="bad-phone"' in refused.response.text
    answer = sqlite_lab.patch("/me", json={"phone": "12"})
    assert answer.json()["errors"][0]["pointer"] == "#/phone"
    assert sqlite_lab.patch("/me", json={"date_format": "runes"}).status_code == 422


def test_dark_follows_a_person_to_another_browser(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    page = member.see("/")
    member.send(page.form("/theme"), button="dark")
    elsewhere = Visitor.logged_in(sqlite_lab, "member")
    assert 'data-theme="dark"' in elsewhere.see("/").response.text
    assert 'data-theme="system"' in Visitor(sqlite_lab).see("/login").response.text
