#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `ta cost`: its JSON, CSV, page and text, one processor, an interruption, files that cannot be
# written, and bad arguments. No figure is judged, only that it stands where it should.
# Usage: tool_cost.sh PATH_OF_TA
# shellcheck disable=SC2016 # jq and awk have variables of their own
ta=${1:?usage: tool_cost.sh PATH_OF_TA}
# shellcheck source=tests/tool_checks.sh
. "$(dirname "$0")/tool_checks.sh"
unset NO_COLOR

# In sanitized builds and on busy machines a short budget may end before every pair was visited;
# then the pairs that are missing must be named.
budget=0.5

schema='
    def number: type == "number";
    def text: type == "string" and length > 0;
    (keys == ["date", "discarded", "interrupted", "machine", "measures", "results", "settings",
              "tool", "unmeasured", "unmeasured_not_listed", "version", "warnings"])
    and .tool == "ta cost" and (.version | text)
    and (.date | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"))
    and (.machine | keys == ["caches", "cpu", "kernel", "processors", "quota", "regions", "virtual"])
    and (.machine.cpu | text) and (.machine.kernel | text)
    and (.machine.virtual | type == "boolean") and (.machine.quota | . == null or . > 0)
    and all(.machine.processors[]; keys == ["cache", "os_index", "processor", "region"])
    and all(.machine.processors[][]; number)
    and (.settings | keys == ["far_ns", "repetitions", "time_s"]) and all(.settings[]; number)
    and all(.measures[]; keys == ["name", "title", "unit", "what"] and all(.[]; text))
    and all(.results[]; keys == ["from", "group", "max", "measure", "median", "min", "n", "p25",
                                 "p75", "samples", "to"])
    and all(.results[]; .group | IN("sibling", "near", "far", "self"))
    and all(.results[].samples[]; number)
    and all(.unmeasured[]; keys == ["from", "measure", "reason", "to"] and (.reason | text))
    and (.discarded | number) and (.unmeasured_not_listed == 0)
    and all(.warnings[]; text) and (.interrupted | type == "boolean")'

measures='["line_round_trip", "lane_round_trip", "lane_stream_8", "lane_stream_64", "closure_send",
    "call_round_trip", "relocate_hit", "relocate_first", "wake_futex", "wake_eventfd",
    "wake_futex_sender", "wake_eventfd_sender"]'

# Every ordered pair and measure stands in the results or is named as unmeasured, never in both.
complete='
    ([.results[] | [.from, .to, .measure]] | unique) as $measured
    | [.unmeasured[] | [.from, .to, .measure]] as $named
    | ([range(0; .machine.processors | length)]) as $places
    | ($measured + $named | sort) ==
      ([$places[] as $a | $places[] as $b | .measures[].name | [$a, $b, .]] | sort)'

# Figures in order; samples within the range; the kept ones are as many as were taken, up to 1,000.
sound='
    all(.results[];
        .n > 0 and .min > 0 and .min <= .p25 and .p25 <= .median and .median <= .p75
        and .p75 <= .max and (.samples | length) == ([.n, 1000] | min)
        and (.min as $min | .max as $max | all(.samples[]; . >= $min and . <= $max))
        and ((.group == "self") == (.from == .to)))
    and ([.results[] | [.from, .to, .group, .measure]] | length == (unique | length))'

# json_file FILE FILTER: jq's verdict on a file.
json_file() { jq -e "$2" "$1"; }

# ---- a whole run ----
run "$ta" cost --time "$budget" --json "$work/run.json" --csv "$work/run.csv" \
    --html "$work/run.html"
is 'run: succeeds' succeeded
is 'json: schema' json_file "$work/run.json" "$schema"
is 'json: the measures' json_file "$work/run.json" "[.measures[].name] == $measures"
is 'json: every pair is there or named' json_file "$work/run.json" "$complete"
is 'json: figures are sound' json_file "$work/run.json" "$sound"
is 'json: something was measured' json_file "$work/run.json" '.results | length > 0'
is 'json: not interrupted' json_file "$work/run.json" '.interrupted == false'
is 'json: the processors of ta topology' \
    [ "$(jq -c '.machine.processors' "$work/run.json")" = \
      "$("$ta" topology --json | jq -c '.processors | map({processor, os_index, cache, region})')" ]
is 'json: a processor with itself has no round trip' json_file "$work/run.json" \
    'all(.results[]; .from != .to or (.measure | test("round_trip") | not))'

# same_samples: line by line, the CSV has what the JSON has.
same_samples() {
    jq -r '.results[] | "\(.from),\(.to),\(.group),\(.measure),\(.samples | length)"' \
        "$work/run.json" | sort >"$work/counts.json"
    awk -F, 'NR > 1 {n[$1 "," $2 "," $4 "," $7]++} END {for (k in n) print k "," n[k]}' \
        "$work/run.csv" | sort >"$work/counts.csv"
    diff "$work/counts.json" "$work/counts.csv"
}
is 'csv: header' [ "$(head -n 1 "$work/run.csv")" = \
    'from,to,repetition,group,floor_before_ns,floor_after_ns,measure,value_ns' ]
is 'csv: eight fields in every line' awk -F, 'NF != 8 {exit 1}' "$work/run.csv"
is 'csv: the samples of the JSON' same_samples
is 'csv: floors, save for a processor with itself' awk -F, '
    NR > 1 && $4 == "self" && ($5 != "" || $6 != "") {exit 1}
    NR > 1 && $4 != "self" && !($5 > 0 && $6 > 0) {exit 1}' "$work/run.csv"

no_reference() { ! grep -qiE 'https?://' "$1"; }
has_no() { ! grep -qF -e "$1" "$2"; }
is 'html: has the data' grep -q '"tool": *"ta cost"' "$work/run.html"
is 'html: the place of the data is filled' has_no '/*TA_COST_DATA*/null' "$work/run.html"
is 'html: ends' grep -q '</html>' "$work/run.html"
is 'html: refers to nothing' no_reference "$work/run.html"
is 'files: readable as umask says' [ "$(stat -c %a "$work/run.json")" = \
    "$(printf '%o' $((0666 & ~0$(umask))))" ]
is 'files: nothing else is left' [ "$(find "$work" -name 'run.*' | wc -l)" -eq 3 ]

no_escapes() { ! grep -q $'\033' "$work/out" "$work/err"; }
is 'text: no escapes in a pipe' no_escapes
is 'text: names the processors' grep -q '^[0-9]* processors\?, [0-9]* pairs\?, ' "$work/out"
is 'text: a map for each measure that has one' [ "$(grep -c ', median$' "$work/out")" -eq \
    "$(jq '[.results[].measure] | unique | length' "$work/run.json")" ]
if script -qec true /dev/null >/dev/null 2>&1; then # there is a pseudo-terminal to be had
    TERM=xterm-256color run script -qec "$ta cost --time 0.2" /dev/null
    is 'terminal: in colour' grep -q $'\033\[48;5;' "$work/out"
    TERM=xterm-256color NO_COLOR=1 run script -qec "$ta cost --time 0.2 2>/dev/null" /dev/null
    is 'terminal: NO_COLOR' no_escapes
    TERM=xterm-256color NO_COLOR='' run script -qec "$ta cost --time 0.2" /dev/null
    is 'terminal: an empty NO_COLOR is none' grep -q $'\033\[48;5;' "$work/out"
else
    skip 'terminal: in colour' 'no pseudo-terminal here'
    skip 'terminal: NO_COLOR' 'no pseudo-terminal here'
    skip 'terminal: an empty NO_COLOR is none' 'no pseudo-terminal here'
fi

# ---- standard output ----
run "$ta" cost --time 0.1 --pairs 0:0 --json -
is 'json to -: succeeds' succeeded
is 'json to -: nothing but JSON' json "$schema and $sound"
is 'pairs 0:0: that pair only' json '[.results[], .unmeasured[] | [.from, .to]] | unique == [[0, 0]]'
run "$ta" cost --time 0.1 --pairs '0:0,0:0,0:*' --csv -
is 'csv to -: succeeds' succeeded
is 'csv to -: nothing but CSV' awk -F, 'NF != 8 {exit 1}' "$work/out"
is 'pairs 0:*: from 0 only' awk -F, 'NR > 1 && $1 != 0 {exit 1}' "$work/out"
status=0
"$ta" cost --time 0.1 --json - >/dev/full 2>"$work/err" || status=$?
: >"$work/out"
is 'json to a full disk: fails' refused 1 'No space left on device'

# ---- one processor ----
allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
last=${allowed##*[,-]}
run taskset -c "$last" "$ta" cost --time 0.3 --json "$work/one.json"
is 'one processor: succeeds' succeeded
is 'one processor: says so' grep -q 'one processor: nothing between two' "$work/out"
is 'one processor: names what it cannot measure' grep -q '^not measured: line_round_trip' \
    "$work/out"
is 'one processor: JSON' json_file "$work/one.json" "$schema and $sound"
of_two='["line_round_trip", "lane_round_trip", "closure_send", "call_round_trip", "relocate_hit",
    "relocate_first"]'
is 'one processor: the rest is measured' json_file "$work/one.json" \
    "[.results[].measure] | unique == ($measures - $of_two | sort)"
is 'one processor: the reasons' json_file "$work/one.json" "[.unmeasured[].measure] == $of_two"

# ---- an interruption ----
# interrupt SIGNAL: a long run that gets the signal once it measures (its helper thread is there).
interrupt() {
    local pid tries=0
    rm -f "$work/cut.json"
    "$ta" cost --time 3600 --json "$work/cut.json" >"$work/out" 2>"$work/err" &
    pid=$!
    until [ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -gt 1 ] ||
        [ $((tries += 1)) -gt 500 ]; do
        sleep 0.02
    done
    kill "-$1" "$pid"
    status=0
    wait "$pid" || status=$?
}
for signal in INT:130 TERM:143; do
    # A shell without job control starts its background processes with SIGINT ignored.
    set -m
    interrupt "${signal%:*}"
    set +m
    is "SIG${signal%:*}: exit status" [ "$status" -eq "${signal#*:}" ]
    is "SIG${signal%:*}: leaves JSON" json_file "$work/cut.json" "$schema and $sound and $complete"
    is "SIG${signal%:*}: the JSON says so" json_file "$work/cut.json" '.interrupted == true'
    is "SIG${signal%:*}: the text says so" grep -q '^interrupted' "$work/out"
done

# ---- files that cannot be written: told before anything is measured ----
for option in json csv html; do
    run "$ta" cost --time 3600 "--$option" "$work/missing/file"
    is "--$option: no such directory" refused 1 'missing/file'
    run "$ta" cost --time 3600 "--$option" "$work"
    is "--$option: a directory" refused 1 'Is a directory'
    run "$ta" cost --time 0.1 --pairs 0:0 "--$option" /dev/full
    is "--$option: a full disk is told" grep -q 'cannot write /dev/full: No space left' "$work/err"
    is "--$option: a full disk: exit status" [ "$status" -eq 1 ]
done
printf 'kept\n' >"$work/old"
ln -s old "$work/link"
chmod 640 "$work/old"
run "$ta" cost --time 0.1 --pairs 0:0 --json "$work/link"
is 'a link stays a link' [ -L "$work/link" ]
is 'the file behind it is replaced' json_file "$work/old" "$schema"
is 'its mode stays' [ "$(stat -c %a "$work/old")" = 640 ]

# ---- bad arguments ----
bad() {
    local text=$1
    shift
    run "$ta" cost "$@"
    is "refused: ta cost $*" refused 2 "$text"
    is "says what is accepted: ta cost $*" grep -q 'accepted: .' "$work/err"
}
for pairs in '' 0 : 0: :0 '0:0,' ',0:0' 0:0,,0:0 a:0 0:-1 -1:0 0:+0 '0 :0' 0:0:0 99999:0 0:99999 \
    0:18446744073709551616 '**:0' ALL 'all,0:0'; do
    bad '--pairs: ' --pairs "$pairs"
done
for time in 0.09 3600.1 -5 ten; do bad "--time: '$time'" --time "$time"; done
for far in '' 0 0.9 1000001 x; do bad "--far: '$far'" --far "$far"; done
bad "--processors: 'x'" --processors x
bad '- is given for several' --json - --csv -
bad '--json: the value is empty' --json ''
bad "'--synthetic'" --synthetic pu:4
run "$ta" cost --processors 65535 --time 0.1
is 'more processors than there are: fails' refused 1 'ta cost: '

finish
