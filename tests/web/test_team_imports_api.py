"""Moving in over HTTP: a file is sent, kept, and said to be wrong where it is."""

from __future__ import annotations

import time
from typing import Any

from tests.support.application import Lab

FILE = b"author,posted_at,done\nmember@example.org,2026-03-01 09:30,Aligned\n"
CSV = {"Content-Type": "text/csv"}
ADDRESS = "/operations-imports"


def test_a_file_is_sent_looked_through_and_taken_over_once(lab: Lab) -> None:
    headers = {**CSV, "Idempotency-Key": "moved-in-once-0001"}
    params = {"kind": "status_updates", "name": "old.csv"}
    first, second = (
        lab.call("POST", ADDRESS, by="manager", params=params, content=FILE, headers=headers)
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (202, 202), first.text
    made = first.json()["data"]
    assert made["id"] == second.json()["data"]["id"]
    assert (made["kind"], made["format"], made["name"]) == ("status_updates", "csv", "old.csv")
    assert (made["is_preview"], made["counts"]) == (True, None)
    assert first.headers["Location"] == f"/api/v1/operations/{made['operation_id']}"
    seen = _done(lab, made["id"])
    assert (seen["counts"]["created"], seen["may_take"], seen["faults"]) == (1, True, [])
    path = f"{ADDRESS}/{made['id']}"
    assert lab.get(path, by="admin").status_code == 404, "it is nobody else's"
    assert lab.post(f"{path}/take", by="manager", json={}).status_code == 202
    done = _done(lab, made["id"])
    assert (done["is_preview"], done["counts"]["created"]) == (False, 1)
    again = lab.post(f"{path}/take", by="manager", json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/team-import-not-ready")
    found = lab.get("/search", by="member", params={"q": "alig", "kind": "update"}).json()["data"]
    assert [piece["text"] for piece in found[0]["hits"][0]["excerpt"]] == ["Aligned"]


def _done(lab: Lab, import_id: str) -> dict[str, Any]:
    """The import, once its operation has ended."""
    for _ in range(300):
        found: dict[str, Any] = lab.get(f"{ADDRESS}/{import_id}", by="manager").json()["data"]
        if found["state"] not in ("queued", "running"):
            assert found["state"] == "done"
            return found
        time.sleep(0.1)
    raise AssertionError("it does not end")


def test_what_cannot_be_read_is_refused_with_its_place(lab: Lab) -> None:
    params = {"kind": "incidents"}
    answer = lab.call(
        "POST", ADDRESS, by="manager", params=params, content=b"title,colour\n", headers=CSV
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown-column")
    member = lab.call("POST", ADDRESS, by="member", params=params, content=FILE, headers=CSV)
    assert member.status_code == 403


def test_templates_are_given_in_both_forms(lab: Lab) -> None:
    for kind in ("status_updates", "incidents", "blockers", "decisions"):
        csv = lab.get(f"{ADDRESS}/templates/{kind}", by="manager")
        assert csv.headers["Content-Disposition"].endswith('-template.csv"')
        shown = lab.get(f"{ADDRESS}/templates/{kind}", by="manager", params={"format": "json"})
        assert csv.text.splitlines()[0].removeprefix("\ufeff").split(",")[0] in shown.json()[0]


def test_larger_files_than_other_bodies_are_taken(lab: Lab) -> None:
    row = b'member@example.org,2026-03-01 09:30,"' + b"x" * 900 + b'"\n'
    content = b"author,posted_at,done\n" + row * 2000
    params = {"kind": "status_updates"}
    sent = lab.call("POST", ADDRESS, by="manager", params=params, content=content, headers=CSV)
    assert sent.status_code == 202, sent.text
