#!/usr/bin/env bash
# The unit tests with the oldest supported versions, and between them and the newest, which .venv has: ansible-core and
# kubernetes by Python. Where that Python is not installed the nearest one is taken, and said so.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/pythons.sh

nearest_python() {  # VERSION: `VERSION PATH` of that Python, of the next newer one that both ansible-cores run on, or an older one
    pythons | awk -v wanted="${1#3.}" -v newest=13 '{
        split($1, version, ".")
        far = version[2] >= wanted ? version[2] - wanted : 100 + wanted - version[2]
        if (version[2] <= newest && (found == "" || far < least)) { found = $0; least = far }
    } END { print found }'
}

run_with() {  # PYTHON ANSIBLE_CORE KUBERNETES TESTS...: tests in an environment of their own, kept in .cache
    local tests=("${@:4}") version python others environment
    read -r version python <<<"$(nearest_python "$1")"
    if [ -z "$python" ]; then
        echo "SKIPPED: ansible-core $2 and kubernetes $3, because no Python that they run on is installed"
        return
    fi
    [ "$version" = "$1" ] || echo "SKIPPED: Python $1, which is not installed; Python $version instead"
    echo "--> Python $version, ansible-core $2, kubernetes $3"
    environment=.cache/versions/$version-$2-$3
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
    # Of requirements.txt all but those whose versions are given here; ansible only brings collections.
    mapfile -t others < <(
        grep -vE '^(#|ansible|kubernetes)' requirements.txt
        grep -E '^(pytest|hypothesis|jsonschema|junitparser|lxml|pyte)' requirements-dev.txt
    )
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "ansible-core==$2.*" "kubernetes==$3.*" "${others[@]}"
    "$environment/bin/python" -m pytest "${tests[@]}" --numprocesses $((2 * $(nproc)))
}

# Of the commands those that run playbooks; make and the scripts know nothing of ansible-core.
run_with 3.11 2.18 31 tests/unit tests/commands/test_{kind_cluster,lab_class,lab_report,progress}.py
run_with 3.12 2.19 34 tests/unit
