# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options, the same for every module of the collection."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragments."""

    # The options and variables of kubernetes.core, so that one module_defaults sets both collections' connection.
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of the kubeconfig, or several paths joined with C(:), or its content as a dictionary or as text.
      - It is read as C(kubectl) reads it. Of several files the first that has an entry counts. Exec plugins are run; one that
        fails is named with its exit status and what it said, and nothing is asked as C(system:anonymous). White space around
        the token in a C(tokenFile) is no part of it. C(tls-server-name), C(proxy-url), C(as) and C(as-groups) count.
      - Without it and without O(host) and a credential, the variable E(KUBECONFIG), then C(~/.kube/config),
        then the service account of the pod the module runs in.
      - Can also be given with the environment variable E(K8S_AUTH_KUBECONFIG).
    type: raw
  context:
    description:
      - The name of a context in the kubeconfig. Without it, the kubeconfig's current context.
      - Can also be given with the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - The URL of the API server. A user name and a password in it count where there is no other credential.
      - Can also be given with the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - A bearer token.
      - Can also be given with the environment variable E(K8S_AUTH_API_KEY).
    type: str
  username:
    description:
      - A user name for HTTP basic authentication.
      - Can also be given with the environment variable E(K8S_AUTH_USERNAME).
    type: str
  password:
    description:
      - The password that goes with O(username).
      - Can also be given with the environment variable E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description:
      - Whether to verify the API server's certificate.
      - Can also be given with the environment variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - Path of the certificate authority's certificates.
      - Can also be given with the environment variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - Path of a client certificate.
      - Can also be given with the environment variable E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the key that goes with O(client_cert).
      - Can also be given with the environment variable E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - The URL of a proxy, C(http), C(https) or C(socks5), with a user name and a password in it if it wants them.
      - Without it, C(proxy-url) of the kubeconfig. Without that the environment variable E(HTTPS_PROXY), E(HTTP_PROXY) for a
        server without TLS, or E(ALL_PROXY), but for this machine itself and for what E(NO_PROXY) lists.
      - Requests and commands in containers go through it, and never past it.
      - Can also be given with the environment variable E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description:
      - Hosts, domains, addresses and networks that are not reached through the proxy, wherever that was set, separated by
        commas.
      - Can also be given with the environment variable E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description:
      - Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - User name and password for the proxy, separated by a colon.
          - Can also be given with the environment variable E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH).
        type: str
      basic_auth:
        description:
          - User name and password, separated by a colon.
          - Can also be given with the environment variable E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH).
        type: str
      user_agent:
        description:
          - The user agent that the proxy sees.
          - Can also be given with the environment variable E(K8S_AUTH_PROXY_HEADERS_USER_AGENT).
        type: str
  persist_config:
    description:
      - Whether to write tokens of an C(auth-provider) that were refreshed back to the kubeconfig.
      - Can also be given with the environment variable E(K8S_AUTH_PERSIST_CONFIG).
    type: bool
  impersonate_user:
    description:
      - The user to make every request as.
      - Can also be given with the environment variable E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description:
      - The groups of O(impersonate_user).
      - Can also be given with the environment variable E(K8S_AUTH_IMPERSONATE_GROUPS).
    type: list
    elements: str
requirements:
  - python >= 3.11
  - urllib3 >= 2.0
  - PyYAML >= 6.0
  - PySocks >= 1.7, for a C(socks5) proxy
  - kubernetes >= 31.0, for a kubeconfig with an C(auth-provider)
notes:
  - A cluster that cannot be reached, an unknown context, a missing kubeconfig and refused credentials fail the task
    at once, with one sentence.
  - No credential of the connection stands in what a module returns or logs, also not in the words of a library.
"""
