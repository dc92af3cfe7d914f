#!/usr/bin/env bash
# Records the pull and the list of tags that the README shows, from the real program: examples/recording.svg. It needs port
# 5000, Rust, asciinema (Debian) and npx (Node.js), which fetches svg-term-cli. Everything it starts it stops.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
PATH="$PWD/target/release:$PATH"

work=$(mktemp -d)
registry=
cleanup() {
    [ -z "$registry" ] || { kill "$registry" && wait "$registry"; } 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
export HOME="$work" TZ=UTC PS1='$ '
repository=localhost:5000/team/app

# A registry with three versions of an image of five layers.
LUGGER_STORE="$work/registry" lugger serve --addr 127.0.0.1:5000 >"$work/serving" &
registry=$!
until grep -q : "$work/serving"; do sleep 0.1; done
layers=()
for size in 42 17 9 3 1; do
    mkdir -p "$work/layer-$size"
    head -c "${size}M" /dev/urandom >"$work/layer-$size/cargo"
    layers+=(--layer "$work/layer-$size:/srv/$size")
done
day=0
for version in 1.3.9 1.4.0 1.4.1 1.4.2; do
    day=$((day + 1))
    SOURCE_DATE_EPOCH=$((1794477600 + day * 172800)) LUGGER_STORE="$work/making" lugger append scratch "${layers[@]}" \
        --label version=$version -t "$repository:$version" --push --quiet >/dev/null
done
lugger tag --remote "$repository:1.4.2" "$repository:latest"
rm -rf "$work/making"

cat >"$work/typed" <<END
typed() {
    printf '\$ '
    for ((i = 0; i < \${#1}; i++)); do
        printf '%s' "\${1:i:1}"
        sleep 0.03
    done
    sleep 0.4
    printf '\n'
    \$1
}
typed 'lugger pull --limit-rate 9M $repository:1.4.2'
sleep 2
typed 'lugger list-tags --wide $repository'
printf '\$ '
sleep 5
# A recording ends with the last thing that is written.
printf ' '
END
asciinema rec --quiet --overwrite --cols 96 --rows 18 --command "bash $work/typed" "$work/recording.cast"
npx --yes svg-term-cli@2.1.1 --in "$work/recording.cast" --out examples/recording.svg --window --no-cursor --width 98 --height 18
