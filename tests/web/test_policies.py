"""What each page may load and run: the same for all of ours, and three that say what they loosen."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from src.web import admin, middleware, pages
from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def _directive(policy: str, name: str) -> str:
    return next(part.strip() for part in policy.split(";") if part.strip().startswith(name))


def test_no_page_runs_what_stands_inside_of_it(shared_lab: Lab) -> None:
    """Every address of a page, with ids of a resource or of nothing: refusals are pages too."""
    visitor = Visitor.logged_in(shared_lab, "admin")
    seen = 0
    for router in pages.ROUTERS:
        for route in router.routes:
            if "GET" not in getattr(route, "methods", ()):
                continue
            path = re.sub(
                r"\{(\w+)[^}]*\}",
                lambda found: (
                    str(shared_lab.ids.confocal) if found[1] == "resource_id" else str(uuid4())
                ),
                getattr(route, "path"),  # noqa: B009 - BaseRoute has none
            )
            answer = visitor.request("GET", path)
            kind = answer.headers.get("content-type", "")
            assert answer.headers["content-security-policy"] == middleware.policy(kind), path
            seen += kind.startswith("text/html")
    assert seen > 20
    assert "unsafe" not in middleware.policy("text/html")


@pytest.mark.parametrize(
    ("path", "loosened"),
    [
        ("/docs", {}),
        ("/redoc", {"style-src": "style-src 'self' 'unsafe-inline'", "worker-src": "worker-src 'self' blob:"}),
    ],
)  # fmt: skip
def test_the_readers_of_the_interface_loosen_what_they_must(
    shared_lab: Lab, path: str, loosened: dict[str, str]
) -> None:
    policy = shared_lab.client.get(path).headers["content-security-policy"]
    strict = [part.strip() for part in middleware.STRICT.split(";")]
    kept = [part for part in strict if part.split()[0] not in loosened]
    assert sorted(part.strip() for part in policy.split(";")) == sorted([*kept, *loosened.values()])


def test_the_administration_runs_no_script_of_a_page_either(shared_lab: Lab) -> None:
    visitor = Visitor.logged_in(shared_lab, "admin")
    answer = visitor.see(f"{admin.PREFIX}/").response
    assert answer.status_code == 200
    scripts = _directive(answer.headers["content-security-policy"], "script-src ")
    assert "unsafe" not in scripts
    assert "http" not in scripts
