# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API server says of itself: its kinds and their fields, as new ones say it and as Kubernetes 1.20 does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.kinds import Kind
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.schema import SchemaBook
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import Connection, FakeApi, Request, refuse, reply

ALWAYS = 10**9
OPENAPI = json.loads((Path(__file__).parents[1] / "recordings/openapi-1.37.json").read_text())

#: By group and version: kind, name in URLs, whether it is in namespaces, and short names.
SERVED = {
    "v1": [
        ("Pod", "pods", True, ["po"]),
        ("Namespace", "namespaces", False, ["ns"]),
        ("Service", "services", True, ["svc"]),
        ("ServiceAccount", "serviceaccounts", True, ["sa"]),
        ("Secret", "secrets", True, []),
        ("Event", "events", True, ["ev"]),
    ],
    "apps/v1": [("Deployment", "deployments", True, ["deploy"])],
    "events.k8s.io/v1": [("Event", "events", True, ["ev"])],
}
KINDS = [
    Kind(version, kind, resource, namespaced, (kind.lower(), *short))
    for version, kinds in SERVED.items()
    for kind, resource, namespaced, short in kinds
]


def book(api_version: str = "v1", form: str = "v3") -> SchemaBook:
    """The schemas as OpenAPI v3 or v2 has them."""
    if form == "v2":
        return SchemaBook(OPENAPI["v2"])
    return SchemaBook(OPENAPI["v3"][f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"])


def serve(api: FakeApi, *, modern: bool = True) -> None:
    """From now on the server tells its kinds and their fields, and accepts whatever it is to try.

    Args:
        modern: whether it has OpenAPI v3 and aggregated discovery; else it is as one of 1.20.
    """
    for path in (r"^/api$", r"^/apis$"):
        api.fault(path, reply(200, aggregated(path == r"^/api$") if modern else legacy()), times=ALWAYS)
    for version in SERVED:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        api.fault(f"^{root}$", reply(200, listed(version)), times=ALWAYS)
    if modern:
        paths = {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash=AB%2BC"} for path in OPENAPI["v3"]}
        api.fault("^/openapi/v3$", reply(200, {"paths": paths}), times=ALWAYS)
        for path, document in OPENAPI["v3"].items():
            api.fault(f"^/openapi/v3/{path}$", reply(200, document), times=ALWAYS)
    else:
        api.fault("^/openapi/v3", refuse(404, "NotFound"), times=ALWAYS)
        api.fault("^/openapi/v2$", reply(200, OPENAPI["v2"]), times=ALWAYS)


def accept_all(api: FakeApi) -> None:
    """After the answers that a test has given: every dry run is accepted, but none makes a pod whose name is taken.

    A real API server looks at that last of all, behind its validation and admission; so does this one, since what a
    test has answered comes before.
    """

    def accept(connection: Connection, request: Request) -> None:
        if "dryRun" not in request.query:
            api.answer(connection, request)
            return
        namespace = re.fullmatch(r"/api/v1/namespaces/([^/]+)/pods", request.path)
        name = request.json()["metadata"].get("name", "")
        if request.method == "POST" and namespace and api.get(name, namespace[1], "pods"):
            connection.error(409, "AlreadyExists", f'pods "{name}" already exists')
        else:
            connection.reply(201 if request.method == "POST" else 200, request.json())

    api.fault("^/apis?/.*", accept, method="POST", times=ALWAYS)
    api.fault("^/apis?/.*", accept, method="PATCH", times=ALWAYS)


def aggregated(core: bool) -> dict[str, Any]:
    groups: dict[str, list[Any]] = {}
    for version, kinds in SERVED.items():
        group, _slash, number = version.rpartition("/")
        resources = [
            {
                "resource": resource,
                "responseKind": {"group": group, "version": number, "kind": kind},
                "scope": "Namespaced" if namespaced else "Cluster",
                "singularResource": kind.lower(),
                "shortNames": short,
            }
            for kind, resource, namespaced, short in kinds
        ]
        if core == (not group):
            groups.setdefault(group, []).append({"version": number, "resources": resources})
    items = [{"metadata": {"name": name} if name else {}, "versions": versions} for name, versions in groups.items()]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


def legacy() -> dict[str, Any]:
    groups = [version for version in SERVED if "/" in version]
    return {
        "kind": "APIGroupList",
        "groups": [
            {"name": one.split("/")[0], "versions": [{"groupVersion": one}], "preferredVersion": {"groupVersion": one}}
            for one in groups
        ],
    }


def listed(version: str) -> dict[str, Any]:
    resources = [
        {"name": resource, "kind": kind, "namespaced": namespaced, "singularName": kind.lower(), "shortNames": short}
        for kind, resource, namespaced, short in SERVED[version]
    ]
    return {
        "kind": "APIResourceList",
        "groupVersion": version,
        "resources": [*resources, {"name": f"{resources[0]['name']}/status", "kind": resources[0]["kind"]}],
    }
