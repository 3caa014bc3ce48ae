# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a student does in the lab, step by step, and what each step shows. Pure.

The one place for these texts: lab sheets and the report have them from here. What stands between backquotes is code.
"""

from __future__ import annotations

from typing import NamedTuple

#: How the pods are called that students make themselves: those of the lab are called web, shell and failing.
OWN = "my-"


class Step(NamedTuple):
    """One step of the lab.

    Attributes:
        check: the name of the check in the report that proves the same, see `_checks.LAB_CHECKS`.
        title: what is done.
        text: how, and what to know before.
        commands: the lines to type.
        shows: what is seen, in one sentence.
        why: why it is so, and what else there is to see.
        pod: whose YAML is written first, into POD.yaml: web, shell or failing; '' for none.
        inside: whether the lines are typed in the shell of the shell pod.
    """

    check: str
    title: str
    text: str
    commands: tuple[str, ...]
    shows: str
    why: str = ""
    pod: str = ""
    inside: bool = False

    @property
    def kubectl(self) -> tuple[str, ...]:
        """The lines to type outside: what is typed inside the shell pod, through exec."""
        if not self.inside:
            return self.commands
        return tuple(f"kubectl exec {OWN}shell -- {command}" for command in self.commands if command != "exit")


INTRODUCTION = (
    "A pod is the smallest thing that Kubernetes runs: one container, or several that share a network and storage. In "
    "this lab you make pods from YAML, look at them from outside and from inside, let one talk to another, and see "
    "what Kubernetes does with one that keeps failing."
)

#: What every resource of Kubernetes has, and what it is.
FIELDS = (
    ("apiVersion", "which part of the Kubernetes API, and which version of it, the rest is written for"),
    ("kind", "what it is: here a Pod"),
    ("metadata", "its name, and labels by which it can be found"),
    ("spec", "how you want it to be: here the containers and the images that they run"),
)

#: Above the first YAML.
ABOUT_THE_YAML = (
    "Every resource has the same four fields at the top. What is below `securityContext` and `resources` says that "
    "the app needs no special rights and how much it may use, as classrooms and companies ask for."
)

AFTERWARDS = (
    "You will seldom make pods one by one in production: Deployments, StatefulSets and DaemonSets make them for you, "
    "replace them and spread them over nodes. But what they make are pods, and all that you have seen here holds for "
    "those as well."
)

STEPS = (
    Step(
        "student_access",
        "See where you are",
        "`kubectl` reads from your kubeconfig which cluster to talk to, who you are, and which namespace is yours.",
        ("kubectl config view --minify", "kubectl get pods", "kubectl get pods --namespace default"),
        "The second line shows the pods in your namespace, and the third is refused: you may look into no namespace "
        "but your own.",
        "You may find `web`, `shell` and `failing` there, which your instructor has made: look at them as much as you "
        "like.",
    ),
    Step(
        "web_pod_ready",
        "Write a pod, and run it",
        "Write this into a file `web.yaml`, and apply it.",
        ("kubectl apply -f web.yaml", "kubectl get pods"),
        "`apply` says what you want, and Kubernetes makes it so: it chooses a node, fetches the image and starts the "
        "container.",
        "After a moment the pod is `Running` and `1/1` of its containers are ready.",
        pod="web",
    ),
    Step(
        "apply_again_unchanged",
        "Apply it again",
        "Nothing in the file has changed.",
        ("kubectl apply -f web.yaml",),
        "`unchanged`: the file describes a desired state and no action, and it is there already, so there is nothing "
        "to do.",
        "You can apply a file as often as you like.",
    ),
    Step(
        "pod_has_ip",
        "Find its IP address",
        "Ask for more columns.",
        ("kubectl get pods -o wide", "kubectl get pod my-web -o yaml"),
        "Every pod has an IP address of its own, and stands on one of the nodes.",
        "The second line shows all that Kubernetes knows of it: your four fields, with what was filled in, and a "
        "fifth, `status`, which is how the pod really is.",
    ),
    Step(
        "logs",
        "Read its log",
        "The pod may be on any node, and you need no access to that: `kubectl` asks the API server, which asks the "
        "node.",
        ("kubectl logs my-web",),
        "What the app in the container prints is the log of the pod.",
    ),
    Step(
        "exec_without_shell",
        "Try to get inside",
        "`exec` starts another program in a container that runs.",
        ("kubectl exec -it my-web -- sh",),
        "This fails, and it is to: `executable file not found`, or `no such file or directory`, because there is no "
        "`sh` in this image.",
        "It holds the app and nothing else. That keeps it small, and gives an intruder nothing to work with.",
    ),
    Step(
        "exec",
        "Run a pod that has a shell",
        "Write this into a file `shell.yaml`. Its image has a shell and some tools.",
        ("kubectl apply -f shell.yaml", "kubectl get pods", "kubectl exec -it my-shell -- sh"),
        "When the pod is `Running`, the last line puts you into its container: what you type now runs there, until "
        "you type `exit`.",
        "`hostname` says `my-shell`: a pod's containers have the pod's name for their host name.",
        pod="shell",
    ),
    Step(
        "environment",
        "Look at the environment",
        "You are still in the shell of `my-shell`.",
        ("hostname", "env"),
        "What the YAML says under `env` is there, and Kubernetes has put in `KUBERNETES_SERVICE_HOST`: every container "
        "is told where the API server is.",
        inside=True,
    ),
    Step(
        "dns",
        "Ask the cluster's DNS",
        "Services have names. That of the API server is `kubernetes`, in the namespace `default`.",
        ("nslookup kubernetes.default.svc.cluster.local",),
        "Its address is the one in `KUBERNETES_SERVICE_HOST`.",
        "`svc.cluster.local` is how a cluster's own names usually end; programs may leave it out.",
        inside=True,
    ),
    Step(
        "api_server",
        "Talk to the API server",
        "A container can use the Kubernetes API as you do with `kubectl`.",
        ("curl --insecure https://kubernetes.default.svc/version",),
        "The API server answers, mostly with its version.",
        "A refusal (`403` or `401`) is an answer as well: it is there, and does not tell everybody. `--insecure` means "
        "that its certificate is not checked, which is good enough for a look.",
        inside=True,
    ),
    Step(
        "http_between_pods",
        "Go from one pod to the other",
        "Put the IP address of `my-web`, which `kubectl get pods -o wide` has shown, in the place of `IP-OF-MY-WEB`. "
        "An IPv6 address, with colons, stands in brackets: `http://[fd00::1]:8080/`.",
        ("curl http://IP-OF-MY-WEB:8080/", "exit"),
        "`Hostname: my-web`: one pod has asked the other for a page.",
        "The network of a cluster is flat: pods reach each other by their IP addresses, whichever nodes they are on, "
        "unless a network policy forbids it.",
        inside=True,
    ),
    Step(
        "restarts",
        "Run an app that keeps failing",
        "This is the challenge. Write this into a file `failing.yaml`; then watch, and end the watching with Ctrl-C.",
        ("kubectl apply -f failing.yaml", "kubectl get pods --watch"),
        "The container ends, and Kubernetes starts it again: `RESTARTS` counts.",
        "The pod stays the same, with its name and its IP address. This is the first layer of high availability.",
        pod="failing",
    ),
    Step(
        "back_off",
        "Find out why",
        "After some restarts the status is `CrashLoopBackOff`, or `Error` while it waits.",
        ("kubectl describe pod my-failing", "kubectl logs my-failing --previous"),
        "Kubernetes waits longer before each restart, usually 10 seconds, then 20, 40, and so on up to five minutes.",
        "`Last State` in the description has the exit code, the events at its end have the history, and the log of "
        "the container before has the app's own words.",
    ),
    Step(
        "cleanup",
        "Clean up",
        "Delete what you have made.",
        ("kubectl delete -f web.yaml -f shell.yaml -f failing.yaml", "kubectl get pods"),
        "Your pods are gone and nobody brings them back: nothing but you wanted them to be there.",
    ),
)

#: What the report proves besides, and no sheet asks for: the steps before the lab begins, and those that take several
#: nodes or students.
ONLY_IN_THE_REPORT = (
    Step(
        "namespace",
        "Have a namespace",
        "",
        ("kubectl get pods",),
        "It answers, with your pods or with none: your namespace is there, and keeps what is yours apart from others'.",
    ),
    Step(
        "shell_pod_ready",
        "Run a pod that has a shell",
        "",
        (f"kubectl get pod {OWN}shell -o wide",),
        "The pod is `Running` and `1/1` of its containers are ready: its node has fetched the image and started it.",
    ),
    Step(
        "http_across_nodes",
        "Go to a pod on another node",
        "",
        (f"kubectl exec {OWN}shell -- curl http://IP-OF-A-WEB-POD-ON-ANOTHER-NODE:8080/",),
        "The page comes as from a pod on the same node: the network of a cluster is one, across all of its nodes.",
    ),
    Step(
        "network_isolation",
        "Be kept from other students' pods",
        "",
        (f"kubectl exec {OWN}shell -- curl --max-time 5 http://IP-OF-ANOTHER-STUDENTS-POD:8080/",),
        "It waits until time is over: a network policy in each namespace lets in the pods of the same student only.",
    ),
)

#: The step that shows what a check proves, by the name of the check.
BY_CHECK = {step.check: step for step in (*ONLY_IN_THE_REPORT, *STEPS)}
