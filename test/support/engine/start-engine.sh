#!/usr/bin/env bash
# Starts a Docker engine for the tests on a Debian-like machine, as root: installs Debian's docker.io where it is missing, starts
# containerd and dockerd in the background, waits until they answer, and makes the images that the tests use (images.sh).
# May be run again at any time. Prints `DOCKER_HOST=unix://…` on standard output, all else on standard error.
#
#   ENGINE_DIR   all its state (/var/lib/nightjar-engine)      ENGINE_SOCKET  where it answers (/var/run/docker.sock)
#   ENGINE_NETWORK=none  no bridge and no firewall rules, so that it can run beside another engine, for tests that kill it
#
# containerd is a process of its own, not dockerd's child: containers and their exit codes outlive a dockerd that is killed.
set -euo pipefail

dir=${ENGINE_DIR:-/var/lib/nightjar-engine}
socket=${ENGINE_SOCKET:-/var/run/docker.sock}
here=$(dirname "$(realpath "$0")")
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { echo "start-engine: $*" >&2; }
die() { say "$*"; exit 1; }
answers() { [ "$(curl -s -m 3 --unix-socket "$socket" http://engine/_ping || true)" = OK ]; }
# `is_alive PIDFILE NAME`: a pid may be another process's by now, or a zombie's.
is_alive() {
  local pid; pid=$(cat "$1" 2>/dev/null) || return 1
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:.Z' "/proc/$pid/status"
}

[ "$(id -u)" = 0 ] || die 'must be run as root.'
command -v apt-get >/dev/null || die 'wants a Debian-like system: it installs docker.io with apt-get.'
mkdir -p "$dir"
exec 9>"$dir/lock"
flock -w 300 9 || die "another start-engine.sh has held $dir/lock for five minutes."

# ---- packages
missing=()
for package in docker.io busybox-static curl; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]} with apt-get."
  # Debian's packages start their service unless this forbids it; the engine of the tests is started below.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt=(apt-get -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  "${apt[@]}" update >&2 || say 'apt-get update failed; going on with the lists that are there.'
  "${apt[@]}" install "${missing[@]}" >"$dir/apt.log" 2>&1 || {
    tail -n 15 "$dir/apt.log" >&2
    die "could not install ${missing[*]}; the whole log is $dir/apt.log."
  }
fi

# ---- what the kernel must have ready; in a container or a small virtual machine nobody else has done it
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup || die 'cannot mount /sys/fs/cgroup.'
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    [ -e "/sys/fs/cgroup/$controller/cgroup.procs" ] && continue
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || say "there is no cgroup controller $controller."
  done
fi
network=(--default-address-pool base=172.30.0.0/16,size=24)
apart=()
if [ "${ENGINE_NETWORK:-}" = none ]; then
  network=(--bridge=none --iptables=false --ip6tables=false --ip-masq=false)
  # A dockerd without a bridge removes the machine's docker0, which belongs to the engine beside it.
  apart=(unshare --net)
elif ! iptables -w 5 -t nat -L -n >/dev/null 2>&1; then
  if iptables-legacy -w 5 -t nat -L -n >/dev/null 2>&1; then
    update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
  else
    say 'iptables does not work here: containers have no way out.'
    network+=(--iptables=false --ip6tables=false)
  fi
fi

# ---- the two daemons
# `launch NAME COMMAND…`: its own session, so that no signal to who called us reaches it; descriptor 9 is the lock.
launch() {
  local name=$1; shift
  setsid bash -c 'echo $$ >"$0"; exec "$@"' "$dir/$name.pid" "$@" </dev/null >>"$dir/$name.log" 2>&1 9>&- &
}
# `wait_for SECONDS NAME CONDITION…`: gives up early when the daemon has ended.
wait_for() {
  local ticks=$(($1 * 10)) name=$2; shift 2
  for ((i = 0; i < ticks; i++)); do
    "$@" && return 0
    [ $i -lt 20 ] || is_alive "$dir/$name.pid" "$name" || break
    sleep 0.1
  done
  tail -n 20 "$dir/$name.log" >&2
  die "$name did not come up; the whole log is $dir/$name.log."
}

if answers; then
  say "an engine answers on $socket already."
else
  if ! is_alive "$dir/containerd.pid" containerd; then
    rm -f "$dir/containerd.sock"
    cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "$dir/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$dir/containerd.sock"
TOML
    launch containerd containerd -c "$dir/containerd.toml"
    wait_for 30 containerd test -S "$dir/containerd.sock"
  fi
  if ! is_alive "$dir/dockerd.pid" dockerd; then
    rm -f "$dir/docker.pid" "$socket"
    mkdir -p "$(dirname "$socket")"
    launch dockerd "${apart[@]}" dockerd -H "unix://$socket" --data-root "$dir/docker" --exec-root "$dir/docker-state" \
      --pidfile "$dir/docker.pid" --containerd "$dir/containerd.sock" --shutdown-timeout 5 "${network[@]}"
  fi
  wait_for 60 dockerd answers
  say "dockerd answers on $socket; its log is $dir/dockerd.log."
fi

DOCKER_HOST=unix://$socket "$here/images.sh"
echo "DOCKER_HOST=unix://$socket"
