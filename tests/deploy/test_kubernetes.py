"""The manifests: their shape, and what must hold between them, the image and the settings."""

import re
import subprocess
from typing import Any

import jsonschema
import pytest
import yaml

from registry.app import ROUTES
from tests.deploy import places, shapes

FOLDER = places.DEPLOY / "k8s"
FILES = sorted(
    path.name for path in FOLDER.glob("*.yaml") if not path.name.startswith("kustomization")
)
OBJECTS = [one for name in FILES for one in places.documents(f"deploy/k8s/{name}")]
(KUSTOMIZATION,) = places.documents("deploy/k8s/kustomization.yaml")
WORKLOADS = {
    one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] in ("Deployment", "Job")
}
PODS = {name: spec["template"] for name, spec in WORKLOADS.items()}
CONTAINERS = {name: pod["spec"]["containers"][0] for name, pod in PODS.items()}
PATHS = {path for route in ROUTES for path in route.paths}


def one(kind: str) -> Any:
    (found,) = [item for item in OBJECTS if item["kind"] == kind]
    return found


@pytest.mark.parametrize(
    "item", OBJECTS, ids=lambda item: f"{item['kind']}-{item['metadata']['name']}"
)
def test_its_shape_is_known(item: Any) -> None:
    jsonschema.validate(item, shapes.KINDS[item["kind"]])


def test_a_planted_fault_is_found() -> None:
    planted = yaml.safe_load(places.read("deploy/k8s/deployment-web.yaml"))
    planted["spec"]["template"]["spec"]["enableServiceLinks"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(planted, shapes.KINDS["Deployment"])


def test_the_kustomization_takes_all_but_the_secret_and_the_migration() -> None:
    left_out = {"secret.example.yaml", "job-migrate.yaml"}
    assert set(KUSTOMIZATION["resources"]) == set(FILES) - left_out
    assert KUSTOMIZATION["namespace"] == one("Namespace")["metadata"]["name"]


@places.needs("kubectl")
def test_kubectl_renders_it() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=True
    )
    kinds = [item["kind"] for item in yaml.safe_load_all(done.stdout)]
    assert kinds.count("Deployment") == 2
    assert "Secret" not in kinds


def test_commands_are_real() -> None:
    said = {name: container["args"][0] for name, container in CONTAINERS.items()}
    assert said == {
        "registry-web": "serve",
        "registry-worker": "worker",
        "registry-migrate": "migrate",
    }
    assert "--no-worker" in CONTAINERS["registry-web"]["args"]
    for container in CONTAINERS.values():
        places.understood(container["args"])


def test_the_environment_is_made_of_settings() -> None:
    settings = one("ConfigMap")["data"]
    assert set(settings) <= places.SETTINGS | places.PASSED_ON
    for container in CONTAINERS.values():
        names = {item["name"] for item in container["env"]}
        assert names <= places.SETTINGS
        assert not names & set(settings)
        assert container["envFrom"][0]["configMapRef"]["name"] == "registry-settings"


def test_a_service_of_any_name_puts_nothing_into_the_environment() -> None:
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in PODS.values())


def test_secrets_are_named_in_the_example_which_holds_none() -> None:
    example = one("Secret")
    keys = set(example["stringData"])
    for container in CONTAINERS.values():
        for item in container["env"]:
            assert item["valueFrom"]["secretKeyRef"]["key"] in keys
    assert not any(example["stringData"].values())
    assert not set(one("ConfigMap")["data"]) & keys


def test_the_migration_holds_the_database_and_no_other_secret() -> None:
    names = [item["name"] for item in CONTAINERS["registry-migrate"]["env"]]
    assert names == ["REGISTRY_DATABASE_URL"]


def test_selectors_select_the_pods_they_mean() -> None:
    for name in ("registry-web", "registry-worker"):
        labels = PODS[name]["metadata"]["labels"]
        assert WORKLOADS[name]["selector"]["matchLabels"].items() <= labels.items()
    web = PODS["registry-web"]["metadata"]["labels"]
    assert one("Service")["spec"]["selector"] == web
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == web
    spread = PODS["registry-web"]["spec"]["topologySpreadConstraints"][0]
    assert spread["labelSelector"]["matchLabels"] == web
    others = PODS["registry-worker"]["metadata"]["labels"]
    assert not web.items() <= others.items()


def test_a_disruption_leaves_a_server() -> None:
    assert (
        one("PodDisruptionBudget")["spec"]["minAvailable"] < WORKLOADS["registry-web"]["replicas"]
    )


def test_network_policies_deny_first_and_name_pods_that_exist() -> None:
    policies = {
        item["metadata"]["name"]: item["spec"]
        for item in OBJECTS
        if item["kind"] == "NetworkPolicy"
    }
    denied = policies.pop("registry-deny")
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    for spec in policies.values():
        wanted = spec["podSelector"].get("matchLabels", {})
        assert any(wanted.items() <= one.items() for one in labels)
    (inwards,) = policies["registry-web"]["ingress"]
    ports = CONTAINERS["registry-web"]["ports"]
    assert [port["port"] for port in inwards["ports"]] == [port["containerPort"] for port in ports]


def test_probes_ask_for_paths_that_there_are() -> None:
    web = CONTAINERS["registry-web"]
    asked = {kind: web[kind]["httpGet"]["path"] for kind in web if kind.endswith("Probe")}
    assert asked == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    assert set(asked.values()) <= PATHS
    assert not any(kind.endswith("Probe") for kind in CONTAINERS["registry-worker"])


def test_mounts_and_volumes_belong_together() -> None:
    for name, pod in PODS.items():
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        mounted = CONTAINERS[name]["volumeMounts"]
        assert {mount["name"] for mount in mounted} == volumes
        assert {"/var/lib/registry", "/tmp"} <= {mount["mountPath"] for mount in mounted}


def test_the_image_is_the_one_of_this_version() -> None:
    for container in CONTAINERS.values():
        assert container["image"] == f"client-registry:{places.version()}"
    (image,) = KUSTOMIZATION["images"]
    assert image == {"name": "client-registry", "newTag": places.version()}


def test_the_image_runs_as_the_user_that_the_pods_ask_for() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", places.read("deploy/Dockerfile"), re.MULTILINE)
    assert user
    for pod in PODS.values():
        context = pod["spec"]["securityContext"]
        assert (context["runAsUser"], context["runAsGroup"]) == (int(user[1]), int(user[2]))
