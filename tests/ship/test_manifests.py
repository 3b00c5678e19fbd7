"""What `kubernetes/` would start fits together.

Needs `kubectl`, no cluster. With ALIQUOT_TEST_REQUIRE=kubectl its absence is a failure.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from tests.ship import cluster
from tests.ship.cluster import COMPONENTS, DEPLOYMENT, MANIFESTS, VARIANTS, Cluster
from tests.support import source

KINDS = {
    "apps/v1": {"Deployment", "StatefulSet"},
    "autoscaling/v2": {"HorizontalPodAutoscaler"},
    "batch/v1": {"Job"},
    "keda.sh/v1alpha1": {"ScaledObject"},
    "monitoring.coreos.com/v1": {"PrometheusRule", "ServiceMonitor"},
    "networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "v1": {"ConfigMap", "Namespace", "PersistentVolumeClaim", "Service", "ServiceAccount"},
}


def twice(values: list[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]


def test_every_manifest_belongs_to_a_kustomization() -> None:
    named = set()
    for path in MANIFESTS.rglob("kustomization.yaml"):
        content = yaml.safe_load(path.read_text())
        mentioned = [*content.get("resources", ()), *content.get("components", ())]
        mentioned += [patch["path"] for patch in content.get("patches", ()) if "path" in patch]
        for generator in content.get("configMapGenerator", ()):
            mentioned += [*generator.get("files", ()), *generator.get("envs", ())]
        named |= {(path.parent / place).resolve() for place in mentioned}
        assert all((path.parent / place).exists() for place in mentioned), path
    files = {path for path in MANIFESTS.rglob("*") if path.is_file()}
    assert {path for path in files if path.name != "kustomization.yaml"} - named == set()


def test_kinds_and_names_are_valid(made: Cluster) -> None:
    for document in made.documents:
        assert document["kind"] in KINDS[document["apiVersion"]]
        name, labels = document["metadata"]["name"], document["metadata"].get("labels", {})
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name), name
        for key, value in labels.items():
            assert re.fullmatch(r"([a-z0-9.-]+/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", key), key
            assert re.fullmatch(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", value), value
        if document["kind"] != "Namespace":
            assert document["metadata"]["namespace"] == "aliquot", name
    assert twice([(item["kind"], item["metadata"]["name"]) for item in made.documents]) == []


def test_selectors_choose_what_they_mean(made: Cluster) -> None:
    for workload in made.workloads:
        if workload.kind != "Job":
            assert made.chosen(workload.spec["selector"]) == [workload]
    for service in made.of("Service"):
        chosen = made.chosen({"matchLabels": service["spec"]["selector"]})
        assert chosen, service["metadata"]["name"]
        for port in service["spec"]["ports"]:
            assert all(port["targetPort"] in item.ports() for item in chosen), port
    for budget in made.of("PodDisruptionBudget"):
        assert len(made.chosen(budget["spec"]["selector"])) == 1, budget["metadata"]["name"]
    for policy in made.of("NetworkPolicy"):
        assert made.chosen(policy["spec"]["podSelector"]), policy["metadata"]["name"]
    for monitor in made.of("ServiceMonitor"):
        (service,) = (
            item
            for item in made.of("Service")
            if cluster.chooses(monitor["spec"]["selector"], item["metadata"]["labels"])
        )
        ports = {port["name"] for port in service["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports


def test_accounts_configuration_and_claims_exist(made: Cluster) -> None:
    for workload in made.workloads:
        assert workload.pod["serviceAccountName"] in made.names("ServiceAccount")
        if workload.kind == "StatefulSet":
            assert workload.spec["serviceName"] in made.names("Service")
        for volume in workload.volumes().values():
            if "configMap" in volume:
                assert volume["configMap"]["name"] in made.names("ConfigMap")
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert claim in made.names("PersistentVolumeClaim")
    for ingress in made.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = made.one("Service", backend["name"])["spec"]["ports"]
                assert backend["port"]["name"] in {port["name"] for port in ports}


def test_the_secrets_are_those_the_document_makes(made: Cluster, variant: str) -> None:
    secrets = cluster.documented_secrets(variant)
    for workload in made.workloads:
        for container in workload.containers():
            for name, key in re.findall(r"/run/secrets/(\w+)/([\w.]+)", str(container)):
                assert key in secrets[name], f"{workload}: {name}/{key}"
    volumes = [item for workload in made.workloads for item in workload.volumes().values()]
    used = {item["secret"]["secretName"] for item in volumes if "secret" in item}
    used |= {
        origin["secretRef"]["name"]
        for workload in made.workloads
        for container in workload.containers()
        for origin in container.get("envFrom", ())
        if "secretRef" in origin
    }
    for account in made.of("ServiceAccount"):
        used |= {item["name"] for item in account.get("imagePullSecrets", ())}
    for ingress in made.of("Ingress"):
        used |= {item["secretName"] for item in ingress["spec"]["tls"]}
    assert used == set(secrets)


def test_mounts_variables_and_ports_stand_once(made: Cluster) -> None:
    for workload in made.workloads:
        assert twice([item["name"] for item in workload.containers()]) == []
        for container in workload.containers():
            mounts = container.get("volumeMounts", [])
            assert twice([mount["mountPath"] for mount in mounts]) == [], workload
            assert {mount["name"] for mount in mounts} <= set(workload.volumes()), workload
            assert twice([item["name"] for item in container.get("env", [])]) == [], workload
            for probe in cluster.probes(container):
                way = probe.get("httpGet") or probe.get("tcpSocket")
                assert way is None or way["port"] in workload.ports(), workload
        mounted = {m["name"] for c in workload.containers() for m in c.get("volumeMounts", ())}
        assert mounted == set(workload.volumes()), workload


def test_every_container_says_what_it_needs(made: Cluster) -> None:
    for workload in made.workloads:
        for container in workload.containers():
            asked, most = container["resources"]["requests"], container["resources"]["limits"]
            assert 0 < cluster.quantity(asked["memory"]) <= cluster.quantity(most["memory"])
            assert 0 < cluster.quantity(asked["cpu"]) <= 1
        for volume in workload.volumes().values():
            if "emptyDir" in volume:
                assert cluster.quantity(volume["emptyDir"]["sizeLimit"]), workload
    claims = [c for item in made.workloads for c in item.spec.get("volumeClaimTemplates", ())]
    for claim in (*claims, *made.of("PersistentVolumeClaim")):
        assert cluster.quantity(claim["spec"]["resources"]["requests"]["storage"]) >= 2**30


def test_every_pod_is_restricted(made: Cluster) -> None:
    (namespace,) = made.of("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for account in made.of("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    for workload in made.workloads:
        pod = workload.pod
        assert pod["automountServiceAccountToken"] is False, workload
        assert pod["enableServiceLinks"] is False, workload
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), workload
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in workload.containers():
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, workload
        assert not [item for item in pod.get("volumes", ()) if "hostPath" in item]


def test_images_are_of_one_version(made: Cluster) -> None:
    ours = set()
    for workload in made.workloads:
        for container in workload.containers():
            name, _, tag = container["image"].rpartition(":")
            assert name, f"{workload}: {container['image']} has no tag"
            assert tag != "latest"
            ours |= {tag} if workload.is_ours(container) else set()
            is_worker = name.endswith("aliquot-worker")
            assert is_worker == ("src.tasks" in container.get("command", ()))
    assert len(ours) == 1


def test_autoscalers_have_a_target_and_own_its_number(made: Cluster) -> None:
    for name, (least, most) in made.autoscaled().items():
        target = made.workload(name)
        assert target.kind == "Deployment"
        assert 1 <= least <= most
        assert "replicas" not in target.spec, target
    scaled = {item.name for item in made.workloads if item.kind == "Deployment"} - {"pgbouncer"}
    assert set(made.autoscaled()) == scaled


def test_a_budget_lets_a_node_go(made: Cluster) -> None:
    for budget in made.of("PodDisruptionBudget"):
        (workload,) = made.chosen(budget["spec"]["selector"])
        least, _ = made.replicas(workload)
        spec = budget["spec"]
        assert spec.get("maxUnavailable", 0) >= 1 or spec["minAvailable"] < least, workload


def test_a_rolling_update_takes_nothing_away(made: Cluster) -> None:
    for workload in made.workloads:
        if workload.kind == "Deployment":
            assert workload.spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
            assert workload.spec["strategy"]["rollingUpdate"]["maxSurge"] == 1
    serve = made.workload("server")
    (asked,) = (w for w in serve.main["command"] if "timeout-graceful-shutdown" in w)
    pause = serve.main["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = pause + int(asked.partition("=")[2]) + 10
    assert serve.pod["terminationGracePeriodSeconds"] >= needed
    for workload in made.workloads:
        if workload.labels["app.kubernetes.io/name"] == "worker":
            grace = int(str(made.environment(workload.main)["ALIQUOT_WORKER_GRACE"]))
            assert workload.pod["terminationGracePeriodSeconds"] >= grace + 10


def test_the_document_says_what_a_cluster_must_have(made: Cluster, variant: str) -> None:
    (row,) = re.findall(r"^\| requested at the least \|(.*)\|$", DEPLOYMENT, re.MULTILINE)
    cores, memory = re.findall(r"[\d.]+", row.split("|")[VARIANTS.index(variant)])
    asked = {"cpu": 0.0, "memory": 0.0}
    for workload in made.workloads:
        if workload.kind != "Job":
            least, _ = made.replicas(workload)
            for name in asked:
                number = workload.main["resources"]["requests"][name]
                asked[name] += least * float(cluster.quantity(number))
    assert float(cores) == pytest.approx(asked["cpu"], abs=0.06)
    assert float(memory) == pytest.approx(asked["memory"] / 2**30, abs=0.06)


def test_only_what_is_needed_can_be_reached(made: Cluster, variant: str) -> None:
    closed = made.one("NetworkPolicy", "closed")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    serve, migrates = made.workload("server"), made.workload("migrate")
    mails = made.workload("worker-notifications")
    if variant == "demo":
        stored, kept = made.workload("postgres"), made.workload("redis")
        assert all(made.may_reach(item, stored) for item in (serve, mails, migrates))
        assert all(made.may_reach(item, kept) for item in (serve, mails))
        assert not made.may_reach(migrates, kept)
    for caller in (serve, migrates):
        assert not {port for _, port in made.egress(caller)} & {25, 465, 587}, (
            "mail is the worker's"
        )
        assert not made.may_reach(caller, mails)
    if variant != "demo":
        assert {port for _, port in made.egress(mails)} >= {5432, 6379, 443, 587}
        assert {port for _, port in made.egress(migrates)} <= {53, 5432, "pgbouncer"}
    # No way out is open to everybody.
    for policy in made.of("NetworkPolicy"):
        for rule in policy["spec"].get("egress", ()):
            assert rule["to"]
            assert rule["ports"]
            blocks = [peer["ipBlock"]["cidr"] for peer in rule["to"] if "ipBlock" in peer]
            assert "0.0.0.0/0" not in blocks


def test_the_paths_of_the_document_are_overlays_and_components() -> None:
    named = re.findall(r"(?:apply|kustomize|delete|diff) (?:-k )?(kubernetes/[\w/-]+)", DEPLOYMENT)
    assert {"kubernetes/overlays/demo", "kubernetes/overlays/production"} <= set(named)
    assert [
        path for path in named if not (source.ROOT / path / "kustomization.yaml").exists()
    ] == []
    listed = {path.name for path in (MANIFESTS / "components").iterdir()}
    assert listed == set(COMPONENTS)
