"""The pages of roles: made, given, asked about, refused."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def test_a_role_is_made_changed_and_removed_by_its_forms(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    form = admin.see("/roles/new").form("/roles/new")
    refused = admin.send(form, name="Night Shift", title="Night shift")
    assert refused.status == 422
    assert 'value="Night shift"' in refused.response.text
    made = admin.send(form, name="night-shift", title="Night shift", grants="bookings:approve")
    assert "The role was made" in made.text
    assert "Approve and reject requests of others" in made.text
    edit = admin.see("/roles/night-shift/edit").form("/roles/night-shift/edit")
    saved = admin.send(edit, denies="bookings:override")
    assert "Pass over rules of booking" in saved.text
    gone = admin.send(saved.form("/roles/night-shift/delete"))
    assert "The role was removed" in gone.text
    assert admin.see("/roles/night-shift").status == 404


def test_who_may_names_people_with_their_reasons(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    shown = admin.see("/who-may?permission=bookings:approve")
    assert "by the role Manager, everywhere" in shown.text
    assert admin.see("/who-may?permission=bookings:fly").status == 200
    wrong = admin.see("/who-may?permission=bookings:approve&scope=team:nothing")
    assert "There is no such team, resource or place." in wrong.text


def test_members_see_no_roles_but_their_own(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    for path in ("/roles", "/roles/manager", "/roles/new", "/who-may"):
        assert member.see(path).status == 403
