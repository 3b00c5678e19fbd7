"""A gateway for text messages: a program that is told number and text as JSON."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import SecretStr

from src.core.settings import Settings
from src.domain import accounts
from tests.support import servers


class Gateway(ThreadingHTTPServer):
    """A program of the operator's own: what it was told, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, Any]] = []
        self.answer = 202

    @property
    def url(self) -> str:
        return f"json://lab:secret@127.0.0.1:{self.server_port}/sms"

    @property
    def codes(self) -> list[str]:
        return [re.findall(r"\b\d{6}\b", one["message"])[0] for one in list(self.told)]

    def next_code(self, *, after: int = 0) -> str:
        """The code of the message that comes after so many."""
        servers.wait_until(lambda: len(self.told) > after, what="a text message")
        return self.codes[after]


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.told.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.answer)
        if self.server.answer == 307:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Gateway]:
    """A gateway on a port of its own, which this process knows of."""
    with Gateway() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        accounts.phones.configure(Settings(sms_url=SecretStr(made.url)))
        yield made
        accounts.phones.configure(Settings())
        made.shutdown()
        thread.join()
