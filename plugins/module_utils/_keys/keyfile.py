# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in a kubeconfig of ours, and how one is told from others. Pure: bytes in, facts out, and back.

A kubeconfig of ours has an entry `kubelabs.pods` among the `extensions` of its context, where kubectl and its libraries
leave alone what they do not know (k8s.io/client-go/tools/clientcmd/api/v1, type Context).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from .._ground.json_reading import as_count, as_list, as_map, as_text
from .._ground.times import iso, parse_time

#: The name of the entry.
EXTENSION = "kubelabs.pods"


@dataclass(frozen=True)
class Marker:
    """What a kubeconfig of ours says of the key in it.

    Attributes:
        selector: the label selector of the class.
        namespace, service_account, uid: the account that it is a key of.
        lifetime: seconds that were asked for.
        issued: when the token was asked for, by the clock here; None where there is none yet.
        expires: when it expires; None where it does not.
    """

    selector: str
    namespace: str
    service_account: str
    uid: str
    lifetime: int = 0
    issued: datetime | None = None
    expires: datetime | None = None

    @property
    def granted(self) -> float | None:
        """Seconds that the token was given to live; None where it does not expire, or does not say."""
        if self.issued is None or self.expires is None:
            return None
        return max(0.0, (self.expires - self.issued).total_seconds())


@dataclass(frozen=True)
class Key:
    """A kubeconfig of ours, as far as it matters.

    Attributes:
        marker: how it is known.
        context: the name of its context, which is the current one; '' where another one is.
        namespace: that the context leads to.
        user: what the user is called.
        cluster: the fields of the cluster: server, certificate-authority-data and the like.
        token: the key itself; '' where there is none.
    """

    marker: Marker
    context: str
    namespace: str
    user: str
    cluster: Mapping[str, Any]
    token: str = field(default="", repr=False)


def to_bytes(key: Key) -> bytes:
    """The content of the file."""
    import yaml

    marker = key.marker
    name = _cluster_name(key.cluster)
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": key.context,
        "contexts": [
            {
                "name": key.context,
                "context": {
                    "cluster": name,
                    "user": key.user,
                    "namespace": key.namespace,
                    "extensions": [
                        {
                            "name": EXTENSION,
                            "extension": {
                                "selector": marker.selector,
                                "namespace": marker.namespace,
                                "service_account": marker.service_account,
                                "uid": marker.uid,
                                "lifetime": marker.lifetime,
                                "issued": iso(marker.issued),
                                "expires": iso(marker.expires),
                            },
                        }
                    ],
                },
            }
        ],
        "clusters": [{"name": name, "cluster": dict(key.cluster)}],
        "users": [{"name": key.user, "user": {"token": key.token}}],
    }
    # libyaml where it is there: a class of a thousand is a thousand files.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True).encode()


def from_bytes(content: bytes) -> Key | None:
    """What a file of ours says; None for any other file. What is missing or of the wrong type is '' or absent."""
    import yaml

    try:
        kubeconfig = as_map(yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except Exception:  # of what is no kubeconfig PyYAML makes almost any error
        return None
    for entry in map(as_map, as_list(kubeconfig.get("contexts"))):
        context = as_map(entry.get("context"))
        for extension in map(as_map, as_list(context.get("extensions"))):
            if extension.get("name") == EXTENSION:
                return _key(kubeconfig, as_text(entry.get("name")), context, as_map(extension.get("extension")))
    return None


def _key(kubeconfig: Mapping[str, Any], name: str, context: Mapping[str, Any], marker: Mapping[str, Any]) -> Key:
    user = as_text(context.get("user"))
    return Key(
        marker=Marker(
            selector=as_text(marker.get("selector")),
            namespace=as_text(marker.get("namespace")),
            service_account=as_text(marker.get("service_account")),
            uid=as_text(marker.get("uid")),
            lifetime=as_count(marker.get("lifetime")),
            issued=_time(marker.get("issued")),
            expires=_time(marker.get("expires")),
        ),
        context=name if kubeconfig.get("current-context") == name else "",
        namespace=as_text(context.get("namespace")),
        user=user,
        cluster=_entry(kubeconfig, "clusters", "cluster", as_text(context.get("cluster"))),
        token=as_text(_entry(kubeconfig, "users", "user", user).get("token")),
    )


def _entry(kubeconfig: Mapping[str, Any], kind: str, fields: str, name: str) -> Mapping[str, Any]:
    entries = map(as_map, as_list(kubeconfig.get(kind)))
    return next((as_map(entry.get(fields)) for entry in entries if entry.get("name") == name), {})


def _time(value: Any) -> datetime | None:
    """YAML makes a time of what looks like one, where whoever wrote the file anew left its quotation marks out."""
    return parse_time(value.isoformat() if isinstance(value, datetime) else value)


def _cluster_name(cluster: Mapping[str, Any]) -> str:
    """The server's host and port, without the dots, at which `kubectl config set` would part it."""
    return urlsplit(as_text(cluster.get("server"))).netloc.replace(".", "-")
