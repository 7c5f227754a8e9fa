#!/usr/bin/env bash
# Stops the engine that start-engine.sh started with the same ENGINE_DIR and ENGINE_SOCKET, and no other; its images stay for the
# next time. `stop-engine.sh --remove` also removes them and everything else that it kept.
set -uo pipefail

dir=${ENGINE_DIR:-/var/lib/nightjar-engine}
socket=${ENGINE_SOCKET:-/var/run/docker.sock}
say() { echo "stop-engine: $*" >&2; }
[ "$(id -u)" = 0 ] || { say 'must be run as root.'; exit 1; }

is_alive() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:.Z' "/proc/$1/status"; }
# `stop NAME SECONDS`
stop() {
  local pid; pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 0
  if is_alive "$pid" "$1"; then
    kill -TERM "$pid"
    for ((i = 0; i < $2 * 20; i++)); do is_alive "$pid" "$1" || break; sleep 0.05; done
    if is_alive "$pid" "$1"; then
      say "$1 did not end within $2 s and is killed."
      kill -KILL "$pid"
    fi
  fi
  rm -f "$dir/$1.pid"
}

stop dockerd 20
# A shim carries a container on when dockerd was killed; those of our containerd are known by its socket.
for process in /proc/[0-9]*; do
  [ "$(cat "$process/comm" 2>/dev/null)" = containerd-shim ] || continue
  tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF -- "-address $dir/containerd.sock" || continue
  shim=${process#/proc/}
  for child in $(cat "$process/task/$shim/children" 2>/dev/null); do kill -KILL "$child" 2>/dev/null; done
  kill -KILL "$shim" 2>/dev/null
done
stop containerd 10
rm -f "$dir/containerd.sock" "$socket"

if [ "${1:-}" = --remove ]; then
  if [ ! -e "$dir/containerd.toml" ]; then say "$dir was not made by start-engine.sh and stays."; exit 1; fi
  # What is mounted deepest goes first.
  awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l
  rm -rf "$dir"
fi
