# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads kubeconfigs: which file and context count, and what they say of the cluster and of the user.

As kubectl does it (k8s.io/client-go/tools/clientcmd): of several files the first that has an entry wins, files that
do not exist are passed over as long as one does, and relative paths start where the file is that has them. It is not
left to the `kubernetes` package, because its versions 31 to 37 differ in what they make of the same file (they lose
proxy-url, take another current context, keep the line break of a token file, and go on as system:anonymous where a
user gave nothing).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._ground.errors import ConfigurationError
from .._ground.json_reading import as_list, as_map, as_text

DEFAULT_KUBECONFIG = "~/.kube/config"


@dataclass(frozen=True)
class Entry:
    """A cluster or a user of a kubeconfig.

    Attributes:
        name: as the context names it; '' where it names none.
        fields: what the file says of it.
        folder: where its relative paths start.
        where: for messages: ``the user 'alice' in the kubeconfig /home/me/.kube/config``.
    """

    name: str
    fields: Mapping[str, Any]
    folder: str
    where: str

    def text(self, field: str) -> str:
        """A field that is text; '' where it is not there.

        Raises:
            ConfigurationError: it is something else.
        """
        value = self.fields.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ConfigurationError(f"{field} of {self.where} is no text: put it into quotation marks.")
        return value

    def path(self, field: str) -> str:
        """A field that names a file, as an absolute path; '' where it is not there."""
        value = self.text(field)
        return os.path.normpath(os.path.join(self.folder, value)) if value else ""


@dataclass(frozen=True)
class Kubeconfig:
    """What one context of one or several kubeconfigs leads to.

    Attributes:
        source: for messages: the paths, joined as in KUBECONFIG, or `the inline kubeconfig`.
        context: its name.
        cluster, user: what it names.
        files: the paths that were read; empty for an inline kubeconfig.
    """

    source: str
    context: str
    cluster: Entry
    user: Entry
    files: tuple[str, ...] = ()


def load_files(paths: str, context: str | None) -> Kubeconfig:
    """The context, or the current one, of kubeconfigs whose paths are joined with colons.

    Raises:
        ConfigurationError: naming the file, the context and what there is to choose from.
    """
    files = [os.path.expanduser(path) for path in paths.split(os.pathsep) if path]
    present = [name for name in files if os.path.exists(name)]
    if not present:
        raise ConfigurationError(
            f"The kubeconfig {' or '.join(files) or paths} does not exist: name one with the option kubeconfig or the "
            "variable K8S_AUTH_KUBECONFIG, in the lab's playbooks with pods_lab_kubeconfig."
        )
    contents = [(_read(name), os.path.dirname(os.path.abspath(name))) for name in present]
    return _select(contents, f"kubeconfig {os.pathsep.join(present)}", context, tuple(present))


def load_content(content: Mapping[str, Any], context: str | None) -> Kubeconfig:
    """The same of a parsed kubeconfig, whose relative paths start in the current directory.

    Raises:
        ConfigurationError: as load_files.
    """
    return _select([(content, os.getcwd())], "inline kubeconfig", context, ())


def parse_text(text: str) -> Mapping[str, Any]:
    """The content of a kubeconfig that was given as text.

    Raises:
        ConfigurationError: it is some other text. What it says stays out of the message: it may hold keys.
    """
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, Mapping):
        raise ConfigurationError(
            "The option kubeconfig is a text of several lines that is no kubeconfig: give a path, or the content as a "
            "dictionary."
        )
    return content


def _read(path: str) -> Mapping[str, Any]:
    import yaml

    try:
        with open(path, encoding="utf-8") as stream:
            content = yaml.safe_load(stream)
    except OSError as exc:
        raise ConfigurationError(f"The kubeconfig {path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"The kubeconfig {path} cannot be read: it is not UTF-8.") from exc
    except yaml.YAMLError as exc:
        # Only where: the words of the parser may hold a piece of a token.
        mark = getattr(exc, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ConfigurationError(f"The kubeconfig {path} is not YAML{place}.") from exc
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"The kubeconfig {path} is empty or not a mapping: it has no contexts.")
    return content


Contents = Sequence[tuple[Mapping[str, Any], str]]


def _select(contents: Contents, source: str, asked: str | None, files: tuple[str, ...]) -> Kubeconfig:
    name = _choose_context([content for content, _folder in contents], source, asked)
    fields, _folder = _find(contents, "contexts", "context", name) or ({}, "")
    named = as_text(fields.get("cluster"))
    cluster = _find(contents, "clusters", "cluster", named)
    if cluster is None:
        raise ConfigurationError(
            f"The {source} has no cluster {named!r}, which its context {name!r} names; the clusters it has: "
            f"{_listing(contents, 'clusters')}."
        )
    user_name = as_text(fields.get("user"))
    user = _find(contents, "users", "user", user_name) if user_name else ({}, "")
    if user is None:
        raise ConfigurationError(
            f"The {source} has no user {user_name!r}, which its context {name!r} names; the users it has: "
            f"{_listing(contents, 'users')}."
        )
    return Kubeconfig(
        source=source.removeprefix("kubeconfig ") if files else f"the {source}",
        context=name,
        cluster=Entry(named, *cluster, where=f"the cluster {named!r} in the {source}"),
        user=Entry(user_name, *user, where=f"the user {user_name!r} in the {source}"),
        files=files,
    )


def _choose_context(contents: Sequence[Mapping[str, Any]], source: str, asked: str | None) -> str:
    names = context_names(contents)
    listing = ", ".join(names) if names else "none"
    current = next((content["current-context"] for content in contents if content.get("current-context")), None)
    if asked:
        if asked not in names:
            raise ConfigurationError(f"The {source} has no context {asked!r}; the contexts it has: {listing}.")
        return asked
    if not current:
        raise ConfigurationError(
            f"The {source} has no current context: choose one with the option context; the contexts it has: {listing}."
        )
    if current not in names:
        raise ConfigurationError(
            f"The {source} names {current!r} as its current context and does not have it; the contexts it has: "
            f"{listing}."
        )
    return str(current)


def context_names(contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the contexts in parsed kubeconfigs, in their order, each once."""
    return _names(contents, "contexts")


def _names(contents: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    found = [as_text(as_map(entry).get("name")) for content in contents for entry in as_list(content.get(kind))]
    return [name for name in dict.fromkeys(found) if name]


def _listing(contents: Contents, kind: str) -> str:
    return ", ".join(_names([content for content, _folder in contents], kind)) or "none"


def _find(contents: Contents, kind: str, field: str, name: str) -> tuple[Mapping[str, Any], str] | None:
    """(fields, folder) of the first entry of that name."""
    for content, folder in contents:
        for entry in map(as_map, as_list(content.get(kind))):
            if entry.get("name") == name:
                return as_map(entry.get(field)), folder
    return None


def for_kubernetes_package(kubeconfig: Kubeconfig, version: str) -> Mapping[str, Any] | None:
    """The same as a kubeconfig of which the `kubernetes` package, and with it kubernetes.core, makes what kubectl does.

    Args:
        version: of the package.

    Returns:
        What the file is to hold, tokens included; None where the one that there is will do.

    Raises:
        ConfigurationError: there is none, and what to do instead.
    """
    cluster, user = kubeconfig.cluster, kubeconfig.user
    if user.text("as"):
        raise ConfigurationError(
            f"kubernetes.core does not know as of {user.where}: set its option impersonate_user, and leave as away."
        )
    proxy = cluster.text("proxy-url")
    if proxy and int(version.split(".")[0]) < 37:
        raise ConfigurationError(
            f"kubernetes.core would go past proxy-url of {cluster.where}, which the Python library "
            f"kubernetes {version} does not know: install kubernetes >= 37."
        )
    token = user.text("token")
    resolves_here = proxy.startswith("socks5:")
    if len(kubeconfig.files) == 1 and not user.text("tokenFile") and token == token.strip() and not resolves_here:
        return None
    fields = dict(user.fields)
    if user.text("tokenFile"):
        fields["token"] = _content(user.path("tokenFile"), user.where)
        del fields["tokenFile"]
    elif token:
        fields["token"] = token.strip()
    cluster_fields = dict(cluster.fields)
    if resolves_here:
        cluster_fields["proxy-url"] = f"socks5h:{proxy.removeprefix('socks5:')}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": kubeconfig.context,
        "contexts": [{"name": kubeconfig.context, "context": {"cluster": cluster.name, "user": user.name}}],
        "clusters": [{"name": cluster.name, "cluster": _absolute(replace(cluster, fields=cluster_fields))}],
        "users": [{"name": user.name, "user": _absolute(replace(user, fields=fields))}],
    }


def _absolute(entry: Entry) -> dict[str, Any]:
    """The fields, with paths that lead to the same files from anywhere."""
    fields = dict(entry.fields)
    for name in ("certificate-authority", "client-certificate", "client-key"):
        if entry.text(name):
            fields[name] = entry.path(name)
    plugin = as_map(fields.get("exec"))
    if "/" in as_text(plugin.get("command")):
        fields["exec"] = {**plugin, "command": os.path.normpath(os.path.join(entry.folder, plugin["command"]))}
    return fields


def _content(path: str, where: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"The token file {path} of {where} cannot be read: {reason}.") from exc
