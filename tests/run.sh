#!/usr/bin/env bash
# Installs what the tests need and runs them all. Needs Debian, root and Rust; the tests start real registries and a real
# Docker Engine on this machine's loopback, and stop them again.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "Peers and tools"
packages=(
    docker-registry docker.io skopeo apache2-utils umoci libarchive-tools             # peers
    tmux strace attr python3 python3-yaml iproute2 jq make g++ musl-tools faketime    # what tests work with
    bash-completion zsh fish elvish man-db mandoc                                     # shells and the manual
)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
programs=(
    docker-registry dockerd docker skopeo htpasswd umoci bsdtar
    tmux strace getfattr python3 ip unshare script jq make strip dpkg-deb faketime
    zsh fish elvish man mandoc
)
for program in "${programs[@]}"; do
    command -v "$program"
done

step "Format"
cargo fmt --check
cargo fmt --check --manifest-path fuzz/Cargo.toml

step "Lints"
cargo clippy --quiet --locked --all-targets -- -D warnings
cargo clippy --quiet --locked --lib --features fuzzing -- -D warnings

step "Documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps --lib

step "Dependencies: licences, bans, sources"
# cargo-deny reads the crates of all platforms, and a build fetches those of this platform only.
cargo fetch --quiet --locked
# The advisories of `cargo deny check` need the network to fetch their database, and are checked where there is one.
cargo deny --version 2>/dev/null || cargo install --quiet --locked --debug --version 0.20.2 cargo-deny
cargo deny --offline --log-level error check bans licenses sources

step "Tests"
# Most of them wait: for a peer, for a silence to be long enough.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc)))}
cargo test --locked

step "Tests at another date"
# No result may depend on today's date. These tests cannot run at another one:
skipped=(
    peers signed_tokens          # programs written in Go, and with them the expiry of tokens, see the real date
    delivery:: the_quickstart    # rustc hangs under faketime
    simulation                   # has a clock of its own
    completions::start           # lists every file that is opened, also those that faketime opens
    crashes swaps crowd          # take minutes, and are about the order of calls
)
# The sandbox of man stops the library of faketime.
MAN_DISABLE_SECCOMP=1 cargo test --locked --lib --bins --tests \
    --config 'target."cfg(unix)".runner = ["faketime", "--exclude-monotonic", "-f", "+400d"]' -- "${skipped[@]/#/--skip=}"

step "Fuzzing, a moment for each target"
fuzz/run.sh 5
