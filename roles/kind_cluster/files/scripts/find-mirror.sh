#!/usr/bin/env bash
# find-mirror.sh SUITE: print the first of this machine's apt sources that has that suite of Debian.
set -euo pipefail
suite=$1

directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
# Without release info apt names its sources even if it has downloaded nothing yet. Other archives have a component
# `main`, too; only Debian's suites say that they are Debian's. Signatures are checked by whoever uses the mirror.
# shellcheck disable=SC2016  # apt replaces $(SITE)
sites=$(apt-get indextargets --no-release-info --format '$(SITE)' 'Identifier: Packages' 'Component: main' | awk '!seen[$0]++')
for site in $sites; do
  if /usr/lib/apt/apt-helper download-file "$site/dists/$suite/InRelease" "$directory/InRelease" > /dev/null 2>&1 &&
    grep -qx 'Origin: Debian' "$directory/InRelease"; then
    echo "$site"
    exit 0
  fi
done
echo "asked: ${sites:-apt has no sources}" >&2
exit 1
