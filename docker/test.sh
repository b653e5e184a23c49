#!/usr/bin/env bash
# Runs the build steps of the image without a container engine, and the binary that they leave.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

docker/build.sh "$root"
install -D -m 0644 config/examples/minimal.yaml "$root/etc/towpath/route-table.yaml"

# where that is allowed, nothing but the image's own files is in reach, and the user is the image's
if [ "$(id -u)" -eq 0 ]; then
  run() { chroot --userspec=65532:65532 "$root" /usr/bin/towpath "$@"; }
  chmod 0755 "$root"
  table=/etc/towpath/route-table.yaml
else
  run() { "$root/usr/bin/towpath" "$@"; }
  table=$root/etc/towpath/route-table.yaml
fi

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
# in a clone, the commit stands behind it
[[ "$(run --version)" == "towpath $version"?(" ("*) ]]
run check "$table"
if run check /nowhere.yaml 2>/dev/null; then
  echo "a file that is not there was accepted" >&2
  exit 1
fi
echo "the image's root file system holds $(find "$root" -type f | wc -l) files, $(du -sh "$root" | cut -f1)"
