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
if [ -e "$here/hangs" ]; then exec tail -f /dev/null; fi
if ! [ -e "$here/toy.0" ]; then exit 1; fi
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
@floors floor_ns,other_floor_ns
toy.words bench_toy words ours_ns @queues - 0.7
toy.bulk  bench_toy words bulk_ns dpdk_ns @floors 0.9
GOALS

# begin NAME: another case, without anything measured.
begin() {
    name=$1
    rm -f "$work"/toy.* "$work/run" "$work/missing" "$work/status" "$work/hangs"
    how=(--quick --only toy --peers)
    limit=180
}

# lines COUNT TEXT: so many benchmarks.
lines() {
    local i
    for ((i = 0; i < $1; i++)); do echo "$2"; done
}

# look PATTERN...: what stands in $work/out; a pattern after ! does not.
look() {
    local pattern is_absent=false
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

# expect STATUS PATTERN...: what the script exits with, and prints.
expect() {
    local status=0 wanted=$1
    shift
    TA_BENCH_BIN=$work TA_BENCH_GOALS=$work/goals TA_BENCH_DOCS=$work TA_BENCH_SECONDS=$limit \
        script/bench "${how[@]}" --json "$work/json" >"$work/out" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ]; then
        echo "$name: exits $status, not $wanted"
        failures=$((failures + 1))
    fi
    look "$@"
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
    '^toy.words +4 +peer=10:dpdk .* ok \(1 of 2 peers\)$' \
    '^1 more do so without some of their peers, and do not count$' '^1 of 2 figures'

begin 'no peer at all'
lines 9 '1 ours_ns=4 bulk_ns=3 floor_ns=2' >"$work/toy.0"
expect 0 '^toy.words +4 +peer=not measured .* 0.7 +-$' '^0 of 2 figures reach their goal$'

begin 'the best floor counts'
lines 9 "1 $good other_floor_ns=1.5" >"$work/toy.0"
expect 0 '^toy.bulk .*floor=1.5:other_floor '

begin 'a goal without a peer is one of the figure itself'
lines 9 "1 $good calls=0" >"$work/toy.0"
sed -i '$a toy.calls bench_toy words calls - - 0' "$work/goals"
expect 0 '^toy.calls +0 +peer=- .* 0  ok$' '^3 of 3 figures'
lines 9 "1 $good calls=1" >"$work/toy.0"
expect 0 '^toy.calls +1 +peer=- .* 0  short$' '^2 of 3 figures'
sed -i '$d' "$work/goals"

begin 'what was disturbed is measured again'
how=(--only toy)
{
    lines 3 "1 $good"
    lines 6 'error busy: others had the processors all the time: boost'
} >"$work/toy.0"
for i in 1 2 3 4; do echo 'error busy: others had the processors all the time: boost' >"$work/toy.$i"; done
lines 9 "1 $good" >"$work/toy.5"
expect 0 '^toy.words +4 .* ok$' '^2 of 2 figures' ! 'failed'
if [ "$(cat "$work/run")" -ne 6 ]; then
    echo "$name: $(cat "$work/run") runs, not 6"
    failures=$((failures + 1))
fi

begin 'what is always disturbed fails'
lines 9 'error busy: others had the processors all the time: boost' >"$work/toy.0"
expect 1 '^toy.words +failed: too few repetitions: 0 of 9; busy: others .*: boost$' \
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

begin 'nothing was measured'
expect 1 'bench_toy left no figures' '^toy.words +failed: not measured$' '^0 of 2 figures'

begin 'the time is over before anything'
lines 9 "1 $good" >"$work/toy.0"
limit=0
expect 1 '^toy.words +failed: too few repetitions: the time was over before$' '^0 of 2 figures'
if [ -e "$work/run" ]; then
    echo "$name: something ran"
    failures=$((failures + 1))
fi

begin 'who never ends is ended'
touch "$work/hangs"
limit=7
expect 1 '^toy.words +failed: too few repetitions: the time was over before$' '^0 of 2 figures'

begin 'tables in Markdown'
lines 9 "1 $good" >"$work/toy.0"
how=(--quick --markdown)
expect 0 '^### toy$' '^\| .toy.words. \| 4 \| boost 8 \|  \| 0.500 \(0.500 to 0.500\) \| 0.7 \| ok \|$' \
    '^\| .toy.bulk. \| 3 \| dpdk 10 \| floor 2 \|' '^2 of 2 figures'

begin 'tables in documents'
lines 9 "1 $good" >"$work/toy.0"
document() {
    printf '%s\n' 'Before' '' '<!-- script/bench: machine -->' '' 'some machine' '' \
        '<!-- script/bench: toy.b -->' '' '| old |' '|---|' '' 'between' '' \
        '<!-- script/bench: other. -->' '' '| other |' '' 'After'
} >"$work/toy.md"
document
how=(--quick --update)
expect 0 'toy.md: the table of other. stays'
cp "$work/toy.md" "$work/out"
look '^2 of 2 figures reach their goal.$' '^\| .toy.bulk. \| 3 ' '^\| other \|$' '^between$' '^After$' \
    ! 'some machine' 'old' 'toy.words'

begin 'of what is wanted alone'
lines 9 "1 $good" >"$work/toy.0"
document
how=(--quick --update --only toy.bulk)
expect 0
cp "$work/toy.md" "$work/out"
look '^some machine$' '^\| .toy.bulk. \| 3 '
rm "$work/toy.md"

begin 'a file that was written is read again'
lines 9 "1 $good" >"$work/toy.0"
expect 0
cp "$work/json" "$work/earlier"
rm "$work/toy.0"
how=(--from "$work/earlier")
expect 0 '^2 of 2 figures'

begin 'the JSON is whole'
lines 9 "1 $good" >"$work/toy.0"
expect 0
jq -e '.context and (.benchmarks | length == 9)
    and (.context | has("date") and has("num_cpus") and has("load_avg") and .measured.cpu)
    and (.benchmarks[0].name == "bench_toy/words/interleaved")
    and all(.benchmarks[]; .real_time and .cpu_time and .time_unit == "ns" and .iterations
        and .threads and .repetitions)' "$work/json" >/dev/null || {
    echo "$name: it is not"
    failures=$((failures + 1))
}

for arguments in '--unknown' '--only' '--json' '--only no_figure_has_this' '--json /' \
    '--json /no/such/folder' '--from /dev/null'; do
    status=0
    # shellcheck disable=SC2086 # one or two arguments
    TA_BENCH_BIN=$work script/bench $arguments >/dev/null 2>&1 || status=$?
    if [ "$status" -ne 2 ]; then
        echo "script/bench $arguments: exits $status, not 2"
        failures=$((failures + 1))
    fi
done

[ "$failures" -eq 0 ] && echo 'the tables are right'
