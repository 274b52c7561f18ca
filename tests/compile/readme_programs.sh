#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The programs that README.md shows are the examples, which are compiled and run: a code block after
# `<!-- examples/NAME.c -->` is that file. Usage: readme_programs.sh SOURCE_DIR
set -euo pipefail
cd "${1:?source directory}"

programs=$(sed -n 's/^<!-- \(examples\/.*\.c\) -->$/\1/p' README.md)
[ -n "$programs" ] || { echo "README.md shows no program"; exit 1; }
status=0
for program in $programs; do
    echo "$program"
    awk -v marker="<!-- $program -->" '
        $0 == marker { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }
    ' README.md | diff - "$program" || status=1
done
exit "$status"
