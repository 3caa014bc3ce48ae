# shellcheck shell=bash
# Sourced by scripts. pythons: the Pythons (>= 3.11) that can make a virtual environment, on PATH and under pyenv, newest
# first, a line each: VERSION PATH, such as `3.13 /usr/bin/python3.13`.
pythons() {
    local python
    for python in $(compgen -c python3 | grep -xE 'python3(\.[0-9]+)?' | sort -u) \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
        "$python" -c '
import sys
assert sys.version_info >= (3, 11)
import ensurepip, venv
print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null || true
    done | sort --unique --version-sort --reverse
}
