#!/usr/bin/env bash
# build-image.sh TAG BASE CONTEXT LOG: build an image with Docker's own builder; on failure print the end of its log.
set -euo pipefail
tag=$1
base=$2
context=$3
log=$4

# Two plays at the same time build one image.
exec 9> "$log.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then
  exit 0
fi

# The classic builder is part of the engine; BuildKit is a program of its own that Debian's packages do not bring. With
# the network of the host, apt in the build reaches what apt on this machine reaches.
if ! DOCKER_BUILDKIT=0 docker build --network=host --build-arg "BASE=$base" --tag "$tag" "$context" > "$log" 2>&1; then
  tail -n 15 "$log" >&2
  exit 1
fi
