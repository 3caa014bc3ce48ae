#!/usr/bin/env bash
# Makes .venv with the newest Python (>= 3.11) found, installs REQUIREMENTS into it, and makes the checkout importable as
# the collection kubelabs.pods. Changes nothing outside the checkout, but for python3-venv where root runs it on a Debian
# whose only suitable Python lacks it.
#
# usage: tools/make_venv.sh requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=$1

suitable() {  # is $1 a Python >= 3.11 that runs?
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

newest_python() {  # the suitable Pythons on PATH and under pyenv, newest first; prints the first that can make a venv
    local python
    for python in $(compgen -c python3 | grep -xE 'python3(\.[0-9]+)?' | sort -u) \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
        suitable "$python" && "$python" -c \
            'import sys; print("%03d%03d" % sys.version_info[:2], sys.executable)' || true
    done | sort -ru | while read -r _ python; do
        "$python" -c 'import venv, ensurepip' 2>/dev/null && { echo "$python"; break; } || true
    done
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(newest_python)
    if [ -z "$python" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "==> Installing Debian's python3-venv: no Python >= 3.11 with venv was found"
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends python3 python3-venv >/dev/null
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
