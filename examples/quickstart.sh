#!/usr/bin/env bash
# Builds lugger and shows its main job on this machine: a registry on loopback, a real image made of files from here,
# login, push, list-tags, pull by digest, and the digests compared. Everything it starts it stops, and all it writes
# but the build lies in one folder that it removes.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
need() { # PROGRAM PACKAGE: installs a Debian package if its program is not there
    command -v "$1" >/dev/null && return
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

say "Build"
cargo build --release --quiet
PATH="$PWD/target/release:$PATH"
lugger --version

say "A registry on loopback, with a user of its own"
need docker-registry docker-registry
need htpasswd apache2-utils
work=$(mktemp -d)
registry=
cleanup() {
    [ -z "$registry" ] || { kill "$registry" && wait "$registry"; } 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
port=$((20000 + RANDOM % 20000))
host=localhost:$port
password=$(head -c 12 /dev/urandom | base64)
htpasswd -Bbn captain "$password" >"$work/htpasswd" 2>/dev/null
cat >"$work/registry.yml" <<EOF
version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:$port"}
auth: {htpasswd: {realm: quickstart, path: $work/htpasswd}}
EOF
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break || sleep 0.1; done
echo "$host"

say "An image made of files from this machine, as an OCI layout"
root="$work/root"
layout="$work/layout"
mkdir -p "$root/bin" "$layout/blobs/sha256"
for program in /bin/sh /bin/cat /bin/ls; do
    cp --dereference "$program" "$root/bin/"
    # The loader and the libraries, at the paths where the program looks for them.
    for library in $(ldd "$program" | grep -o '/[^ ]*'); do
        install -D "$library" "$root$library"
    done
done
blob() { # FILE: moves it to its name in the layout, and prints its digest and size
    local digest size
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    size=$(stat -c %s "$1")
    mv "$1" "$layout/blobs/sha256/$digest"
    printf '"digest":"sha256:%s","size":%s' "$digest" "$size"
}
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
diff_id=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
gzip -n "$work/layer.tar"
layer=$(blob "$work/layer.tar.gz")
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
cat >"$work/config" <<EOF
{"created":"$(date -u +%FT%TZ)","architecture":"$arch","os":"linux","config":{"Cmd":["/bin/sh"]},
 "rootfs":{"type":"layers","diff_ids":["sha256:$diff_id"]}}
EOF
config=$(blob "$work/config")
cat >"$work/manifest" <<EOF
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
 "config":{"mediaType":"application/vnd.oci.image.config.v1+json",$config},
 "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",$layer}]}
EOF
manifest=$(blob "$work/manifest")
echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
cat >"$layout/index.json" <<EOF
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",$manifest,
 "annotations":{"org.opencontainers.image.ref.name":"tools"}}]}
EOF
echo "$manifest"

export LUGGER_STORE="$work/store" DOCKER_CONFIG="$work/docker"
image=$host/crew/tools:1.0

say "Into the store, under the name it shall have"
run lugger copy "oci:$layout:tools" "store:$image"
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

say "Pull it by digest into an empty store"
export LUGGER_STORE="$work/other-store"
run lugger pull "$host/crew/tools@$digest"
pulled=$(lugger digest "store:$host/crew/tools@$digest")

say "The digests compared"
pushed=$(sha256sum "$layout/blobs/sha256/"* | grep -o "${digest#sha256:}" | head -n 1)
printf 'pushed  sha256:%s\npulled  %s\n' "$pushed" "$pulled"
[ "sha256:$pushed" = "$pulled" ] && echo "They are the same."
