"""Signed requests, by the client that the documentation shows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from src.app import create_app
from tests.support.application import Lab, served
from tests.support.serving import serving

PAGE = Path(__file__).parents[2] / "server/docs/signing.md"


def client() -> Any:
    found: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(code, found)
    return found["signature_headers"]


sign = client()


@dataclass
class Signer:
    """A key that signs, and requests by it."""

    lab: Lab
    key: str
    secret: str
    bearer: str
    base: str

    def headers(self, method: str, path: str, body: bytes = b"", **more: Any) -> dict[str, str]:
        options = {"key": self.key, "secret": self.secret, "body": body, **more}
        made: dict[str, str] = sign(method, self.base + path, **options)
        return made

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        told = {"Content-Type": "application/json"} | (
            self.headers(method, path, body) if headers is None else headers
        )
        return self.lab.client.request(method, path, content=body, headers=told)


def make_key(lab: Lab, *, by: str = "member", **more: Any) -> dict[str, Any]:
    wish = {"name": "Signs", "signing": "required", **more}
    answer = lab.post("/me/api-keys", json=wish, by=by)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def signer_of(lab: Lab, **more: Any) -> Signer:
    made = make_key(lab, **more)
    base = str(lab.client.base_url).rstrip("/")
    return Signer(lab, made["prefix"], made["signing_secret"], made["key"], base)


@pytest.fixture
def signer(lab: Lab) -> Signer:
    return signer_of(lab)


ME = "/api/v1/bookings?limit=1"


def code(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


def test_the_worked_example_is_what_the_client_makes() -> None:
    text = PAGE.read_text()
    (secret,) = re.findall(r"signing secret `([^`]+)`", text)
    (body,) = re.findall(r"^(\{.*\})$", text, re.MULTILINE)
    (method, target) = re.findall(r"```http\n(\S+) (\S+) HTTP/1.1", text)[0]
    headers = sign(
        method, f"https://lab.example.org{target}", key="alq_k3v9m2x7pq", secret=secret,
        body=body.encode(), created=1795251600, nonce="kX0f7c2Jm3TqW9aZ5bLd1R",
    )  # fmt: skip
    for name, value in headers.items():
        assert f"{name}: {value}\n" in text


def test_a_signed_request_is_its_persons_and_the_key_alone_opens_nothing(signer: Signer) -> None:
    assert signer.send("GET", ME).status_code == 200
    made = signer.send("POST", "/api/v1/bookings", _booking(signer.lab))
    assert made.status_code == 201, made.text
    assert made.json()["data"]["booked_by"]["id"] == str(signer.lab.ids.member)
    unsigned = signer.lab.client.get(ME, headers={"Authorization": f"Bearer {signer.bearer}"})
    assert (unsigned.status_code, code(unsigned)) == (401, "signature-required")
    both = signer.send("GET", ME, headers=signer.headers("GET", ME) | signer.lab.headers("member"))
    assert (both.status_code, code(both)) == (401, "bad-signature")


def test_what_was_altered_is_refused(signer: Signer) -> None:
    body, path = _booking(signer.lab), "/api/v1/bookings"
    digest = "sha-256=:" + b64encode(hashlib.sha256(b"{}").digest()).decode() + ":"

    def honest(*without: str, **more: str) -> dict[str, str]:
        made = signer.headers("POST", path, body) | more
        return {name: value for name, value in made.items() if name not in without}

    for target, sent, headers in (
        (path + "?limit=1", body, honest()),
        (path + ":check", body, honest()),
        (path, body.replace(b"Slides", b"Slides!"), honest()),
        (path, b"", honest()),
        (path, b"{}", honest(**{"Content-Digest": digest})),
        (path, body, signer.headers("POST", path)),  # a body that nobody signed
        (path, body, honest(Signature="sig=:AAAA:")),
        (path, body, honest("Signature")),
        (path, body, honest("Content-Digest")),
        (path, body, signer.headers("POST", path, body, secret="x" * 43)),
        (path, body, signer.headers("POST", path, body, nonce="short")),
    ):
        answer = signer.send("POST", target, sent, headers)
        assert (answer.status_code, code(answer)) == (401, "bad-signature"), (target, headers)
    assert signer.lab.get("/bookings").json()["data"] == []


def test_less_than_the_whole_request_is_not_enough(signer: Signer) -> None:
    whole = signer.headers("GET", ME)
    for part in ('"@method" ', '"@path" ', ' "@query"'):
        told = {**whole, "Signature-Input": whole["Signature-Input"].replace(part, "")}
        answer = signer.send("GET", ME, headers=told)
        assert (answer.status_code, code(answer)) == (401, "bad-signature")
    twice = {**whole, "Signature-Input": f"{whole['Signature-Input']}, b{whole['Signature-Input']}"}
    assert code(signer.send("GET", ME, headers=twice)) == "bad-signature"
    for other in ('alg="rsa-v1_5-sha256"', 'alg="none"'):
        told = {
            **whole,
            "Signature-Input": whole["Signature-Input"].replace('alg="hmac-sha256"', other),
        }
        assert code(signer.send("GET", ME, headers=told)) == "bad-signature"


def test_five_minutes_off_is_too_much(signer: Signer) -> None:
    now = datetime.now(UTC)
    for off, status in ((-310, 401), (-290, 200), (290, 200), (310, 401)):
        created = int((now + timedelta(seconds=off)).timestamp())
        answer = signer.send("GET", ME, headers=signer.headers("GET", ME, created=created))
        assert answer.status_code == status, (off, answer.text)


def test_the_same_request_twice_is_a_replay_and_is_recorded(signer: Signer) -> None:
    headers = signer.headers("GET", ME)
    assert signer.send("GET", ME, headers=headers).status_code == 200
    again = signer.send("GET", ME, headers=headers)
    assert (again.status_code, code(again)) == (401, "request-replayed")
    events = signer.lab.get("/events?verb=api_key.replayed", by="admin").json()["data"]
    assert [event["subject_id"] for event in events] == [str(signer.lab.ids.member)]


def test_of_many_at_once_in_two_processes_one_is_taken(database_url: str, tmp_path: Path) -> None:
    with served(database_url, tmp_path) as first:
        signer = signer_of(first)
        with _second(first) as other:
            headers = signer.headers("GET", ME)
            assert httpx2.get(other + ME, timeout=60).status_code == 401  # its routes are built

            async def rush() -> list[int]:
                async with httpx2.AsyncClient(timeout=30) as calls:
                    made = [
                        calls.get(base + ME, headers=headers) for base in (signer.base, other) * 5
                    ]
                    return [one.status_code for one in await asyncio.gather(*made)]

            assert sorted(asyncio.run(rush())) == [200, *[401] * 9]


def test_an_upload_is_compared_at_its_last_byte_and_leaves_nothing(lab: Lab) -> None:
    signer = signer_of(lab, by="manager")
    hung = f"subject_type=resource&subject_id={lab.ids.confocal}"
    path, content = f"/api/v1/files?{hung}&name=log.txt", b"a line of a log\n" * 20_000
    kind = {"Content-Type": "application/octet-stream"}
    for altered in (content[:-1] + b"!", content[:-1], content + b"!"):
        answer = signer.send("POST", path, altered, signer.headers("POST", path, content) | kind)
        assert (answer.status_code, code(answer)) == (401, "bad-signature")
    assert lab.get(f"/files?{hung}").json()["data"] == []
    honest = signer.send("POST", path, content, signer.headers("POST", path, content) | kind)
    assert honest.status_code == 201, honest.text
    assert honest.json()["data"]["size"] == len(content)


def _booking(lab: Lab) -> bytes:
    return json.dumps(lab.wish()).encode()


def _second(first: Lab) -> Any:
    return serving(create_app(first.settings))
