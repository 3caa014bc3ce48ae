#!/usr/bin/env bash
# load-images.sh CLUSTER IMAGE...: load local images into those nodes of a kind cluster that lack one of them.
set -euo pipefail
cluster=$1
shift

lacking=()
for node in $(kind get nodes --name "$cluster"); do
  names=$(docker exec "$node" ctr --namespace k8s.io images ls --quiet)
  for image in "$@"; do
    if ! grep -qxF "docker.io/$image" <<< "$names"; then
      lacking+=("$node")
      break
    fi
  done
done
[[ ${#lacking[@]} -gt 0 ]] || exit 0

archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
docker save --output "$archive" "$@"
kind load image-archive "$archive" --name "$cluster" --nodes "$(IFS=,; echo "${lacking[*]}")"
echo "loaded into ${lacking[*]}"
