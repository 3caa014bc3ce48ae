#!/usr/bin/env bash
# ansible-test sanity on a copy of the checkout's files, because ansible-test wants a path that ends in
# ansible_collections/kubelabs/pods. Runs without containers (--local). Arguments go to ansible-test.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
# Outside the checkout: inside it ansible-test would ask git, which ignores .cache.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tree=$copy/ansible_collections/kubelabs/pods
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ -f "$file" ] && printf '%s\0' "$file"
done | tar --null -T - -c | tar -x -C "$tree"

# ansible-test keeps environments and caches in HOME: it gets one of its own.
home=$top/.cache/sanity/home
"$top/.venv/bin/python" tools/ansible_test_home.py "$home"
export HOME=$home

cd "$tree"
"$top/.venv/bin/ansible-test" sanity --local --python "$("$top/.venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$@"
