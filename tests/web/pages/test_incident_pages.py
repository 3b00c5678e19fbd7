"""Pages of incidents without JavaScript: reported, run, closed; a near miss without a name."""

from __future__ import annotations

import pytest

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


@pytest.fixture
def kind(sqlite_lab: Lab) -> str:
    """A type that may be reported without a name."""
    body = {"code": "failure", "name": "Failure", "may_be_anonymous": True}
    answer = sqlite_lab.post("/incident-types", by="admin", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def test_an_incident_is_reported_from_a_resource_and_run(sqlite_lab: Lab, kind: str) -> None:
    lab = sqlite_lab
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    on = f"/resources/{lab.ids.confocal}"
    assert f"/incidents/new?resource_id={lab.ids.confocal}" in member.see(on).links
    page = member.see(f"/incidents/new?resource_id={lab.ids.confocal}")
    form = page.form("/incidents/new")
    assert page.value("on_0") == str(lab.ids.confocal)
    wrong = member.send(form, title="", type_id=kind)
    assert wrong.status == 422
    made = member.send(form, title="It smokes", type_id=kind, effect_0="down", tags="smoke")
    assert "It is down now" in made.text
    path = made.path.partition("?")[0]
    assert not made.has(f"{path}/transition")
    assert "It smokes" in member.see(on).text
    begun = manager.send(manager.see(path).form(f"{path}/transition"))
    assert "In progress" in begun.text
    silent = manager.send(begun.form(f"{path}/transition"), notes="")
    assert (silent.status, "Say how it was resolved" in silent.text) == (422, True)
    edit = manager.see(f"{path}/edit")
    assert edit.value("tags") == "smoke"
    saved = manager.send(edit.form(f"{path}/edit"), severity="critical", duplicate_of="INC-99")
    assert (saved.status, "no such incident" in saved.text) == (422, True)
    saved = manager.send(edit.form(f"{path}/edit"), severity="critical")
    assert "Critical" in saved.text
    over = manager.send(saved.form(f"{path}/transition"), notes="New tube")
    assert "New tube" in over.text
    # Two ways on: the first is closing, and somebody has to lead it for that.
    shut = manager.send(over.form(f"{path}/transition"))
    assert (shut.status, "Nobody leads it" in shut.text) == (409, True)
    assert "It smokes" in member.see("/incidents?state=resolved").text
    assert "It smokes" not in member.see("/incidents?state=active").text


def test_a_near_miss_is_told_without_a_name(sqlite_lab: Lab, kind: str) -> None:
    lab = sqlite_lab
    assert kind
    member = Visitor.logged_in(lab, "member")
    form = member.see("/near-miss").form("/near-miss")
    empty = member.send(form, what="")
    assert empty.status == 422
    done = member.send(form, what="I slipped on oil", is_anonymous="on")
    assert done.path.startswith("/near-miss/thanks")
    listed = lab.get("/incidents", by="admin").json()["data"]
    assert [(one["title"], one["reported_by"]) for one in listed] == [("I slipped on oil", None)]
    named = member.send(form, what="A cable on the floor")
    assert named.path.startswith("/incidents/")


def test_types_and_priorities_are_typed_in(sqlite_lab: Lab, kind: str) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    form = admin.see("/incident-types/new").form("/incident-types/new")
    typed = {"name": "Spill", "code": "spill", "task_0": "Air the room", "due_0": "2"}
    made = admin.send(form, **typed)
    assert "Spill" in made.text
    path = f"/incident-types/{kind}/edit"
    saved = admin.send(admin.see(path).form(path), leads_kind="role", leads_role="")
    assert (saved.status, "Say which role" in saved.text) == (422, True)
    form = admin.see("/incident-priorities/new").form("/incident-priorities/new")
    assert "Urgent" in admin.send(form, name="Urgent", rank="1", response_minutes="15").text
    assert Visitor.logged_in(sqlite_lab, "manager").see("/incident-types").status == 403
