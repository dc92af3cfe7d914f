#!/usr/bin/env bash
# Makes a release in OUT (dist/out unless given): a static program for x86-64 and Linux of any distribution, in an archive and in
# a Debian package, and SHA256SUMS. Needs Debian, rustup, musl-tools, file, lintian and python3.
#
#     dist/build.sh [OUT]
#
# The same sources, compilers and SOURCE_DATE_EPOCH make the same bytes, in whichever folder.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/out}")
cd "$(dirname "$0")/.."
triple=x86_64-unknown-linux-musl
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
crates=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")
sysroot=$(rustc --print sysroot)

rustup target list --installed | grep -qx "$triple" || rustup target add "$triple"

# Where this machine keeps its sources is nobody's business, and not the same elsewhere.
maps=("$crates=/crates" "$sysroot=/rust" "$target=/target" "$PWD=/lugger")
flags=()
for map in "${maps[@]}"; do
    flags+=("--remap-path-prefix=$map")
done
# mimalloc takes no huge pages: with them small programs hold twice the memory. C code that tells when it was compiled tells 1970.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}") \
    CFLAGS_x86_64_unknown_linux_musl="-DMI_DEFAULT_ALLOW_THP=0 ${maps[*]/#/-ffile-prefix-map=}" \
    SOURCE_DATE_EPOCH=0 \
    cargo build --locked --release --target "$triple"

program=$target/$triple/release/lugger
file "$program" | grep -q 'static-pie linked\|statically linked'
dist/pack.sh "$program" "$out"
lintian --fail-on error,warning "$out"/*.deb
