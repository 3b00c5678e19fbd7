"""The pages of summaries and hand-overs: what is set, what is refused, what is written anew."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor
from tests.web.test_summaries_api import written


def test_whoever_manages_sets_the_hour_and_others_read_it(sqlite_lab: Lab) -> None:
    admin, member = Visitor.logged_in(sqlite_lab, "admin"), Visitor.logged_in(sqlite_lab, "member")
    address = "/summaries/all/settings"
    page = admin.see(address)
    form = page.form(address)
    assert form.fields["minute"] == ["09:00"]
    wrong = admin.send(form, minute="later")
    assert "Enter a time, as in 09:30." in wrong.text
    admin.send(form, minute="6:45")
    assert admin.see(address).form(address).fields["minute"] == ["06:45"]
    theirs = member.see(address)
    assert [one for one in theirs.forms if one.action == address] == []


def test_only_who_manages_has_it_written_anew(sqlite_lab: Lab) -> None:
    day = written(sqlite_lab)
    admin, member = Visitor.logged_in(sqlite_lab, "admin"), Visitor.logged_in(sqlite_lab, "member")
    address = f"/summaries/all/{day}"
    again = f"{address}/generate"
    assert again not in [one.action for one in member.see(address).forms]
    page = admin.see(address)
    assert "/summaries/all/preview" in page.links
    assert admin.send(page.form(again)).path.startswith("/operations/")
    assert address in member.see("/summaries").links


def test_a_hand_over_keeps_what_was_typed_when_it_is_refused(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, other = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "other")
    form = member.see("/handovers/new").form("/handovers/new")
    wrong = member.send(form, to_id=str(lab.ids.member), watch="The chiller hums")
    assert "nobody hands a shift over to themselves" in wrong.text
    assert "The chiller hums" in wrong.text
    page = member.send(form, to_id=str(lab.ids.other), watch="The chiller *hums*")
    assert "The chiller hums" in page.text
    assert "Hand-over from" in other.see("/").text
    assert "Hand-over from" not in member.see("/").text
