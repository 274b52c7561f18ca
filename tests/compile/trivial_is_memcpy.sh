#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a derived type without anything to visit costs, in machine code: its relocation (in place,
# into other storage, as an expression), its clone and its destruction contain no call, and no loop.
# The same functions of a struct with one owned string contain calls, which tells that
# calls are seen; a function with a loop tells that loops are.
# Usage: trivial_is_memcpy.sh COMPILER INCLUDE_DIR
set -euo pipefail
export LC_ALL=C

compiler=${1:?compiler} include=${2:?include directory}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$compiler" -std=c11 -O2 -Wall -Wextra -Werror -I"$include" -c "$here/trivial_is_memcpy.c" \
    -o "$work/object.o"
objdump -d -r --no-show-raw-insn "$work/object.o" >"$work/listing"

# One function a line: name, calls, instructions that loop, instructions. A jump out of the object
# (which has a relocation) is a call. What loops is what remains when those instructions are struck out that
# end the function, then those that only lead to such, and so on; repeated instructions loop, too.
awk '
    function report(    i, changed, left) {
        if (name == "") return
        left = n
        do {
            changed = 0
            for (i = n; i > 0; i--)
                if (!gone[i] && (falls[i] == 0 || i == n || gone[i + 1]) &&
                    (target[i] == "" || !(target[i] in place) || gone[place[target[i]]])) {
                    gone[i] = 1
                    changed = 1
                    left--
                }
        } while (changed)
        print name, calls, left + repeats, n
    }
    /^[0-9a-f]+ <.*>:$/ {
        report()
        name = substr($2, 2, length($2) - 3)
        n = calls = repeats = 0
        split("", gone); split("", falls); split("", target); split("", place)
        next
    }
    name == "" || NF < 2 { next }
    /[ \t]R_/ {
        if (is_jump) { calls++; target[n] = "" }
        is_jump = 0
        next
    }
    {
        n++
        place[substr($1, 1, length($1) - 1)] = n
        is_jump = $2 ~ /^(j|b$|b\.|cb|tb)/
        falls[n] = $2 !~ /^(jmp|jmpq|b|br|ret|retq)$/
        target[n] = is_jump && $NF ~ /^</ ? $(NF - 1) : ""
        if ($2 ~ /^(call|callq|bl|blr)$/) calls++
        if ($2 ~ /^(rep|loop)/) repeats++
    }
    END { report() }
' "$work/listing" >"$work/counts"

status=0
expect() { # FUNCTION CALLS LOOPS: each 0, or 1 for some
    local name calls loops instructions
    if ! read -r name calls loops instructions < <(grep "^$1 " "$work/counts"); then
        echo "$1: not in the listing"
        status=1
        return
    fi
    echo "$name: $calls calls, $loops of $instructions instructions loop"
    if [ $((calls > 0)) -ne $(($2)) ] || [ $((loops > 0)) -ne $(($3)) ]; then
        echo "$name: expected calls $2, loops $3 (0: none, 1: some)"
        sed -n "/<$name>:/,/^\$/p" "$work/listing"
        status=1
    fi
}
for function in in_place by_value as_expression cloned destroyed; do
    expect "trivial_$function" 0 0
    expect "maybe_$function" 0 0
    expect "owner_$function" 1 0
done
expect has_a_loop 0 1
exit "$status"
