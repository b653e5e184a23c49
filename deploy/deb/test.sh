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
usr/bin/towpath check etc/towpath/route-table.yaml usr/share/doc/towpath/examples/*.yaml
while read -r kept; do [ -f ".$kept" ]; done <"$place/control/conffiles"
bash -n usr/share/bash-completion/completions/towpath
for page in usr/share/man/man1/towpath.1.gz usr/share/man/man1/towpath-{proxy,explain}.1.gz; do
  zcat "$page" | grep -q '^\.TH towpath'
done
for document in README.md operations.md route-table.md adr/README.md; do [ -s "usr/share/doc/towpath/$document" ]; done
zcat usr/share/doc/towpath/changelog.gz | grep -q '^# Changelog'

# what the unit names is there
unit=usr/lib/systemd/system/towpath.service
[ -f usr/lib/systemd/system/towpath.socket ]
sed -n 's/^ExecStart=\([^ ]*\).*/\1/p; s/^Environment=TOWPATH_CONFIG=//p; s|^Documentation=file://||p' $unit |
  while read -r named; do
    [ -f ".$named" ] || { echo "$unit names $named, which is not in the package" >&2; exit 1; }
  done

# what is asked of systemd, and when
mkdir "$place/bin"
cat >"$place/bin/systemctl" <<'TEXT'
#!/bin/sh
echo "$*" >>"$ASKED"
case "$*" in *is-active*) [ "$ACTIVE" = yes ] ;; esac
TEXT
chmod 0755 "$place/bin/systemctl"
asked() {
  : >"$place/asked"
  ASKED=$place/asked ACTIVE=$1 PATH=$place/bin:$PATH sh "$place/control/$2" "${@:3}"
  tr '\n' ';' <"$place/asked"
}
upgrade='kill --kill-whom=main --signal=SIGUSR2 towpath.service;'
[ "$(asked yes postinst configure 0.0.1)" = "daemon-reload;--quiet is-active towpath.service;$upgrade" ]
[ "$(asked no postinst configure 0.0.1)" = 'daemon-reload;--quiet is-active towpath.service;' ]
[ "$(asked yes postinst configure '')" = 'daemon-reload;' ]
[ "$(asked yes prerm upgrade 0.0.2)" = '' ]
[ "$(asked yes prerm remove)" = '--quiet disable --now towpath.socket towpath.service;' ]
[ "$(asked yes postrm remove)" = 'daemon-reload;' ]
# without systemd nothing is wrong
for step in 'postinst configure 0.0.1' 'prerm remove' 'postrm remove'; do
  # shellcheck disable=SC2086
  PATH='' /bin/sh "$place/control/"$step
done

# nobody but root may change what root runs
[ -z "$(find . -perm /022 ! -type l)" ]
dpkg-deb --contents "$package" | awk '$2 != "root/root" { print "not root'"'"'s: " $0; bad = 1 } END { exit bad }'
echo "the package holds $(find . -type f | wc -l) files, $(du -sh . | cut -f1)"
