#!/bin/bash
# start-engine.sh PID_FILE LOG SECONDS: start dockerd in the background and wait until it answers.
set -euo pipefail
pid_file=$1
log=$2
seconds=$3
export PATH=$PATH:/usr/sbin:/sbin

# Two plays at the same time start one engine.
exec 9> "$pid_file.lock"
flock 9

# A killed engine leaves its pid files behind. Where their numbers belong to other programs by now, dockerd would refuse
# to start, or wait for a containerd that is none.
for entry in "$pid_file dockerd" "/run/docker.pid dockerd" "/run/docker/containerd/containerd.pid containerd"; do
  read -r file program <<< "$entry"
  if [[ -f $file && $(cat "/proc/$(< "$file")/comm" 2> /dev/null) != "$program" ]]; then
    rm -f "$file"
  fi
done

# One that runs already, whoever started it, may just not be ready yet.
if ! grep -qsx dockerd /proc/[0-9]*/comm; then
  echo "--- $(date)" >> "$log"
  setsid --fork dockerd --pidfile "$pid_file" >> "$log" 2>&1 < /dev/null 9>&-
fi

for ((i = 0; i < seconds; i++)); do
  sleep 1
  if docker version > /dev/null 2>&1; then
    exit 0
  fi
  if ! grep -qsx dockerd /proc/[0-9]*/comm; then
    break
  fi
done
echo "Docker Engine does not answer after $i seconds; see $log, which ends with:" >&2
tail -n 5 "$log" >&2
exit 1
