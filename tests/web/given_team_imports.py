"""What the operations of moving in are given."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.given import Given

FILE = "author,posted_at,done\nnobody@example.org,2026-03-01 09:30,Aligned the laser\n"


def team_imports(lab: Lab) -> Given:
    """A file that was sent."""
    sent = lab.call(
        "POST", "/operations-imports", by="admin", params={"kind": "status_updates"},
        content=FILE.encode(), headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    assert sent.status_code == 202, sent.text
    path = {"import_id": sent.json()["data"]["id"]}
    return {
        "team_imports_upload": {"query": {"kind": "status_updates"}, "body": FILE},
        "team_imports_template": {"path": {"kind": "incidents"}},
        "team_imports_get": {"path": path},
        "team_imports_faults": {"path": path},
        "team_imports_take": {"path": path, "body": {"only_good": True}},
    }
