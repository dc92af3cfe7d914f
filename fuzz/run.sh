#!/usr/bin/env bash
# Fuzzes lugger's parsers, its whole pull and what it reads of tars: `fuzz/run.sh [SECONDS] [TARGET…]`, each target for so long (10 unless said),
# from the inputs in fuzz/corpus. What is found lies in fuzz/found: new inputs, and those that fail as crash-*, slow-* or
# timeout-*. Needs stable Rust and a C++ compiler, nothing else.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-10}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(reference digest challenge headers manifest refusal logins helper pull archive layers)

cargo build --quiet --locked --release
built=$(cargo metadata --quiet --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
built=$built/$(rustc --print host-tuple)/release
for target in "${targets[@]}"; do
    printf '\n== %s, %s s\n' "$target" "$seconds"
    mkdir -p "found/$target"
    # An input is stopped after 20 s; what a log shows is the end of it, and all of it where something was found.
    log=found/$target.log
    # An image in an archive takes some blocks, and layers take some entries.
    case $target in archive | layers) longest=16384 ;; *) longest=4096 ;; esac
    if ! "$built/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len="$longest" -print_final_stats=1 \
        -artifact_prefix="found/$target/" "found/$target" "corpus/$target" >"$log" 2>&1; then
        cat "$log"
        exit 1
    fi
    grep -E '^(Done|stat::number_of_executed_units|stat::average_exec_per_sec|stat::new_units_added)' "$log"
done
