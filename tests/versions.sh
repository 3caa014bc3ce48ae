#!/usr/bin/env bash
# The unit tests with the oldest supported versions, and between them and the newest, which .venv has: ansible-core and
# kubernetes by Python. A Python that is not installed is left out, and said so.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/pythons.sh

run_with() {  # PYTHON ANSIBLE_CORE KUBERNETES: unit tests in an environment of their own, kept in .cache
    local python others environment=.cache/versions/$1-$2-$3
    python=$(pythons | awk -v version="$1" '$1 == version { print $2; exit }')
    if [ -z "$python" ]; then
        echo "SKIPPED: ansible-core $2 and kubernetes $3, because Python $1 is not installed"
        return
    fi
    echo "--> Python $1, ansible-core $2, kubernetes $3"
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
    mapfile -t others < <(grep -hE '^(PyYAML|urllib3|websocket-client|PySocks|pytest|hypothesis|jsonschema)' requirements.txt requirements-dev.txt)
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "ansible-core==$2.*" "kubernetes==$3.*" "${others[@]}"
    "$environment/bin/python" -m pytest --numprocesses auto
}

run_with 3.11 2.18 31
run_with 3.12 2.19 34
