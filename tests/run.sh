#!/usr/bin/env bash
# Everything that must pass, each step a target of the Makefile. A failed step stops no other. What the steps print is kept
# in tests/output; of those that fail it is shown. The last line says how many passed. The steps on clusters need what role
# kind_cluster needs: root on Debian, or a Docker engine, kind and kubectl.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
logs=tests/output
rm -rf "$logs"
mkdir -p "$logs"
touch "$logs/passed" "$logs/failed" "$logs/skipped"

step() {  # NAME: make the target, count it, and return its status
    local name=$1 log=$logs/$1.log started=$SECONDS status
    echo "==> $name"
    make --silent "$name" >"$log" 2>&1
    status=$?
    if [ "$status" != 0 ]; then
        echo "$name" >>"$logs/failed"
        echo "==> $name: FAILED after $((SECONDS - started)) s:"
        sed "s/^/[$name] /" "$log"
    elif [ -s "$log" ] && ! grep -qv '^SKIPPED: ' "$log"; then
        # It did nothing else, so it has not passed.
        echo "$name" >>"$logs/skipped"
        sed "s/^/==> $name: /" "$log"
    else
        echo "$name" >>"$logs/passed"
        echo "==> $name: passed in $((SECONDS - started)) s. $(grep -E '[0-9]+ passed' "$log" | tail -n 1)"
        # Of what it did a part may be missing.
        sed -n "s/^SKIPPED: /[$name] &/p" "$log"
    fi
    return "$status"
}

# Before the clusters: all may install packages, and apt is one at a time.
step shellcheck
tests/browser.sh install >/dev/null

# Two minutes; where node images have to be built, up to 25 more. Meanwhile all that needs no cluster.
step newest-cluster &
newest=$!
# After the other has installed and started the engine; then side by side, because building waits for packages, too.
(
    until docker version >/dev/null 2>&1 || ! kill -0 "$newest" 2>/dev/null; do sleep 2; done
    step oldest-cluster
) &
oldest=$!
# It uses one processor, as the first of the others.
step sanity &
sanity=$!
for name in ruff yamllint ansible-lint types layers docs unit commands browser versions mutations; do
    step "$name"
done

wait "$sanity"
# The tests on a cluster hold what it does against the clock, so they get the machine to themselves.
wait "$oldest"
has_oldest=$?
if wait "$newest"; then
    for name in live live-alone molecule; do
        step "$name"
    done
fi
[ "$has_oldest" != 0 ] || step live-oldest

count() { wc -l <"$logs/$1"; }
echo
echo "$(count passed) passed, $(count failed) failed$([ ! -s "$logs/skipped" ] || echo ", $(count skipped) skipped")"
[ ! -s "$logs/failed" ]
