#!/usr/bin/env bash
# Everything that must pass. A failed step stops no other. What the steps print is kept in tests/output; of those that fail
# it is shown. The last line says how many passed. The steps from `cluster` on need what role kind_cluster needs: root on
# Debian, or a Docker engine, kind and kubectl.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export PATH=$PWD/.venv/bin:$PATH
logs=tests/output
rm -rf "$logs"
mkdir -p "$logs"
touch "$logs/passed" "$logs/failed"

step() {  # NAME COMMAND...: run a step, count it, and return its status
    local name=$1 log=$logs/$1.log started=$SECONDS status
    shift
    echo "==> $name"
    "$@" >"$log" 2>&1
    status=$?
    if [ "$status" = 0 ]; then
        echo "$name" >>"$logs/passed"
        echo "==> $name: passed in $((SECONDS - started)) s. $(grep -E '[0-9]+ passed' "$log" | tail -n 1)"
    else
        echo "$name" >>"$logs/failed"
        echo "==> $name: FAILED after $((SECONDS - started)) s:"
        sed "s/^/[$name] /" "$log"
    fi
    return "$status"
}

make_cluster() {
    # A state kept from an earlier run must not hide that its cluster is gone; a cluster that is there is used.
    molecule reset --scenario-name default && molecule create --scenario-name default
}

# Two nodes, a minute or two; where the node image has to be built, 5 to 12 more. Meanwhile the steps whose time does not
# matter.
step cluster make_cluster &
cluster=$!
step lint ansible-lint
step types mypy
step layers env PYTHONPATH=.ansible/collections lint-imports
step sanity tests/sanity.sh --color no
wait "$cluster"
cluster_status=$?

# These hold deadlines to the second, so they get the machine to themselves.
step unit pytest --numprocesses auto --cov=plugins --cov-report=term:skip-covered
step versions tests/versions.sh
step mutations pytest tests/mutations --numprocesses auto

if [ "$cluster_status" = 0 ]; then
    # Labs mostly wait, but a node without a core to itself starts pods late, and then says rightly that it did.
    step live pytest tests/live --numprocesses "$(($(nproc) > 3 ? 3 : $(nproc)))"
    # One after the other: they restart the API server, or keep namespaces from going.
    step live-alone pytest tests/live -m alone
    step molecule molecule test --all --workers 2
fi

echo
echo "$(wc -l <"$logs/passed") passed, $(wc -l <"$logs/failed") failed"
[ ! -s "$logs/failed" ]
