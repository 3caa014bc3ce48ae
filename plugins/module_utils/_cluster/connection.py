# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the connection options people give to a kubernetes client configuration.

The options and their K8S_AUTH_* variables are those of kubernetes.core. Everything about credentials (exec plugins, OIDC,
tokens in files, certificates in data fields) is left to the `kubernetes` package; what is done here is finding the
right file and context, and saying in one sentence what is wrong with them.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._ground.errors import ConfigurationError, MissingLibrary

DEFAULT_KUBECONFIG = "~/.kube/config"
SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@dataclass(frozen=True)
class Connection:
    """A configuration and where it came from.

    Attributes:
        configuration: a `kubernetes.client.Configuration`.
        context: the context in use; None when no kubeconfig was involved.
        source: for messages: the kubeconfig's path, `inline kubeconfig`, `module options` or `service account`.
        asked_context: the context that was asked for by name, for copyable kubectl lines.
        asked_kubeconfig: the path that was asked for, likewise.
        asked_server: the API server, where it was given as such or in an inline kubeconfig, likewise.
        impersonate_user: the user every request is made as, or None.
        impersonate_groups: that user's groups.
    """

    configuration: Any
    context: str | None
    source: str
    asked_context: str | None = None
    asked_kubeconfig: str | None = None
    asked_server: str | None = None
    impersonate_user: str | None = None
    impersonate_groups: tuple[str, ...] = field(default=())


def load_connection(params: Mapping[str, Any]) -> Connection:
    """The connection that the module options describe.

    Raises:
        ConfigurationError: naming the file, the context and what there is to choose from.
        MissingLibrary: the kubernetes package is not installed.
    """
    if params.get("impersonate_groups") and not params.get("impersonate_user"):
        raise ConfigurationError("impersonate_groups needs impersonate_user: a group alone would not be impersonated.")
    configuration = _new_configuration()
    context, source = _load_base(configuration, params)
    _apply_overrides(configuration, params)
    kubeconfig = params.get("kubeconfig")
    return Connection(
        configuration=configuration,
        context=context,
        source=source,
        asked_context=params.get("context"),
        asked_kubeconfig=kubeconfig if isinstance(kubeconfig, str) else None,
        asked_server=str(configuration.host) if params.get("host") or isinstance(kubeconfig, Mapping) else None,
        impersonate_user=params.get("impersonate_user"),
        impersonate_groups=tuple(params.get("impersonate_groups") or ()),
    )


def content_of(kubeconfig: Any) -> Any:
    """The option kubeconfig, with a kubeconfig that was given as text read; a path and a dictionary stay as they are.

    Raises:
        ConfigurationError: it is some other text. What it says stays out of the message: it may hold keys.
    """
    if not isinstance(kubeconfig, str) or not ("\n" in kubeconfig or kubeconfig.lstrip().startswith("{")):
        return kubeconfig
    import yaml

    try:
        content = yaml.safe_load(kubeconfig)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, Mapping):
        raise ConfigurationError(
            "The option kubeconfig is a text of several lines that is no kubeconfig: give a path, or the content as a dictionary."
        )
    return content


def _new_configuration() -> Any:
    try:
        from kubernetes.client.configuration import Configuration
    except ImportError as exc:
        raise MissingLibrary("kubernetes", traceback.format_exc()) from exc
    return Configuration()


def _load_base(configuration: Any, params: Mapping[str, Any]) -> tuple[str | None, str]:
    """Fills the configuration from the kubeconfig, the service account or nothing; returns (context, source)."""
    kubeconfig = params.get("kubeconfig")
    if isinstance(kubeconfig, Mapping):
        return _load_inline(configuration, dict(kubeconfig), params)
    if not kubeconfig and not params.get("context"):
        if _complete_without_file(params):
            return None, "module options"
        if not os.environ.get("KUBECONFIG") and not os.path.exists(os.path.expanduser(DEFAULT_KUBECONFIG)):
            if os.path.exists(SERVICE_ACCOUNT_TOKEN):
                return _load_service_account(configuration)
    path = str(kubeconfig or os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG)
    return _load_file(configuration, path, params)


def _complete_without_file(params: Mapping[str, Any]) -> bool:
    """Whether host and some credential were given, as kubernetes.core decides it."""
    if not params.get("host"):
        return False
    return bool(
        params.get("api_key")
        or (params.get("username") and params.get("password"))
        or (params.get("client_cert") and params.get("client_key"))
    )


def _load_service_account(configuration: Any) -> tuple[str | None, str]:
    from kubernetes.config import incluster_config
    from kubernetes.config.config_exception import ConfigException

    try:
        incluster_config.load_incluster_config(client_configuration=configuration)
    except ConfigException as exc:
        raise ConfigurationError(
            f"There is no kubeconfig, and the pod's service account cannot be used: {exc}"
        ) from exc
    return None, "service account"


def _load_file(configuration: Any, path: str, params: Mapping[str, Any]) -> tuple[str | None, str]:
    from kubernetes.config import kube_config

    files = [os.path.expanduser(part) for part in path.split(os.pathsep) if part]
    present = [name for name in files if os.path.exists(name)]
    if not present:
        raise ConfigurationError(
            f"The kubeconfig {' or '.join(files) or path} does not exist: name one with the option kubeconfig "
            "or the variable K8S_AUTH_KUBECONFIG."
        )
    contents = [_read_kubeconfig(name) for name in present]
    source = os.pathsep.join(present)
    context = _choose_context(contents, source, params.get("context"))
    _run_loader(
        lambda: kube_config.load_kube_config(
            config_file=source,
            context=context,
            client_configuration=configuration,
            persist_config=bool(params.get("persist_config")),
        ),
        source,
    )
    return context, source


def _load_inline(configuration: Any, content: dict[str, Any], params: Mapping[str, Any]) -> tuple[str | None, str]:
    from kubernetes.config import kube_config

    source = "the inline kubeconfig"
    context = _choose_context([content], source, params.get("context"))
    _run_loader(
        lambda: kube_config.load_kube_config_from_dict(
            config_dict=content, context=context, client_configuration=configuration, persist_config=False
        ),
        source,
    )
    return context, source


def _run_loader(load: Any, source: str) -> None:
    """Runs a loader of the kubernetes package, which raises almost anything on a malformed file."""
    try:
        load()
    except Exception as exc:
        raise ConfigurationError(f"The kubeconfig {source} cannot be used: {exc}") from exc


def _read_kubeconfig(path: str) -> Mapping[str, Any]:
    import yaml

    try:
        with open(path, encoding="utf-8") as stream:
            content = yaml.safe_load(stream)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"The kubeconfig {path} cannot be read: {exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"The kubeconfig {path} is not YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"The kubeconfig {path} is empty or not a mapping: it has no contexts.")
    return content


def _choose_context(contents: list[Any], source: str, asked: str | None) -> str:
    names = context_names(contents)
    listing = ", ".join(names) if names else "none"
    current = next((content["current-context"] for content in contents if content.get("current-context")), None)
    if asked:
        if asked not in names:
            raise ConfigurationError(
                f"The kubeconfig {source} has no context {asked!r}; the contexts it has: {listing}."
            )
        return asked
    if not current:
        raise ConfigurationError(
            f"The kubeconfig {source} has no current context: choose one with the option context; the contexts it has: {listing}."
        )
    if current not in names:
        raise ConfigurationError(
            f"The kubeconfig {source} names {current!r} as its current context and does not have it; the contexts it has: {listing}."
        )
    return str(current)


def context_names(contents: list[Any]) -> list[str]:
    """The names of the contexts in parsed kubeconfigs, in their order, each once."""
    names: list[str] = []
    for content in contents:
        for entry in content.get("contexts") or []:
            name = entry.get("name") if isinstance(entry, Mapping) else None
            if isinstance(name, str) and name not in names:
                names.append(name)
    return names


def _apply_overrides(configuration: Any, params: Mapping[str, Any]) -> None:
    """Single options win over the kubeconfig, as in kubernetes.core."""
    for option, attribute in (
        ("host", "host"),
        ("ca_cert", "ssl_ca_cert"),
        ("client_cert", "cert_file"),
        ("client_key", "key_file"),
        ("proxy", "proxy"),
        ("no_proxy", "no_proxy"),
    ):
        if params.get(option):
            setattr(configuration, attribute, params[option])
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
    authorization = _authorization(params)
    if authorization:
        # Both keys: "BearerToken" is what client 36 and later read, "authorization" what the older ones do.
        configuration.api_key = {"BearerToken": authorization, "authorization": authorization}
        configuration.refresh_api_key_hook = None
    if params.get("proxy_headers"):
        configuration.proxy_headers = _proxy_headers(params["proxy_headers"])
    configuration.host = str(configuration.host).rstrip("/")


def _authorization(params: Mapping[str, Any]) -> str | None:
    if params.get("api_key"):
        return f"Bearer {params['api_key']}"
    if params.get("username") and params.get("password"):
        from urllib3.util import make_headers

        return make_headers(basic_auth=f"{params['username']}:{params['password']}")["authorization"]
    return None


def _proxy_headers(options: Mapping[str, Any]) -> dict[str, str]:
    from urllib3.util import make_headers

    return dict(
        make_headers(
            proxy_basic_auth=options.get("proxy_basic_auth"),
            basic_auth=options.get("basic_auth"),
            user_agent=options.get("user_agent"),
        )
    )
