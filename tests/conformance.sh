#!/usr/bin/env bash
# Holds `lugger serve` to the conformance suite of the OCI distribution spec. The suite is no part of this project: the argument
# is the program it builds (`go build` in the folder `conformance` of https://github.com/opencontainers/distribution-spec).
set -euo pipefail
suite=$(realpath "${1:?the program of the conformance suite}")
cd "$(dirname "$0")/.."
cargo build --quiet --locked --release
lugger=$(cargo metadata --quiet --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/lugger

work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" || true
    wait
    rm -rf "$work"
}
trap stop EXIT
export HOME=$work LUGGER_STORE=$work/store
"$lugger" serve --addr 127.0.0.1:0 >"$work/serving" &
server=$!
for _ in $(seq 100); do grep -q : "$work/serving" && break || sleep 0.1; done

# Every workflow, and of what a registry may do all but manifests whose parts are missing, which are refused.
export OCI_REGISTRY OCI_TLS=disabled OCI_VERSION=dev OCI_RESULTS_DIR=$work/results
export OCI_API_BLOBS_UPLOAD_CANCEL=true OCI_API_MANIFESTS_TAG_PARAM=true
export OCI_API_BLOBS_DIGEST_HEADER=true OCI_API_MANIFESTS_DIGEST_HEADER=true
OCI_REGISTRY=$(sed 's,.*://,,' "$work/serving")
cd "$work"
"$suite" >report 2>&1 || { cat report; exit 1; }
sed -n '/^API conformance/q; p' report | tail -8
grep -Eq '^ *FAIL\.+: +0$' report
"$lugger" check
