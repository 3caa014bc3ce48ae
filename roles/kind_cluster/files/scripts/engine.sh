#!/usr/bin/env bash
# engine.sh start PID_FILE LOG SECONDS: start dockerd in the background, unless one runs, and wait until it answers.
# engine.sh stop PID_FILE SECONDS: stop the dockerd that was started with this pid file, and no other.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

# Is process $1 the program $2? A process that was killed and that nobody waits for has a name still, but no program.
is() {
  [[ $(readlink "/proc/$1/exe") == */$2* ]]
}

any_dockerd() {
  local process
  for process in /proc/[0-9]*; do
    if is "${process#/proc/}" dockerd; then
      return 0
    fi
  done
  return 1
}

start() {
  local pid_file=$1 log=$2 seconds=$3 i file program

  # Two plays at the same time start one engine.
  exec 9> "$pid_file.lock"
  flock 9

  # A killed engine leaves its pid files behind. Where their numbers belong to other programs by now, dockerd would
  # refuse to start, or wait for a containerd that is none.
  while read -r file program; do
    if [[ -f $file ]] && ! is "$(< "$file")" "$program"; then
      rm -f "$file"
    fi
  done << EOF
$pid_file dockerd
/run/docker.pid dockerd
/run/docker/containerd/containerd.pid containerd
EOF

  # One that runs already, whoever started it, may just not be ready yet.
  if ! any_dockerd; then
    echo "--- $(date)" >> "$log"
    setsid --fork dockerd --pidfile "$pid_file" >> "$log" 2>&1 < /dev/null 9>&-
  fi
  for ((i = 0; i < seconds; i++)); do
    sleep 1
    if docker version > /dev/null 2>&1; then
      return 0
    fi
    any_dockerd || break
  done
  echo "Docker Engine does not answer after $i seconds; its log $log ends with:" >&2
  tail -n 5 "$log" >&2
  return 1
}

stop() {
  local pid_file=$1 seconds=$2 pid i

  [[ -f $pid_file ]] || return 0
  pid=$(< "$pid_file")
  if ! is "$pid" dockerd || ! tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qxF "$pid_file"; then
    # It was killed, and the number is free or belongs to somebody else.
    rm -f "$pid_file"
    return 0
  fi
  kill "$pid"
  for ((i = 0; i < seconds; i++)); do
    if ! is "$pid" dockerd; then
      rm -f "$pid_file" "$pid_file.lock"
      echo "stopped process $pid"
      return 0
    fi
    sleep 1
  done
  echo "Docker Engine, process $pid, still runs $seconds seconds after it was told to stop: delete its clusters first." >&2
  return 1
}

"$@"
