#!/usr/bin/env bash
# Every shell script of the checkout, also those of the node image that have no suffix, read by shellcheck: by Debian's
# package, installed where root may, because PyPI's fetches a binary from elsewhere while it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

why="is not installed"
if ! command -v shellcheck >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    if ! said=$({ apt-get -qq update && apt-get -qq -y install --no-install-recommends shellcheck; } 2>&1); then
        why="could not be installed ($(tail -n 1 <<<"$said"))"
    fi
fi
if ! command -v shellcheck >/dev/null; then
    echo "SKIPPED: no shell script was checked, because shellcheck $why: apt-get install shellcheck"
    exit
fi

git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    # Of a binary file the first line is not text.
    if [ -f "$file" ] && { [[ $file == *.sh ]] || head -n 1 "$file" | grep -qaE '^#!.*\b(ba|da)?sh\b'; }; then
        printf '%s\0' "$file"
    fi
done | xargs -0 shellcheck --external-sources
