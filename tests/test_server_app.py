"""The whole application in one process, as `make run` starts it: the journeys people make."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.core import mailbox, migrations
from tests.support.application import PASSWORD, Lab, running, served
from tests.support.databases import Templates
from tests.support.servers import wait_until

JOURNEYS = Path(__file__).with_name("apis_test.py")
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def lab(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("server")
    with templates.empty("sqlite") as url:
        migrations.upgrade(url)
        with running(url, folder) as started:
            yield started


@pytest.fixture
def signed_in(lab: Lab) -> Iterator[Lab]:
    """A member's browser."""
    lab.client.cookies.clear()
    page = lab.client.get("/login", headers=PAGE)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    form = {"email": "member@example.org", "password": PASSWORD, "csrf_token": found[1]}
    answer = lab.client.post("/login", data=form, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    yield lab
    lab.client.cookies.clear()


def test_it_is_ready(lab: Lab) -> None:
    ready = lab.client.get("/readyz")
    assert ready.status_code == 200, ready.text
    parts = ready.json()["parts"]
    assert set(parts) == {"database", "schema", "broker", "storage"}
    assert all(part["ok"] for part in parts.values())


def test_who_is_not_signed_in_is_led_to_the_log_in_and_back(lab: Lab) -> None:
    lab.client.cookies.clear()
    answer = lab.client.get("/bookings", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fbookings"


def test_a_wrong_password_is_refused_at_the_form(lab: Lab) -> None:
    page = lab.client.get("/login", headers=PAGE)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    form = {"email": "member@example.org", "password": "wrong", "csrf_token": found[1]}
    answer = lab.client.post("/login", data=form, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 422
    assert 'value="member@example.org"' in answer.text


def test_a_form_without_its_token_is_refused(signed_in: Lab) -> None:
    answer = signed_in.client.post("/logout", data={}, headers=PAGE)
    assert answer.status_code == 403


def test_somebody_books_sees_it_and_hears_of_it(signed_in: Lab) -> None:
    lab = signed_in
    answer = lab.post("/bookings", by=None, json=lab.wish(9))
    assert answer.status_code == 201, answer.text
    booking = answer.json()["data"]
    page = lab.client.get(f"/bookings/{booking['id']}", headers=PAGE)
    assert page.status_code == 200
    assert "Slides" in page.text
    assert "Confocal" in page.text

    folder = mailbox.folder_of(lab.settings.data_dir)

    def mailed() -> list[str]:
        """What came by mail; the log-in is told by one as well, before or after."""
        found = [mailbox.read(folder, mail.id) for mail in mailbox.list_(folder)]
        return [one.subject + one.text for one in found if one and "member@example.org" in one.to]

    wait_until(lambda: any("Confocal" in one for one in mailed()), what="the mail of the booking")

    told = lab.get("/notifications", by=None).json()["data"]
    kinds = [item["kind"] for item in told if item["kind"].startswith("booking.")]
    assert kinds == ["booking.confirmed"]
    assert lab.post("/notifications/read", by=None, json={}).json()["data"]["unread"] == 0


def test_a_taken_slot_is_refused_with_alternatives_on_the_interface_and_the_page(
    signed_in: Lab,
) -> None:
    lab = signed_in
    lab.book(13, by="other")
    refused = lab.post("/bookings", by=None, json=lab.wish(13))
    assert refused.status_code == 409
    assert refused.json()["suggestions"]


def test_a_page_that_is_not_there_says_so_as_a_page(signed_in: Lab) -> None:
    page = signed_in.client.get("/nowhere", headers=PAGE)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "There is nothing here" in page.text
    problem = signed_in.client.get("/api/v1/nowhere", headers=PAGE)
    assert problem.headers["content-type"] == "application/problem+json"


def test_a_problems_page_explains_it_to_people(lab: Lab) -> None:
    page = lab.client.get("/problems/booking-overlaps", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert "This time is taken" in page.text


def test_the_interface_describes_itself(lab: Lab) -> None:
    document = lab.client.get("/openapi.json").json()
    assert "/api/v1/bookings" in document["paths"]
    assert lab.client.get("/docs").status_code == 200
    assert lab.client.get("/redoc").status_code == 200


def test_the_journeys_for_deployments_pass_here(templates: Templates, tmp_path: Path) -> None:
    with templates.empty("sqlite") as url:
        migrations.upgrade(url)
        with served(url, tmp_path) as lab:
            environment = {
                **os.environ,
                "BASE_URL": str(lab.client.base_url),
                "ALIQUOT_TEST_EMAIL": "member@example.org",
                "ALIQUOT_TEST_PASSWORD": PASSWORD,
            }
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", JOURNEYS],
                cwd=JOURNEYS.parents[1],
                env=environment,
                capture_output=True,
                check=False,
                text=True,
            )
            assert done.returncode == 0, done.stdout[-4000:]
            found = lab.get("/bookings", params={"mine": True, "q": "Deployment test"})
    statuses = {booking["status"] for booking in found.json()["data"]}
    assert statuses == {"cancelled"}
