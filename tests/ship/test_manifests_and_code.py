"""What `kubernetes/` says of the code is true: settings, commands, probes, metrics, connections."""

from __future__ import annotations

import asyncio
import math
import re
import urllib.request
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn

from src.commands.__main__ import app as commands
from src.core import metrics
from src.core.settings import Settings, names_of
from src.tasks import queue, worker
from src.tasks.health import Health
from src.web.api import health as health_of_the_server
from tests.ship import cluster
from tests.ship.cluster import DEPLOYMENT, MANIFESTS, VARIANTS, Cluster, Workload

# Read beside the settings: by the settings' own source, by the object store, by the TLS library.
BESIDE = {"ALIQUOT_SECRETS_DIR", "SSL_CERT_FILE", "PGSSLROOTCERT"}
OF_THE_STORE = re.compile(r"AWS_[A-Z_]+")
SPARE = 13  # connections: three PostgreSQL keeps for itself, ten for people and watchers


def settings_names() -> set[str]:
    return {name for field in Settings.model_fields for name in names_of(field)}


def is_known(name: str) -> bool:
    return name in settings_names() | BESIDE or OF_THE_STORE.fullmatch(name) is not None


@pytest.mark.parametrize("overlay", ["demo", "production"])
def test_every_setting_of_an_overlay_exists(overlay: str) -> None:
    text = (MANIFESTS / "overlays" / overlay / "settings.env").read_text()
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)
    assert names
    assert [name for name in names if not is_known(name)] == []


def test_every_variable_of_ours_is_a_setting(made: Cluster, variant: str) -> None:
    for workload in made.workloads:
        for container in workload.containers():
            if workload.is_ours(container):
                names = made.environment(container)
                assert [name for name in names if not is_known(name)] == [], workload
    for name in ("aliquot", "storage"):
        keys = cluster.documented_secrets(variant).get(name, set())
        assert [key for key in keys if not is_known(key)] == []


def test_the_settings_are_accepted(
    made: Cluster, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = {
        "ALIQUOT_SECRET_KEY": "k" * 64,
        "DATABASE_URL": "postgresql://aliquot:secret@postgres:5432/aliquot",
        "REDIS_URL": "redis://:secret@redis:6379/0",
        "ALIQUOT_MAIL_URL": "smtp://aliquot:secret@mail.example.org:587",
    }
    given = cluster.documented_secrets(variant)["aliquot"]
    for workload in made.workloads:
        if workload.is_ours(workload.main):
            with monkeypatch.context() as patch:
                for name, value in made.environment(workload.main).items():
                    patch.setenv(name, value or "")
                for name in given:
                    patch.setenv(name, examples[name])
                settings = Settings()
            assert settings.env == ("development" if variant == "demo" else "production")
            assert not settings.is_sqlite
            assert not settings.is_embedded


def test_the_workers_serve_every_class_of_queues_once(made: Cluster) -> None:
    served = [
        str(made.environment(item.main)["ALIQUOT_QUEUES"])
        for item in made.workloads
        if item.labels["app.kubernetes.io/name"] == "worker"
    ]
    assert sorted(served) == sorted(queue.CLASSES)


def test_the_commands_are_those_of_the_code(made: Cluster) -> None:
    options = {option for item in uvicorn.main.params for option in item.opts}
    options |= {option for item in uvicorn.main.params for option in item.secondary_opts}
    serve = made.workload("server").main["command"]
    assert serve[:3] == ["uvicorn", "--factory", "src.app:create_app"]
    assert {word.partition("=")[0] for word in serve[3:]} <= options
    known = {command.name for command in commands.registered_commands}
    for workload in made.workloads:
        for container in filter(workload.is_ours, workload.containers()):
            said = " ".join(container["command"])
            assert set(re.findall(r"python -m src\.commands ([\w-]+)", said)) <= known
            if workload.labels["app.kubernetes.io/name"] == "worker" and "src.tasks" in said:
                assert container["command"] == ["python", "-m", "src.tasks"]
    migrates = made.workload("migrate")
    assert "migrate" in " ".join(migrates.main["command"])
    for workload in made.workloads:
        if workload.labels["app.kubernetes.io/name"] in {"server", "worker"}:
            (waits,) = workload.pod["initContainers"]
            assert "migrate --check" in waits["command"][-1]
            assert waits["image"] == migrates.main["image"]


@pytest.fixture(scope="session")
def answered_by_a_worker() -> Iterator[Callable[[str], int]]:
    """The worker's health port: the status of an address."""
    well = SimpleNamespace(illness=list, is_stopping=False, parts=dict)
    port = Health(cast("worker.Worker", well), "127.0.0.1", 0).start()

    def ask(path: str) -> int:
        address = f"http://127.0.0.1:{port._server.server_address[1]}{path}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return int(answer.status)

    yield ask
    port.stop()


def test_probes_ask_addresses_that_are_answered(
    made: Cluster, answered_by_a_worker: Callable[[str], int]
) -> None:
    served = {getattr(route, "path", None) for route in health_of_the_server.router.routes}
    for workload in made.workloads:
        if workload.kind == "Job" or not workload.is_ours(workload.main):
            continue
        paths = [probe["httpGet"]["path"] for probe in cluster.probes(workload.main)]
        assert paths == ["/healthz", "/readyz", "/healthz"], workload
        if workload.name == "server":
            assert set(paths) <= served
        else:
            assert [answered_by_a_worker(path) for path in paths] == [200, 200, 200]


def test_ports_are_those_that_are_listened_to(made: Cluster) -> None:
    serve = made.workload("server")
    assert f"--port={serve.ports()['http']}" in serve.main["command"]
    for workload in made.workloads:
        if workload.labels["app.kubernetes.io/name"] == "worker":
            named = made.environment(workload.main)
            assert named["ALIQUOT_WORKER_HEALTH_PORT"] == str(workload.ports()["health"])
            assert named["ALIQUOT_WORKER_HEALTH_HOST"] == "0.0.0.0"


def pool_of(made: Cluster, workload: Workload) -> int:
    """Connections one process opens at most, as the code decides it."""
    named = made.environment(workload.main)
    values = {"database_url": "postgresql://u@h/d", "redis_url": "redis://h"}
    for field in ("database_pool_size", "worker_threads"):
        if (given := named.get(names_of(field)[0])) is not None:
            values[field] = given
    settings = Settings.model_validate(values)
    if workload.labels["app.kubernetes.io/name"] == "server":
        return settings.database_pool_size
    database = asyncio.run(worker._open(settings, settings.worker_threads))
    pool: Any = database.engine.sync_engine.pool
    return int(pool.size())


def connections(made: Cluster) -> int:
    """The most at once: every pod there may be, one more, and the old ones closing down."""
    needed = 2  # the migration
    for workload in made.workloads:
        if workload.labels["app.kubernetes.io/name"] in {"server", "worker"}:
            _, most = made.replicas(workload)
            spec = workload.spec
            grace = workload.pod["terminationGracePeriodSeconds"]
            closing = min(most, math.ceil(grace / spec["minReadySeconds"]))
            pods = most + spec["strategy"]["rollingUpdate"]["maxSurge"] + closing
            needed += pods * pool_of(made, workload)
    return needed


def test_postgresql_allows_every_connection_there_may_be(made: Cluster, variant: str) -> None:
    column = VARIANTS.index(variant)
    (row,) = re.findall(r"^\| `max_connections` \|(.*)\|$", DEPLOYMENT, re.MULTILINE)
    allowed = int(row.split("|")[column])
    needed = connections(made)
    if variant == "demo":
        arguments = made.workload("postgres").main["args"]
        assert f"max_connections={allowed}" in arguments
    if "pgbouncer" in {item.name for item in made.workloads}:
        volume = made.workload("pgbouncer").volumes()["configuration"]["configMap"]["name"]
        pooler = ConfigParser()
        pooler.read_string(made.one("ConfigMap", volume)["data"]["pgbouncer.ini"])
        assert needed <= pooler.getint("pgbouncer", "max_client_conn")
        needed = pooler.getint("pgbouncer", "default_pool_size") * 3  # two, and one more
    assert needed + SPARE <= allowed


def test_alerts_and_scalers_ask_for_metrics_that_exist(made: Cluster) -> None:
    known = {
        f"{family.name}{suffix}"
        for family in metrics.registry.collect()
        for suffix in {
            "counter": ("_total",),
            "histogram": ("_bucket", "_count", "_sum"),
        }.get(family.type, ("",))
    }
    asked = [
        rule["expr"]
        for item in made.of("PrometheusRule")
        for group in item["spec"]["groups"]
        for rule in group["rules"]
    ]
    scalers = [
        trigger["metadata"]["query"]
        for item in made.of("ScaledObject")
        for trigger in item["spec"]["triggers"]
    ]
    for expression in asked + scalers:
        named = set(re.findall(r"\baliquot_\w+", expression))
        assert named <= known, named - known
    queues = {name for query in scalers for name in re.findall(r'queue="(\w+)"', query)}
    assert queues == (set(queue.CLASSES) if scalers else set())
