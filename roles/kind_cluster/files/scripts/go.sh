#!/usr/bin/env bash
# go.sh look SOURCES SECONDS: can the programs of SOURCES be built here? If not, say why.
# go.sh build NAME SOURCES OUT LOG SECONDS: build the program NAME of SOURCES into the directory OUT; on failure, or where the
# module proxy is silent for so long, print the end of LOG.
# What was downloaded and compiled before is in Go's own caches, and neither downloaded nor compiled again.
set -euo pipefail
# Where Go's own archive and Debian's packages put it, for those who have not put it into PATH.
export PATH=$PATH:${GO_DIRECTORIES-/usr/local/go/bin:/usr/lib/go/bin}
# What is built is what go.mod and go.sum say, as programs without libraries; a workspace around it does not matter.
export GOFLAGS=-mod=readonly GOWORK=off CGO_ENABLED=0

look() {
  local sources=$1 seconds=$2 status=0 needs answer
  cd "$sources/cluster"
  needs=$(awk '$1 == "go" {print $2}' go.mod)
  if ! command -v go > /dev/null; then
    echo "there is no Go here; Go $needs or later is needed"
  # Where Go may, it gets itself a newer version.
  elif ! answer=$(timeout "$seconds" go version 2>&1); then
    echo "the Go that is here is too old, Go $needs or later is needed ($(tail -n 1 <<< "${answer:-its download took too long}"))"
  else
    # A small module, of which at least the sum has to be compared.
    timeout "$seconds" go mod download k8s.io/cri-streaming > /dev/null 2>&1 || status=$?
    [[ $status == 0 ]] || echo "the Go module proxy does not answer ($(go env GOPROXY))"
  fi
}

build() {
  local name=$1 sources=$2 out=$3 log=$4 seconds=$5 module=cluster package how=build_program
  mkdir -p "$out"
  # Two plays at the same time build one program.
  exec 9> "$out/.lock"
  flock 9
  case $name in
    kubernetes) package=./kubernetes how=build_kubernetes ;;
    coredns) package=./coredns ;;
    kube-router) package=tool ;;  # what go.mod names as such: it needs no main function of ours
    kind) module=kind package=tool ;;
  esac
  cd "$sources/$module"
  if ! { download "$package" "$seconds" && "$how" "$package" "$out/$name.new" "$out"; } > "$log" 2>&1; then
    # Without the names of packages, which may come after the error.
    grep -v '^[^ ]*$' "$log" | tail -n 5 >&2
    return 1
  fi
  mv "$out/$name.new" "$out/$name"
}

# In the next three, `&&` and `return`: bash does not stop at errors in what stands in a condition.

# Go waits for ever for a proxy that has stopped answering, but with -x it says a line for each request and each answer.
download() {
  local package=$1 seconds=$2 line status=0 said go
  exec {said}< <(exec go list -x -deps "$package" 2>&1 > /dev/null)
  go=$!
  while IFS= read -r -t "$seconds" -u "$said" line || { status=$?; false; }; do echo "$line"; done
  if [[ $status -gt 128 ]]; then  # no line in time
    kill "$go"
    echo "the Go module proxy has been silent for $seconds s ($(go env GOPROXY))"
    return 1
  fi
  wait "$go"
}

# Without -buildvcs=false every commit of a checkout would make another program. -v names the packages in the log, whose
# last line is shown to who waits.
build_program() {
  local package=$1 program=$2
  go version &&
    go build -v -trimpath -buildvcs=false -ldflags=-s -o "$program" "$package"
}

build_kubernetes() {
  local package=$1 program=$2 out=$3 version major minor stamped flags=-s
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes) || return
  IFS=. read -r major minor _ <<< "${version#v}"
  # Without these the components call themselves v0.0.0, and kubeadm refuses that.
  for stamped in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $stamped.gitVersion=$version -X $stamped.gitMajor=$major -X $stamped.gitMinor=$minor"
    flags+=" -X $stamped.gitTreeState=archive"
  done
  go version &&
    go build -v -trimpath -buildvcs=false -ldflags "$flags" -o "$program" "$package" &&
    install -m 0644 "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)/build/pause/linux/pause.c" "$out/pause.c" &&
    echo "$version" > "$out/version"
}

"$@"
