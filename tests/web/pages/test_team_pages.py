"""Pages of teams: made, changed, their members and leads."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def test_a_team_is_made_gets_members_and_a_lead_who_adds_more(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    form = admin.see("/teams/new").form("/teams/new")
    team = admin.send(form, name="Optics", timezone="Europe/Berlin")
    assert "The team was added" in team.text
    path = team.path
    assert admin.send(form, name="Optics").status == 409
    add = team.form(f"{path}/members")
    done = admin.send(add, user_id=str(lab.ids.member), is_lead="true")
    assert "They belong to the team now" in done.text

    lead = Visitor.logged_in(lab, "member")
    page = lead.see(path)
    assert not page.has(f"{path}/edit")
    joined = lead.send(page.form(f"{path}/members"), user_id=str(lab.ids.other))
    assert "They belong to the team now" in joined.text
    refused = lead.send(page.form(f"{path}/members"), user_id=str(lab.ids.manager), is_lead="true")
    assert refused.status == 403
    assert lead.send(joined.form(f"{path}/members/{lab.ids.other}/remove")).status == 200

    other = Visitor.logged_in(lab, "other")
    assert not other.see(path).has(f"{path}/members")
    assert other.send(page.form(f"{path}/members"), user_id=str(lab.ids.other)).status == 403


def test_an_unused_team_is_removed_and_one_with_bookings_stays(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    paths = []
    for name in ("Empty", "Busy"):
        form = admin.see("/teams/new").form("/teams/new")
        paths.append(admin.send(form, name=name).path)
    team_id = paths[1].rsplit("/", 1)[1]
    added = lab.call("PUT", f"{paths[1]}/members/{lab.ids.member}", by="admin", json={})
    assert added.status_code == 204
    lab.book(9, team_id=team_id)
    assert "The team was removed" in admin.send(admin.see(paths[0]).form(f"{paths[0]}/delete")).text
    stays = admin.send(admin.see(paths[1]).form(f"{paths[1]}/delete"))
    assert stays.status == 409
    assert "Bookings name it" in stays.text
    assert "Member Example" in admin.see(paths[1]).text
