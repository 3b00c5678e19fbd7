"""The worker's small HTTP port: `/healthz` (this process), `/readyz` (what it needs), `/metrics`.

Not ready from the first SIGTERM on; alive while it drains. The answers have the server's form.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from src.core import metrics
from src.tasks.worker import Worker

_STOPPING = {
    "process": {"ok": False, "detail": "it is stopping", "milliseconds": 0.0, "is_essential": True}
}


def _alive(faults: list[str]) -> dict[str, Any]:
    return {"status": "ill", "faults": faults} if faults else {"status": "ok"}


class Health:
    """The port. `start` raises OSError when it is taken."""

    def __init__(self, worker: Worker, host: str, port: int) -> None:
        """Bind the port; port 0 takes a free one."""

        class Handler(_Handler):
            asked = worker

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    def start(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    asked: Worker
    server_version = "Aliquot"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        """Answer one of the three."""
        if self.path == "/metrics":
            self._answer(200, metrics.exposition(), metrics.CONTENT_TYPE)
        elif self.path == "/healthz":
            ill = self.asked.illness()
            self._json(503 if ill else 200, _alive(ill))
        elif self.path == "/readyz":
            self._ready()
        else:
            self._json(404, {"status": "not-found"})

    def _ready(self) -> None:
        parts = _STOPPING if self.asked.is_stopping else self.asked.parts()
        is_ready = all(part["ok"] for part in parts.values())
        self._json(200 if is_ready else 503, {"ready": is_ready, "parts": parts})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, json.dumps(body).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds: say nothing."""
