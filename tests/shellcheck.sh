#!/usr/bin/env bash
# Every shell script of the checkout, also those of the node image that have no suffix, read by shellcheck: by Debian's
# package, installed where root may, because PyPI's fetches a binary from elsewhere while it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null && ! said=$(tools/apt_install.sh shellcheck 2>&1); then
    echo "SKIPPED: no shell script was checked, because shellcheck is not here ($(tail -n 1 <<<"$said"))"
    exit
fi

git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    # Of a binary file the first line is not text.
    if [ -f "$file" ] && { [[ $file == *.sh ]] || head -n 1 "$file" | grep -qaE '^#!.*\b(ba|da)?sh\b'; }; then
        printf '%s\0' "$file"
    fi
done | xargs -0 shellcheck --external-sources
