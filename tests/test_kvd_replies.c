/* SPDX-License-Identifier: MIT
 *
 * kvd's commands: what each replies, in both protocols, wherever it runs.
 */
#include "kvd_shards.h"

#include <stdlib.h>

/* ---- replies --------------------------------------------------------------------------------- */

typedef struct step {
    const char *line;   /* a request; "@5000" sets the time, 5 seconds behind the begin */
    const char *reply;  /* as RESP */
    const char *reply3; /* NULL: the same in protocol 3 */
} step;

#define OK "+OK\r\n"
#define NO "$-1\r\n", "_\r\n" /* null */
#define NO_INTEGER "-ERR value is not an integer or out of range\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define NO_EXPIRY(command) "-ERR invalid expire time in '" command "' command\r\n"

static void play(shards *s, const step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (steps[i].line[0] == '@') {
            set_time(s, BEGIN + strtol(steps[i].line + 1, NULL, 10));
            continue;
        }
        bool has_own = s->protocol == 3 && steps[i].reply3 != NULL;
        expect(s, steps[i].line, has_own ? steps[i].reply3 : steps[i].reply);
    }
}

/* In both protocols; in one shard, in some, and in many, at home or carried there. */
static void play_everywhere(const step *steps, size_t count) {
    static const uint32_t counts[] = {1, 3, SHARDS_MOST};
    for (unsigned way = 0; way < 12; way++) {
        shards s;
        open_shards(&s, counts[way % 3], 0);
        s.protocol = 2 + way / 3 % 2;
        s.packs = way >= 6;
        s.own = s.count - 1;
        play(&s, steps, count);
        close_shards(&s);
    }
}

#define PLAY(steps) play_everywhere(steps, sizeof(steps) / sizeof *(steps))

static void strings(void **state) {
    (void)state;
    static const step steps[] = {
        {"GET k", NO},
        {"SET k \"a\\x00\\r\\nb\"", OK, NULL},
        {"STRLEN k", ":5\r\n", NULL},
        {"SET k value", OK, NULL},
        {"get k", "$5\r\nvalue\r\n", NULL},
        {"GETSET k \"\"", "$5\r\nvalue\r\n", NULL},
        {"GET k", "$0\r\n\r\n", NULL},
        {"GETSET other x", NO},
        {"APPEND k abc", ":3\r\n", NULL},
        {"APPEND k def", ":6\r\n", NULL},
        {"APPEND k \"\"", ":6\r\n", NULL},
        {"APPEND fresh \"\"", ":0\r\n", NULL},
        {"EXISTS fresh", ":1\r\n", NULL},
        {"STRLEN k", ":6\r\n", NULL},
        {"STRLEN none", ":0\r\n", NULL},
        {"GETRANGE k 1 3", "$3\r\nbcd\r\n", NULL},
        {"GETRANGE k 0 -1", "$6\r\nabcdef\r\n", NULL},
        {"GETRANGE k -3 -2", "$2\r\nde\r\n", NULL},
        {"GETRANGE k -100 100", "$6\r\nabcdef\r\n", NULL},
        {"GETRANGE k 4 2", "$0\r\n\r\n", NULL},
        {"GETRANGE k -2 -3", "$0\r\n\r\n", NULL},
        {"GETRANGE k -7 -8", "$0\r\n\r\n", NULL}, /* both before the first byte */
        {"GETRANGE k 6 9", "$0\r\n\r\n", NULL},
        {"GETRANGE none 0 -1", "$0\r\n\r\n", NULL},
        {"GETRANGE k a 1", NO_INTEGER, NULL},
        {"GETRANGE k 0 1.5", NO_INTEGER, NULL},
        {"SUBSTR k 0 0", "$1\r\na\r\n", NULL},
        {"SETRANGE k 1 XY", ":6\r\n", NULL},
        {"SETRANGE k 8 Z", ":9\r\n", NULL},
        {"GETRANGE k 0 5", "$6\r\naXYdef\r\n", NULL},
        {"STRLEN k", ":9\r\n", NULL},
        {"SETRANGE k -1 x", "-ERR offset is out of range\r\n", NULL},
        {"SETRANGE k x x", NO_INTEGER, NULL},
        {"SETRANGE none 5 \"\"", ":0\r\n", NULL},
        {"EXISTS none", ":0\r\n", NULL},
        {"SETRANGE none 2 x", ":3\r\n", NULL},
        {"SETRANGE k 536870912 x",
         "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n", NULL},
        {"SET k wxAB", OK, NULL},
        {"GETDEL k", "$4\r\nwxAB\r\n", NULL},
        {"GETDEL k", NO},
        {"TYPE k", "+none\r\n", NULL},
    };
    PLAY(steps);
}

static void values_are_binary(void **state) {
    (void)state;
    static const char wanted[] = "$5\r\na\0\r\nb\r\n";
    shards s;
    kvd_bytes reply;
    open_shards(&s, 3, 0);
    s.packs = true;
    reply = make_bytes(&s);
    expect(&s, "SET \"k\\x00\" \"a\\x00\\r\\nb\"", OK);
    expect(&s, "GET k", "$-1\r\n");
    run_line(&s, "GETDEL \"k\\x00\"", &reply);
    assert_int_equal(kvd_bytes_length(&reply), sizeof wanted - 1);
    assert_memory_equal(kvd_bytes_data(&reply), wanted, sizeof wanted - 1);
    expect(&s, "GETDEL \"k\\x00\"", "$-1\r\n");
    kvd_bytes_clear(&reply);
    close_shards(&s);
}

static void set_takes_options(void **state) {
    (void)state;
    static const step steps[] = {
        {"SET k 1 XX", NO},
        {"SET k 1 NX", OK, NULL},
        {"SET k 2 nx", NO},
        {"SET k 2 xx", OK, NULL},
        {"SET k 3 GET", "$1\r\n2\r\n", NULL},
        {"SET k 4 NX GET", "$1\r\n3\r\n", NULL},
        {"GET k", "$1\r\n3\r\n", NULL},
        {"SET none 1 GET XX", NO},
        {"EXISTS none", ":0\r\n", NULL},
        {"SET none 1 GET NX", NO},
        {"GET none", "$1\r\n1\r\n", NULL},
        {"SETNX k 9", ":0\r\n", NULL},
        {"SETNX fresh 9", ":1\r\n", NULL},
        {"SET k 1 NX XX", SYNTAX, NULL},
        {"SET k 1 EX", SYNTAX, NULL},
        {"SET k 1 EX 10 PX 10", SYNTAX, NULL},
        {"SET k 1 EX 10 KEEPTTL", SYNTAX, NULL},
        {"SET k 1 NOSUCH", SYNTAX, NULL},
        {"SET k 1 EX x", NO_INTEGER, NULL},
        {"SET k 1 EX 0", NO_EXPIRY("set"), NULL},
        {"SET k 1 PX -1", NO_EXPIRY("set"), NULL},
        {"SET k 1 EX 9223372036854775", NO_EXPIRY("set"), NULL},
        {"SET k 1 PX 9223372036854775807", NO_EXPIRY("set"), NULL},
        {"SETEX k 0 v", NO_EXPIRY("setex"), NULL},
        {"PSETEX k 0 v", NO_EXPIRY("psetex"), NULL},
        {"GET k", "$1\r\n3\r\n", NULL},
    };
    PLAY(steps);
}

static void values_expire(void **state) {
    (void)state;
    static const step steps[] = {
        {"SET k 1 EX 10", OK, NULL},
        {"PTTL k", ":10000\r\n", NULL},
        {"SET k 2 KEEPTTL", OK, NULL},
        {"PTTL k", ":10000\r\n", NULL},
        {"APPEND k x", ":2\r\n", NULL},
        {"PTTL k", ":10000\r\n", NULL},
        {"SET k 3", OK, NULL},
        {"PTTL k", ":-1\r\n", NULL},
        {"SET k 1 PX 1500", OK, NULL},
        {"TTL k", ":2\r\n", NULL}, /* rounded */
        {"SET k 1 PXAT 1000000005000", OK, NULL},
        {"PTTL k", ":5000\r\n", NULL},
        {"SET k 1 EXAT 1000000007", OK, NULL},
        {"PTTL k", ":7000\r\n", NULL},
        {"PSETEX p 300 v", OK, NULL},
        {"SETEX s 3 v", OK, NULL},
        {"INCR n", ":1\r\n", NULL},
        {"PEXPIRE n 4000", ":1\r\n", NULL},
        {"INCR n", ":2\r\n", NULL},
        {"PTTL n", ":4000\r\n", NULL},
        {"SET old 1 PXAT 1", OK, NULL},
        {"GET old", NO},
        {"@299", NULL, NULL},
        {"GET p", "$1\r\nv\r\n", NULL},
        {"@300", NULL, NULL},
        {"GET p", NO},
        {"TTL p", ":-2\r\n", NULL},
        {"TYPE p", "+none\r\n", NULL},
        {"@3000", NULL, NULL},
        {"EXISTS s n k", ":2\r\n", NULL},
        {"@4000", NULL, NULL},
        {"INCR n", ":1\r\n", NULL},
        {"PTTL n", ":-1\r\n", NULL},
        {"@7000", NULL, NULL},
        {"SET k 1 XX", NO},
    };
    PLAY(steps);
}

static void expiries_are_asked_for_and_changed(void **state) {
    (void)state;
    static const step steps[] = {
        {"EXPIRE k 10", ":0\r\n", NULL},
        {"TTL k", ":-2\r\n", NULL},
        {"PTTL k", ":-2\r\n", NULL},
        {"EXPIRETIME k", ":-2\r\n", NULL},
        {"PERSIST k", ":0\r\n", NULL},
        {"SET k v", OK, NULL},
        {"TTL k", ":-1\r\n", NULL},
        {"PEXPIRETIME k", ":-1\r\n", NULL},
        {"PERSIST k", ":0\r\n", NULL},
        {"EXPIRE k 10 XX", ":0\r\n", NULL},
        {"EXPIRE k 10 GT", ":0\r\n", NULL}, /* none lasts longest */
        {"EXPIRE k 10 NX", ":1\r\n", NULL},
        {"EXPIRE k 20 NX", ":0\r\n", NULL},
        {"EXPIRE k 5 GT", ":0\r\n", NULL},
        {"EXPIRE k 15 gt XX", ":1\r\n", NULL},
        {"EXPIRE k 15 GT", ":0\r\n", NULL},
        {"EXPIRE k 20 LT", ":0\r\n", NULL},
        {"EXPIRE k 12 LT", ":1\r\n", NULL},
        {"TTL k", ":12\r\n", NULL},
        {"PEXPIRE k 2500", ":1\r\n", NULL},
        {"PTTL k", ":2500\r\n", NULL},
        {"EXPIREAT k 1000000009", ":1\r\n", NULL},
        {"EXPIRETIME k", ":1000000009\r\n", NULL},
        {"PEXPIREAT k 1000000009001", ":1\r\n", NULL},
        {"PEXPIRETIME k", ":1000000009001\r\n", NULL},
        {"PERSIST k", ":1\r\n", NULL},
        {"EXPIRE k 9 LT", ":1\r\n", NULL},
        {"EXPIRE k x", NO_INTEGER, NULL},
        {"EXPIRE k 9223372036854775807", NO_EXPIRY("expire"), NULL},
        {"PEXPIRE k 9223372036854775807", NO_EXPIRY("pexpire"), NULL},
        {"EXPIREAT k 9223372036854775807", NO_EXPIRY("expireat"), NULL},
        {"EXPIRE k 1 NOSUCH", "-ERR Unsupported option NOSUCH\r\n", NULL},
        {"EXPIRE k 1 NX XX",
         "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n", NULL},
        {"EXPIRE k 1 GT LT", "-ERR GT and LT options at the same time are not compatible\r\n",
         NULL},
        {"TTL k", ":9\r\n", NULL},
        {"EXPIRE k -1", ":1\r\n", NULL},
        {"EXISTS k", ":0\r\n", NULL},
        {"SET k v", OK, NULL},
        {"PEXPIREAT k 9223372036854775807", ":1\r\n", NULL},
        {"PERSIST k", ":1\r\n", NULL}, /* it was an expiry, though as late as can be */
    };
    PLAY(steps);
}

static void getex_changes_expiries(void **state) {
    (void)state;
    static const step steps[] = {
        {"GETEX k EX 10", NO},
        {"SET k v", OK, NULL},
        {"GETEX k EX 10", "$1\r\nv\r\n", NULL},
        {"PTTL k", ":10000\r\n", NULL},
        {"GETEX k", "$1\r\nv\r\n", NULL},
        {"PTTL k", ":10000\r\n", NULL},
        {"GETEX k PXAT 1000000000123", "$1\r\nv\r\n", NULL},
        {"PTTL k", ":123\r\n", NULL},
        {"GETEX k PERSIST", "$1\r\nv\r\n", NULL},
        {"PTTL k", ":-1\r\n", NULL},
        {"GETEX k EX 1 PERSIST", SYNTAX, NULL},
        {"GETEX k NX", SYNTAX, NULL},
        {"GETEX k EX 0", NO_EXPIRY("getex"), NULL},
        {"GETEX k EXAT 1", "$1\r\nv\r\n", NULL},
        {"DBSIZE", ":0\r\n", NULL}, /* gone at once */
        {"GET k", NO},
    };
    PLAY(steps);
}

static void numbers(void **state) {
    (void)state;
    static const step steps[] = {
        {"INCR n", ":1\r\n", NULL},
        {"INCRBY n 41", ":42\r\n", NULL},
        {"DECR n", ":41\r\n", NULL},
        {"DECRBY n -9", ":50\r\n", NULL},
        {"GET n", "$2\r\n50\r\n", NULL},
        {"INCRBY n x", NO_INTEGER, NULL},
        {"INCRBY n 9223372036854775808", NO_INTEGER, NULL},
        {"INCRBY n 9223372036854775807", "-ERR increment or decrement would overflow\r\n", NULL},
        {"DECRBY n -9223372036854775808", "-ERR decrement would overflow\r\n", NULL},
        {"SET n -9223372036854775808", OK, NULL},
        {"DECR n", "-ERR increment or decrement would overflow\r\n", NULL},
        {"INCR n", ":-9223372036854775807\r\n", NULL},
        {"SET n 007", OK, NULL},
        {"INCR n", NO_INTEGER, NULL},
        {"SET n \" 7\"", OK, NULL},
        {"DECR n", NO_INTEGER, NULL},
        {"SET n \"\"", OK, NULL},
        {"INCR n", NO_INTEGER, NULL},
        {"SET n abc", OK, NULL},
        {"INCR n", NO_INTEGER, NULL},
        {"GET n", "$3\r\nabc\r\n", NULL},
        {"SET n 9223372036854775807", OK, NULL},
        {"INCR n", "-ERR increment or decrement would overflow\r\n", NULL},
    };
    PLAY(steps);
}

static void many_keys(void **state) {
    (void)state;
    static const step steps[] = {
        {"MSET a 1 b 2 c 3 d 4 e 5 f 6 g 7", OK, NULL},
        {"MGET a b c d e f g",
         "*7\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n"
         "$1\r\n6\r\n$1\r\n7\r\n",
         NULL},
        {"MGET a x a y", "*4\r\n$1\r\n1\r\n$-1\r\n$1\r\n1\r\n$-1\r\n",
         "*4\r\n$1\r\n1\r\n_\r\n$1\r\n1\r\n_\r\n"},
        {"MGET x", "*1\r\n$-1\r\n", "*1\r\n_\r\n"},
        {"MSET a 8 b \"\" a 9", OK, NULL}, /* the last one holds */
        {"MGET b a", "*2\r\n$0\r\n\r\n$1\r\n9\r\n", NULL},
        {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command\r\n", NULL},
        {"EXISTS a b x a c", ":4\r\n", NULL},
        {"TOUCH a x d", ":2\r\n", NULL},
        {"DEL a x a b", ":2\r\n", NULL},
        {"UNLINK c d x", ":2\r\n", NULL},
        {"EXISTS a b c d e f g", ":3\r\n", NULL},
        {"DBSIZE", ":3\r\n", NULL},
        {"EXPIRE e 1", ":1\r\n", NULL},
        {"@1000", NULL, NULL},
        {"DEL e", ":0\r\n", NULL},
    };
    PLAY(steps);
}

static void the_keyspace(void **state) {
    (void)state;
    static const step steps[] = {
        {"DBSIZE", ":0\r\n", NULL},
        {"RANDOMKEY", NO},
        {"KEYS *", "*0\r\n", NULL},
        {"MSET ab 1 cd 2 ef 3", OK, NULL},
        {"DBSIZE", ":3\r\n", NULL},
        {"KEYS a?", "*1\r\n$2\r\nab\r\n", NULL},
        {"KEYS [^a-c]f", "*1\r\n$2\r\nef\r\n", NULL},
        {"KEYS x*", "*0\r\n", NULL},
        {"TYPE ab", "+string\r\n", NULL},
        {"TYPE x", "+none\r\n", NULL},
        {"MEMORY USAGE x", NO},
        {"MEMORY USAGE", "-ERR wrong number of arguments for 'memory|usage' command\r\n", NULL},
        {"MEMORY NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP.\r\n", NULL},
        {"MEMORY USAGE ab SAMPLES", SYNTAX, NULL},
        {"MEMORY USAGE ab SAMPLES -1", SYNTAX, NULL},
        {"MEMORY USAGE ab SAMPLES x", NO_INTEGER, NULL},
        {"MEMORY USAGE x SAMPLES 0", NO},
        {"SCAN x", "-ERR invalid cursor\r\n", NULL},
        {"SCAN -", "-ERR invalid cursor\r\n", NULL},
        {"SCAN --1", "-ERR invalid cursor\r\n", NULL},
        {"SCAN 18446744073709551616", "-ERR invalid cursor\r\n", NULL},
        {"PEXPIREAT ef 9223372036854775807", ":1\r\n", NULL},
        {"PEXPIRETIME ef", ":9223372036854775807\r\n", NULL},
        {"SCAN 0 COUNT", SYNTAX, NULL},
        {"SCAN 0 COUNT 0", SYNTAX, NULL},
        {"SCAN 0 COUNT x", NO_INTEGER, NULL},
        {"SCAN 0 NOSUCH x", SYNTAX, NULL},
        {"FLUSHALL NOSUCH", SYNTAX, NULL},
        {"FLUSHALL SYNC SYNC", SYNTAX, NULL},
        {"DBSIZE", ":3\r\n", NULL},
        {"FLUSHALL async", OK, NULL},
        {"DBSIZE", ":0\r\n", NULL},
        {"SET only 1", OK, NULL},
        {"RANDOMKEY", "$4\r\nonly\r\n", NULL},
        {"FLUSHDB", OK, NULL},
        {"EXISTS only", ":0\r\n", NULL},
    };
    PLAY(steps);
}

static void without_keys(void **state) {
    (void)state;
    static const step steps[] = {
        {"PING", "+PONG\r\n", NULL},
        {"PING \"a b\"", "$3\r\na b\r\n", NULL},
        {"PING a b", "-ERR wrong number of arguments for 'ping' command\r\n", NULL},
        {"ECHO \"\"", "$0\r\n\r\n", NULL},
        {"SELECT 0", OK, NULL},
        {"SELECT 1", "-ERR DB index is out of range\r\n", NULL},
        {"SELECT x", NO_INTEGER, NULL},
        {"SELECT 2147483648",
         "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n", NULL},
        {"NOSUCH a \"b\\r\\nc\"",
         "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b  c' \r\n", NULL},
        {"GET", "-ERR wrong number of arguments for 'get' command\r\n", NULL},
        {"COMMAND NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP.\r\n", NULL},
        {"COMMAND COUNT x", "-ERR wrong number of arguments for 'command|count' command\r\n", NULL},
        {"COMMAND INFO nosuch", "*1\r\n$-1\r\n", "*1\r\n_\r\n"},
        {"COMMAND INFO GET",
         "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
         "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n*0\r\n*0\r\n",
         "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
         "~3\r\n+@read\r\n+@string\r\n+@fast\r\n~0\r\n~0\r\n~0\r\n"},
        {"COMMAND DOCS nosuch del",
         "*2\r\n$3\r\ndel\r\n*6\r\n$7\r\nsummary\r\n$12\r\nDelete a key\r\n$5\r\nsince\r\n$5\r\n"
         "1.0.0\r\n$5\r\ngroup\r\n$7\r\ngeneric\r\n",
         "%1\r\n$3\r\ndel\r\n%3\r\n$7\r\nsummary\r\n$12\r\nDelete a key\r\n$5\r\nsince\r\n$5\r\n"
         "1.0.0\r\n$5\r\ngroup\r\n$7\r\ngeneric\r\n"},
    };
    PLAY(steps);
}

static void all_of_the_table_is_told(void **state) {
    (void)state;
    shards s;
    char line[64];
    open_shards(&s, 3, 0);
    for (s.protocol = 2; s.protocol <= 3; s.protocol++) {
        size_t info = count_reply(&s, "COMMAND");
        assert_true(info > 6 * KVD_COMMANDS);
        assert_int_equal(count_reply(&s, "COMMAND INFO"), info);
        assert_int_equal(count_reply(&s, "COMMAND DOCS"), 7 * KVD_COMMANDS);
        assert_int_equal(count_reply(&s, "COMMAND LIST"), KVD_COMMANDS);
        snprintf(line, sizeof line, ":%d\r\n", KVD_COMMANDS);
        expect(&s, "COMMAND COUNT", line);
        assert_int_equal(count_reply(&s, "TIME"), 2);
        expect(&s, "SET k v", OK);
        assert_int_equal(count_reply(&s, "MEMORY USAGE k"), 1);
    }
    close_shards(&s);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(values_are_binary),
        cmocka_unit_test(set_takes_options),
        cmocka_unit_test(values_expire),
        cmocka_unit_test(expiries_are_asked_for_and_changed),
        cmocka_unit_test(getex_changes_expiries),
        cmocka_unit_test(numbers),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(the_keyspace),
        cmocka_unit_test(without_keys),
        cmocka_unit_test(all_of_the_table_is_told),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
