"""Pages of status updates and comments: what is typed is shown safely and kept when refused."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor

EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://e.example/p.png) **bold**"


def test_markdown_is_shown_without_what_could_do_harm(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    form = member.see("/updates/new").form("/updates/new")
    page = member.send(form, done=EVIL, tags="laser").response.text
    assert "<strong>bold</strong>" in page
    for harm in ("<script>alert", 'href="javascript', '<img src="https://e.example'):
        assert harm not in page
    other = Visitor.logged_in(lab, "other")
    feed = other.see("/updates?tag=laser").response.text
    assert "<strong>bold</strong>" in feed
    assert "<script>alert" not in feed


def test_a_refused_comment_comes_back_on_a_page_of_its_own(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    update = lab.post("/status-updates", json={"done": "Aligned"}).json()["data"]["id"]
    shown = member.see(f"/updates/{update}")
    refused = member.send(shown.form("/comments"), text="x" * 10_001)
    assert refused.status == 422
    assert "x" * 10_001 in refused.value("text")
    done = member.send(refused.form("/comments"), text="Shorter")
    assert (done.status, done.path.startswith(f"/updates/{update}")) == (200, True)
    assert "Your comment is posted." in done.text


def test_a_link_that_is_no_address_is_a_fault_beside_the_others(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    form = member.see("/updates/new").form("/updates/new")
    refused = member.send(form, done="Aligned", links="http://[x")
    assert (refused.status, "This leads to nothing here" in refused.text) == (422, True)


def test_somebody_else_changed_it_meanwhile_and_nothing_typed_is_lost(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    update = lab.post("/status-updates", json={"done": "Aligned"}).json()["data"]["id"]
    form = member.see(f"/updates/{update}/edit").form(f"/updates/{update}/edit")
    assert lab.patch(f"/status-updates/{update}", json={"done": "On a phone"}).is_success
    refused = member.send(form, done="At the desk")
    assert (refused.status, refused.value("done")) == (412, "At the desk")
    other = Visitor.logged_in(lab, "other")
    assert not other.see(f"/updates/{update}").has(f"/updates/{update}/edit")
    assert other.send(form, done="Mine").status == 403
    history = member.see(f"/updates/{update}/history").text
    assert "Version 2" in history


def test_an_update_and_a_comment_are_deleted_after_a_question(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    update = lab.post("/status-updates", json={"done": "Aligned"}).json()["data"]["id"]
    path = f"/updates/{update}"
    said = member.send(member.see(path).form("/comments"), text="To be deleted")
    comment = next(link for link in said.links if link.endswith("/remove"))
    left = member.send(member.see(comment).form(comment))
    assert "This comment was deleted." in left.text
    asked = member.see(f"{path}/delete")
    assert "1 comment" not in asked.text  # none is left to go
    assert "The update was deleted." in member.send(asked.form(f"{path}/delete")).text
    assert member.see(path).status == 404


def test_who_has_not_posted_stands_beside_the_feed_of_their_team(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    team = lab.post("/teams", by="admin", json={"name": "Optics"}).json()["data"]["id"]
    for person in ("member", "other"):
        user_id = getattr(lab.ids, person)
        lab.call("PUT", f"/teams/{team}/members/{user_id}", by="admin", json={})
    member = Visitor.logged_in(lab, "member")
    assert "Not heard today: Optics" in member.see("/updates").text
    for person in ("member", "other"):
        lab.post("/status-updates", by=person, json={"done": "x", "team_id": team})
    assert "Everybody has posted today." in member.see("/updates").text
    assert "Everybody has posted." in admin.see(f"/updates/silent?team_id={team}").text
    assert member.see(f"/updates?author_id={lab.ids.other}").has("/follows")


def test_the_feed_costs_the_same_however_many_updates_it_shows(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    costs = []
    for _ in range(2):
        for number in range(4):
            lab.post("/status-updates", json={"done": f"{number}", "tags": [f"t{number}"]})
        costs.append(member.cost("/updates"))
    assert costs[0] == costs[1] <= 8
