#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# examples/kvd beside redis-server and memcached: each on one processor, in turn, driven from another
# one by the same load (kvd_load.c), so that client and server share no processor. Behaves as the other
# benchmarks of this folder do; script/bench --only kvd calls it, and prints the table.
#
#   get_16, set_16, get_1, set_1   so many commands in a pipeline, 16 connections, values of 64 bytes:
#                                  nanoseconds per command, and the 99th percentile of a batch in us
#   crossing                       kvd on both processors, the client on one of them: what it takes
#                                  until a command that crossed has its reply (INFO of kvd), and the
#                                  share of those that cross
#
# Usage: bench_kvd [--benchmark_filter=REGEX] [--benchmark_repetitions=N] [--benchmark_out=FILE]
set -euo pipefail

bin=$(dirname "$0")
filter=. repetitions=1 out=/dev/stdout
for argument; do
    case $argument in
    --benchmark_filter=*) filter=${argument#*=} ;;
    --benchmark_repetitions=*) repetitions=${argument#*=} ;;
    --benchmark_out=*) out=${argument#*=} ;;
    --benchmark_*) ;;
    *)
        echo "bench_kvd: '$argument'?" >&2
        exit 2
        ;;
    esac
done

work=$(mktemp -d)
servers=()
finish() {
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# serve NAME PORT COMMAND...: a server on the first processor, once it answers.
serve() {
    local name=$1 port=$2
    shift 2
    taskset -c 0 "$@" >"$work/$name.log" 2>&1 &
    servers+=($!)
    for _ in $(seq 100); do
        if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    echo "bench_kvd: $name does not answer: $(tail -n 1 "$work/$name.log")" >&2
    exit 1
}

base=$((20000 + RANDOM % 20000))
missing=()
wants() { grep -qE -- "$filter" <<<"$1/interleaved"; }

# measure OPERATION PIPELINE: a line of JSON, the servers in turn.
measure() {
    local name speed p50 p99 json='{}' protocol
    for name in kvd redis memcached; do
        [ -n "${port[$name]-}" ] || continue
        protocol=resp
        [ "$name" != memcached ] || protocol=memcached
        # A wrong reply ends everything.
        read -r speed p50 p99 < <(taskset -c 1 "$bin/kvd_load" "$protocol" "${port[$name]}" "$1" 0.4 \
            16 "$2") || exit 1
        json=$(jq -c --arg name "$name" --argjson speed "$speed" --argjson p50 "$p50" \
            --argjson p99 "$p99" '. + {($name + "_ns"): (1e9 / $speed),
            ($name + "_p50_us"): $p50, ($name + "_p99_us"): $p99}' <<<"$json")
    done
    jq -c --arg row "$1_$2" '. + {row: $row}' <<<"$json" >>"$work/rows"
}

# kvd on both processors: what it says itself.
measure_crossing() {
    local speed rest
    read -r speed rest < <(taskset -c 1 "$bin/kvd_load" resp "${port[both]}" get 0.4 16 16) || exit 1
    printf 'INFO cores\r\nQUIT\r\n' | timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/${port[both]}
        cat >&3; cat <&3" | tr -d '\r' >"$work/info"
    jq -nR --argjson speed "$speed" '[inputs | select(startswith("core")) | split(":")[1] | split(",")
        | map(split("=") | {key: .[0], value: (.[1] | tonumber)}) | from_entries] | {row: "crossing",
        command_ns: (1e9 / $speed),
        crossed_percent: (100 * (map(.crossed_out) | add) / (map(.commands) | add)),
        crossing_p50_ns: (map(.crossing_p50_ns) | max),
        crossing_p99_ns: (map(.crossing_p99_ns) | max)}' -c <"$work/info" >>"$work/rows"
}

if [ "$(nproc)" -lt 2 ]; then
    echo '{"row": "get_16", "error": "two processors are needed"}' >"$work/rows"
else
    declare -A port=([kvd]=$base)
    serve kvd "$base" "$bin/../examples/kvd/kvd" --port "$base" --cores 0
    if command -v redis-server >/dev/null; then
        port[redis]=$((base + 1))
        serve redis "${port[redis]}" redis-server --port "${port[redis]}" --bind 127.0.0.1 --save '' \
            --appendonly no
    else
        missing+=('redis (package redis-server)')
    fi
    if command -v memcached >/dev/null; then
        port[memcached]=$((base + 2))
        serve memcached "${port[memcached]}" memcached -u "$(id -un)" -l 127.0.0.1 -t 1 -m 256 \
            -p "${port[memcached]}"
    else
        missing+=('memcached (package memcached)')
    fi
    for ((i = 0; i < repetitions; i++)); do
        for row in get_16 set_16 get_1 set_1; do
            ! wants "$row" || measure "${row%_*}" "${row#*_}"
        done
    done
    if wants crossing; then
        port[both]=$((base + 3))
        "$bin/../examples/kvd/kvd" --port "${port[both]}" --cores 0-1 2>"$work/both.log" &
        servers+=($!)
        sleep 0.5
        for ((i = 0; i < repetitions; i++)); do measure_crossing; done
    fi
fi

not_measured=''
for name in "${missing[@]}"; do not_measured+=${not_measured:+, }$name; done
jq -s --arg missing "$not_measured" '
    {context: ({executable: "bench_kvd"} + if $missing == "" then {} else {not_measured: $missing} end),
     benchmarks: map({name: (.row + "/interleaved"), run_name: (.row + "/interleaved"),
                      run_type: "iteration"} + del(.row)
                     + if .error then {error_occurred: true, error_message: .error} else {} end)}' \
    "$work/rows" >"$out"
