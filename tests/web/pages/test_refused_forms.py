"""Forms that are sent as no page sends them, and pages whose address is a secret."""

from __future__ import annotations

import pytest

from src.web.pages import resource_list
from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


@pytest.fixture
def manager(lab: Lab) -> Visitor:
    """The manager, logged in."""
    return Visitor.logged_in(lab, "manager")


def test_a_tablet_without_tls_says_where_its_forms_come_from(lab: Lab) -> None:
    wish = {"name": "Cellar", "resource_ids": [str(lab.ids.confocal)]}
    token = lab.post("/kiosks", by="admin", json=wish).json()["data"]["token"]
    page = Visitor(lab).see(f"/kiosk/{token}").response
    assert '<meta name="referrer" content="strict-origin">' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count('class="qr"') == 1


def test_a_label_is_drawn_for_each_that_was_chosen(lab: Lab, manager: Visitor) -> None:
    chosen = f"resource_ids={lab.ids.confocal}&resource_ids={lab.ids.cytometer}"
    assert manager.see(f"/labels/print?{chosen}").response.text.count('class="qr"') == 2


def test_access_is_given_by_a_word_that_was_said(lab: Lab) -> None:
    made = lab.post("/qualifications", by="admin", json={"name": "Laser safety"}).json()["data"]
    path = f"/resources/{lab.ids.confocal}/policy"
    asks = {"required_qualifications": [made["id"]]}
    assert lab.patch(path, by="admin", json=asks).status_code == 200
    wish = {"resource_id": str(lab.ids.confocal), "reason": "Thesis"}
    asked = lab.post("/access-requests", by="member", json=wish).json()["data"]
    admin = Visitor.logged_in(lab, "admin")
    form = admin.see(f"/access-requests/{asked['id']}").form(
        f"/access-requests/{asked['id']}/decide"
    )
    told = admin.send(form, note="Come on Monday")
    assert told.status == 422
    assert "Choose: approve or reject." in told.text
    assert told.value("note") == "Come on Monday"
    assert lab.get(f"/access-requests/{asked['id']}", by="admin").json()["data"]["state"] == "open"


@pytest.mark.parametrize("version", ["²", "9" * 5000], ids=["superscript", "endless"])
def test_a_version_that_is_no_number_counts_as_none(manager: Visitor, version: str) -> None:
    path = f"/resources/{manager.lab.ids.confocal}/policy"
    done = manager.send(manager.see(path).form(path), version=version)
    assert (done.status, done.path) == (200, path.removesuffix("/policy"))


def test_resolving_without_a_word_leaves_the_other_form_as_it_is(
    lab: Lab, manager: Visitor
) -> None:
    wish = {"resource_id": str(lab.ids.confocal), "severity": "high", "text": "It hums.",
            "is_blocking": True}  # fmt: skip
    path = f"/problem-reports/{lab.post('/problems', by='member', json=wish).json()['data']['id']}"
    told = manager.send(manager.see(path).form(f"{path}/resolve"), note="")
    assert told.status == 422
    judged = told.form(f"{path}/judge")
    assert (judged.fields["severity"], judged.fields["is_blocking"]) == (["high"], ["on"])


def test_hours_of_a_quota_are_typed_with_a_comma_too(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    made = admin.send(admin.see("/quotas/new").form("/quotas/new"), name="Few", amount="2,5")
    assert made.status == 200, made.text
    assert lab.get("/quotas", by="admin").json()["data"][0]["amount"] == 150


def test_a_time_that_left_its_series_meanwhile_is_told(lab: Lab) -> None:
    wish = lab.wish(9) | {"rule": "FREQ=DAILY;COUNT=2"}
    made = lab.post("/booking-series", by="member", json=wish).json()["data"]
    member = Visitor.logged_in(lab, "member")
    path = f"/booking-series/{made['id']}/edit"
    told = member.send(member.see(path).form(path), from_at="2020-01-01T09:00:00Z", title="Mine")
    assert told.status == 422
    assert "Read the series again, then repeat the change." in told.text
    assert told.value("title") == "Mine"


def test_who_has_chosen_no_request_is_not_told_of_a_decision(lab: Lab, manager: Visitor) -> None:
    path = f"/resources/{lab.ids.confocal}/policy"
    assert lab.patch(path, by="admin", json={"is_approval_required": True}).status_code == 200
    for hour in (9, 11):
        assert lab.book(hour)["status"] == "requested"
    page = manager.see("/requests")
    told = manager.send(page.form("/requests/decide"), button="approve")
    assert told.path == "/requests"
    assert "Your decisions were noted." not in told.text


@pytest.mark.parametrize("path", ["/waiting/new", "/booking-templates/new", "/quotas/new"])
def test_a_resource_beyond_the_first_of_a_list_stays_chosen(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(resource_list, "MAX_LIMIT", 1)
    admin = Visitor.logged_in(lab, "admin")
    told = admin.send(
        admin.see(path).form(path), name="", amount="", min_minutes="",
        resource_id=str(lab.ids.cytometer),
    )  # fmt: skip
    assert told.status == 422
    assert told.value("resource_id") == str(lab.ids.cytometer)
