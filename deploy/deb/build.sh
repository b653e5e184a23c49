#!/usr/bin/env bash
# Builds the Debian package of the release binary into a directory, and prints its path.
#
#   deploy/deb/build.sh DIRECTORY [BINARY]
set -euo pipefail
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: deploy/deb/build.sh DIRECTORY [BINARY]" >&2
  exit 2
fi
mkdir -p "$1"
into=$(cd "$1" && pwd)
binary=${2:+$(realpath "$2")}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ -z "$binary" ]; then
  cargo build --release --locked --package towpath-cli >&2
  binary=${CARGO_TARGET_DIR:-target}/release/towpath
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"
umask 022

install -D -m 0755 "$binary" "$root/usr/bin/towpath"
strip --strip-debug "$root/usr/bin/towpath"
# where the unit looks for it
install -D -m 0644 config/examples/minimal.yaml "$root/etc/towpath/route-table.yaml"
install -D -m 0644 -t "$root/usr/lib/systemd/system" deploy/systemd/towpath.{service,socket}
documents=$root/usr/share/doc/towpath
install -D -m 0644 -t "$documents" docs/*.md
install -D -m 0644 -t "$documents/adr" docs/adr/*.md
install -D -m 0644 -t "$documents/examples" config/examples/*.yaml
install -m 0644 LICENSE "$documents/copyright"
gzip -9nc CHANGELOG.md >"$documents/changelog.gz"

made() { mkdir -p "$(dirname "$root/$1")" && "$binary" "${@:2}" >"$root/$1"; }
made usr/share/bash-completion/completions/towpath completions bash
made usr/share/zsh/vendor-completions/_towpath completions zsh
made usr/share/fish/vendor_completions.d/towpath.fish completions fish
made usr/share/man/man1/towpath.1 manual
for command in $("$binary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  [ "$command" = help ] || made "usr/share/man/man1/towpath-$command.1" manual "$command"
done
gzip -9n "$root"/usr/share/man/man1/*.1

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
# the newest symbol of the C library that the binary asks for
libc=$(grep -aoE 'GLIBC_2\.[0-9]+' "$binary" | sort -uV | tail -1)
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<TEXT
Package: towpath
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The Towpath authors <towpath@localhost>
Section: net
Priority: optional
Depends: libc6 (>= ${libc#GLIBC_}), libgcc-s1
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Description: service-mesh proxy that can say why
 Towpath takes HTTP/1.1, decides by a route table that a person likes to write, and forwards,
 splits, redirects, rewrites or answers by itself. It takes a new table without losing a
 request, and explains which route, rule, endpoint and limit made an answer what it is.
TEXT
echo /etc/towpath/route-table.yaml >"$root/DEBIAN/conffiles"
for step in postinst prerm postrm; do
  install -m 0755 "deploy/deb/$step.sh" "$root/DEBIAN/$step"
done

package=$into/towpath_${version}_$(dpkg --print-architecture).deb
# xz takes many times as long, for a package a quarter smaller
dpkg-deb -Zgzip --root-owner-group --build "$root" "$package" >&2
echo "$package"
