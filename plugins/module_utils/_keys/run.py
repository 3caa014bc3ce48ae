# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the kubeconfigs of a class there, or gone.

First all is looked at: the files, the accounts, and whether there is room for what has to be written. Only then is the
first token asked for, because a token that nobody can write down cannot be taken back. What is to be done is decided in
`decision`, asked for in `tokens`, and done in `disk`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .._ground.deadline import Deadline
from .._ground.errors import DeadlineExceeded, KubelabsError
from .._ground.fleet import run_bounded, run_fleet
from .._ground.json_reading import as_map, as_text
from .._ground.ownership import carries
from .._ground.progress import Progress, Tell, tell_nobody
from .._ground.times import iso, utc_now
from .._ground.wording import NAMED, sentence
from . import disk
from .decision import next_state, note_of
from .keyfile import Key, Marker, to_bytes
from .options import Account, KeysRequest
from .result import UNMET, WRITTEN, KeyResult, State, without_tokens
from .tokens import Item, Tokens, no_such_account


class Refused(KubelabsError):
    """A service account that is not of the class: nothing is asked for it."""


@dataclass(frozen=True)
class Plan:
    """What becomes of one kubeconfig.

    Attributes:
        account: whose it is.
        state: what becomes of it.
        why: the reason; '' where there is nothing to say.
        marker: of the key that is there; None where there is none.
        wanted: what the file is to say, but for the token; None where nothing is to be written.
        note: what else is to be known.
    """

    account: Account
    state: State
    why: str = ""
    marker: Marker | None = None
    wanted: Key | None = None
    note: str = ""


class Keys:
    """One run for a class.

    Args:
        tokens: what can be asked of the cluster.
        request: what is to be there.
        cluster: what the kubeconfigs say of the API server.
        deadline: of the whole task.
        check_mode: whether nothing may be asked for and written.
        now: the time.
        tell: tells how far it is.

    Attributes:
        changed: whether anything was changed, or in check mode would be.
    """

    def __init__(
        self,
        tokens: Tokens,
        request: KeysRequest,
        cluster: Mapping[str, Any],
        *,
        deadline: Deadline,
        check_mode: bool = False,
        now: Callable[[], datetime] = utc_now,
        tell: Tell = tell_nobody,
    ) -> None:
        self._tokens = tokens
        self._request = request
        self._cluster = cluster
        self._deadline = deadline
        self._check_mode = check_mode
        self._now = now
        self._tell = tell
        self._accounts: dict[tuple[str, str], Item] = {}
        self.changed = False

    def write(self) -> list[KeyResult]:
        """Has the kubeconfigs there, with tokens that are good for long enough.

        Raises:
            KubelabsError: the accounts cannot be listed, or the files cannot be written: no token was asked for.
        """
        self._accounts = self._list_accounts()
        plans = [Plan(account, State.FAILED) for account in self._request.accounts]
        plans = self._each(plans, self._decide, "kubeconfigs looked at")
        self._check_room([plan.account.path for plan in plans if plan.state in WRITTEN])
        plans = self._close_folders(plans)
        if not self._check_mode:
            plans = self._each(plans, self._carry_out, "kubeconfigs written")
        return self._results(plans)

    def remove(self) -> list[KeyResult]:
        """Removes the kubeconfigs of the class, and directories that are left empty. Asks nothing of the cluster."""
        plans = [Plan(account, State.FAILED) for account in self._request.accounts]
        plans = self._each(plans, self._remove, "kubeconfigs removed")
        if not self._check_mode:
            gone = [plan.account for plan in plans if plan.state not in UNMET]
            for folder in dict.fromkeys(account.folder for account in gone):
                self.changed |= disk.remove_empty(folder)
        return self._results(plans)

    # --- what there is ---

    def _list_accounts(self) -> dict[tuple[str, str], Item]:
        """Those of the class, by namespace and name. Who may not list them reads each by its name instead."""
        namespaces = {account.namespace for account in self._request.accounts}
        where = namespaces.pop() if len(namespaces) == 1 else ""
        try:
            found = run_bounded(lambda: self._tokens.list_accounts(self._request.selector, where), self._deadline)
        except DeadlineExceeded as exc:
            raise KubelabsError("The list of the service accounts did not come in time: run it again.") from exc
        metas = [(as_map(item.get("metadata")), item) for item in found or []]
        return {(as_text(meta.get("namespace")), as_text(meta.get("name"))): item for meta, item in metas}

    def _decide(self, plan: Plan) -> Plan:
        account, request = plan.account, self._request
        seen = self._look(account)
        item = self._accounts.get((account.namespace, account.service_account)) or self._tokens.read_account(account)
        if item is None and self._check_mode:
            # Mostly the task before would have made it.
            return Plan(account, State.CREATED, "the account is not there yet")
        if item is None:
            raise KubelabsError(no_such_account(account))
        # The server has selected them, and still nothing without the labels is used.
        if not carries(item, request.labels):
            raise Refused(
                f"{account} does not carry the labels {request.selector} and is not used: label it if it is of the "
                "class, or name another service_account"
            )
        uid = as_text(as_map(item.get("metadata")).get("uid"))
        wanted = Key(
            marker=Marker(request.selector, account.namespace, account.service_account, uid, request.lifetime),
            context=account.context_namespace,
            namespace=account.context_namespace,
            user=account.service_account,
            cluster=self._cluster,
        )
        state, why = next_state(
            seen.key,
            wanted,
            now=self._now(),
            renew_before=request.renew_before,
            open_to_others=seen.open_to_others,
        )
        return Plan(account, state, why, seen.key.marker if seen.key else None, wanted)

    def _look(self, account: Account) -> disk.Seen:
        """What is in the place of the kubeconfig: nothing, or one of ours."""
        seen = disk.look(account.path)
        if seen.there and seen.key is None:
            raise KubelabsError(
                f"{account.path} is there and is no kubeconfig that this module wrote, so it stays as it is: move it "
                "away, or give another path."
            )
        if seen.key is not None and seen.key.marker.selector != self._request.selector:
            raise KubelabsError(
                f"{account.path} is a kubeconfig of another class ({seen.key.marker.selector or 'without a name'}), so "
                "it stays as it is: move it away, or give another path."
            )
        return seen

    def _check_room(self, paths: Sequence[str]) -> None:
        trouble = disk.without_room(paths, only_look=self._check_mode)
        if trouble:
            more = f", and {len(trouble) - NAMED} more" if len(trouble) > NAMED else ""
            raise KubelabsError(
                f"No key was asked for, because the kubeconfigs cannot be written: {', '.join(trouble[:NAMED])}{more}. "
                "Make room or get the right to write there, or give other paths."
            )

    # --- what is done ---

    def _close_folders(self, plans: Sequence[Plan]) -> list[Plan]:
        """Keeps others out of the directories that hold our files only; the first student of each is told."""
        closed = []
        looked_at: set[str] = set()
        for plan in plans:
            folder = plan.account.folder
            if plan.state not in UNMET and folder not in looked_at:
                looked_at.add(folder)
                if disk.is_open(folder) and (self._check_mode or disk.close(folder)):
                    self.changed = True
                    plan = replace(plan, note=f"{folder} was open to others than its owner, which is ended.")
            closed.append(plan)
        return closed

    def _carry_out(self, plan: Plan) -> Plan:
        if plan.state not in WRITTEN or plan.wanted is None:
            return plan
        issued = self._now()
        token = self._tokens.ask(plan.account, self._request.lifetime)
        marker = replace(plan.wanted.marker, issued=issued, expires=token.expires)
        content = to_bytes(replace(plan.wanted, marker=marker, token=token.value))
        self._look(plan.account)  # again: somebody else may have put something there meanwhile
        disk.write(plan.account.path, content)
        return replace(plan, marker=marker)

    def _remove(self, plan: Plan) -> Plan:
        if not self._look(plan.account).there:
            return replace(plan, state=State.ABSENT)
        if not self._check_mode:
            disk.remove(plan.account.path)
        return replace(plan, state=State.REMOVED)

    def _each(self, plans: Sequence[Plan], step: Callable[[Plan], Plan], what: str) -> list[Plan]:
        """One step for each, side by side. What fails for one is its state. `what` it is, for those who wait."""

        def on_error(plan: Plan, exc: BaseException) -> Plan:
            words = str(exc) if isinstance(exc, KubelabsError) else f"{type(exc).__name__}: {exc}"
            return Plan(plan.account, State.REFUSED if isinstance(exc, Refused) else State.FAILED, words)

        return run_fleet(
            plans,
            step,
            concurrency=self._request.concurrency,
            deadline=self._deadline,
            on_error=on_error,
            on_deadline=lambda plan, begun: Plan(
                plan.account, State.FAILED, "there was no time left: run it again, it goes on from what is there"
            ),
            while_waiting=lambda done: self._tell(lambda: Progress(done, len(plans), what)),
        )

    # --- results ---

    def _results(self, plans: Sequence[Plan]) -> list[KeyResult]:
        self.changed |= any(plan.state in (*WRITTEN, State.REMOVED) for plan in plans)
        return [_result(plan) for plan in plans]


def _result(plan: Plan) -> KeyResult:
    account, marker = plan.account, plan.marker
    notes = [note_of(marker) if marker else "", plan.note]
    return {
        "name": account.name,
        "namespace": account.namespace,
        "path": account.path,
        "state": plan.state.value,
        "expires": iso(marker.expires) if marker else None,
        "reason": sentence(without_tokens(plan.why)),
        "note": " ".join(note for note in notes if note),
    }
