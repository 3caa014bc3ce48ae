#!/bin/bash
# stop-engine.sh PID_FILE: stop the dockerd that start-engine.sh started with this pid file, and no other.
set -euo pipefail
pid_file=$1

[[ -f $pid_file ]] || exit 0
pid=$(< "$pid_file")
if ! tr '\0' '\n' < "/proc/$pid/cmdline" 2> /dev/null | grep -qxF "$pid_file"; then
  # It was killed, and the number is free or belongs to somebody else.
  rm -f "$pid_file"
  exit 0
fi
kill "$pid"
for ((i = 0; i < 60; i++)); do
  if ! kill -0 "$pid" 2> /dev/null; then
    echo "stopped Docker Engine, process $pid"
    exit 0
  fi
  sleep 1
done
echo "Docker Engine, process $pid, still runs 60 seconds after it was told to stop: delete its clusters first." >&2
exit 1
