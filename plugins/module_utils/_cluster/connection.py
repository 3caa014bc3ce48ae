# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the connection options people give to what a connection is made of.

The options and their K8S_AUTH_* variables are those of kubernetes.core; single options win over the kubeconfig, as
there.
"""

from __future__ import annotations

import base64
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._ground.addresses import host_in_url, split_credentials
from .._ground.errors import ConfigurationError, MissingLibrary
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.secrets import Secrets, basic_header
from .._ground.wording import capital
from .credentials import (
    NOTHING,
    Absent,
    Credential,
    Fixed,
    PluginCredential,
    ProviderCredential,
    TokenFile,
    bearer,
)
from .endpoint import Certificates, Pem
from .exec_plugin import ExecPlugin
from .kubeconfig import DEFAULT_KUBECONFIG, Entry, Kubeconfig, load_content, load_files
from .proxy import Proxy, choose_proxy

#: Where Kubernetes puts the service account of a pod.
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Connection:
    """What a connection is made of and where that came from.

    Attributes:
        server: the URL of the API server, without credentials and without a slash at its end.
        credential: gives the header Authorization.
        certificates: for TLS.
        proxy: to go through, or None.
        secrets: every credential of the connection, also those that come later.
        context: the context in use; None when no kubeconfig was involved.
        source: for messages: the kubeconfig's path, `the inline kubeconfig`, `module options` or `service account`.
        asked_context: the context that was asked for by name, for copyable kubectl lines.
        asked_kubeconfig: the path that was asked for, likewise.
        asked_server: the API server, where it was given as such or in an inline kubeconfig, likewise.
        impersonate_user: the user every request is made as, or None.
        impersonate_groups: that user's groups.
        asked_user, asked_groups: the same where the options say so and not the kubeconfig, for copyable kubectl lines.
    """

    server: str
    credential: Credential
    certificates: Certificates
    proxy: Proxy | None
    secrets: Secrets
    context: str | None
    source: str
    asked_context: str | None = None
    asked_kubeconfig: str | None = None
    asked_server: str | None = None
    impersonate_user: str | None = None
    impersonate_groups: tuple[str, ...] = ()
    asked_user: str | None = None
    asked_groups: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class _Base:
    """What the kubeconfig, the service account or nothing says, before the single options."""

    source: str
    context: str | None = None
    server: str = ""
    cluster_where: str = "the options"
    credential: Credential = NOTHING
    certificates: Certificates = field(default_factory=Certificates)
    proxy_url: str = ""
    impersonate_user: str | None = None
    impersonate_groups: tuple[str, ...] = ()


def load_connection(params: Mapping[str, Any], secrets: Secrets | None = None) -> Connection:
    """The connection that the module options describe. Nothing is asked of anybody yet.

    Args:
        secrets: learns every credential.

    Raises:
        ConfigurationError: naming the file, the context and what there is to choose from.
        MissingLibrary: a Python library is not installed.
    """
    try:
        import urllib3  # noqa: F401  # what makes the connections; said here once, and not by 300 probes
    except ImportError as exc:
        raise MissingLibrary("urllib3", traceback.format_exc(), "for every request, and comes with kubernetes") from exc
    secrets = secrets or Secrets()
    if params.get("impersonate_groups") and not params.get("impersonate_user"):
        raise ConfigurationError("impersonate_groups needs impersonate_user: a group alone would not be impersonated.")
    base = _load_base(params, secrets)
    where = "the option host" if params.get("host") else f"server of {base.cluster_where}"
    server, from_url = _server(params.get("host") or base.server, where, secrets)
    kubeconfig = params.get("kubeconfig")
    asked_user, asked_groups = params.get("impersonate_user"), tuple(params.get("impersonate_groups") or ())
    return Connection(
        server=server,
        credential=_credential(params, secrets) or _in_url(base.credential, from_url),
        certificates=_certificates(base.certificates, params),
        proxy=choose_proxy(
            server,
            option=params.get("proxy"),
            no_proxy=params.get("no_proxy"),
            cluster_proxy=base.proxy_url,
            cluster_where=base.cluster_where,
            environment=os.environ,
            headers=_proxy_headers(params.get("proxy_headers"), secrets),
            secrets=secrets,
        ),
        secrets=secrets,
        context=base.context,
        source=base.source,
        asked_context=params.get("context"),
        asked_kubeconfig=kubeconfig if isinstance(kubeconfig, str) else None,
        asked_server=server if params.get("host") or isinstance(kubeconfig, Mapping) else None,
        impersonate_user=asked_user or base.impersonate_user,
        impersonate_groups=asked_groups if asked_user else base.impersonate_groups,
        asked_user=asked_user,
        asked_groups=asked_groups,
    )


# --- where to begin ---


def _load_base(params: Mapping[str, Any], secrets: Secrets) -> _Base:
    kubeconfig, context = params.get("kubeconfig"), params.get("context")
    if isinstance(kubeconfig, Mapping):
        return _from_kubeconfig(load_content(kubeconfig, context), params, secrets)
    variable = os.environ.get("KUBECONFIG")
    if not kubeconfig and not context:
        if _complete_without_file(params):
            return _Base("module options")
        if not variable and not os.path.exists(os.path.expanduser(DEFAULT_KUBECONFIG)):
            if os.path.exists(os.path.join(SERVICE_ACCOUNT, "token")):
                return _from_service_account(secrets)
    paths = str(kubeconfig or variable or DEFAULT_KUBECONFIG)
    return _from_kubeconfig(load_files(paths, context), params, secrets)


def _complete_without_file(params: Mapping[str, Any]) -> bool:
    """Whether host and some credential were given, as kubernetes.core decides it."""
    if not params.get("host"):
        return False
    return bool(
        params.get("api_key")
        or (params.get("username") and params.get("password"))
        or (params.get("client_cert") and params.get("client_key"))
    )


def _from_service_account(secrets: Secrets) -> _Base:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise ConfigurationError(
            "There is no kubeconfig, and the pod's service account cannot be used: KUBERNETES_SERVICE_HOST or "
            "KUBERNETES_SERVICE_PORT is not set."
        )
    return _Base(
        source="service account",
        server=f"https://{host_in_url(host)}:{port}",
        cluster_where="the pod's environment",
        credential=TokenFile(os.path.join(SERVICE_ACCOUNT, "token"), "of the pod's service account", secrets),
        certificates=Certificates(
            authority=Pem("the CA of the pod's service account", os.path.join(SERVICE_ACCOUNT, "ca.crt"))
        ),
    )


def _from_kubeconfig(kubeconfig: Kubeconfig, params: Mapping[str, Any], secrets: Secrets) -> _Base:
    cluster, user = kubeconfig.cluster, kubeconfig.user
    secrets.add_kubeconfig(user.fields)
    for name in ("as-uid", "as-user-extra"):
        if user.fields.get(name):
            raise ConfigurationError(f"{name} of {user.where} is not supported: choose a user without it.")
    if user.fields.get("as-groups") and not user.text("as"):
        raise ConfigurationError(f"as-groups of {user.where} needs as: a group alone would not be impersonated.")
    client, key = _pem(user, "client-certificate"), _pem(user, "client-key")
    authority = _pem(cluster, "certificate-authority")
    plugin = ExecPlugin(user, cluster, lambda: _base64(authority), secrets)
    return _Base(
        source=kubeconfig.source,
        context=kubeconfig.context,
        server=cluster.text("server"),
        cluster_where=cluster.where,
        credential=_user_credential(kubeconfig, plugin, client is not None, params, secrets),
        certificates=Certificates(
            authority=authority,
            client=client,
            key=key,
            verify=not cluster.fields.get("insecure-skip-tls-verify"),
            server_name=cluster.text("tls-server-name"),
        ),
        proxy_url=cluster.text("proxy-url"),
        impersonate_user=user.text("as") or None,
        impersonate_groups=tuple(as_text(group) for group in as_list(user.fields.get("as-groups"))),
    )


def _user_credential(
    kubeconfig: Kubeconfig, plugin: ExecPlugin, has_certificate: bool, params: Mapping[str, Any], secrets: Secrets
) -> Credential:
    user = kubeconfig.user
    if user.path("tokenFile"):
        return TokenFile(user.path("tokenFile"), f"of {user.where}", secrets)
    if user.text("token"):
        return Fixed(bearer(user.text("token"), f"of {user.where}", secrets))
    if user.text("username") and user.text("password"):
        return Fixed(basic_header(user.text("username"), user.text("password"), secrets))
    if user.fields.get("auth-provider"):
        name = as_text(as_map(user.fields.get("auth-provider")).get("name"))
        persist = bool(params.get("persist_config"))
        return ProviderCredential(
            lambda configuration: _load_with_package(configuration, kubeconfig, params.get("kubeconfig"), persist),
            f"the auth-provider {name!r} of {user.where}",
            secrets,
        )
    if has_certificate:
        return NOTHING
    if user.fields.get("exec"):
        return PluginCredential(plugin, secrets)
    # Where nobody is named, nobody is meant; kubectl sends no credentials over plain HTTP.
    if not user.name or (not user.fields and kubeconfig.cluster.text("server").startswith("http:")):
        return NOTHING
    return Absent(
        f"{capital(user.where)} has no credential that can be used: it needs a token, a tokenFile, a "
        "client-certificate, a username with a password, an exec plugin or an auth-provider."
    )


def _load_with_package(configuration: Any, kubeconfig: Kubeconfig, content: Any, persist: bool) -> None:
    from kubernetes.config import kube_config

    if kubeconfig.files:
        kube_config.load_kube_config(
            config_file=os.pathsep.join(kubeconfig.files),
            context=kubeconfig.context,
            client_configuration=configuration,
            persist_config=persist,
        )
    else:
        kube_config.load_kube_config_from_dict(
            config_dict=dict(content),
            context=kubeconfig.context,
            client_configuration=configuration,
            persist_config=False,
        )


def _pem(entry: Entry, name: str) -> Pem | None:
    """The field as data, which counts first, or as a file."""
    data, path = entry.text(f"{name}-data"), entry.path(name)
    if data:
        return Pem(f"the {name}-data of {entry.where}", data=data)
    return Pem(f"the {name} of {entry.where}", path=path) if path else None


def _base64(authority: Pem | None) -> str:
    return base64.b64encode(authority.read()).decode() if authority else ""


# --- single options ---


def _server(url: str, where: str, secrets: Secrets) -> tuple[str, str | None]:
    """(the URL without credentials, the header that those in it come to)."""
    try:
        parts, username, password = split_credentials(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        parts, username, password, port_fits = split_credentials("")[0], None, None, False
    secrets.add(password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits:
        raise ConfigurationError(f"{capital(where)} is not the URL of an API server, such as https://192.0.2.10:6443.")
    header = basic_header(username, password or "", secrets) if username else None
    return parts._replace(query="", fragment="").geturl().rstrip("/"), header


def _in_url(credential: Credential, header: str | None) -> Credential:
    """Credentials in the server's URL count where there are no others, as in kubectl."""
    return Fixed(header) if header and (credential is NOTHING or isinstance(credential, Absent)) else credential


def _credential(params: Mapping[str, Any], secrets: Secrets) -> Credential | None:
    if params.get("api_key"):
        return Fixed(bearer(params["api_key"], "in the option api_key", secrets))
    if params.get("username") and params.get("password"):
        return Fixed(basic_header(params["username"], params["password"], secrets))
    return None


def _certificates(base: Certificates, params: Mapping[str, Any]) -> Certificates:
    given: dict[str, Any] = {
        attribute: Pem(f"the option {option}", path=params[option])
        for option, attribute in (("ca_cert", "authority"), ("client_cert", "client"), ("client_key", "key"))
        if params.get(option)
    }
    if params.get("validate_certs") is not None:
        given["verify"] = bool(params["validate_certs"])
    return replace(base, **given)


def _proxy_headers(options: Mapping[str, Any] | None, secrets: Secrets) -> dict[str, str]:
    if not options:
        return {}
    headers = {"user-agent": str(options["user_agent"])} if options.get("user_agent") else {}
    for option, name in (("proxy_basic_auth", "proxy-authorization"), ("basic_auth", "authorization")):
        if options.get(option):
            username, _colon, password = str(options[option]).partition(":")
            headers[name] = basic_header(username, password, secrets)
    return headers
