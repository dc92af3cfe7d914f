#!/usr/bin/env bash
# Builds lugger and shows its main job on this machine: a registry on loopback, an image made of files from here, login, push,
# list-tags, pull by digest, and what was pulled compared with what was pushed. It needs Rust and a C compiler. Everything it
# starts it stops, and all it writes but the build lies in one folder that it removes.
#
# quickstart.sh [PROFILE]: of the build, `release` unless given
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "Build"
profile=${1:-release}
cargo build --profile "$profile" --quiet
# What cargo calls dev lies in debug.
PATH="${CARGO_TARGET_DIR:-$PWD/target}/${profile/#dev/debug}:$PATH"
lugger --version

say "A registry on loopback, with a user of its own"
work=$(mktemp -d)
registry=
cleanup() {
    [ -z "$registry" ] || { kill "$registry" && wait "$registry"; } 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
export HOME="$work" DOCKER_CONFIG="$work/docker" XDG_CONFIG_HOME="$work/config"
# As `htpasswd -B` writes it, for a registry that is gone when this ends.
password='loopback only'
echo 'captain:$2y$05$WSurs1zD34LSghTUEyH.i.Pi6W8biRWs67Mlj5D2kL9VZs4cKZIF6' >"$work/users"
LUGGER_STORE="$work/registry" lugger serve --addr 127.0.0.1:0 --htpasswd "$work/users" >"$work/serving" &
registry=$!
for _ in $(seq 100); do grep -q : "$work/serving" && break || sleep 0.1; done
cat "$work/serving"
host=$(sed 's,.*//,,' "$work/serving")

say "An image made of files from this machine"
root="$work/root"
mkdir -p "$root/bin"
for program in /bin/sh /bin/cat /bin/ls; do
    cp --dereference "$program" "$root/bin/"
    # The loader and the libraries, at the paths where the program looks for them.
    for library in $(ldd "$program" | grep -o '/[^ ]*'); do
        install -D "$library" "$root$library"
    done
done
export LUGGER_STORE="$work/store"
image=$host/crew/tools:1.0
run lugger append scratch --layer "$root" --cmd /bin/sh --label made=here -t "$image"
run lugger images

say "Log in and push"
printf '$ lugger login %s -u captain --password-stdin\n' "$host"
echo "$password" | lugger login "$host" -u captain --password-stdin
run lugger push "$image"
run lugger tag --remote "$image" "$host/crew/tools:latest"

say "What the registry has"
run lugger list-tags "$host/crew/tools"
digest=$(run lugger digest "$image" | tail -n 1)
echo "$digest"

say "Pull it by digest into an empty store, and look inside"
export LUGGER_STORE="$work/other-store"
run lugger pull "$host/crew/tools@$digest"
run lugger export "store:$host/crew/tools@$digest" --to "$work/pulled"

say "What was pushed and what was pulled"
run diff -r "$root" "$work/pulled" && echo "They are the same."
