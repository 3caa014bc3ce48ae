#!/usr/bin/env bash
# build-base-image.sh TAG DIRECTORY MIRROR: import a minimal Debian bookworm, with the programs of DIRECTORY, as an image.
# Its /etc/apt/sources.list names the mirror, for builds that start from it.
set -euo pipefail
tag=$1
directory=$2
mirror=$3
export PATH=$PATH:/usr/sbin:/sbin

# Two plays at the same time make one image.
exec 9> /run/lock/kubelabs-base-image
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then
  exit 0
fi

root=$(mktemp -d /var/tmp/kubelabs-base-image.XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" "$mirror" > "$root.log" 2>&1 || {
  tail -n 5 "$root.log" "$root/debootstrap/debootstrap.log" >&2
  exit 1
}
rm -f "$root.log" "$root"/var/cache/apt/archives/*.deb
install -m 0755 -t "$root/usr/local/bin" "$directory"/*
tar -C "$root" -c . | docker import - "$tag" > /dev/null
