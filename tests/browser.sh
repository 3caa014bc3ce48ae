#!/usr/bin/env bash
# browser.sh [install]: what people see, in Debian's chromium, which is installed where root may, because Playwright's own
# browsers come from elsewhere. With `install` only that, so that the tests need not do it while others install packages.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x /usr/bin/chromium ] && ! said=$(tools/apt_install.sh chromium 2>&1); then
    echo "SKIPPED: no page was looked at, because chromium is not here ($(tail -n 1 <<<"$said"))"
    exit
fi
if [ "${1:-}" != install ]; then
    .venv/bin/pytest tests/browser --numprocesses 2
fi
