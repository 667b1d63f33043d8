"""JSON Schemas of the parts of Compose and Kubernetes that we use: a misspelt key or a wrong type is found.

Every object is closed. What is not listed here is not used; using it means adding it, with its type.
"""

from typing import Any

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
NUMBER = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
NAMES = {"type": "object", "additionalProperties": TEXT}
DURATION = {"type": "string", "pattern": "^[0-9]+(s|m)$"}


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def each(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1}


def constant(value: object) -> dict[str, Any]:
    return {"const": value}


# --- Compose --------------------------------------------------------------------------------------

_SERVICE = closed(
    "image restart networks",
    image=TEXT,
    build=closed("context dockerfile", context=TEXT, dockerfile=TEXT),
    command=TEXTS,
    restart={"enum": ["unless-stopped", "on-failure:3"]},
    stop_grace_period=DURATION,
    read_only=FLAG,
    tmpfs=TEXTS,
    shm_size=TEXT,
    volumes=TEXTS,
    ports=TEXTS,
    cap_drop=TEXTS,
    security_opt=TEXTS,
    environment=NAMES,
    networks=TEXTS,
    depends_on={
        "type": "object",
        "additionalProperties": closed(
            "condition",
            condition={"enum": ["service_healthy", "service_completed_successfully"]},
        ),
    },
    healthcheck={
        "oneOf": [
            closed("disable", disable=constant(True)),
            closed(
                "test",
                test=TEXTS,
                interval=DURATION,
                timeout=DURATION,
                retries=NUMBER,
                start_period=DURATION,
            ),
        ]
    },
    logging=closed("driver", driver=TEXT, options=NAMES),
)
COMPOSE = {
    **closed(
        "name services",
        name=TEXT,
        services={"type": "object", "additionalProperties": _SERVICE},
        networks={"type": "object", "additionalProperties": closed(internal=FLAG)},
        volumes={"type": "object", "additionalProperties": closed()},
    ),
    "patternProperties": {"^x-": {}},
}

# --- Kubernetes -----------------------------------------------------------------------------------

_META = closed("name", name=TEXT, namespace=TEXT, labels=NAMES)
_MATCH = closed(
    matchLabels=NAMES,
    matchExpressions=each(
        closed("key operator values", key=TEXT, operator=constant("In"), values=TEXTS)
    ),
)
_PROBE = closed(
    "httpGet periodSeconds failureThreshold",
    httpGet=closed("path port", path=TEXT, port=TEXT),
    periodSeconds=NUMBER,
    timeoutSeconds=NUMBER,
    failureThreshold=NUMBER,
)
_CONTAINER = closed(
    "name image args securityContext envFrom env resources volumeMounts",
    name=TEXT,
    image=TEXT,
    args=TEXTS,
    securityContext=closed(
        "allowPrivilegeEscalation readOnlyRootFilesystem capabilities",
        allowPrivilegeEscalation=constant(False),
        readOnlyRootFilesystem=constant(True),
        capabilities=closed("drop", drop=constant(["ALL"])),
    ),
    envFrom=each(closed("configMapRef", configMapRef=closed("name", name=TEXT))),
    env=each(
        closed(
            "name valueFrom",
            name=TEXT,
            valueFrom=closed(
                "secretKeyRef",
                secretKeyRef=closed("name key", name=TEXT, key=TEXT, optional=constant(True)),
            ),
        )
    ),
    ports=each(closed("name containerPort", name=TEXT, containerPort=NUMBER)),
    startupProbe=_PROBE,
    livenessProbe=_PROBE,
    readinessProbe=_PROBE,
    lifecycle=closed("preStop", preStop=closed("exec", exec=closed("command", command=TEXTS))),
    resources=closed("requests limits", requests=NAMES, limits=NAMES),
    volumeMounts=each(closed("name mountPath", name=TEXT, mountPath=TEXT, readOnly=FLAG)),
)
_VOLUME = closed(
    "name",
    name=TEXT,
    emptyDir=closed(medium=constant("Memory"), sizeLimit=TEXT),
    secret=closed(
        "secretName items",
        secretName=TEXT,
        items=each(closed("key path", key=TEXT, path=TEXT)),
    ),
)
_POD = closed(
    "metadata spec",
    metadata=closed("labels", labels=NAMES),
    spec=closed(
        "enableServiceLinks automountServiceAccountToken securityContext containers volumes"
        " terminationGracePeriodSeconds",
        enableServiceLinks=constant(False),
        automountServiceAccountToken=constant(False),
        restartPolicy={"enum": ["OnFailure"]},
        terminationGracePeriodSeconds=NUMBER,
        securityContext=closed(
            "runAsNonRoot runAsUser runAsGroup seccompProfile",
            runAsNonRoot=constant(True),
            runAsUser=constant(10001),
            runAsGroup=constant(10001),
            fsGroup=constant(10001),
            seccompProfile=constant({"type": "RuntimeDefault"}),
        ),
        topologySpreadConstraints=each(
            closed(
                "maxSkew topologyKey whenUnsatisfiable labelSelector",
                maxSkew=NUMBER,
                topologyKey=TEXT,
                whenUnsatisfiable=TEXT,
                labelSelector=_MATCH,
            )
        ),
        containers=each(_CONTAINER),
        volumes=each(_VOLUME),
    ),
)
_PORTS = each(closed("protocol port", protocol={"enum": ["TCP", "UDP"]}, port=NUMBER))
_PEERS = each(closed("namespaceSelector", namespaceSelector=_MATCH))


def _kind(version: str, kind: str, **parts: Any) -> dict[str, Any]:
    return closed(
        "apiVersion kind metadata",
        apiVersion=constant(version),
        kind=constant(kind),
        metadata=_META,
        **parts,
    )


KINDS = {
    "Namespace": _kind("v1", "Namespace"),
    "ConfigMap": _kind("v1", "ConfigMap", data=NAMES),
    "Secret": _kind("v1", "Secret", type=constant("Opaque"), stringData=NAMES),
    "Service": _kind(
        "v1",
        "Service",
        spec=closed(
            "type selector ports",
            type=constant("ClusterIP"),
            selector=NAMES,
            ports=each(closed("name port targetPort", name=TEXT, port=NUMBER, targetPort=TEXT)),
        ),
    ),
    "Deployment": _kind(
        "apps/v1",
        "Deployment",
        spec=closed(
            "replicas selector template",
            replicas=NUMBER,
            revisionHistoryLimit=NUMBER,
            selector=_MATCH,
            strategy=closed(
                "rollingUpdate",
                rollingUpdate=closed(
                    "maxSurge maxUnavailable", maxSurge=NUMBER, maxUnavailable=NUMBER
                ),
            ),
            template=_POD,
        ),
    ),
    "Job": _kind(
        "batch/v1",
        "Job",
        spec=closed(
            "backoffLimit template",
            backoffLimit=NUMBER,
            activeDeadlineSeconds=NUMBER,
            ttlSecondsAfterFinished=NUMBER,
            template=_POD,
        ),
    ),
    "PodDisruptionBudget": _kind(
        "policy/v1",
        "PodDisruptionBudget",
        spec=closed("minAvailable selector", minAvailable=NUMBER, selector=_MATCH),
    ),
    "NetworkPolicy": _kind(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec=closed(
            "podSelector policyTypes",
            podSelector=_MATCH,
            policyTypes={"type": "array", "items": {"enum": ["Ingress", "Egress"]}},
            ingress=each(closed("from ports", **{"from": _PEERS}, ports=_PORTS)),
            egress=each(closed("ports", to=_PEERS, ports=_PORTS)),
        ),
    ),
}
