#!/usr/bin/env bash
# Builds the root file system of the image: the binary, the libraries that it loads, and the user that it runs as.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: docker/build.sh DIRECTORY" >&2; exit 2; }
mkdir -p "$1"
root=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --release --locked --package towpath-cli
binary=${CARGO_TARGET_DIR:-target}/release/towpath

install -D -m 0755 "$binary" "$root/usr/bin/towpath"
strip --strip-debug "$root/usr/bin/towpath"

# the dynamic linker and the C library; the binary has all else in it
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
  install -D -m 0755 "$library" "$root$library"
done

install -d -m 0755 "$root/etc/towpath"
echo 'towpath:x:65532:65532::/:/sbin/nologin' >"$root/etc/passwd"
echo 'towpath:x:65532:' >"$root/etc/group"
