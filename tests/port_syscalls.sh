#!/bin/sh
# SPDX-License-Identifier: MIT
#
# port_syscalls.sh TEST_PORT_FLOW: sending and polling make no system call. Runs the case of
# test_port_flow that marks where it wants none, under strace; fails when a thread made one between
# its marks. Exit status 77: there is no strace, or it may not trace.
set -u

program=$1
case=polling_and_sending_make_no_system_call
command -v strace >/dev/null || { echo "no strace"; exit 77; }
strace -o /dev/null true 2>/dev/null || { echo "strace may not trace here"; exit 77; }
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

strace -f -o "$log" "$program" "$case" >/dev/null || { echo "the test itself failed"; exit 1; }
# Each line: thread, call. Both threads must have begun, and ended.
awk '
    /quiet-begins/ { quiet[$1] = 1; begun++; next }
    /quiet-ends/   { quiet[$1] = 0; ended++; next }
    quiet[$1] && !/resumed>/ && !/ --- SIG/ { calls++; print }
    END {
        print begun + 0, "threads,", calls + 0, "system calls"
        exit !(begun == 2 && ended == 2 && calls + 0 == 0)
    }' "$log"
