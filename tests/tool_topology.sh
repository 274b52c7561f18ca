#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `ta topology`: its JSON, its table, what it counts on described machines, what it leaves out, and
# how it fails. Usage: tool_topology.sh PATH_OF_TA [nohwloc]; nohwloc: the program was built without
# hwloc and knows no described machines.
usage='usage: tool_topology.sh PATH_OF_TA [nohwloc]'
ta=${1:?$usage}
# shellcheck source=tests/tool_checks.sh
. "$(dirname "$0")/tool_checks.sh"

schema='
    (keys == ["caches", "described", "left_out", "processors", "quota", "regions", "version"])
    and (.caches | type == "number") and (.regions | type == "number")
    and (.described | type == "boolean") and (.version | type == "string")
    and (.quota == null or .quota > 0)
    and (.processors | length > 0)
    and all(.processors[]; keys == ["cache", "os_index", "processor", "region"])
    and all(.processors[][]; type == "number")
    and all(.left_out[]; keys == ["os_index", "reason"])
    and all(.left_out[]; .reason | IN("offline", "cpuset", "mask", "list", "core", "quota", "count"))'

# Dense indices from 0, and every processor of the system stands in one list, once.
sound='
    ([.processors[].processor] == [range(0; .processors | length)])
    and ([.processors[].cache] | unique) == [range(0; .caches)]
    and ([.processors[].region] | unique) == [range(0; .regions)]
    and ([.processors[], .left_out[]] | map(.os_index) | length == (unique | length))'

# machine NAME PROCESSORS CACHES REGIONS LEFT_OUT OPTION...: the JSON is right and has these counts.
machine() {
    local name=$1 processors=$2 caches=$3 regions=$4 left_out=$5
    shift 5
    run "$ta" topology --json "$@"
    is "$name: succeeds" succeeded
    is "$name: schema" json "$schema"
    is "$name: indices are sound" json "$sound"
    is "$name: counts" json "(.processors | length) == $processors and .caches == $caches and
        .regions == $regions and (.left_out | length) == $left_out"
}

# ---- this machine ----
run "$ta" topology --json
is 'this machine: succeeds' succeeded
is 'this machine: schema' json "$schema"
is 'this machine: indices are sound' json "$sound"
is 'this machine: is not described' json '.described == false'
run "$ta" topology
is 'this machine: a table' succeeded
is 'this machine: the table has a header' grep -q '^this machine: [0-9]* processors\?, ' "$work/out"
is 'this machine: the table has a region' grep -q '^region 0 .*processors 0.* os [0-9]' "$work/out"

# ---- what this process may use ----
allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
last=${allowed##*[,-]}
if [ "$allowed" = "$last" ]; then
    skip 'mask: one processor is left' 'this process may use only one processor'
    skip 'mask: the reason is told' 'this process may use only one processor'
else
    run taskset -c "$last" "$ta" topology --json
    is 'mask: one processor is left' json \
        "$schema and $sound and ([.processors[].os_index] == [$last])"
    if [ "${2-}" = nohwloc ]; then
        skip 'mask: the reason is told' 'without hwloc only the mask is known'
    else
        is 'mask: the reason is told' json 'any(.left_out[]; .reason == "mask")'
    fi
fi
run "$ta" topology --json --os-processors "$last,$last-$last"
is 'list: the one that is listed' json \
    "$schema and $sound and ([.processors[].os_index] == [$last])"
is 'list: the reason is told' json \
    'all(.left_out[]; .reason | IN("list", "mask", "offline", "cpuset"))'
run "$ta" topology --os-processors 1048575
is 'list: none of that number' refused 1 'processor 1048575 of os_processors is not usable: '
if [ "$allowed" != "$last" ]; then
    run taskset -c "$last" "$ta" topology --os-processors "$allowed"
    is 'list: outside of the mask' refused 1 'the affinity mask of the thread lacks it'
fi
run taskset -c "$last" "$ta" topology --json --processors 2
is 'mask: exactly 2 of 1 fails' refused 1 'ta topology: '

# ---- output that gets lost ----

# lost NAME OPTION...: with standard output on a full disk.
lost() {
    local name=$1
    shift
    status=0
    : >"$work/out"
    "$ta" topology "$@" >/dev/full 2>"$work/err" || status=$?
    is "full disk: $name" refused 1 'No space left on device'
}
lost 'table'
lost 'JSON' --json
status=0
"$ta" topology >&- 2>"$work/err" || status=$?
is 'closed output' refused 1 'standard output'

if [ "${2-}" = nohwloc ]; then
    run "$ta" topology --synthetic pu:1
    is 'without hwloc: a synthetic description is refused' refused 1 'ta topology: '
    run "$ta" topology --xml machine.xml
    is 'without hwloc: a file is refused' refused 1 'ta topology: '
    finish
    exit
fi

# ---- described machines ----
machine 'pu:1' 1 1 1 0 --synthetic pu:1
is 'pu:1: is described' json '.described == true and .quota == null'
machine 'node:2 core:8 pu:2' 32 2 2 0 --synthetic 'node:2 core:8 pu:2'
is 'node:2 core:8 pu:2: regions in order' json \
    '[.processors[].region] == ([range(0; 16) | 0] + [range(0; 16) | 1])'
machine 'pack:2 node:4 core:32 pu:2' 512 8 8 0 --synthetic 'pack:2 node:4 core:32 pu:2'
machine '4,096 processors' 4096 256 32 0 --synthetic 'pack:8 node:4 l3:8 core:8 pu:2'
run "$ta" topology --synthetic 'pack:8 node:4 l3:8 core:8 pu:2'
is '4,096 processors: a table' succeeded
is '4,096 processors: the table is short' [ "$(wc -l <"$work/out")" -le 64 ]
is '4,096 processors: the table is narrow' [ "$(wc -L <"$work/out")" -le 120 ]

# ---- the choice of processors ----
box='node:2 core:2 pu:2'
machine 'exactly 3' 3 1 1 5 --synthetic "$box" --processors 3
is 'exactly 3: the rest has a reason' json 'all(.left_out[]; .reason == "count")'
is 'exactly 3: packed into the first region' json 'all(.processors[]; .region == 0)'
machine 'at most 3' 3 1 1 5 --synthetic "$box" --processors '<=3'
machine 'at most 100' 8 2 2 0 --synthetic "$box" --processors '<=100'
machine 'all' 8 2 2 0 --synthetic "$box" --processors all
machine 'auto' 8 2 2 0 --synthetic "$box" --processors auto
machine 'one per core' 4 2 2 4 --synthetic "$box" --one-per-core
is 'one per core: the siblings have a reason' json 'all(.left_out[]; .reason == "core")'
machine 'list' 3 2 2 5 --synthetic "$box" --os-processors 6,1-2
is 'list: these' json '[.processors[].os_index] == [1, 2, 6]'
is 'list: the others have a reason' json 'all(.left_out[]; .reason == "list")'
machine 'list, one per core, at most 2' 2 1 1 6 --synthetic "$box" --os-processors 1-5 \
    --one-per-core --processors '<=2'
is 'list, one per core, at most 2: reasons' json '[.left_out[] | [.os_index, .reason]] ==
    [[0, "list"], [3, "core"], [4, "count"], [5, "core"], [6, "list"], [7, "list"]]'
run "$ta" topology --synthetic "$box" --os-processors 0-3
is 'list: in words' grep -q '^left out  4 processors  os 4-7  list: ' "$work/out"
run "$ta" topology --synthetic "$box" --os-processors 6-9
is 'list: one is not there' refused 1 'processor 8 of os_processors is not usable: '
run "$ta" topology --synthetic "$box" --os-processors 0-1 --processors 3
is 'list: exactly more than it has' refused 1 'asked for 3 processors, 2 are listed'
machine 'spread' 2 2 2 6 --synthetic "$box" --processors 2 --spread
is 'spread: one in each region' json '[.processors[].region] == [0, 1]'
run "$ta" topology --synthetic "$box" --processors 3
is 'left out: in words' grep -q '^left out  5 processors  os 3-7  count: ' "$work/out"
run "$ta" topology --synthetic 'node:2 core:4 pu:2(indexes=0,8,1,9,2,10,3,11,4,12,5,13,6,14,7,15)'
is 'table: interleaved numbers are ranges' grep -q 'os 0-3,8-11$' "$work/out"
run "$ta" topology --synthetic 'node:2 core:8 pu:1(indexes=0,2,4,6,8,10,12,14,1,3,5,7,9,11,13,15)'
is 'table: every second number is a stride' grep -q 'os 1-15:2$' "$work/out"
run "$ta" topology --synthetic 'node:2 core:8 pu:1' --os-processors 1-15:2
is 'list: every second one' grep -q '^left out  8 processors  os 0-14:2  list: ' "$work/out"
run "$ta" topology --synthetic pu:4 --processors 5
is 'exactly more than there are: fails' refused 1 'ta topology: '

# ---- XML ----
cat >"$work/machine.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000007" allowed_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" allowed_nodeset="0x00000001" gp_index="1">
    <object type="NUMANode" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000007" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="2" local_memory="1073741824"/>
    <object type="Core" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="3">
      <object type="PU" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="4"/>
    </object>
    <object type="Core" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="5">
      <object type="PU" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="6"/>
    </object>
  </object>
</topology>
XML
machine 'XML' 2 1 1 1 --xml "$work/machine.xml"
is 'XML: the offline processor is told' json '.left_out == [{"os_index": 2, "reason": "offline"}]'
run "$ta" topology --xml "$work/missing.xml"
is 'XML: no such file' refused 1 'missing.xml'
head -c 700 "$work/machine.xml" >"$work/broken.xml"
run "$ta" topology --xml "$work/broken.xml"
is 'XML: cut off in the middle' refused 1 'broken.xml'
: >"$work/empty.xml"
run "$ta" topology --xml "$work/empty.xml"
is 'XML: empty' refused 1 'empty.xml'
run "$ta" topology --xml "$work"
is 'XML: a directory' refused 1 'ta topology: '

# More than a buffer of output: the first write fails long before the last one.
lost 'a long table' --synthetic 'node:128 core:2 pu:2'
lost 'long JSON' --json --synthetic 'node:8 core:64 pu:2'

finish
