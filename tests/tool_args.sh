#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The tool's command line: help, version, and one line and exit status 2 for whatever it does not
# accept. Usage: tool_args.sh PATH_OF_TA [nohwloc]; nohwloc: the program was built without hwloc.
usage='usage: tool_args.sh PATH_OF_TA [nohwloc]'
ta=${1:?$usage}
# shellcheck source=tests/tool_checks.sh
. "$(dirname "$0")/tool_checks.sh"

# bad TEXT ARGUMENT...: refused with exit status 2 and one line that has the text and says what is
# accepted.
bad() {
    local text=$1
    shift
    local line
    line="ta$([ $# -eq 0 ] || printf ' %q' "$@")"
    run "$ta" "$@"
    is "refused: $line" refused 2 "$text"
    is "says what is accepted: $line" grep -q 'accepted: .' "$work/err"
}

# good TEXT ARGUMENT...: succeeds quietly and prints the text.
good() {
    local text=$1
    shift
    run "$ta" "$@"
    is "succeeds: ta $*" succeeded
    is "prints: ta $*" grep -qF -e "$text" "$work/out"
}

good 'usage: ta COMMAND' --help
good 'usage: ta COMMAND' -h
good 'usage: ta COMMAND' help
good 'usage: ta COMMAND' help help
good 'usage: ta topology' topology --help
good 'usage: ta topology' topology -h
good 'usage: ta topology' help topology
good 'usage: ta cost' cost --help
good 'usage: ta cost' help cost
run "$ta" --version
is 'version: succeeds' succeeded
is 'version: one line' grep -Eqx 'ta [0-9]+\.[0-9]+\.[0-9]+' "$work/out"
run "$ta" topology --json
is 'version: the same as in the JSON' \
    [ "ta $(jq -r .version "$work/out")" = "$("$ta" --version)" ]

bad 'no command'
bad "'bogus' is not a command" bogus
bad "'' is not a command" ''
bad "'--bogus'" --bogus
bad "'-x'" -x
bad "'more'" --version more
bad "'--json'" --help --json
bad "'bogus' is not a command" help bogus
bad "'more'" help cost more

bad "'--bogus'" topology --bogus
bad "'--bogus'" topology --bogus=1
bad "'-x'" topology -x
bad "'-j'" topology -json
bad "'--js'" topology --js
bad "'--syn'" topology --syn=pu:1
bad "'--syn'" topology --syn pu:1
bad "'--s'" topology --s
bad "'extra'" topology extra
bad "'extra'" topology --json extra
bad "'-'" topology -
bad "'extra'" topology -- extra
bad '--json takes no value' topology --json=yes
bad '--help takes no value' topology --help=yes
bad '--json is given twice' topology --json --json
bad '--xml needs a value' topology --xml
bad '--synthetic needs a value' topology --json --synthetic
bad '--xml: the value is empty' topology --xml ''
bad '--synthetic: the value is empty' topology --synthetic=
bad '--synthetic and --xml' topology --synthetic pu:1 --xml file.xml
bad '--synthetic and --xml' topology --xml file.xml --synthetic pu:1
# Only hwloc knows a good description from a bad one.
[ "${2-}" = nohwloc ] || for description in nonsense 'pu:0' 'node:2 core' 'core:2 pu:2 node:-1' 'pu:pu'; do
    bad "--synthetic: '$description'" topology --synthetic "$description"
done
for count in '' 0 65536 -1 +1 1.5 ' 1' '1 ' 0x10 many '<=' '<=0' '<=65536' '<4' '< =4' '>=4' ALL \
    99999999999999999999; do
    bad "--processors: '$count'" topology --processors "$count"
done
for list in '' a 0- -1 3-1 '1,,2' '0,' ',0' '0-3:0' 0:2 ' 0' '0, 1' 1048576 99999999999999999999 0x1; do
    bad "--os-processors: '$list'" topology --os-processors "$list"
done
bad '--os-processors needs a value' topology --os-processors
bad "a?b" topology $'a\nb'

bad "'--bogus'" cost --bogus
bad "'extra'" cost extra
bad '--time needs a value' cost --time
for time in '' 0 -1 x nan inf 1e99 0x10 '1 '; do
    bad "--time: '$time'" cost --time "$time"
done
for far in '' 0 x 1e7; do
    bad "--far: '$far'" cost --far "$far"
done
for pairs in '' 0 0: :0 0:x 0:99999 all,0:0 '0:0,' '0 :0' -1:0; do
    bad 'is no pair of processors' cost --pairs "$pairs"
done
bad "--processors: 'x'" cost --processors x
bad "--os-processors: 'x'" cost --os-processors x
for option in --json --csv --html; do
    bad "$option needs a value" cost "$option"
    bad "$option: the value is empty" cost "$option" ''
done
bad '- is given for several files' cost --json - --csv -

finish
