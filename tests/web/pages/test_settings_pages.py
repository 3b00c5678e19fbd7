"""Settings of the institute: on their page and in the interface."""

from __future__ import annotations

import re

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def test_each_part_is_saved_and_refusals_stand_at_their_field(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    page = admin.see("/settings")
    wrong = admin.send(page.form("/settings/place"), currency="euro", name="New name")
    assert wrong.status == 422
    assert wrong.value("name") == "New name"
    assert 'id="currency-fault-1"' in wrong.response.text
    done = admin.send(page.form("/settings/place"), currency="CHF", timezone="Europe/Zurich")
    assert "The settings were saved" in done.text
    stale = admin.send(page.form("/settings/place"), currency="USD")
    assert stale.status == 412

    entry = admin.send(
        done.form("/settings/entry"),
        registration="domains",
        registration_domains="@Example.org\nx.ch",
    )
    assert entry.value("registration_domains").split() == ["example.org", "x.ch"]
    guard = entry.form("/settings/guard")
    guard.fields["factor_roles"] = ["admin", "manager"]
    kept = admin.send(guard, max_log_ins="5", factor_grace_days="7")
    assert "The settings were saved" in kept.text
    keeping = admin.send(kept.form("/settings/keeping"), security="365")
    assert keeping.value("security") == "365"
    read = lab.get("/settings", by="admin").json()["data"]
    assert (read["currency"], read["max_log_ins"], read["retention"]) == (
        "CHF",
        5,
        {"security": 365},
    )
    assert read["factor_roles"] == ["admin", "manager"]
    told = lab.get("/events?verb=settings.changed", by="admin").json()["data"]
    assert len(told) == 4


def test_everybody_sees_name_zone_and_currency_and_no_more(lab: Lab) -> None:
    mine = lab.get("/settings", by="member").json()["data"]
    assert mine["name"] == "Institute of Tests"
    assert mine["mail_from"] is mine["registration"] is mine["retention"] is None
    assert lab.patch("/settings", by="member", json={"name": "Mine"}).status_code == 403
    assert Visitor.logged_in(lab, "member").see("/settings").status == 403


def test_the_interface_changes_settings_by_their_version(lab: Lab) -> None:
    etag = lab.get("/settings", by="admin").headers["ETag"]
    changed = lab.patch(
        "/settings",
        by="admin",
        etag=etag,
        json={"registration": "on", "mail_from": "lab@example.org"},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["data"]["mail_from"] == "lab@example.org"
    assert (
        lab.patch("/settings", by="admin", etag=etag, json={"currency": "USD"}).status_code == 412
    )
    assert (
        lab.patch("/settings", by="admin", etag=None, json={"currency": "USD"}).status_code == 428
    )
    for body, pointer in (
        ({"timezone": "Mars/Olympus"}, "#/timezone"),
        ({"factor_roles": ["nobody"]}, "#/factor_roles"),
        ({"retention": {"gossip": 3}}, "#/retention"),
        ({"registration_domains": ["not a domain"]}, "#/registration_domains"),
    ):
        refused = lab.patch("/settings", by="admin", json=body)
        assert refused.status_code == 422, body
        assert re.match(pointer, refused.json()["errors"][0]["pointer"]), refused.text
