"""Pages of people: who sees what, details, suspension, roles."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.application import Lab, count
from tests.support.statements import counted
from tests.web.pages.visitor import Shown, Visitor


def test_a_person_is_suspended_with_a_reason_and_let_in_again(lab: Lab) -> None:
    admin, member = Visitor.logged_in(lab, "admin"), Visitor.logged_in(lab, "member")
    path = f"/people/{lab.ids.member}"
    page = admin.see(path)
    assert page.has(f"{path}/suspend")
    ask = admin.see(f"{path}/suspend")
    assert "1 log-in ends at once" in ask.text
    done = admin.send(ask.form(f"{path}/suspend"), reason="On leave until spring")
    assert "They are out" in done.text
    assert "On leave until spring" in done.text
    assert member.see("/").path.endswith("/login")
    assert lab.get("/me").status_code == 401
    back = admin.send(done.form(f"{path}/reactivate"))
    assert "They can log in again" in back.text
    assert Visitor.logged_in(lab, "member").see("/").status == 200


def test_the_last_administrator_is_not_suspended(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    path = f"/people/{sqlite_lab.ids.admin}/suspend"
    refused = admin.send(admin.see(path).form(path))
    assert refused.status == 409
    assert "Make somebody else administrator first" in refused.text
    assert admin.see("/").status == 200


def test_members_see_a_card_and_no_more(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    card = member.see(f"/people/{sqlite_lab.ids.other}")
    assert card.status == 200
    assert "Other Example" in card.text
    assert "other@example.org" not in card.response.text
    for rest in ("", "/edit", "/roles", "/suspend"):
        path = f"/people/{sqlite_lab.ids.other}{rest}" if rest else "/people"
        assert member.see(path).status == 403, path


def test_details_of_somebody_are_changed_and_what_was_typed_stays(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    path = f"/people/{sqlite_lab.ids.member}/edit"
    taken = admin.send(admin.see(path).form(path), email="other@example.org", name="Mem Ber")
    assert taken.status == 409
    assert 'data-code="email-taken"' in taken.response.text
    assert taken.value("name") == "Mem Ber"
    done = admin.send(taken.form(path), email="mem@example.org")
    assert "The details were saved" in done.text
    assert "mem@example.org" in done.text


def test_a_role_is_given_for_one_thing_until_a_day_and_taken_away(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    path = f"/people/{sqlite_lab.ids.member}/roles"
    form = admin.see(path).form(path)
    scope = f"resource:{sqlite_lab.ids.confocal}"
    past = admin.send(form, role="technician", scope=scope, until="2020-01-01")
    assert past.status == 422
    done = admin.send(form, role="technician", scope=scope, until="2190-01-01")
    assert "The role was given" in done.text
    assert "for Confocal" in done.text
    assert admin.see("/people?role=technician").has(f"/people/{sqlite_lab.ids.member}")
    take = next(one for one in done.forms if one.action.endswith("/take"))
    assert "Technician" not in admin.send(take).text.split("History")[0]


@pytest.mark.parametrize("query", ["", "?q=example", "?state=active&role=member", "?role=lead"])
def test_the_list_of_people_costs_the_same_for_any_number(sqlite_lab: Lab, query: str) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    admin.see("/people")
    with counted(sqlite_lab.app.state.database) as few:
        assert admin.see(f"/people{query}").status == 200
    for number in range(20):
        body = {"email": f"p{number}@example.org", "name": f"Example {number}"}
        assert sqlite_lab.post("/users", by="admin", json=body).status_code == 201
    with counted(sqlite_lab.app.state.database) as many:
        assert admin.see(f"/people{query}").status == 200
    assert len(many) <= len(few) + 2


def _uploaded(visitor: Visitor, path: str, content: bytes) -> Shown:
    return visitor.upload(visitor.see(path).form(path), "people.csv", content)


def test_a_table_is_previewed_then_taken_over(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    path = "/people/imports"
    assert admin.send(admin.see(path).form(path)).status == 422
    before = count(lab, "users")
    rows = "email;name;roles\nnew@example.org;Nora New;lead\nmember@example.org;Mem;\n"
    page = _uploaded(admin, path, rows.encode())
    assert page.status == 200, page.text
    assert "Nora New" in page.text
    assert count(lab, "users") == before
    done = admin.send(page.form(f"{path}/take"))
    assert "Imported" in done.text
    assert count(lab, "users") == before + 1
    again = _uploaded(admin, path, rows.encode())
    assert "Everything is so already" in again.text


def test_wrong_rows_are_told_at_line_and_column_and_may_be_left_out(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    rows = "email,name,roles\na@example.org,A,wizard\nb@example.org,B,\n"
    page = _uploaded(admin, "/people/imports", rows.encode())
    assert page.status == 422
    assert 'data-code="unknown-role"' in page.response.text
    form = page.form("/people/imports/take")
    refused = admin.send(form)
    assert refused.status == 422
    done = admin.send(form, only_good="on")
    assert done.status == 200
    assert admin.see("/people?q=b@example.org").text.count("b@example.org")
    assert "Nobody fits" in admin.see("/people?q=a@example.org").text


def test_the_list_is_exported_as_it_can_be_imported(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    answer = sqlite_lab.get("/users:export", by="admin")
    assert answer.headers["Content-Type"].startswith("text/csv")
    page = _uploaded(admin, "/people/imports", answer.content)
    assert "Everything is so already" in page.text
    told = sqlite_lab.get("/events?verb=user.exported", by="admin").json()["data"]
    assert len(told) == 1
    assert sqlite_lab.get("/users:export", by="manager").status_code == 403


def test_the_interface_previews_and_refuses_by_line_and_column(sqlite_lab: Lab) -> None:
    def sent(rows: str, query: str = "", by: str = "admin") -> httpx2.Response:
        headers = {"Content-Type": "text/csv"}
        return sqlite_lab.post(f"/users:import{query}", by=by, content=rows, headers=headers)

    rows = "email,name\nx@example.org,X\n"
    would = sent(rows, "?dry_run=true").json()["data"]
    assert (would["is_done"], would["created"], would["rows"][0]["outcome"]) == (
        False, 1, "created",
    )  # fmt: skip
    assert sent(rows).json()["data"]["created"] == 1
    assert sent(rows).json()["data"]["unchanged"] == 1
    refused = sent("email,name\nx@example.org,X\nnobody,N\n")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/rows/3/email"
    assert sent(rows, by="member").status_code == 403
