#!/bin/bash
# cluster-health.sh KUBECONFIG NODES: succeed and print the version if the API server, every kubelet and the cluster's DNS
# work now; else say what does not. A node's condition alone stays Ready for 40 seconds after its kubelet died.
set -euo pipefail
export KUBECONFIG=$1
nodes=$2

fail() {
  echo "$*" >&2
  exit 1
}

kube() {
  kubectl --request-timeout=5s "$@"
}

kube get --raw /readyz > /dev/null 2>&1 || fail "its API server does not answer"
ready=$(kube get nodes -o jsonpath='{range .items[?(@.status.conditions[-1].status=="True")]}{.metadata.name}{"\n"}{end}')
[[ $(grep -c . <<< "$ready") == "$nodes" ]] ||
  fail "only $(grep -c . <<< "$ready") of $nodes nodes are ready ($(xargs <<< "$ready"))"
while read -r node; do
  kube get --raw "/api/v1/nodes/$node/proxy/healthz" > /dev/null 2>&1 || fail "the kubelet of $node does not answer"
done <<< "$ready"
dns=$(kube --namespace kube-system get deployment coredns -o jsonpath='{.status.availableReplicas}')
[[ ${dns:-0} -gt 0 ]] || fail "its DNS (deployment coredns in kube-system) has no replica that is ready"
kube get nodes -o jsonpath='{.items[0].status.nodeInfo.kubeletVersion}'
