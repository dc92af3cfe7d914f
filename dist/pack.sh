#!/usr/bin/env bash
# Packs a built program, with manual, completions and licences, as an archive and as a Debian package:
#
#     dist/pack.sh PROGRAM OUT
#
# The same program, sources and SOURCE_DATE_EPOCH (unless set, the time of the last commit) make the same bytes.
set -euo pipefail
export LC_ALL=C TZ=UTC0
umask 022
program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
maintainer=${LUGGER_MAINTAINER:-The lugger contributors <lugger@packages.invalid>}
version=$("$program" --version)
version=${version#lugger }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No time in the head of a gzip, and its best compression.
squeeze() { gzip -9n "$@"; }

# What both have: the program, its manual, its completions, the licences.
common=$work/common
mkdir -p "$common/completions"
"$program" man --to "$common/man"
while read -r shell file; do
    "$program" completion "$shell" >"$common/completions/$file"
done <<<"bash lugger.bash
zsh _lugger
fish lugger.fish
powershell _lugger.ps1
elvish lugger.elv"
dist/licenses.py >"$common/THIRD-PARTY.txt"

# The archive.
name=lugger-$version-x86_64-linux
root=$work/$name
mkdir -p "$root"
install -m 755 "$program" "$root/lugger"
cp -r "$common/." README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$root"
mkdir "$root/man/man1"
mv "$root"/man/*.1 "$root/man/man1"
tar --directory "$work" --create --sort=name --format=gnu --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" "$name" | squeeze >"$out/$name.tar.gz"

# The Debian package.
package=$work/package
documents=$package/usr/share/doc/lugger
manual=$package/usr/share/man/man1
mkdir -p "$package/DEBIAN" "$documents" "$manual"
install -D -m 755 "$program" "$package/usr/bin/lugger"
install -D -m 644 "$common/completions/lugger.bash" "$package/usr/share/bash-completion/completions/lugger"
install -D -m 644 "$common/completions/_lugger" "$package/usr/share/zsh/vendor-completions/_lugger"
install -D -m 644 "$common/completions/lugger.fish" "$package/usr/share/fish/vendor_completions.d/lugger.fish"
install -D -m 644 dist/debian/lintian-overrides "$package/usr/share/lintian/overrides/lugger"
install -m 644 dist/debian/copyright "$documents/copyright"
install -m 644 "$common"/man/*.1 "$manual"
install -m 644 README.md CHANGELOG.md "$common/THIRD-PARTY.txt" "$documents"
cat >"$documents/changelog" <<END
lugger ($version) unstable; urgency=medium

  * What is new stands in CHANGELOG.md beside this file.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
squeeze "$manual"/*.1 "$documents"/{changelog,README.md,CHANGELOG.md,THIRD-PARTY.txt}
sed -e "s|@VERSION@|$version|" -e "s|@MAINTAINER@|$maintainer|" \
    -e "s|@SIZE@|$(du --summarize --apparent-size --block-size=1024 "$package/usr" | cut -f 1)|" \
    dist/debian/control >"$package/DEBIAN/control"
(cd "$package" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$package" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Z"${DPKG_DEB_COMPRESSOR_TYPE:-xz}" --build "$package" "$out/lugger_${version}_amd64.deb" >/dev/null

cd "$out"
sha256sum "$name.tar.gz" "lugger_${version}_amd64.deb" >SHA256SUMS
cat SHA256SUMS
