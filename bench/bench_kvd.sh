#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# examples/kvd beside redis-server and memcached: each on one processor, in turn, driven from another
# one by the same load, so that client and server share no processor. They are the first two that the
# process may use. Behaves as the other benchmarks of this folder do; script/bench --only kvd calls it,
# and prints the table.
#
#   get_16, set_16, get_1, set_1   so many commands in a pipeline, 16 connections, values of 64 bytes:
#                                  nanoseconds per command, and the 99th percentile of a batch in us;
#                                  by kvd_load.c, which looks at each reply
#   rb_get_16 ... rb_set_1         the same by redis-benchmark, which speaks to no memcached
#   crossing                       kvd on both processors, one connection, one command at a time: what
#                                  it takes until a command that crossed has its reply, and the share
#                                  of those that cross. The client is on a third processor where there
#                                  is one; else the system places it
#   crossing_16                    the same under the load of get_16
#
# Usage: bench_kvd [--benchmark_filter=REGEX] [--benchmark_repetitions=N] [--benchmark_out=FILE]
# In the environment: TA_BENCH_UNTIL, seconds since the epoch: no repetition begins later.
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

# One per line.
processors() {
    taskset -cp $$ | sed 's/.*: *//' | tr ',' '\n' |
        awk -F - '{ for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }'
}
mapfile -t cpu < <(processors)
of_server=${cpu[0]} of_client=${cpu[1]-}

# serve NAME PORT COMMAND...: a server, once it answers.
serve() {
    local name=$1 port=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    servers+=($!)
    for _ in $(seq 100); do
        if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    echo "bench_kvd: $name does not answer: $(tail -n 1 "$work/$name.log")" >&2
    exit 1
}

base=$((20000 + RANDOM % 10000))
kvd=$bin/../examples/kvd/kvd
missing=()
declare -A port
wants() { grep -qE -- "$filter" <<<"$1/interleaved"; }

# by_load SERVER OPERATION PIPELINE: commands per second; of a batch, the median and the 99th percentile
# in us. A wrong reply ends everything.
by_load() {
    local protocol=resp
    [ "$1" != memcached ] || protocol=memcached
    taskset -c "$of_client" "$bin/kvd_load" "$protocol" "${port[$1]}" "$2" 0.2 16 "$3"
}

# The same by redis-benchmark: "GET","requests per second","average","lowest","p50","p95","p99","highest",
# in ms. Its keys are others; those of a get were written before.
by_redis_benchmark() {
    local count=$((10000 * $3 + 10000))
    taskset -c "$of_client" redis-benchmark -p "${port[$1]}" -t "$2" -n "$count" -P "$3" -c 16 -d 64 \
        -r 20000 --csv --precision 3 2>/dev/null |
        awk -F '","' 'NR == 2 { print $2, $5 * 1000, $7 * 1000 }'
}

# measure ROW HOW OPERATION PIPELINE SERVER...: a line of JSON, the servers in turn.
measure() {
    local row=$1 how=$2 operation=$3 pipeline=$4 name speed p50 p99 json='{}'
    shift 4
    for name; do
        if [ -z "$name" ] || [ -z "${port[$name]-}" ]; then continue; fi
        read -r speed p50 p99 < <("$how" "$name" "$operation" "$pipeline") || exit 1
        json=$(jq -c --arg name "$name" --argjson speed "$speed" --argjson p50 "$p50" \
            --argjson p99 "$p99" '. + {($name + "_ns"): (1e9 / $speed),
            ($name + "_p50_us"): $p50, ($name + "_p99_us"): $p99}' <<<"$json")
    done
    jq -c --arg row "$row" '. + {row: $row}' <<<"$json" >>"$work/rows"
}

# What kvd counts of itself since it began, as JSON.
look() {
    printf 'INFO cores crossings\r\nQUIT\r\n' | timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/${port[both]}
        cat >&3; cat <&3" | tr -d '\r' | jq -nR '[inputs] | {
        commands: [.[] | capture(",commands=(?<n>[0-9]+)").n | tonumber] | add,
        crossed: [.[] | capture(",crossed_out=(?<n>[0-9]+)").n | tonumber] | add,
        times: [.[] | capture("^below_(?<ns>[0-9]+)_ns:(?<n>[0-9]+)") | {key: .ns, value: (.n | tonumber)}]
            | from_entries}'
}

# measure_crossing ROW CONNECTIONS PIPELINE: kvd on both processors; what it says itself, of this time.
measure_crossing() {
    local speed where=()
    [ -z "${cpu[2]-}" ] || where=(taskset -c "${cpu[2]}")
    look >"$work/before"
    read -r speed _ < <("${where[@]}" "$bin/kvd_load" resp "${port[both]}" get 0.2 "$2" "$3") || exit 1
    look >"$work/after"
    jq -nc --arg row "$1" --argjson speed "$speed" --slurpfile before "$work/before" \
        --slurpfile after "$work/after" '
        def quantile($share): (map(.n) | add) as $all
            | reduce .[] as $one ({sum: 0}; if .at == null then .sum += $one.n
                | if .sum >= $share * $all then .at = $one.ns else . end else . end) | .at;
        $before[0] as $b | $after[0] as $a
        | ([$a.times | to_entries[] | {ns: (.key | tonumber), n: (.value - ($b.times[.key] // 0))}]
            | sort_by(.ns)) as $times
        | {row: $row, command_ns: (1e9 / $speed),
           crossed_percent: (100 * ($a.crossed - $b.crossed) / ($a.commands - $b.commands)),
           crossing_p50_ns: ($times | quantile(0.5)), crossing_p99_ns: ($times | quantile(0.99))}' \
        >>"$work/rows"
}

start_all() {
    port[kvd]=$base
    serve kvd "$base" taskset -c "$of_server" "$kvd" --port "$base" --cores "$of_server"
    if command -v redis-server >/dev/null; then
        port[redis]=$((base + 1))
        serve redis "${port[redis]}" taskset -c "$of_server" redis-server --port "${port[redis]}" \
            --bind 127.0.0.1 --save '' --appendonly no
    else
        missing+=('redis (package redis-server)')
    fi
    if command -v memcached >/dev/null; then
        port[memcached]=$((base + 2))
        serve memcached "${port[memcached]}" taskset -c "$of_server" memcached -u "$(id -un)" \
            -l 127.0.0.1 -t 1 -m 256 -p "${port[memcached]}"
    else
        missing+=('memcached (package memcached)')
    fi
    if ! wants crossing && ! wants crossing_16; then return; fi
    port[both]=$((base + 3))
    serve both "${port[both]}" "$kvd" --port "${port[both]}" --cores "$of_server,$of_client"
}

# Writes the keys that redis-benchmark reads.
has_redis_benchmark=false
fill() {
    local name
    command -v redis-benchmark >/dev/null || {
        missing+=('redis-benchmark (package redis-tools)')
        return
    }
    has_redis_benchmark=true
    for name in kvd redis; do
        [ -z "${port[$name]-}" ] ||
            redis-benchmark -p "${port[$name]}" -t set -n 100000 -P 16 -d 64 -r 20000 -q >/dev/null
    done
}

# One repetition. Who is first, is another one each time.
repeat() {
    local names=(kvd redis memcached) row operation pipeline
    names=("${names[@]:$1 % 3}" "${names[@]:0:$1 % 3}")
    for row in get_16 set_16 get_1 set_1; do
        operation=${row%_*} pipeline=${row#*_}
        ! wants "$row" || measure "$row" by_load "$operation" "$pipeline" "${names[@]}"
        if "$has_redis_benchmark" && wants "rb_$row"; then
            measure "rb_$row" by_redis_benchmark "$operation" "$pipeline" "${names[@]/memcached/}"
        fi
    done
    ! wants crossing || measure_crossing crossing 1 1
    ! wants crossing_16 || measure_crossing crossing_16 16 16
}

: >"$work/rows"
if [ -z "$of_client" ]; then
    echo '{"row": "get_16", "error": "two processors are needed"}' >"$work/rows"
else
    start_all
    fill
    for ((i = 0; i < repetitions; i++)); do
        [ -z "${TA_BENCH_UNTIL-}" ] || [ "$(date +%s)" -lt "$TA_BENCH_UNTIL" ] || break
        repeat "$i"
    done
fi

not_measured=''
for name in "${missing[@]}"; do not_measured+=${not_measured:+, }$name; done
jq -s --arg missing "$not_measured" '
    {context: ({executable: "bench_kvd"} + if $missing == "" then {} else {not_measured: $missing} end),
     benchmarks: map({name: (.row + "/interleaved"), run_name: (.row + "/interleaved"),
                      run_type: "iteration"} + del(.row)
                     + if .error then {error_occurred: true, error_message: .error} else {} end)}' \
    "$work/rows" >"$out"
