#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# kvd as its clients see it. Usage: kvd.sh CASE KVD KVD_PIPE KVD_STORM; cases are the functions below.
# Everything is on 127.0.0.1, at ports that the server chose.
set -euo pipefail

here=$(dirname "$0")
case=$1 kvd=$2 pipe=$3 storm=$4
for needed in redis-cli redis-server redis-benchmark; do
    command -v "$needed" >/dev/null || {
        echo "skipped: $needed is missing"
        exit 77
    }
done
work=$(mktemp -d)
server=0 redis=0

finish() {
    local status=$?
    [ "$server" -eq 0 ] || kill -9 "$server" 2>/dev/null || true
    [ "$redis" -eq 0 ] || kill -9 "$redis" 2>/dev/null || true
    [ "$status" -eq 0 ] || tail -n 40 "$work"/*.log 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "$case: $*" >&2
    exit 1
}

# start ARGUMENT...: a server; its port is $port. With at most $files descriptors, if that is set.
start() {
    : >"$work/kvd.log"
    (
        [ -z "${files-}" ] || ulimit -n "$files"
        exec "$kvd" --port "${wanted_port:-0}" "$@" 2>>"$work/kvd.log"
    ) &
    server=$!
    for _ in $(seq 200); do
        port=$(sed -n 's/.*ready on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/kvd.log")
        [ -z "$port" ] || return 0
        kill -0 "$server" 2>/dev/null || fail 'it does not start'
        sleep 0.05
    done
    fail 'it is never ready'
}

# stop: by SIGTERM; it must end by itself, with 0.
stop() {
    local status=0
    kill "$server"
    wait "$server" || status=$?
    server=0
    [ "$status" -eq 0 ] || fail "it ended with $status"
    if grep -qE 'ERROR: |WARNING: ThreadSanitizer|runtime error' "$work/kvd.log"; then
        fail 'a sanitizer has something to say'
    fi
}

# start_redis: a redis-server; its port is $redis_port.
start_redis() {
    for _ in 1 2 3 4 5; do
        redis_port=$((20000 + RANDOM % 10000))
        redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
            >"$work/redis.log" 2>&1 &
        redis=$!
        for _ in $(seq 100); do
            [ "$(redis-cli -p "$redis_port" ping 2>/dev/null)" != PONG ] || return 0
            kill -0 "$redis" 2>/dev/null || break
            sleep 0.05
        done
    done
    fail 'redis-server does not start'
}

cli() { redis-cli -p "$port" "$@"; }

# expect REPLY ARGUMENT...: what redis-cli says.
expect() {
    local wanted=$1 got
    shift
    got=$(cli "$@" 2>&1)
    [ "$got" = "$wanted" ] || fail "'$*' gives '$got', not '$wanted'"
}

cores() { [ "$(nproc)" -gt 1 ] && echo 0-1 || echo 0; }

# peak_below MEGABYTES: of the server's memory. A sanitizer's own takes a multiple: a looser bound.
peak_below() {
    local peak most=$(($1 * 1000))
    if grep -qaE '__(asan|msan|tsan)_init' "$kvd"; then most=2000000; fi
    peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status")
    echo "peak: $peak kB of at most $most"
    [ "$peak" -lt "$most" ] || fail "it has taken $peak kB"
}

# ---- cases --------------------------------------------------------------------------------------

# Every command once, by the real client.
session() {
    local id
    start --cores "$(cores)" --maxmemory 64m
    expect PONG PING
    expect hello ECHO hello
    expect OK SET key value
    expect value GET key
    expect '' GET none
    expect OK SET lives 1 EX 100
    expect 100 TTL lives
    expect 1 PERSIST lives
    expect -1 TTL lives
    expect OK SETEX lives 100 v
    expect 1 PEXPIRE lives 100000
    expect 1 EXPIRE lives 50
    expect '' SET key other NX
    expect value SET key other XX GET
    expect OK MSET a 1 b 2 c 3 d 4 e 5
    expect $'1\n2\n\n5' MGET a b none e
    expect 4 EXISTS a b c d none
    expect 2 DEL a b
    expect 1 UNLINK c
    expect 5 INCRBY counter 5
    expect 6 INCR counter
    expect 5 DECR counter
    expect 'ERR value is not an integer or out of range' INCR key
    expect 8 APPEND key xyz
    expect 8 STRLEN key
    expect her GETRANGE key 2 4
    expect 8 SETRANGE key 1 T
    expect oTherxyz GETDEL key
    expect string TYPE d
    expect none TYPE key
    expect 4 DBSIZE
    [ "$(cli KEYS '*' | sort | tr '\n' ' ')" = 'counter d e lives ' ] || fail KEYS
    [ "$(cli --scan | sort | tr '\n' ' ')" = 'counter d e lives ' ] || fail SCAN
    cli RANDOMKEY | grep -qE '^(counter|d|e|lives)$' || fail RANDOMKEY
    [ "$(cli MEMORY USAGE d)" -gt 0 ] || fail MEMORY
    [ "$(cli COMMAND COUNT)" -gt 40 ] || fail COMMAND
    [ "$(cli TIME | wc -l)" -eq 2 ] || fail TIME
    expect OK SELECT 0
    expect 'ERR DB index is out of range' SELECT 1
    expect $'maxmemory\n64000000' CONFIG GET maxmemory # as redis reads 64m
    cli CLIENT LIST | grep -q 'cmd=client' || fail 'CLIENT LIST'
    cli INFO cores | grep -q '^core0:' || fail INFO
    cli -3 HELLO 3 | grep -q 'proto' || fail HELLO
    cli 2>&1 NOSUCH | grep -q '^ERR unknown command' || fail 'an unknown command'
    cli CLIENT SETNAME "$(printf 'x%.0s' {1..1025})" 2>&1 | grep -q '^ERR.*longer than 1024' ||
        fail 'a long name'
    printf 'CLIENT SETNAME %s\nCLIENT INFO\n' "$(printf 'x%.0s' {1..1024})" | cli |
        grep -qE 'name=x{1024} .* resp=2' || fail 'CLIENT INFO'
    expect $'DataBases\n1' CONFIG GET DataBases
    expect $'databases\n1' CONFIG GET 'DATAB*'
    expect 'ERR syntax error' SHUTDOWN NOSAVE SAVE
    expect 'ERR syntax error' SHUTDOWN ABORT NOW
    expect 'ERR No shutdown in progress.' SHUTDOWN ABORT
    expect "ERR Unknown client type 'bad'" CLIENT LIST TYPE bad
    expect '' CLIENT LIST TYPE pubsub
    expect 'ERR syntax error' CLIENT LIST BAD
    expect 'ERR Invalid client ID' CLIENT LIST ID 1 x
    expect 'ERR client-id should be greater than 0' CLIENT KILL ID 0
    expect 0 CLIENT KILL ID 1000000
    id=$(($(cli CLIENT ID) + 1)) # the next one's
    [ "$(cli CLIENT LIST ID 1000000 $id 0 $((id + 1)) | cut -d ' ' -f 1)" = "id=$id" ] ||
        fail 'CLIENT LIST ID'
    printf 'CLIENT SETNAME me\nCLIENT GETNAME\nCLIENT MIGRATE 0\nCLIENT GETNAME\n' | cli >"$work/out"
    [ "$(grep -c '^me$' "$work/out")" -eq 2 ] || fail 'CLIENT MIGRATE'
    expect OK FLUSHALL
    expect 0 DBSIZE
    stop
}

# A server with a password.
password() {
    start --cores 0 --requirepass secret
    expect 'NOAUTH Authentication required.' GET key
    cli AUTH wrong 2>&1 | grep -q '^WRONGPASS' || fail 'a wrong password'
    [ "$(redis-cli -p "$port" -a secret --no-auth-warning SET key 1)" = OK ] || fail AUTH
    stop
}

# The command line: 2 for what is wrong with it, 1 for what the system refuses.
options() {
    local status argument wanted
    "$kvd" --help | grep -q -- --maxmemory || fail --help
    "$kvd" --version | grep -q kvd || fail --version
    for argument in 2--nosuch 2stray '2--port 70000' '2--maxmemory x' 2--maxmemory \
        '2--bind nowhere' '2--cores 3-1' '1--cores 4000' \
        '1--bind 192.0.2.1'; do # an address of documentation
        wanted=${argument:0:1} argument=${argument:1} status=0
        # shellcheck disable=SC2086 # one or two words
        "$kvd" --port 0 $argument 2>"$work/options.log" || status=$?
        [ "$status" -eq "$wanted" ] || fail "'$argument' ends with $status, not $wanted"
        [ "$(wc -l <"$work/options.log")" -ge 1 ] || fail "'$argument' says nothing"
    done
}

# Requests without end, and a signal: what was answered, was answered rightly, and it ends.
benchmark() {
    start --cores "$(cores)"
    local size
    for size in 1 16; do
        redis-benchmark -p "$port" -t set,get,incr,mset -n 4000 -r 1000 -P "$size" -c 10 -q \
            >"$work/benchmark.log" 2>&1 || fail "redis-benchmark -P $size"
        if grep -qi error "$work/benchmark.log"; then fail "errors with -P $size"; fi
    done
    [ "$(cli GET counter:__rand_int__)" = '' ] || fail 'a key that nobody wrote'
    (redis-benchmark -p "$port" -t set -n 100000000 -P 16 -c 10 -q >/dev/null 2>&1 || true) &
    sleep 0.5
    stop
}

# The same random requests to redis and to kvd, in random pieces: the same replies.
compare() {
    local seed chunk pattern
    start_redis
    start --cores "$(cores)"
    for seed in $(seq "${TA_KVD_SEEDS:-6}"); do
        chunk=$((seed % 3 == 0 ? 100 : seed % 3 == 1 ? 5000 : 65536))
        { # a protocol of its own for each second one
            printf 'FLUSHALL\r\nHELLO %d\r\n' $((2 + seed % 2))
            awk -v seed="$seed" -v count=3000 -f "$here/kvd_commands.awk"
        } >"$work/requests"
        "$pipe" "$redis_port" <"$work/requests" >"$work/redis" || fail "redis, seed $seed"
        "$pipe" "$port" "$chunk" <"$work/requests" >"$work/kvd" || fail "kvd, seed $seed"
        # The first lines are what HELLO says of the server itself.
        awk -f "$here/kvd_sorted.awk" "$work/redis" | tail -n +40 >"$work/redis.tail"
        awk -f "$here/kvd_sorted.awk" "$work/kvd" | tail -n +40 >"$work/kvd.tail"
        cmp "$work/redis.tail" "$work/kvd.tail" || fail "replies differ, seed $seed"
        [ "$(wc -l <"$work/redis.tail")" -gt 2000 ] || fail "hardly any replies, seed $seed"
        for pattern in '*' 'key[12]*' 'aging?'; do # which keys are left, by SCAN
            redis-cli -p "$redis_port" --scan --pattern "$pattern" | sort >"$work/redis.keys"
            cli --scan --pattern "$pattern" | sort >"$work/kvd.keys"
            cmp "$work/redis.keys" "$work/kvd.keys" || fail "keys differ, seed $seed, $pattern"
        done
    done
    stop
}

# Clients that do all kinds of things beside one that behaves; memory stays bounded.
random() {
    start --cores "$(cores)" --maxmemory 4m
    "$storm" random "$port" 3 "${TA_SEED:-$RANDOM}" || fail 'the client that behaves was not served'
    peak_below 64
    expect PONG PING
    stop
}

# As many as the system lets both ends have; kvd_storm says how many there were.
many() {
    local count=10000 most
    most=$(ulimit -Hn)
    if [ "$most" != unlimited ] && [ "$most" -lt $((count + 200)) ]; then
        count=$((most - 200))
        echo "the limit of $most descriptors lets no more than $count connections be"
    fi
    start --cores "$(cores)" --maxclients 20000
    "$storm" many "$port" "$count" || fail 'one of many was not served'
    peak_below 300
    stop
}

# Values that are announced and never come cost nothing.
announce() {
    start --cores "$(cores)"
    "$storm" announce "$port" 300 || fail 'the client that behaves was not served'
    peak_below 64
    stop
}

# Above --maxmemory-clients, those who hold much and want more are left, and nobody else.
hoard() {
    start --cores "$(cores)" --maxmemory-clients 30m --maxmemory 30m
    "$storm" hoard "$port" 60 10 || fail 'too many hold too much, or one was wronged'
    peak_below 100
    stop
}

slow() {
    start --cores "$(cores)"
    "$storm" slow "$port" || fail 'wrong replies'
    peak_below 100
    stop
}

# What commands of all cores gather counts, too; afterwards it is given back.
fans() {
    local held
    start --cores "$(cores)" --maxmemory-clients 100m
    "$storm" fans "$port" 15 || fail 'a reply that is none, or a client that was not served'
    peak_below 500
    held=$(cli INFO clients | sed -n 's/^client_buffers:\([0-9]*\).*/\1/p')
    [ "$held" -lt 1000000 ] || fail "$held bytes are still counted"
    stop
}

# Commands that cost much, in pipelines: others come in between, and the end does not wait for them.
busy() {
    start_described 2 --drain-timeout 1
    redis-benchmark -p "$port" -t set -n 200000 -r 200000 -P 64 -c 4 -q >/dev/null 2>&1
    "$storm" busy "$port" || fail 'others had to wait for all of them'
    stop
}

# start_described CORES ARGUMENT...: on a machine that is only described, whose processors are threads.
start_described() {
    local cores=$1
    shift
    export HWLOC_SYNTHETIC="pu:$cores"
    start "$@"
    unset HWLOC_SYNTHETIC
    if ! cli INFO server | grep -q "^cores:$cores"; then
        stop
        echo 'skipped: this build does not read machines by hwloc'
        exit 77
    fi
}

# key_of CORE: a name that belongs there.
key_of() {
    local i
    for i in $(seq 1000); do
        cli SET "probe$i" 1 >/dev/null
        # A cursor names the core that it goes on at.
        if cli SCAN "$1" COUNT 1000000 | grep -qx "probe$i"; then
            echo "probe$i"
            break
        fi
        cli DEL "probe$i" >/dev/null
    done
    cli FLUSHALL >/dev/null
}

# A reply is late, since its core is busy, and many large ones come before it: memory is bounded, and
# the client gets them all.
late() {
    local early late
    start_described 4 --maxmemory-clients 64m
    late=$(key_of 1) early=$(key_of 2)
    redis-benchmark -p "$port" -t set -n 400000 -r 400000 -P 64 -c 4 -q >/dev/null 2>&1
    "$storm" late "$port" 4 "$early" "$late" || fail 'not all replies came'
    peak_below 200
    stop
}

# Who says nothing for --timeout seconds, is left.
idle() {
    local answer status=0
    start --cores 0 --timeout 1
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'PING\r\n' >&3
    read -r -t 10 answer <&3
    [ "$answer" = $'+PONG\r' ] || fail "'$answer' to PING"
    read -r -t 20 answer <&3 || status=$?
    [ "$status" -eq 1 ] || fail "no end of the connection: $status" # above 128: nothing came
    exec 3>&-
    stop
}

# More clients than descriptors: those that are there are served, and later ones again.
descriptors() {
    local answer fd opened=()
    files=48
    start --cores 0
    for _ in $(seq 60); do
        exec {fd}<>"/dev/tcp/127.0.0.1/$port"
        opened+=("$fd")
    done
    sleep 0.3
    printf 'PING\r\n' >&"${opened[0]}"
    read -r -t 10 answer <&"${opened[0]}"
    [ "$answer" = $'+PONG\r' ] || fail "'$answer' to PING"
    for fd in "${opened[@]}"; do exec {fd}>&-; done
    for _ in $(seq 100); do
        [ "$(timeout 2 redis-cli -p "$port" PING 2>&1)" != PONG ] || break
        sleep 0.1
    done
    expect PONG PING
    stop
}

# spare_of: the server's spare descriptor, beside those that it was begun with.
spare_of() { find "/proc/$server/fd" -lname /dev/null -name '[3-9]'; }

# The last spare descriptor is lost, and found again: clients beyond the limit are told, as before.
spare() {
    local answer fd most opened=() told=0
    command -v prlimit >/dev/null || {
        echo 'skipped: prlimit is missing'
        exit 77
    }
    start --cores 0
    most=$(prlimit --pid "$server" --nofile --output SOFT --noheadings | tr -d ' ')
    prlimit --pid "$server" --nofile=4:
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    for _ in $(seq 200); do # until it has given up its spare one
        [ -n "$(spare_of)" ] || break
        sleep 0.05
    done
    [ -z "$(spare_of)" ] || fail 'it still has a spare descriptor'
    prlimit --pid "$server" --nofile="$most:"
    printf 'PING\r\n' >&"$fd"
    read -r -t 20 answer <&"$fd"
    [ "$answer" = $'+PONG\r' ] || fail "'$answer' to PING"
    for _ in $(seq 200); do
        [ -z "$(spare_of)" ] || break
        sleep 0.05
    done
    most=3
    while [ -e "/proc/$server/fd/$most" ]; do most=$((most + 1)); done
    prlimit --pid "$server" --nofile="$((most + 2)):" # two more
    for _ in $(seq 6); do
        exec {fd}<>"/dev/tcp/127.0.0.1/$port"
        opened+=("$fd")
        printf 'PING\r\n' >&"$fd"
        read -r -t 20 answer <&"$fd" || fail 'no answer and no end'
        [ "$answer" = $'+PONG\r' ] || told=1
    done
    [ "$told" -eq 1 ] || fail 'there were descriptors for all'
    for fd in "${opened[@]}"; do exec {fd}>&-; done
    stop
}

# The system is asked to look whether silent clients are still there.
keepalive() {
    local seconds
    for seconds in 300 0; do
        start --cores 0 --tcp-keepalive "$seconds"
        expect $'tcp-keepalive\n'"$seconds" CONFIG GET tcp-keepalive
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        printf 'PING\r\n' >&3
        read -r -t 10 _ <&3
        # The second column is the server's end; 02: a timer of that kind runs.
        awk -v port="$(printf ':%04X' "$port")" -v timer="$([ "$seconds" = 0 ] && echo 00 || echo 02)" '
            $2 ~ port "$" && $4 == "01" { seen++; good += $6 ~ "^" timer ":" }
            END { exit !(seen == 1 && good == 1) }' /proc/net/tcp || fail "--tcp-keepalive $seconds"
        exec 3>&-
        stop
    done
}

# What the system had accepted for it when the end came, is answered.
drain() {
    local old new answer
    start --cores "$(cores)"
    exec {old}<>"/dev/tcp/127.0.0.1/$port"
    printf 'PING\r\n' >&"$old"
    read -r -t 10 _ <&"$old"
    kill -STOP "$server"
    for _ in $(seq 100); do exec {new}<>"/dev/tcp/127.0.0.1/$port" && printf 'PING\r\n' >&"$new"; done
    printf 'ECHO old\r\n' >&"$old"
    kill -TERM "$server"
    kill -CONT "$server"
    for ((; new > old; new--)); do
        read -r -t 10 answer <&"$new" || fail 'one that was accepted is not answered'
        [ "$answer" = $'+PONG\r' ] || fail "'$answer' to PING"
    done
    read -r -t 10 _ <&"$old" && read -r -t 10 answer <&"$old"
    [ "$answer" = $'old\r' ] || fail "'$answer' to ECHO"
    wait "$server" || fail "it ended with $?"
    server=0
}

# Killed and started again, under load: never a wrong reply.
restart() {
    local round clients
    for round in 1 2 3 4; do
        start --cores "$(cores)"
        wanted_port=$port
        clients=()
        for _ in 1 2 3; do
            "$storm" restarts "$port" "$work/right" &
            clients+=($!)
        done
        sleep 0.4
        if [ $((round % 2)) -eq 0 ]; then
            stop
        else
            kill -9 "$server"
            wait "$server" 2>/dev/null || true
            server=0
        fi
        for client in "${clients[@]}"; do wait "$client" || fail 'a wrong reply'; done
    done
    [ "$(awk '{ sum += $1 } END { print sum }' "$work/right")" -gt 100 ] || fail 'hardly any reply'
}

case $case in
session | password | options | benchmark | compare | random | many | announce | hoard | \
    slow | busy | fans | late | idle | descriptors | spare | keepalive | drain | restart) "$case" ;;
*) fail 'no such case' ;;
esac
