#!/usr/bin/env bash
# build-image.sh TAG BASE LOG CONTEXT...: build an image with Docker's own builder; on failure print the end of its log.
# The context is what is in all these directories together; the Dockerfile is in one of them.
set -euo pipefail
tag=$1
base=$2
log=$3
shift 3

# Two plays at the same time build one image.
exec 9> "$log.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then
  exit 0
fi

directories=()
for context; do
  directories+=(-C "$context" .)
done
# The classic builder is part of the engine; BuildKit is a program of its own that Debian's packages do not bring. With
# the network of the host, apt in the build reaches what apt on this machine reaches.
if ! tar --create "${directories[@]}" |
  DOCKER_BUILDKIT=0 docker build --network=host --build-arg "BASE=$base" --tag "$tag" - > "$log" 2>&1; then
  # Without the builder's colours.
  tail -n 15 "$log" | sed 's/\x1b\[[0-9;]*m//g' >&2
  exit 1
fi
