#!/usr/bin/env bash
# cluster-health.sh KUBECONFIG NODES SECONDS: wait until the API server, its controllers, every kubelet and the cluster's DNS
# work, and print the version; after SECONDS say what does not work. With 0 NODES only the API server has to answer.
set -euo pipefail
export KUBECONFIG=$1
nodes=$2
deadline=$((SECONDS + $3))

kube() {
  kubectl --request-timeout=5s "$@" 2> /dev/null
}

# Holders of these leases renew them every 2 seconds.
controllers_work() {
  local lease renewed
  for lease in kube-controller-manager kube-scheduler; do
    renewed=$(kube --namespace kube-system get lease "$lease" -o jsonpath='{.spec.renewTime}') || return 1
    [[ $(($(date +%s) - $(date -d "$renewed" +%s))) -lt 15 ]] || return 1
  done
}

dns_answers() {
  local pod
  for pod in $(kube --namespace kube-system get pods -l k8s-app=kube-dns -o jsonpath='{.items[*].metadata.name}'); do
    if kube get --raw "/api/v1/namespaces/kube-system/pods/$pod:8181/proxy/ready" > /dev/null; then
      return 0
    fi
  done
  return 1
}

# Sets `problem` to what does not work, or to nothing.
check() {
  local ready node
  problem="its API server does not answer"
  kube get --raw /readyz > /dev/null || return 0
  if [[ $nodes -gt 0 ]]; then
    ready=$(kube get nodes -o jsonpath='{range .items[?(@.status.conditions[-1].status=="True")]}{.metadata.name}{"\n"}{end}') ||
      return 0
    problem="of its $nodes nodes only these are ready: ${ready//$'\n'/ }"
    [[ $(grep -c . <<< "$ready") == "$nodes" ]] || return 0
    # A node's condition stays Ready for 40 seconds after its kubelet died.
    for node in $ready; do
      problem="the kubelet of $node does not answer"
      kube get --raw "/api/v1/nodes/$node/proxy/healthz" > /dev/null || return 0
    done
    problem="its controller manager or its scheduler does not work"
    controllers_work || return 0
    problem="its DNS (deployment coredns in kube-system) does not answer"
    dns_answers || return 0
  fi
  problem=
}

check
while [[ -n $problem ]]; do
  if ((SECONDS >= deadline)); then
    echo "$problem" >&2
    exit 1
  fi
  sleep 1
  check
done
kubectl version -o json 2> /dev/null | sed -n '/serverVersion/,$ s/.*"gitVersion": "\(.*\)".*/\1/p'
