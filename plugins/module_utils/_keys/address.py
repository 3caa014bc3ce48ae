# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the students' kubeconfigs say of the API server."""

from __future__ import annotations

import base64
import re
from typing import Any

from .._cluster.connection import Connection
from .._cluster.endpoint import Certificates, Pem, tls_context

#: A file of certificates may hold a key, too, which is nobody else's.
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def cluster_fields(connection: Connection, server: str = "", server_ca_cert: str = "") -> dict[str, Any]:
    """The fields of the cluster in a kubeconfig, those of the connection where nothing else is given.

    A proxy and the name that the certificate must carry are those of the connection's own address: another one goes
    without. A proxy that only the environment names is this machine's, and its user name and password are nobody
    else's.

    Args:
        server: the URL; '' for that of the connection.
        server_ca_cert: the path of a CA; '' for that of the connection.

    Raises:
        ConfigurationError: the CA cannot be read, or is none.
    """
    certificates = connection.certificates
    authority, verify = certificates.authority, certificates.verify
    if server_ca_cert:
        authority, verify = Pem("the option server_ca_cert", path=server_ca_cert), True
        tls_context(Certificates(authority=authority))  # refuses what is no certificate
    fields: dict[str, Any] = {"server": server or connection.server}
    if not verify:
        fields["insecure-skip-tls-verify"] = True  # kubectl refuses a CA beside it
    elif authority is not None:
        pem = b"\n".join([*_CERTIFICATE.findall(authority.read()), b""])
        fields["certificate-authority-data"] = base64.b64encode(pem).decode()
    if not server:
        if certificates.server_name:
            fields["tls-server-name"] = certificates.server_name
        if connection.proxy is not None and not connection.proxy.from_environment:
            fields["proxy-url"] = connection.proxy.url
    return fields
