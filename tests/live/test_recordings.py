# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this cluster sends, written down for the unit tests by `make recordings`."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
from datetime import UTC, datetime

import pytest
import websocket
from conftest import CHECKOUT, KUBECONFIG, eventually, kubectl, minor_version

#: Seconds: enough for five restarts with 0, 10, 20, 40 and 80 s between them.
LONG_ENOUGH = 200

#: (pod, command, container) whose exec is recorded.
EXECS = [
    *[("sleep", [program], None) for program in ("/nosuch", "nosuch", "/etc", "/etc/passwd", "true", "false")],
    *[("sleep", ["sh", "-c", script], None) for script in ("echo out; echo err >&2; exit 3", "kill -9 $$", "nosuch")],
    ("noshell", ["sh", "-c", "true"], None),
    ("noshell", ["/bin/sh"], None),
    ("nopull", ["true"], None),
    ("done", ["true"], None),
    ("nosuchpod", ["true"], None),
    ("sleep", ["true"], "nosuch"),
    ("sleep", [], None),
]

pytestmark = [pytest.mark.recording, pytest.mark.timeout(LONG_ENOUGH + 120)]


def keep(name, recorded):
    node = json.loads(kubectl("get", "nodes", "-o", "json"))["items"][0]["status"]["nodeInfo"]
    about = {"server": node["kubeletVersion"], "runtime": node["containerRuntimeVersion"]}
    path = CHECKOUT / f"tests/unit/recordings/{name}-1.{minor_version()}.json"
    path.write_text(json.dumps({**about, **recorded}, indent=1) + "\n")


class ApiServer:
    """The API server's address, and the sslopt with which it is reached."""

    def __init__(self, tmp_path):
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        (cluster,), (user,) = config["clusters"], config["users"]
        files = {
            "ca_certs": cluster["cluster"]["certificate-authority-data"],
            "certfile": user["user"]["client-certificate-data"],
            "keyfile": user["user"]["client-key-data"],
        }
        for name, data in files.items():
            (tmp_path / name).write_bytes(base64.b64decode(data))
        self.url = cluster["cluster"]["server"].replace("https:", "wss:")
        self.sslopt = {name: str(tmp_path / name) for name in files}


def executed(api_server, namespace, subprotocol, pod, argv, container):
    """One exec, frame by frame, as the API server answers it; nothing of the collection takes part."""
    wanted = [("command", word) for word in argv] + [("container", container)] * bool(container)
    query = urllib.parse.urlencode([*wanted, ("stdout", "true"), ("stderr", "true")])
    entry = {"argv": argv, "pod": pod, "subprotocol": subprotocol}
    if container:
        entry["container"] = container
    try:
        connection = websocket.create_connection(
            f"{api_server.url}/api/v1/namespaces/{namespace}/pods/{pod}/exec?{query}",
            subprotocols=[subprotocol],
            sslopt={**api_server.sslopt, "cert_reqs": ssl.CERT_REQUIRED},
            timeout=30,
        )
    except websocket.WebSocketBadStatusException as refused:
        body = refused.resp_body
        return {**entry, "handshake": {"status": refused.status_code, "body": body.decode() if body else None}}
    frames = []
    while True:
        opcode, data = connection.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            break
        if len(data) > 1:
            frames.append({"channel": data[0], "data": data[1:].decode()})
    connection.close()
    close = {"code": int.from_bytes(data[:2], "big"), "reason": data[2:].decode()}
    handshake = {"status": 101, "negotiated": connection.getsubprotocol()}
    return {**entry, "handshake": handshake, "close": close, "frames": frames}


def test_exec(namespace, tmp_path):
    namespace.apply(
        namespace.pod("sleep"),
        namespace.pod("noshell", image="web"),
        namespace.pod("nopull", "true", image="registry.invalid/no/such:1"),
        namespace.pod("done", "true", restartPolicy="Never"),
    )
    namespace.ready("sleep", "noshell")
    eventually(lambda: "Completed" in namespace.kubectl("get", "pod", "done"))
    eventually(lambda: "ImagePull" in namespace.kubectl("get", "pod", "nopull"))
    api_server = ApiServer(tmp_path)
    answers = [
        executed(api_server, namespace.name, f"{version}.channel.k8s.io", *one)
        for version in ("v4", "v5")
        for one in EXECS
    ]
    assert {entry["handshake"]["status"] for entry in answers} >= {101, 400, 404, 500}
    keep("exec", {"websocket": answers})


def documents(stream):
    """The JSON documents of a stream, one by one, as they come."""
    text, decoder = "", json.JSONDecoder()
    for line in stream:
        text += line
        # kubectl ends each with a line that closes the object.
        if line.startswith("}"):
            yield decoder.decode(text)
            text = ""


def test_crash_loop(namespace):
    watch = ["kubectl", "--kubeconfig", KUBECONFIG, "-n", namespace.name, "get", "pods", "--watch"]
    changes, rows, pods = [], [], []
    with (
        subprocess.Popen([*watch, "-o", "json"], stdout=subprocess.PIPE, text=True) as objects,
        subprocess.Popen([*watch, "--no-headers"], stdout=subprocess.PIPE, text=True) as table,
    ):

        def follow():
            for pod in documents(objects.stdout):
                pods.append(pod)
                version = pod["metadata"]["resourceVersion"]
                changes.append(
                    {"at": datetime.now(UTC).isoformat(), "resourceVersion": version, "status": pod["status"]}
                )

        follower = threading.Thread(target=follow)
        printer = threading.Thread(target=lambda: rows.extend(line.split()[1:4] for line in table.stdout))
        follower.start()
        printer.start()
        time.sleep(2)  # both are watching
        namespace.apply(namespace.pod("crash", "sh", "-c", "sleep 3; exit 1"))
        time.sleep(LONG_ENOUGH)
        objects.terminate()
        table.terminate()
        follower.join()
        printer.join()
    metadata = {name: pods[0]["metadata"][name] for name in ("name", "namespace", "uid", "labels", "creationTimestamp")}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pods[-1]["spec"]}
    assert pods[-1]["status"]["containerStatuses"][0]["restartCount"] == 5
    keep("crash-loop", {"pod": pod, "changes": changes, "kubectl_columns": rows})
