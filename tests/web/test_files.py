"""Files through HTTP: streamed in and out, never trusted by a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.testclient import TestClient

from src.app import create_app
from src.core import ids
from src.core.actor import ANONYMOUS, EVERYWHERE, Actor, Permission
from src.core.db import create_database, transaction
from src.core.settings import Settings
from src.domain import files
from src.domain.accounts import User
from src.domain.files import policy
from src.web import security
from tests.support import darkroom, servers
from tests.support.application import Lab

THING = ids.new()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200_000)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
KEEPER = Actor(
    ids.new(),
    granted={Permission.FILES_READ: EVERYWHERE, Permission.FILES_UPLOAD: EVERYWHERE},
)
READER = replace(KEEPER, granted={Permission.FILES_READ: EVERYWHERE})
QUERY = {"subject_type": "thing", "subject_id": str(THING), "name": "Größe 4.png"}


async def _rights(_session: AsyncSession, actor: Actor, id: UUID) -> files.Rights | None:
    return files.Rights(may_read=True, may_attach=actor is KEEPER) if id == THING else None


def _add_person(url: str) -> None:
    async def work() -> None:
        database = create_database(url)
        async with transaction(database) as session:
            session.add(User(id=KEEPER.user_id, email="keeper@example.org", name="Kay Keeper"))
        await database.dispose()

    servers.in_thread(work)


class Client:
    """The composed app; `actor` is whoever asks."""

    def __init__(self, http: TestClient) -> None:
        self.http = http
        self.actor = KEEPER

    def upload(self, content: Any = PNG, **query: str) -> Any:
        """POST the bytes as they are."""
        headers = {"content-type": "application/octet-stream"}
        params = QUERY | query
        return self.http.post("/api/v1/files", params=params, content=content, headers=headers)


@pytest.fixture
def client(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(policy, "_hooks", {"thing": _rights})
    settings = Settings(
        database_url=database_url, data_dir=tmp_path, max_upload=300_000, rate_limits=False
    )
    app = create_app(settings)
    with TestClient(app) as http:
        _add_person(database_url)
        made = Client(http)
        app.dependency_overrides[security.identify] = lambda: made.actor
        yield made


def test_a_file_goes_in_is_described_and_comes_out(client: Client) -> None:
    with darkroom.closed():  # what becomes of it as a picture is told as soon as it is known
        made = client.upload()
        assert made.status_code == 201, made.text
        described = made.json()["data"]
        assert described["name"] == "Größe 4.png"
        assert described["content_type"] == "image/png"
        assert described["uploaded_by"]["name"] == "Kay Keeper"
        assert described["sha256"] == hashlib.sha256(PNG).hexdigest()
        assert client.http.get(made.headers["location"]).json()["data"] == described
        listed = client.http.get("/api/v1/files", params=QUERY).json()
        assert listed["data"] == [described]
    got = client.http.get(f"{made.headers['location']}/content")
    assert got.content == PNG
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-length"] == str(len(PNG))
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"Gr__e 4.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%204.png"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    again = client.http.get(
        f"{made.headers['location']}/content", headers={"if-none-match": got.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_form_carries_a_file_with_its_name(client: Client) -> None:
    query = {key: QUERY[key] for key in ("subject_type", "subject_id")}
    sent = {"file": ("..\\Bild.png", PNG, "text/html")}
    made = client.http.post("/api/v1/files", params=query, files=sent)
    assert made.status_code == 201, made.text
    assert made.json()["data"]["name"] == "Bild.png"
    assert made.json()["data"]["content_type"] == "image/png"


def test_what_could_run_in_a_browser_is_never_shown(client: Client) -> None:
    place = client.upload(SVG).headers["location"]
    got = client.http.get(f"{place}/content", params={"inline": "true"})
    assert got.content == SVG
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-security-policy"].startswith("default-src 'none'")
    picture = client.upload().headers["location"]
    shown = client.http.get(f"{picture}/content", params={"inline": "true"})
    assert shown.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize(
    ("content", "query", "status", "code"),
    [
        (PNG * 2, {}, 413, "too-large"),
        (b"MZ\x90\x00" + bytes(300), {}, 422, "file-type-refused"),
        (b"", {}, 422, "file-empty"),
        (PNG, {"kind": "novel"}, 422, "file-kind-unknown"),
        (PNG, {"subject_type": "other"}, 404, "file-subject-not-found"),
        (PNG, {"subject_id": str(ids.new())}, 404, "file-subject-not-found"),
        (PNG, {"subject_id": "4"}, 422, "invalid-request"),
    ],
)
def test_refusals_say_what_is_wrong(
    client: Client, content: bytes, query: dict[str, str], status: int, code: str
) -> None:
    refused = client.upload(content, **query)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{code}")
    assert client.http.get("/api/v1/files", params=QUERY).json()["data"] == []


def test_a_body_without_a_length_is_cut_at_the_limit(client: Client) -> None:
    refused = client.upload(iter([PNG, PNG]))
    assert refused.status_code == 413


def test_who_may_not_is_refused(client: Client) -> None:
    place = client.upload().headers["location"]
    client.actor = READER
    assert client.upload().status_code == 403
    assert client.http.delete(place).status_code == 403
    assert client.http.get(f"{place}/content").status_code == 200
    client.actor = ANONYMOUS
    for path in (place, f"{place}/content"):
        assert client.http.get(path).status_code == 401


def test_a_deleted_file_is_404(client: Client) -> None:
    place = client.upload().headers["location"]
    assert client.http.delete(place).status_code == 204
    for path in (place, f"{place}/content"):
        assert client.http.get(path).status_code == 404
    assert client.http.delete(place).status_code == 404


def test_a_repeated_upload_with_its_key_makes_one_file(client: Client) -> None:
    headers = {"content-type": "application/octet-stream", "idempotency-key": "upload-0001"}
    with darkroom.closed():
        first, second = [
            client.http.post("/api/v1/files", params=QUERY, content=PNG, headers=headers)
            for _ in range(2)
        ]
    assert first.json()["data"] == second.json()["data"]
    assert second.headers["idempotency-replayed"] == "true"
    other = client.http.post("/api/v1/files", params=QUERY, content=SVG, headers=headers)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


def test_a_manual_hangs_on_a_resource_and_all_who_see_it_read_it(lab: Lab) -> None:
    query = {"subject_type": "resource", "subject_id": str(lab.ids.confocal), "name": "manual.txt"}
    assert lab.post("/files", params=query, content=b"Turn it on.").status_code == 403
    made = lab.post("/files", params=query, content=b"Turn it on.", by="manager")
    assert made.status_code == 201, made.text
    assert made.json()["data"]["uploaded_by"]["id"] == str(lab.ids.manager)
    place = f"/files/{made.json()['data']['id']}"
    assert lab.get(f"{place}/content").content == b"Turn it on."
    assert lab.call("DELETE", place).status_code == 403
    assert lab.call("DELETE", place, by="manager").status_code == 204


def test_files_of_a_booking_are_for_its_people(lab: Lab) -> None:
    booking = lab.book()
    query = {"subject_type": "booking", "subject_id": booking["id"], "name": "protocol.txt"}
    made = lab.post("/files", params=query, content=b"Slides 4 to 9")
    assert made.status_code == 201, made.text
    place = f"/files/{made.json()['data']['id']}"
    assert lab.get(f"{place}/content").content == b"Slides 4 to 9"
    assert lab.get(f"{place}/content", by="manager").status_code == 200
    for path in (place, f"{place}/content"):
        assert lab.get(path, by="other").status_code == 404
    assert lab.get("/files", params=query, by="other").status_code == 404
    assert lab.post("/files", params=query, content=b"x", by="other").status_code == 404
