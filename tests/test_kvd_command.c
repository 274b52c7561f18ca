/* SPDX-License-Identifier: MIT
 *
 * kvd's commands, without sockets or threads: the replies of each, in one shard and divided among
 * three, where a command crosses as packed bytes or in parts. Whole and divided must say the same.
 */
#include "harness.h"
#include "ledger.h"

#include "command.h"
#include "resp.h"

#include <stdlib.h>

#define BEGIN INT64_C(1000000000000) /* the time at which tests begin */

enum { SHARDS_MOST = 3, WORDS = 16, REPLY_MAX = 1 << 16 };

typedef struct world {
    ledger book;
    ta_allocator allocator;
    uint32_t count;
    kvd_shard shards[SHARDS_MOST];
} world;

static void open_world(world *w, uint32_t shards) {
    *w = (world){.count = shards};
    w->allocator = ledger_allocator(&w->book);
    for (uint32_t i = 0; i < shards; i++) {
        kvd_store_options options = {0, 7, &w->allocator};
        w->shards[i] = (kvd_shard){.store = kvd_store_create(&options),
                                   .index = i,
                                   .count = shards,
                                   .random = i + 1,
                                   .value_max = KVD_BULK_MAX};
        assert_non_null(w->shards[i].store);
        kvd_shard_set_time(&w->shards[i], BEGIN);
    }
}

static void close_world(world *w) {
    for (uint32_t i = 0; i < w->count; i++) kvd_store_destroy(w->shards[i].store);
    assert_balanced(&w->book);
}

/* ---- one command ------------------------------------------------------------------------------ */

typedef struct request {
    kvd_slice args[WORDS];
    uint32_t count;
} request;

static request parse(const char *line) {
    request made = {.count = 0};
    for (const char *at = line; *at != '\0';) {
        size_t length = strcspn(at, " ");
        assert_true(made.count < WORDS);
        made.args[made.count++] = (kvd_slice){at, length};
        at += length + (at[length] == ' ');
    }
    return made;
}

/* As it comes to another core: bytes, without pointers. */
static void cross(kvd_shard *shard, const kvd_command *command, const request *asked,
                  unsigned protocol, kvd_bytes *reply) {
    kvd_bytes packed = kvd_bytes_make(REPLY_MAX, NULL);
    kvd_slice scratch[WORDS];
    assert_true(kvd_pack(command, asked->args, asked->count, protocol, &packed));
    kvd_slice bytes = kvd_bytes_slice(&packed);
    assert_int_equal(kvd_packed_count(bytes), asked->count);
    assert_ptr_equal(kvd_packed_command(bytes), command);
    kvd_packed_run(shard, bytes, scratch, reply);
    kvd_bytes_clear(&packed);
}

/* Each shard does its part, the last one first: the order is nobody's. */
static void divide(world *w, const kvd_command *command, const request *asked, unsigned protocol,
                   kvd_bytes *reply) {
    kvd_partial sum = kvd_partial_make(REPLY_MAX, NULL);
    for (uint32_t i = w->count; i-- > 0;) {
        kvd_bytes packed = kvd_bytes_make(REPLY_MAX, NULL);
        kvd_partial part = kvd_partial_make(REPLY_MAX, &w->allocator);
        assert_true(kvd_command_split(command, asked->args, asked->count, i, w->count, &packed));
        if (kvd_bytes_length(&packed) > 0) {
            kvd_command_part(&w->shards[i], kvd_bytes_slice(&packed), &part);
            kvd_partial_add(command, &sum, &part, i);
        }
        kvd_partial_clear(&part);
        kvd_bytes_clear(&packed);
    }
    kvd_partial_reply(command, asked->count, protocol, &sum, reply);
    kvd_partial_clear(&sum);
}

/* The reply to a line, from shard 0's point of view. */
static char *ask(world *w, const char *line, unsigned protocol) {
    static char text[REPLY_MAX];
    kvd_bytes reply = kvd_bytes_make(REPLY_MAX - 1, NULL);
    request asked = parse(line);
    uint32_t shard = 0;
    const kvd_command *command = kvd_command_lookup(asked.args, asked.count, &reply);
    if (command != NULL)
        switch (kvd_command_target(command, asked.args, asked.count, 0, w->count, &shard, &reply)) {
        case KVD_TARGET_REFUSED:
            break;
        case KVD_TARGET_HERE:
            kvd_bytes_append(&reply, "(here)", 6);
            break;
        case KVD_TARGET_ONE:
            if (shard == 0)
                kvd_command_run(&w->shards[0], command, asked.args, asked.count, protocol, &reply);
            else
                cross(&w->shards[shard], command, &asked, protocol, &reply);
            break;
        case KVD_TARGET_SPLIT:
        case KVD_TARGET_EVERY:
            divide(w, command, &asked, protocol, &reply);
            break;
        }
    assert_false(reply.failed);
    assert_true(kvd_bytes_length(&reply) > 0);
    memcpy(text, kvd_bytes_data(&reply), kvd_bytes_length(&reply));
    text[kvd_bytes_length(&reply)] = '\0';
    kvd_bytes_clear(&reply);
    return text;
}

typedef struct line {
    const char *command, *reply;
} line;

/* In one shard, and among three. */
static void expect(const line *lines, size_t count, unsigned protocol) {
    for (uint32_t shards = 1; shards <= SHARDS_MOST; shards += 2) {
        world w;
        open_world(&w, shards);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(ask(&w, lines[i].command, protocol), lines[i].reply);
        close_world(&w);
    }
}
#define EXPECT(lines, protocol) expect(lines, sizeof(lines) / sizeof *(lines), protocol)

/* ---- what they answer ------------------------------------------------------------------------- */

static void strings(void **state) {
    static const line lines[] = {
        {"SET k v", "+OK\r\n"},
        {"GET k", "$1\r\nv\r\n"},
        {"GET none", "$-1\r\n"},
        {"SET k other NX", "$-1\r\n"},
        {"SET none v XX", "$-1\r\n"},
        {"SET k w XX GET", "$1\r\nv\r\n"},
        {"SET k w NX XX", "-ERR syntax error\r\n"},
        {"APPEND k xyz", ":4\r\n"},
        {"STRLEN k", ":4\r\n"},
        {"STRLEN none", ":0\r\n"},
        {"GETRANGE k 1 -1", "$3\r\nxyz\r\n"},
        {"GETRANGE k 3 1", "$0\r\n\r\n"},
        {"SETRANGE k 2 AB", ":4\r\n"},
        {"GET k", "$4\r\nwxAB\r\n"},
        {"SETRANGE k -1 x", "-ERR offset is out of range\r\n"},
        {"GETDEL k", "$4\r\nwxAB\r\n"},
        {"GETDEL k", "$-1\r\n"},
        {"TYPE k", "+none\r\n"},
    };
    (void)state;
    EXPECT(lines, 2);
}

static void numbers(void **state) {
    static const line lines[] = {
        {"INCR n", ":1\r\n"},
        {"INCRBY n 41", ":42\r\n"},
        {"DECR n", ":41\r\n"},
        {"GET n", "$2\r\n41\r\n"},
        {"INCRBY n x", "-ERR value is not an integer or out of range\r\n"},
        {"SET n 9223372036854775807", "+OK\r\n"},
        {"INCR n", "-ERR increment or decrement would overflow\r\n"},
        {"SET n abc", "+OK\r\n"},
        {"INCR n", "-ERR value is not an integer or out of range\r\n"},
        {"GET n", "$3\r\nabc\r\n"},
    };
    (void)state;
    EXPECT(lines, 2);
}

static void expiry(void **state) {
    static const line lines[] = {
        {"SETEX k 100 v", "+OK\r\n"},
        {"TTL k", ":100\r\n"},
        {"PTTL k", ":100000\r\n"},
        {"PERSIST k", ":1\r\n"},
        {"TTL k", ":-1\r\n"},
        {"TTL none", ":-2\r\n"},
        {"PEXPIRE k 5000", ":1\r\n"},
        {"PTTL k", ":5000\r\n"},
        {"SET k w KEEPTTL", "+OK\r\n"},
        {"PTTL k", ":5000\r\n"},
        {"SET k w", "+OK\r\n"},
        {"TTL k", ":-1\r\n"},
        {"EXPIRE none 10", ":0\r\n"},
        {"EXPIRE k -1", ":1\r\n"},
        {"GET k", "$-1\r\n"},
        {"SET k v EX 0", "-ERR invalid expire time in 'set' command\r\n"},
    };
    (void)state;
    EXPECT(lines, 2);
}

static void several_keys(void **state) {
    static const line lines[] = {
        {"MSET a 1 b 2 c 3 d 4 e 5", "+OK\r\n"},
        {"MGET a none c e b", "*5\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n$1\r\n5\r\n$1\r\n2\r\n"},
        {"EXISTS a b none a", ":3\r\n"},
        {"TOUCH d e none", ":2\r\n"},
        {"DBSIZE", ":5\r\n"},
        {"DEL a b none", ":2\r\n"},
        {"UNLINK c", ":1\r\n"},
        {"DBSIZE", ":2\r\n"},
        {"MSET a", "-ERR wrong number of arguments for 'mset' command\r\n"},
        {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command\r\n"},
        {"KEYS d", "*1\r\n$1\r\nd\r\n"},
        {"FLUSHALL", "+OK\r\n"},
        {"DBSIZE", ":0\r\n"},
        {"RANDOMKEY", "$-1\r\n"},
    };
    (void)state;
    EXPECT(lines, 2);
}

static void the_third_protocol(void **state) {
    static const line lines[] = {
        {"GET none", "_\r\n"},    {"SET k v NX", "+OK\r\n"},
        {"SET k v NX", "_\r\n"},  {"MGET k none", "*2\r\n$1\r\nv\r\n_\r\n"},
        {"GETDEL none", "_\r\n"},
    };
    (void)state;
    EXPECT(lines, 3);
}

static void what_is_no_command(void **state) {
    static const line lines[] = {
        {"NOSUCH a b", "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \r\n"},
        {"GET", "-ERR wrong number of arguments for 'get' command\r\n"},
        {"get a b", "-ERR wrong number of arguments for 'get' command\r\n"},
        {"PING", "+PONG\r\n"},
        {"ECHO x", "$1\r\nx\r\n"},
        {"AUTH x", "(here)"},
        {"CLIENT ID", "(here)"},
    };
    (void)state;
    EXPECT(lines, 2);
}

/* ---- all keys --------------------------------------------------------------------------------- */

/* Every key once, whatever the number of shards. */
static void a_scan_finds_every_key(void **state) {
    (void)state;
    for (uint32_t shards = 1; shards <= SHARDS_MOST; shards++) {
        world w;
        char text[64];
        unsigned seen = 0, rounds = 0;
        unsigned long long cursor = 0;
        open_world(&w, shards);
        for (int i = 0; i < 100; i++) {
            snprintf(text, sizeof text, "SET key%d v", i);
            assert_string_equal(ask(&w, text, 2), "+OK\r\n");
        }
        do {
            snprintf(text, sizeof text, "SCAN %llu COUNT 10", cursor);
            const char *reply = ask(&w, text, 2);
            reply = strchr(reply + 4, '\n') + 1; /* behind "*2" and the cursor's length */
            cursor = strtoull(reply, NULL, 10);
            for (; (reply = strstr(reply, "key")) != NULL; reply++) seen++;
            assert_true(++rounds < 1000);
        } while (cursor != 0);
        assert_int_equal(seen, 100);
        close_world(&w);
    }
}

/* Few bytes at a time, or none: an error or nothing, and nothing is lost or leaked. */
static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    for (size_t fail_at = 1; fail_at < 40; fail_at++) {
        world w;
        open_world(&w, 1);
        assert_string_equal(ask(&w, "SET kept value", 2), "+OK\r\n");
        w.book.fail_at = atomic_load(&w.book.calls) + fail_at;
        (void)ask(&w, "MSET a 1 b 2 c 3", 2);
        (void)ask(&w, "APPEND kept .", 2);
        w.book.fail_at = 0;
        assert_memory_equal(ask(&w, "GETRANGE kept 0 4", 2), "$5\r\nvalue\r\n", 11);
        close_world(&w);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(numbers),
        cmocka_unit_test(expiry),
        cmocka_unit_test(several_keys),
        cmocka_unit_test(the_third_protocol),
        cmocka_unit_test(what_is_no_command),
        cmocka_unit_test(a_scan_finds_every_key),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
