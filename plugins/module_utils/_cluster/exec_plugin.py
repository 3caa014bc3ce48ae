# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the program that a kubeconfig names under `exec` to get credentials.

The protocol is client.authentication.k8s.io: the program learns about the request from KUBERNETES_EXEC_INFO and
writes an ExecCredential to its standard output. Sources: KEP-541; k8s.io/client-go/plugin/pkg/client/auth/exec. The
`kubernetes` package runs such programs too, but only logs that one failed and goes on without credentials, as
system:anonymous.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._ground.deadline import Deadline
from .._ground.errors import ConfigurationError
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.secrets import Secrets
from .._ground.times import parse_time
from .._ground.wording import one_line
from .kubeconfig import Entry

#: Seconds for a program to give credentials. Some ask a cloud over the network; none can ask a person here.
PLUGIN_WITHIN = 30.0
GROUP = "client.authentication.k8s.io"
#: Where a cluster of a kubeconfig keeps what it has to say to a plugin.
EXTENSION = "client.authentication.k8s.io/exec"
#: How much of what a program says is repeated.
LONGEST_WORDS = 500


@dataclass(frozen=True)
class ExecCredential:
    """What a program has given: a token, a certificate with its key (PEM), or both; and until when, None for good."""

    token: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    expires: datetime | None = None


@dataclass(frozen=True)
class ExecPlugin:
    """The program, as the field `exec` of a user describes it.

    Attributes:
        user: whose field that is.
        cluster: told to the program where it wants to know.
        certificate_authority: gives the cluster's CA, base64, likewise; '' for none.
        secrets: learns what comes out.
    """

    user: Entry
    cluster: Entry
    certificate_authority: Callable[[], str]
    secrets: Secrets

    @property
    def _spec(self) -> Mapping[str, Any]:
        return as_map(self.user.fields.get("exec"))

    def __str__(self) -> str:
        return f"the exec plugin {as_text(self._spec.get('command'))!r} of {self.user.where}"

    def run(self, deadline: Deadline) -> ExecCredential:
        """Runs it, within PLUGIN_WITHIN seconds.

        Raises:
            ConfigurationError: naming the program, its exit status and what it said on standard error. What it wrote to
                standard output is not repeated: it may be the credential.
        """
        version = as_text(self._spec.get("apiVersion"))
        if not version.startswith(f"{GROUP}/"):
            raise ConfigurationError(f"{self._name()} has the apiVersion {version!r}, and needs one of {GROUP}.")
        if self._spec.get("interactiveMode") == "Always":
            raise ConfigurationError(
                f"{self._name()} wants a terminal (interactiveMode: Always), and there is none here: log in with it "
                "first, and set IfAvailable if it can then do without."
            )
        within = deadline.clip(PLUGIN_WITHIN)
        status, output, words = self._execute(version, within)
        if status != 0:
            ended = f"exit status {status}" if status > 0 else f"signal {_signal_name(-status)}"
            raise ConfigurationError(
                f"{self._name()} gave no credentials: {ended}{self._said(words)}. Log in anew with what it belongs "
                "to, or choose another context."
            )
        return self._read(output, words, version)

    def _name(self) -> str:
        return f"The {str(self).removeprefix('the ')}"

    def _said(self, words: str) -> str:
        text = self._quoted(words)
        return f", saying: {text}" if text else ", saying nothing"

    def _quoted(self, words: str) -> str:
        return one_line(self.secrets.scrub(words), LONGEST_WORDS).rstrip(".")

    def _program(self) -> str:
        """Its path. A path with a slash starts where the kubeconfig is; a bare name is looked for in PATH."""
        command = as_text(self._spec.get("command"))
        if not command:
            raise ConfigurationError(f"The field exec of {self.user.where} names no command.")
        path = os.path.join(self.user.folder, command) if "/" in command else command
        found = shutil.which(path)
        if found is None:
            hint = one_line(as_text(self._spec.get("installHint")), LONGEST_WORDS)
            missing = "is not executable" if os.path.exists(path) else "is not installed"
            place = "" if "/" in command else " (it is looked for in PATH)"
            raise ConfigurationError(
                f"{self._name()} {missing}{place}: install it where the module runs, or choose another context."
                + (f" Its hint: {hint}" if hint else "")
            )
        return found

    def _execute(self, version: str, within: float) -> tuple[int, str, str]:
        """(exit status, standard output, standard error). Raises ConfigurationError where it does not end in time."""
        program = self._program()
        try:
            # Not run_command of AnsibleModule, which only the frame of the modules knows, and which keeps no time.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                [program, *map(str, as_list(self._spec.get("args")))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(version),
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as exc:
            raise ConfigurationError(f"{self._name()} cannot be run: {exc.strerror}.") from exc
        with process:
            try:
                output, words = process.communicate(timeout=within)
            except subprocess.TimeoutExpired as exc:
                # Its whole group: what it has started itself may hold the pipes open.
                os.killpg(process.pid, signal.SIGKILL)
                words = (exc.stderr or b"").decode("utf-8", "replace")
                raise ConfigurationError(
                    f"{self._name()} had not ended after {within:.3g} s{self._said(words)}."
                ) from exc
        return process.returncode, output, words

    def _environment(self, version: str) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": False}
        if self._spec.get("provideClusterInfo"):
            spec["cluster"] = self._cluster_info()
        info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
        more = {
            as_text(item.get("name")): str(item.get("value", ""))
            for item in map(as_map, as_list(self._spec.get("env")))
            if as_text(item.get("name"))
        }
        return {**os.environ, **more, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _cluster_info(self) -> dict[str, Any]:
        known = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
        info = {field: self.cluster.fields[field] for field in known if self.cluster.fields.get(field)}
        authority = self.certificate_authority()
        if authority:
            info["certificate-authority-data"] = authority
        for extension in map(as_map, as_list(self.cluster.fields.get("extensions"))):
            if extension.get("name") == EXTENSION:
                info["config"] = extension.get("extension")
        return info

    def _read(self, output: str, words: str, version: str) -> ExecCredential:
        try:
            answer = as_map(json.loads(output))
        except (ValueError, RecursionError) as exc:
            stray = self._stray(output)
            raise ConfigurationError(
                f"{self._name()} did not write an ExecCredential to its standard output{stray}; on standard error it "
                f"wrote: {self._quoted(words) or 'nothing'}."
            ) from exc
        status = as_map(answer.get("status"))
        self.secrets.add(as_text(status.get("token")), as_text(status.get("clientKeyData")))
        if answer.get("kind") != "ExecCredential" or answer.get("apiVersion") != version:
            raise ConfigurationError(
                f"{self._name()} is to answer with an ExecCredential of {version}, and did so with "
                f"{as_text(answer.get('kind')) or 'something without a kind'} of "
                f"{as_text(answer.get('apiVersion')) or 'no apiVersion'}: correct the apiVersion in the kubeconfig."
            )
        credential = ExecCredential(
            token=as_text(status.get("token")).strip(),
            certificate=as_text(status.get("clientCertificateData")),
            key=as_text(status.get("clientKeyData")),
            expires=parse_time(status.get("expirationTimestamp")),
        )
        if bool(credential.certificate) != bool(credential.key):
            raise ConfigurationError(f"{self._name()} gave a certificate without its key, or a key alone.")
        if not credential.token and not credential.certificate:
            raise ConfigurationError(f"{self._name()} gave neither a token nor a certificate{self._said(words)}.")
        return credential

    def _stray(self, output: str) -> str:
        """What stands before an ExecCredential, which is then a warning in the wrong place."""
        begin = output.find("{")
        try:
            after = as_map(json.loads(output[begin:])) if begin > 0 else {}
        except (ValueError, RecursionError):
            after = {}
        if after.get("kind") != "ExecCredential":
            return " but something else" if output.strip() else " but nothing"
        self.secrets.add_kubeconfig(after)
        status = as_map(after.get("status"))
        self.secrets.add(as_text(status.get("token")), as_text(status.get("clientKeyData")))
        return f" alone: before it stands {self._quoted(output[:begin])!r}, which belongs on standard error"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
