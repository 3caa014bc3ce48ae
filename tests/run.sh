#!/usr/bin/env bash
# Everything that must pass, step by step; goes on after a failed step, and says at the end how many passed and failed.
# The steps need .venv (make test makes it) and, from `cluster` on, what role kind_cluster needs: root on Debian, or a
# Docker engine, kind and kubectl that are there already.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH
passed=0
failed=()

step() {  # NAME COMMAND...: run a step and count it
    local name=$1 started=$SECONDS
    shift
    echo
    echo "==> $name"
    if "$@"; then
        passed=$((passed + 1))
        echo "==> $name: passed in $((SECONDS - started)) s"
    else
        failed+=("$name")
        echo "==> $name: FAILED after $((SECONDS - started)) s"
    fi
}

# One cluster for the live tests and the scenarios, coming up while the steps that need none run. Molecule removes it
# after the last scenario.
mkdir -p .cache
# reset: a state kept from an earlier run must not hide that its cluster is gone; a cluster that is there is used.
{ molecule reset --scenario-name default && molecule create --scenario-name default; } >.cache/cluster.log 2>&1 &
cluster=$!
await_cluster() {
    wait "$cluster"
    local status=$?
    cat .cache/cluster.log
    return "$status"
}

step lint ansible-lint
step types mypy
step layers env PYTHONPATH=.ansible/collections lint-imports
step unit pytest --numprocesses auto --cov=plugins --cov-report=term:skip-covered
step versions tests/versions.sh
step sanity tests/sanity.sh --color no
step cluster await_cluster
step live pytest tests/live --numprocesses 4
# By itself: it restarts the API server under the modules.
step api-server-restart pytest tests/live/test_api_server_restart.py
step molecule molecule test --all --workers 2

echo
[ ${#failed[@]} = 0 ] || echo "Failed: ${failed[*]}"
echo "$passed passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
