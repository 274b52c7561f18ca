#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The component kvd, installed beside the library: the program starts from there, and the unit is one that
# systemd takes. Usage: kvd_install.sh BUILD
set -euo pipefail

build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "kvd_install: $*" >&2
    exit 1
}

{ cmake --install "$build" --prefix "$work/p" && ! [ -e "$work/p/bin/kvd" ] &&
    cmake --install "$build" --prefix "$work/p" --component kvd; } >"$work/log" 2>&1 ||
    { cat "$work/log"; fail 'cmake --install'; }
"$work/p/bin/kvd" --version | grep -q '^kvd of libta' || fail 'it does not start'
[ -s "$work/p/share/man/man1/kvd.1" ] || fail 'no manual page'
unit=$work/p/lib/systemd/system/kvd.service
grep -q "^ExecStart=$work/p/bin/kvd " "$unit" || fail 'the unit names another program'
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no "$unit" >"$work/log" 2>&1 || { cat "$work/log"; fail 'the unit is wrong'; }
    # Of others on this machine it may have something to say, too.
    ! grep -F kvd.service "$work/log" || fail 'the unit is not as it should be'
fi
