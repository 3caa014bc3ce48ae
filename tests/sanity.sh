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

# ansible-test keeps environments and caches in HOME: it gets one of its own. pip goes on with the user's configuration.
for config in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -f "$config" ]; then export PIP_CONFIG_FILE=${PIP_CONFIG_FILE:-$config}; fi
done
export HOME=$top/.cache/sanity/home
# For those environments it would download a get-pip.py of the version it wants. Python brings a pip of its own.
mkdir -p "$HOME/.ansible/test/cache"
"$top/.venv/bin/python" - "$HOME/.ansible/test/cache" <<'PYTHON'
import pathlib, re, sys
from ansible_test._internal import python_requirements

for version in re.findall(r"pip='([\d.]+)'", pathlib.Path(python_requirements.__file__).read_text()):
    script = pathlib.Path(sys.argv[1]) / f"get_pip_{version.replace('.', '_')}.py"
    script.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n")
PYTHON

cd "$tree"
"$top/.venv/bin/ansible-test" sanity --local --python "$("$top/.venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$@"
