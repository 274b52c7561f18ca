# SPDX-License-Identifier: MIT
#
# What the tests of the tool share; sourced, not run. Prints lines of the Test Anything Protocol.
# Each of the tests takes the path of the program `ta`.
# shellcheck shell=bash

set -u
export LC_ALL=C

cases=0
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# report STATUS NAME: one result line.
report() {
    cases=$((cases + 1))
    if [ "$1" -eq 0 ]; then
        printf 'ok %d - %s\n' "$cases" "$2"
    else
        printf 'not ok %d - %s\n' "$cases" "$2"
        failures=$((failures + 1))
    fi
}

# skip NAME WHY
skip() {
    cases=$((cases + 1))
    printf 'ok %d - %s # SKIP %s\n' "$cases" "$1" "$2"
}

# run COMMAND...: its output, messages and exit status land in $work/out, $work/err and $status.
run() {
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
}

# is NAME COMMAND...: the command must succeed; when it does not, the last run's traces are shown.
is() {
    local name=$1
    shift
    if "$@" >"$work/check" 2>&1; then
        report 0 "$name"
    else
        report 1 "$name"
        printf '# failed: %s\n# exit status %s\n' "$*" "${status-none}"
        sed 's/^/# stdout: /' "$work/out" | head -5
        sed 's/^/# stderr: /' "$work/err" | head -5
    fi
}

# json FILTER: jq's verdict on what was printed.
json() { jq -e "$1" "$work/out"; }

# succeeded: exit 0 and not a word on stderr.
succeeded() { [ "$status" -eq 0 ] && [ ! -s "$work/err" ]; }

# refused STATUS TEXT: that exit status, nothing on stdout, one line on stderr that has the text.
refused() {
    [ "$status" -eq "$1" ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
        grep -qF -e "$2" "$work/err"
}

# finish: the plan, and the script's exit status.
finish() {
    printf '1..%d\n' "$cases"
    [ "$cases" -gt 0 ] && [ "$failures" -eq 0 ]
}
