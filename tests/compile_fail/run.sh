#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Programs with one mistake each, which must not compile, and must say what is wrong: the first line
# of each has, behind "must fail:", an extended regular expression that a line of the compiler's
# errors matches (in C, the one behind "in C:" on the second line, if there is any). The same program without the mistake (-DCORRECT) must compile, with strict warnings, or
# the mistake is not what failed. Each in C11 and in C++17, those that are called .cc in C++17 alone.
# Usage: run.sh COMPILER INCLUDE_DIR [PROGRAM...]
set -euo pipefail
export LC_ALL=C

compiler=${1:?compiler} include=${2:?include directory}
shift 2
here=$(dirname "$0")
[ $# -gt 0 ] || set -- "$here"/*.c "$here"/*.cc
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wundef -Wshadow)
status=0 programs=0

check() { # SOURCE EXPECTED LANGUAGE STANDARD
    local name said command search
    name="${1##*/} as $4"
    command=("$compiler" -x "$3" "-std=$4" "${warnings[@]}" -fsyntax-only)
    if ! said=$("${command[@]}" -Werror -DCORRECT -I"$include" "$1" 2>&1); then
        printf '%s: does not compile without the mistake:\n%s\n' "$name" "$said"
        return 1
    fi
    # Headers in the system's directories get fewer warnings; and a program may ask for none.
    for search in -I -isystem; do
        if said=$("${command[@]}" "$search" "$include" "$1" 2>&1); then
            printf '%s, %s: compiles, mistake and all\n' "$name" "$search"
            return 1
        fi
        # Not -q: it would leave early, and the pipe fail.
        if ! grep -E 'error:' <<<"$said" | grep -E -- "$2" >/dev/null; then
            printf '%s, %s: no error matches: %s\n%s\n' "$name" "$search" "$2" "$said"
            return 1
        fi
        command=("$compiler" -x "$3" "-std=$4" -fsyntax-only) # and without warnings
    done
}

for source in "$@"; do
    expected=$(sed -n '1s/^\/\* must fail: //p' "$source")
    [ -n "$expected" ] || { echo "$source: its first line does not say how it must fail"; exit 1; }
    expected_in_c=$(sed -n '2s/^ \* in C: //p' "$source")
    [ "${source##*.}" = cc ] || check "$source" "${expected_in_c:-$expected}" c c11 || status=1
    check "$source" "$expected" c++ c++17 || status=1
    programs=$((programs + 1))
done
echo "$programs programs"
exit "$status"
