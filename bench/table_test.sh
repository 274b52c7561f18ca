#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What script/bench makes of what is measured: with binaries that measure nothing, and write what
# they are told. Usage: table_test.sh
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# A binary that writes the benchmarks of $work/toy.RUN, a line each: group, then counter=value ...;
# or "error", and a message. Once each file was used, the last one is used again.
cat >"$work/bench_toy" <<'BINARY'
#!/usr/bin/env bash
set -euo pipefail
here=$(dirname "$0")
for argument; do
    case $argument in
    --benchmark_out=*) out=${argument#*=} ;;
    esac
done
run=$(cat "$here/run" 2>/dev/null || echo 0)
echo $((run + 1)) >"$here/run"
while [ ! -e "$here/toy.$run" ]; do run=$((run - 1)); done
jq -Rn --arg missing "$(cat "$here/missing" 2>/dev/null || true)" '
    {context: (if $missing == "" then {} else {not_measured: $missing} end),
     benchmarks: [inputs | split(" ") |
        {name: "words/interleaved", run_name: "words/interleaved", run_type: "iteration"}
        + if .[0] == "error" then {error_occurred: true, error_message: (.[1:] | join(" "))}
          else {group: (.[0] | tonumber)}
               + (.[1:] | map(split("=") | {key: .[0], value: (.[1] | tonumber)}) | from_entries)
          end]}' "$here/toy.$run" >"$out"
exit "$(cat "$here/status" 2>/dev/null || echo 0)"
BINARY
chmod +x "$work/bench_toy"

cat >"$work/goals" <<'GOALS'
# figure binary row ours peer floor goal
@queues boost_ns,dpdk_ns
toy.words bench_toy words ours_ns @queues - 0.7
toy.bulk  bench_toy words bulk_ns dpdk_ns floor_ns 0.9
GOALS

# begin NAME: another case, without anything measured.
begin() {
    name=$1
    rm -f "$work"/toy.* "$work/run" "$work/missing" "$work/status"
}

# lines COUNT TEXT: so many benchmarks.
lines() {
    local i
    for ((i = 0; i < $1; i++)); do echo "$2"; done
}

# expect STATUS PATTERN...: what the script exits with, and prints; a pattern after ! it does not.
expect() {
    local status=0 wanted=$1 pattern is_absent=false
    shift
    TA_BENCH_BIN=$work TA_BENCH_GOALS=$work/goals \
        script/bench --quick --only toy --peers --json "$work/json" >"$work/out" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ]; then
        echo "$name: exits $status, not $wanted"
        failures=$((failures + 1))
    fi
    for pattern; do
        if [ "$pattern" = ! ]; then
            is_absent=true
        elif grep -qE -- "$pattern" "$work/out"; then
            if $is_absent; then
                echo "$name: prints '$pattern'"
                failures=$((failures + 1))
            fi
        elif ! $is_absent; then
            echo "$name: does not print '$pattern':"
            cat "$work/out"
            failures=$((failures + 1))
        fi
    done
}

good='ours_ns=4 bulk_ns=3 boost_ns=8 dpdk_ns=10 floor_ns=2'

begin 'the best peer counts'
lines 9 "1 $good" >"$work/toy.0"
expect 0 '^toy.words +4 +peer=8:boost .* 0.500 \(0.500 - 0.500\) +near +0.7 +ok$' \
    '^    boost 8, dpdk 10$' '^toy.bulk +3 .*floor=2:floor .*ok$' \
    '^2 of 2 figures reach their goal$' ! 'not measured' 'failed'

begin 'a figure that falls short is no failure'
lines 9 '1 ours_ns=8 bulk_ns=3 boost_ns=8 dpdk_ns=10 floor_ns=2' \
    >"$work/toy.0"
expect 0 '^toy.words .* 1.000 .* short$' '^1 of 2 figures reach their goal$'

begin 'ratios are of one distance'
{
    lines 7 "1 $good"
    lines 2 '2 ours_ns=40 bulk_ns=30 boost_ns=16 dpdk_ns=10 floor_ns=2'
} >"$work/toy.0"
expect 0 '^toy.words +4 .* 0.500 \(0.500 - 0.500\) +near +0.7 +ok$' \
    '^   and 2 repetitions +40 .* 4.000 .* far +- +-$' '^2 of 2 figures'

begin 'siblings are named'
lines 9 "0 $good" >"$work/toy.0"
expect 0 '^toy.words .* sibling '

begin 'who is not there is named'
lines 9 '1 ours_ns=4 bulk_ns=3 dpdk_ns=10 floor_ns=2' >"$work/toy.0"
echo 'boost (package libboost-dev)' >"$work/missing"
expect 0 '^not measured: boost \(package libboost-dev\)$' \
    '^toy.words +4 +peer=10:dpdk .* ok \(1 of 2 peers\)$' '^2 of 2 figures'

begin 'no peer at all'
lines 9 '1 ours_ns=4 bulk_ns=3 floor_ns=2' >"$work/toy.0"
expect 0 '^toy.words +4 +peer=not measured .* 0.7 +-$' '^0 of 2 figures reach their goal$'

begin 'what was disturbed is measured again'
{
    lines 3 "1 $good"
    lines 6 'error busy: others had the processors all the time: boost'
} >"$work/toy.0"
lines 9 "1 $good" >"$work/toy.1"
expect 0 '^toy.words +4 .* ok$' '^2 of 2 figures' ! 'failed'
if [ "$(cat "$work/run")" -ne 2 ]; then
    echo "$name: $(cat "$work/run") runs, not 2"
    failures=$((failures + 1))
fi

begin 'what is always disturbed fails'
lines 9 'error busy: others had the processors all the time: boost' >"$work/toy.0"
expect 1 '^toy.words +failed: too few repetitions: 0 of 27; busy: others .*: boost$' \
    '^0 of 2 figures'

begin 'what is wrong fails, though others were right'
{
    lines 8 "1 $good"
    echo 'error messages arrived wrong: boost'
} >"$work/toy.0"
expect 1 '^toy.words +failed: messages arrived wrong: boost$'

begin 'a binary that fails'
lines 9 "1 $good" >"$work/toy.0"
echo 3 >"$work/status"
expect 1 'bench_toy failed' '^toy.words +4 '

begin 'the JSON is whole'
lines 9 "1 $good" >"$work/toy.0"
expect 0
jq -e '.context and (.benchmarks | length == 9)
    and (.benchmarks[0].name == "bench_toy/words/interleaved")' "$work/json" >/dev/null || {
    echo "$name: it is not"
    failures=$((failures + 1))
}

for arguments in '--unknown' '--only' '--json' '--only no_figure_has_this'; do
    status=0
    # shellcheck disable=SC2086 # one or two arguments
    TA_BENCH_BIN=$work script/bench $arguments >/dev/null 2>&1 || status=$?
    if [ "$status" -ne 2 ]; then
        echo "script/bench $arguments: exits $status, not 2"
        failures=$((failures + 1))
    fi
done

[ "$failures" -eq 0 ] && echo 'the tables are right'
