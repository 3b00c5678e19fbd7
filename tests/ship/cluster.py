"""What `kubernetes/` comes to: each overlay rendered, with look-ups for the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import servers, source

MANIFESTS = source.ROOT / "kubernetes"
COMPONENTS = ("keda", "monitoring", "pgbouncer")
VARIANTS = ("demo", "production", "production with components")
DEPLOYMENT = (source.ROOT / "DEPLOYMENT.md").read_text()

Document = dict[str, Any]


def kubectl() -> str:
    """The command, or a skipped test that says so; a failure where it is required by name."""
    found = shutil.which("kubectl")
    if found is None:
        required = os.environ.get("ALIQUOT_TEST_REQUIRE", "").split(",")
        if "kubectl" in {word.strip() for word in required}:
            pytest.fail("kubectl is required here", pytrace=False)
        pytest.skip(f"{servers.MISSING}kubectl: the manifests are not rendered")
    return found


def render(folder: Path) -> Cluster:
    """What `kubectl apply -k` would send."""
    done = subprocess.run(
        [kubectl(), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Cluster(tuple(yaml.load_all(done.stdout, loader)))


def render_with_components(overlay: str, components: tuple[str, ...], place: Path) -> Cluster:
    """An overlay as somebody would extend it, from a folder of its own."""

    def beside(folder: Path) -> str:
        return os.path.relpath(folder.resolve(), place.resolve())

    extended = {
        "resources": [beside(MANIFESTS / "overlays" / overlay)],
        "components": [beside(MANIFESTS / "components" / name) for name in components],
    }
    (place / "kustomization.yaml").write_text(yaml.safe_dump(extended))
    return render(place)


def documented_secrets(variant: str) -> dict[str, set[str]]:
    """The Secrets that the commands of DEPLOYMENT.md make for an overlay, with their keys."""
    heading = {"demo": "### The demonstration"}.get(variant, "### Production")
    text = DEPLOYMENT.split(f"\n{heading}\n")[1].split("\n### ")[0]
    if "components" in variant:
        text += DEPLOYMENT.split("\n### Components\n")[1].split("\n### ")[0]
    found = {}
    for command in re.findall(r"create secret ((?:[^\n\\]|\\\n)+)", text):
        kind, name = command.split()[:2]
        keys = set(re.findall(r"--from-(?:literal|file)=([\w.]+)=", command))
        keys |= {"tls.crt", "tls.key"} if kind == "tls" else set()
        found[name] = keys | ({".dockerconfigjson"} if kind == "docker-registry" else set())
    return found


def probes(container: Document) -> Iterator[Document]:
    """Start, ready, alive: those a container has."""
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in container:
            yield container[name]


def quantity(written: object) -> Decimal:
    """A Kubernetes quantity as a number; ValueError for anything else."""
    units = {"": Decimal(1), "m": Decimal("0.001")}
    for power, letter in enumerate("kMGT", 1):
        units |= {letter: Decimal(1000**power), f"{letter.upper()}i": Decimal(1024**power)}
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(written))
    if found is None or found[2] not in units:
        raise ValueError(f"not a quantity: {written!r}")
    return Decimal(found[1]) * units[found[2]]


def chooses(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector with `matchLabels` and `matchExpressions` takes something labelled so."""
    selector = selector or {}
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", ())
    )


@dataclass(frozen=True)
class Workload:
    """Something that makes pods."""

    document: Document

    @property
    def name(self) -> str:
        return str(self.document["metadata"]["name"])

    @property
    def kind(self) -> str:
        return str(self.document["kind"])

    @property
    def spec(self) -> Document:
        found: Document = self.document["spec"]
        return found

    @property
    def pod(self) -> Document:
        found: Document = self.spec["template"]["spec"]
        return found

    @property
    def labels(self) -> dict[str, str]:
        found: dict[str, str] = self.spec["template"]["metadata"]["labels"]
        return found

    @property
    def main(self) -> Document:
        found: Document = self.pod["containers"][0]
        return found

    def containers(self) -> list[Document]:
        """Those that prepare, then those that stay."""
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]

    def ports(self) -> dict[str, int]:
        """The named ports of the pod."""
        return {
            port["name"]: port["containerPort"]
            for container in self.pod["containers"]
            for port in container.get("ports", ())
        }

    def volumes(self) -> dict[str, Document]:
        """What can be mounted, claims of a StatefulSet included."""
        found = {volume["name"]: volume for volume in self.pod.get("volumes", ())}
        for claim in self.spec.get("volumeClaimTemplates", ()):
            found[claim["metadata"]["name"]] = claim
        return found

    def is_ours(self, container: Document) -> bool:
        """Whether a container runs Aliquot."""
        return "/aliquot-" in f"/{container['image']}"

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Cluster:
    """The documents of one rendering."""

    documents: tuple[Document, ...]

    def of(self, kind: str) -> list[Document]:
        """Every document of a kind."""
        return [document for document in self.documents if document["kind"] == kind]

    def one(self, kind: str, name: str) -> Document:
        """The document of that name."""
        (found,) = (item for item in self.of(kind) if item["metadata"]["name"] == name)
        return found

    def names(self, kind: str) -> set[str]:
        """The names of a kind."""
        return {document["metadata"]["name"] for document in self.of(kind)}

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that makes pods."""
        kinds = {"Deployment", "StatefulSet", "DaemonSet", "Job"}
        return tuple(Workload(item) for item in self.documents if item["kind"] in kinds)

    def workload(self, name: str) -> Workload:
        """The one of that name."""
        (found,) = (item for item in self.workloads if item.name == name)
        return found

    def chosen(self, selector: Mapping[str, Any] | None) -> list[Workload]:
        """Whose pods a selector takes."""
        return [item for item in self.workloads if chooses(selector, item.labels)]

    def environment(self, container: Document) -> dict[str, str | None]:
        """The variables of a container; None where a Secret knows the value."""
        found: dict[str, str | None] = {}
        for origin in container.get("envFrom", ()):
            if "configMapRef" in origin:
                found |= self.one("ConfigMap", origin["configMapRef"]["name"])["data"]
        return found | {item["name"]: item.get("value") for item in container.get("env", ())}

    def autoscaled(self) -> dict[str, tuple[int, int]]:
        """Least and most replicas by the name of the Deployment; two scalers of one are refused."""
        found: dict[str, tuple[int, int]] = {}
        for item in (*self.of("HorizontalPodAutoscaler"), *self.of("ScaledObject")):
            spec = item["spec"]
            name = spec["scaleTargetRef"]["name"]
            assert name not in found, f"two autoscalers of {name}"
            least = spec.get("minReplicas", spec.get("minReplicaCount"))
            found[name] = (least, spec.get("maxReplicas", spec.get("maxReplicaCount")))
        return found

    def replicas(self, workload: Workload) -> tuple[int, int]:
        """Least and most pods of a workload while nothing is exchanged."""
        fixed = workload.spec.get("replicas", 1)
        return self.autoscaled().get(workload.name, (fixed, fixed))

    def egress(self, workload: Workload) -> Iterator[tuple[Document, object]]:
        """Every way out of a pod: peer and port."""
        for policy in self.of("NetworkPolicy"):
            spec = policy["spec"]
            if "Egress" in spec["policyTypes"] and chooses(spec["podSelector"], workload.labels):
                for rule in spec.get("egress", ()):
                    for peer in rule["to"]:
                        for port in rule["ports"]:
                            yield peer, port["port"]

    def may_reach(self, caller: Workload, called: Workload) -> bool:
        """Whether policies of both sides let one pod speak to another."""

        def named(peer: Document) -> bool:
            return "podSelector" in peer and "namespaceSelector" not in peer

        leaves = any(
            named(peer) and chooses(peer["podSelector"], called.labels) and port in called.ports()
            for peer, port in self.egress(caller)
        )
        enters = any(
            named(peer) and chooses(peer["podSelector"], caller.labels)
            for policy in self.of("NetworkPolicy")
            if "Ingress" in policy["spec"]["policyTypes"]
            and chooses(policy["spec"]["podSelector"], called.labels)
            for rule in policy["spec"].get("ingress", ())
            for peer in rule.get("from", ())
        )
        return leaves and enters
