#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# One public header, included twice and with nothing before it, as C11 and as C++17, with strict
# warnings as errors. Usage: header_alone.sh COMPILER INCLUDE_DIR HEADER
set -euo pipefail

compiler=${1:?compiler} include=${2:?include directory} header=${3:?header}
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wundef -Wshadow -Werror)
source=$(printf '#include "%s"\n#include "%s"\n' "$header" "$header")

compile() {
    echo "$compiler $*: $header"
    "$compiler" "$@" "${warnings[@]}" -I"$include" -fsyntax-only - <<<"$source"
}

compile -x c -std=c11 -Wstrict-prototypes -Wmissing-prototypes
compile -x c++ -std=c++17
