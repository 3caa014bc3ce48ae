#!/usr/bin/env bash
# Makes .venv with the newest Python (>= 3.11) found, installs REQUIREMENTS into it, and makes the checkout importable as
# the collection kubelabs.pods. Changes nothing outside the checkout, except that it installs python3-venv where root runs
# it on a Debian whose only suitable Python lacks it.
#
# usage: tools/make_venv.sh requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=$1

. tools/pythons.sh

newest_python() {
    pythons | awk 'NR == 1 { print $2 }'
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(newest_python)
    if [ -z "$python" ]; then
        echo "==> Installing Debian's python3-venv: no Python >= 3.11 with venv was found"
        tools/apt_install.sh python3 python3-venv || true
        python=$(newest_python)
    fi
    if [ -z "$python" ]; then
        echo "No Python >= 3.11 that can make a virtual environment was found. Install one, then run make again, as in:" >&2
        echo "    sudo apt-get install python3 python3-venv" >&2
        exit 1
    fi
    echo "==> Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear .venv
fi

echo "==> Installing $requirements into .venv (about 2 minutes the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"

# The link is made here, not committed: ansible-test forbids links to directories.
mkdir -p .ansible/collections/ansible_collections/kubelabs
ln -sfn ../../../.. .ansible/collections/ansible_collections/kubelabs/pods
