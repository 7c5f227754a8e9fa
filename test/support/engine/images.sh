#!/usr/bin/env bash
# Makes the images that the tests run in the engine at DOCKER_HOST, out of this machine's own programs, so that nothing has to be
# pulled: local/busybox (2 MB, also tagged busybox:1.37, which the sample jobs name) and local/toolbox (bash, git, node).
# Wants a static busybox (Debian: busybox-static), curl and tar. Does nothing for an image that is there.
set -euo pipefail

socket=${DOCKER_HOST#unix://}
[ "$socket" != "$DOCKER_HOST" ] || { echo "images: $DOCKER_HOST is no unix socket." >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

api() { curl -sS -m 120 --unix-socket "$socket" "$@"; }
has() { [ "$(api -o /dev/null -w '%{http_code}' "http://engine/images/$1/json")" = 200 ]; }
tag() { api -f -X POST "http://engine/images/$1/tag?repo=$2&tag=$3" >/dev/null; }

# `import FOLDER NAME COMMAND`
import() {
  local changes="changes=CMD%20$3&changes=ENV%20PATH%3D/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin" answer
  answer=$(tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c . |
    api -X POST -H 'Content-Type: application/x-tar' -T - "http://engine/images/create?fromSrc=-&repo=$2&tag=latest&$changes")
  case $answer in
    *'"error"'*) echo "images: $2 could not be imported: $answer" >&2; exit 1 ;;
    *) echo "images: made $2." >&2 ;;
  esac
}

# `system FOLDER`: what any image needs, and a link for each of busybox's commands that is not there.
system() {
  mkdir -p "$1"/{etc,root,proc,sys,dev,run,tmp,home,var/tmp,usr/bin,usr/sbin,usr/local/bin}
  chmod 1777 "$1/tmp" "$1/var/tmp"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'runner:x:1000:1000:runner:/home:/bin/sh' 'nobody:x:65534:65534::/:/bin/false' >"$1/etc/passwd"
  printf '%s\n' root:x:0: runner:x:1000: nogroup:x:65534: >"$1/etc/group"
  [ -e "$1/bin" ] || ln -s usr/bin "$1/bin"
  [ -e "$1/sbin" ] || ln -s usr/sbin "$1/sbin"
  cp -L "$(command -v busybox)" "$1/usr/bin/busybox"
  local command
  for command in $(busybox --list); do [ -e "$1/usr/bin/$command" ] || ln -s busybox "$1/usr/bin/$command"; done
}

if ! has local/busybox; then
  system "$work/busybox"
  import "$work/busybox" local/busybox '%5B%22/bin/sh%22%5D'
fi
has busybox:1.37 || tag local/busybox busybox 1.37

if ! has local/toolbox; then
  box=$work/toolbox
  mkdir -p "$box/usr/bin" "$box/usr/lib" "$box/etc/ssl/certs"
  # Before the programs, so that their libraries find one /lib and one /lib64.
  ln -s usr/lib "$box/lib"
  if [ -d /lib64 ]; then
    mkdir "$box/usr/lib64"
    ln -s usr/lib64 "$box/lib64"
  fi
  programs=()
  for program in bash git node; do
    place=$(PATH=/usr/local/bin:/usr/bin:/bin command -v "$program") || { echo "images: local/toolbox is without $program." >&2; continue; }
    cp -L "$place" "$box/usr/bin/$program"
    programs+=("$place")
  done
  if [ -d /usr/lib/git-core ]; then
    cp -a /usr/lib/git-core "$box/usr/lib/"
    programs+=(/usr/lib/git-core/git-remote-http)
  fi
  ldd "${programs[@]}" 2>/dev/null | grep -oE '/[^ :]+\.so[^ :]*' | sort -u | while read -r library; do
    mkdir -p "$box$(dirname "$library")"
    cp -Ln "$library" "$box$library" || true
  done
  [ -e /etc/ssl/certs/ca-certificates.crt ] && cp -L /etc/ssl/certs/ca-certificates.crt "$box/etc/ssl/certs/"
  system "$box"
  import "$box" local/toolbox '%5B%22/bin/bash%22%5D'
fi
