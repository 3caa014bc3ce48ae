"""Cluster DNS where there is no CoreDNS: dnsmasq, answering from a hosts file that follows the cluster's Services.

Stands behind the image name of CoreDNS, so it lives with what kubeadm's Deployment gives it: a read-only file system
(only /dev/shm is writable), no capability but NET_BIND_SERVICE, health on port 8080, readiness on port 8181, and a
service account that may list and watch services and endpoints. Names outside the cluster do not exist.
"""

import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
HOSTS = "/dev/shm/hosts"
ZONE = "svc.cluster.local"
DNSMASQ = [
    "/usr/sbin/dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file=", "--log-facility=-",
    "--no-resolv", "--no-hosts", f"--addn-hosts={HOSTS}", "--local=/#/", "--local-ttl=5",
]  # fmt: skip

objects = {"services": None, "endpoints": None}
changed = threading.Event()


def get(path, timeout):
    with open(f"{ACCOUNT}/token", encoding="ascii") as token:
        headers = {"Authorization": f"Bearer {token.read()}"}
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(f"https://{host}:{port}/api/v1/{path}", headers=headers)
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    return urllib.request.urlopen(request, timeout=timeout, context=context)


def key(item):
    return item["metadata"]["namespace"], item["metadata"]["name"]


def follow(resource):
    """List, then watch, for ever; on any trouble (an expired version too) list again."""
    while True:
        try:
            with get(resource, 30) as answer:
                listing = json.load(answer)
            known = {key(item): item for item in listing["items"]}
            objects[resource] = dict(known)
            changed.set()
            version = listing["metadata"]["resourceVersion"]
            with get(f"{resource}?watch=1&timeoutSeconds=240&resourceVersion={version}", 300) as answer:
                for line in answer:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        break
                    if event["type"] == "DELETED":
                        known.pop(key(event["object"]), None)
                    else:
                        known[key(event["object"])] = event["object"]
                    objects[resource] = dict(known)
                    changed.set()
        except (OSError, ValueError) as error:
            print(f"{resource}: {error}; listing again", flush=True)
            time.sleep(1)


def records():
    for (namespace, name), service in sorted(objects["services"].items()):
        domain = f"{name}.{namespace}.{ZONE}"
        address = service["spec"].get("clusterIP")
        if address and address != "None":
            yield f"{address} {domain}"
        elif address == "None":
            # A headless service: the addresses of its pods, and of each pod that has a host name.
            for subset in objects["endpoints"].get((namespace, name), {}).get("subsets") or []:
                for pod in subset.get("addresses") or []:
                    yield f"{pod['ip']} {domain}"
                    if pod.get("hostname"):
                        yield f"{pod['ip']} {pod['hostname']}.{domain}"


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = None not in objects.values() and os.path.exists(HOSTS)
        self.send_response(200 if ready or self.path == "/health" else 503)
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_arguments):
        pass


def main():
    for resource in objects:
        threading.Thread(target=follow, args=[resource], daemon=True).start()
    for port in (8080, 8181):
        server = http.server.ThreadingHTTPServer(("", port), Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    dnsmasq = None
    while dnsmasq is None or dnsmasq.poll() is None:
        if not changed.wait(timeout=1):
            continue
        changed.clear()
        if None in objects.values():
            continue
        with open(f"{HOSTS}.new", "w", encoding="ascii") as hosts:
            hosts.writelines(f"{record}\n" for record in records())
        os.replace(f"{HOSTS}.new", HOSTS)
        if dnsmasq is None:
            dnsmasq = subprocess.Popen(DNSMASQ)
        else:
            dnsmasq.send_signal(signal.SIGHUP)
        time.sleep(0.2)  # a burst of changes is one reload
    sys.exit(f"dnsmasq ended with exit code {dnsmasq.returncode}")


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
main()
