#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The shared library exports what the public headers declare with TA_API or TA_INLINE, and nothing
# else. Usage: exported_symbols.sh COMPILER INCLUDE_DIR LIBRARY
set -euo pipefail
export LC_ALL=C

compiler=${1:?compiler} include=${2:?include directory} library=${3:?library}

# The declarations that carry the attribute, one a line; of each the name: the word before the first
# parenthesis, or the last word of a variable.
declared=$("$compiler" -std=c11 -E -P -I"$include" "$include/ta.h" |
    tr '\n' ' ' |
    grep -oE '__attribute__\(\(visibility\("default"\)\)\)[^;{]*' |
    sed -E 's/__attribute__ ?\(\([^()]*(\([^()]*\))?\)\)//g; s/[[(=].*//; s/^.*[ *]([A-Za-z0-9_]+) *$/\1/' |
    sort -u)
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u)

[ -n "$declared" ] || { echo "no declaration found under $include"; exit 1; }
if ! diff <(echo "$declared") <(echo "$exported"); then
    echo "< declared in the headers, not exported; > exported, not declared"
    exit 1
fi
echo "$(wc -l <<<"$exported") symbols"
