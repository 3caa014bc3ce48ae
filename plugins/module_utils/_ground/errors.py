# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, as exceptions whose text is one sentence for the person who runs the lab.

Libraries raise them; a module catches KubelabsError once and hands the sentence to ``fail_json``.
"""

from __future__ import annotations

from .api_status import ApiStatus


class KubelabsError(Exception):
    """Any failure of the collection; ``str()`` is one sentence that says what failed and what to do next."""


class MissingLibrary(KubelabsError):
    """A Python library that is not installed where the module runs.

    Attributes:
        library: the name of the distribution to install.
        trace: the traceback of the import that failed.
        reason: what it is needed for: `for the proxy socks5://...`; '' where nothing works without it.
    """

    def __init__(self, library: str, trace: str, reason: str = "") -> None:
        super().__init__(
            f"The Python library {library} is missing: install it for the interpreter that runs the module."
        )
        self.library = library
        self.trace = trace
        self.reason = reason


class ConfigurationError(KubelabsError):
    """The connection options or the kubeconfig do not lead to a cluster."""


class ArgumentError(KubelabsError):
    """An argument that cannot be used: nothing has been asked of the cluster."""


class Unreachable(KubelabsError):
    """The API server has not answered at all."""


class TransportError(KubelabsError):
    """The connection broke in the middle of something; what was asked may or may not have happened."""


class DeadlineExceeded(KubelabsError):
    """There is no time left."""


class ApiError(KubelabsError):
    """The API server answered with an error.

    Attributes:
        status: the HTTP status, or the code of a Status object that came inside a stream.
        reason: the Status object's reason such as ``NotFound`` or ``Expired``; '' when there was none.
        message: the Status object's message, or the plain text of the answer.
        retry_after: seconds the server asks to wait, or None.
        answer: the Status object itself; None where the answer was something else.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        retry_after: float | None = None,
        answer: ApiStatus | None = None,
    ) -> None:
        super().__init__(f"The API server answered {status} {reason}".rstrip() + (f": {message}" if message else ""))
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.answer = answer
