#!/usr/bin/env bash
# Builds the Debian package, unpacks it, and runs what is inside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

package=$(deploy/deb/build.sh "$place" "$@")
dpkg-deb --info "$package" | grep -E '^ (Package|Version|Architecture|Depends):'
dpkg-deb --extract "$package" "$place/root"
dpkg-deb --control "$package" "$place/control"
cd "$place/root"

version=$(sed -n 's/^Version: //p' "$place/control/control")
[[ "$(usr/bin/towpath --version)" == "towpath $version"?(" ("*) ]]
usr/bin/towpath check etc/towpath/towpath.yaml usr/share/doc/towpath/examples/*.yaml
while read -r kept; do [ -f ".$kept" ]; done <"$place/control/conffiles"
bash -n usr/share/bash-completion/completions/towpath
for page in usr/share/man/man1/towpath.1.gz usr/share/man/man1/towpath-{proxy,explain}.1.gz; do
  zcat "$page" | grep -q '^\.TH towpath'
done
# nobody but root may change what root runs
[ -z "$(find . -perm /022 ! -type l)" ]
dpkg-deb --contents "$package" | awk '$2 != "root/root" { print "not root'"'"'s: " $0; bad = 1 } END { exit bad }'
echo "the package holds $(find . -type f | wc -l) files, $(du -sh . | cut -f1)"
