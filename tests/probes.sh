#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# probes.sh LIBRARY DOCUMENT: the library has the probes that the document lists, with as many
# arguments, and no others. Exit status 77: compiled without probes, or there is no readelf.
set -euo pipefail

library=$1 document=$2
command -v readelf >/dev/null || { echo 'no readelf'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -nW "$library" >"$work/notes"
grep -q 'Provider: libta' "$work/notes" || { echo 'compiled without probes'; exit 77; }

# name, number of arguments
awk '
    /Provider: / { ours = $NF == "libta" }
    ours && $1 == "Name:" { name = $2 }
    ours && $1 == "Arguments:" { print name, NF - 1 }' "$work/notes" | sort -u >"$work/has"
awk -F '|' '/^\| `/ {
        gsub(/[` ]/, "", $2)
        print $2, split($3, arguments, ",")
    }' "$document" | sort -u >"$work/lists"
echo 'in the library (<), in the document (>):'
diff "$work/has" "$work/lists" && echo "the same $(wc -l <"$work/has")"
# Each has a line to watch it by.
awk -F '|' '/^\| `/ {
        name = $2
        gsub(/[` ]/, "", name)
        if (index($0, "usdt:$L:libta:" name " ") == 0) { print name ": no line"; bad = 1 }
    }
    END { exit bad }' "$document"
