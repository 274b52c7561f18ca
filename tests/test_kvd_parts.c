/* SPDX-License-Identifier: MIT
 *
 * kvd's commands between shards: where each has to run; that bytes carry it there; that parts come
 * to the same as the whole; and what is left when memory fails.
 */
#include "kvd_shards.h"

#include <stdlib.h>

#define OK "+OK\r\n"
#define OOM "-OOM command not allowed when used memory > 'maxmemory'.\r\n"

/* ---- where a command has to run -------------------------------------------------------------- */

static kvd_target target_of(const char *line, uint32_t count, uint32_t *shard) {
    request r;
    kvd_bytes reply = kvd_bytes_make(1000, NULL);
    read_request(&r, line);
    const kvd_command *command = kvd_command_lookup(r.args, r.count, &reply);
    assert_non_null(command);
    *shard = UINT32_MAX;
    kvd_target target = kvd_command_target(command, r.args, r.count, 2, count, shard, &reply);
    assert_int_equal(kvd_bytes_length(&reply) > 0, target == KVD_TARGET_REFUSED);
    kvd_bytes_clear(&reply);
    drop_request(&r);
    return target;
}

#define ASSERT_TARGET(line, wanted, at)                                                            \
    do {                                                                                           \
        uint32_t shard_;                                                                           \
        assert_int_equal(target_of(line, 5, &shard_), wanted);                                     \
        assert_int_equal(shard_, at);                                                              \
    } while (0)

static void a_target_is_where_the_keys_are(void **state) {
    (void)state;
    uint32_t shard, of_a = kvd_shard_of(KVD_SLICE("a"), 5);
    char line[128];
    ASSERT_TARGET("GET a", KVD_TARGET_ONE, of_a);
    ASSERT_TARGET("SET a 1 EX 10", KVD_TARGET_ONE, of_a);
    ASSERT_TARGET("MEMORY USAGE a", KVD_TARGET_ONE, of_a);
    ASSERT_TARGET("MEMORY USAGE", KVD_TARGET_ONE, 2);
    ASSERT_TARGET("PING", KVD_TARGET_ONE, 2);
    ASSERT_TARGET("SCAN 13", KVD_TARGET_ONE, 13 % 5);
    ASSERT_TARGET("SCAN x", KVD_TARGET_ONE, 0);
    ASSERT_TARGET("SCAN +13", KVD_TARGET_ONE, 13 % 5);
    ASSERT_TARGET("SCAN -13", KVD_TARGET_ONE, (UINT64_MAX - 12) % 5);
    ASSERT_TARGET("SCAN \"13\\x00x\"", KVD_TARGET_ONE, 13 % 5);
    ASSERT_TARGET("SCAN -", KVD_TARGET_ONE, 0);
    ASSERT_TARGET("MGET a a", KVD_TARGET_ONE, of_a);
    ASSERT_TARGET("CLIENT ID", KVD_TARGET_HERE, 2);
    ASSERT_TARGET("INFO", KVD_TARGET_HERE, 2);
    ASSERT_TARGET("MSET a 1 b", KVD_TARGET_REFUSED, 2);
    ASSERT_TARGET("FLUSHALL x", KVD_TARGET_REFUSED, 2);
    assert_int_equal(target_of("DBSIZE", 5, &shard), KVD_TARGET_EVERY);
    assert_int_equal(target_of("KEYS *", 5, &shard), KVD_TARGET_EVERY);
    assert_int_equal(target_of("RANDOMKEY", 5, &shard), KVD_TARGET_EVERY);
    assert_int_equal(target_of("DBSIZE", 1, &shard), KVD_TARGET_ONE);
    for (unsigned i = 0; i < 100; i++) { /* values are no keys */
        char key[16];
        snprintf(key, sizeof key, "k%u", i);
        snprintf(line, sizeof line, "MSET a b %s b", key);
        uint32_t of_key = kvd_shard_of((kvd_slice){key, strlen(key)}, 5);
        kvd_target wanted = of_key == of_a ? KVD_TARGET_ONE : KVD_TARGET_SPLIT;
        assert_int_equal(target_of(line, 5, &shard), wanted);
    }
}

static void keys_are_spread_over_shards(void **state) {
    (void)state;
    enum { KEYS = 6000 };
    unsigned counts[6] = {0};
    for (unsigned i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "key:%u", i);
        kvd_slice name = {key, strlen(key)};
        uint32_t shard = kvd_shard_of(name, 6);
        assert_true(shard < 6);
        assert_int_equal(kvd_shard_of(name, 6), shard);
        assert_int_equal(kvd_shard_of(name, 1), 0);
        counts[shard]++;
    }
    for (unsigned i = 0; i < 6; i++) assert_in_range(counts[i], KEYS / 6 - 200, KEYS / 6 + 200);
}

/* ---- as bytes -------------------------------------------------------------------------------- */

static void a_packed_command_says_what_it_is(void **state) {
    (void)state;
    shards s;
    request r;
    open_shards(&s, 2, 0);
    for (size_t i = 0; i < KVD_COMMANDS; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s a \"\" b", kvd_command_table[i].name);
        read_request(&r, line);
        kvd_bytes packed = make_bytes(&s);
        assert_true(kvd_pack(&kvd_command_table[i], r.args, r.count, 3, &packed));
        assert_int_equal(kvd_packed_count(kvd_bytes_slice(&packed)), 4);
        assert_ptr_equal(kvd_packed_command(kvd_bytes_slice(&packed)), &kvd_command_table[i]);
        kvd_bytes_clear(&packed);
        drop_request(&r);
    }
    close_shards(&s);
}

/* It lies anywhere, aligned or not, and what it was made of is gone. */
static void a_packed_command_runs_anywhere(void **state) {
    (void)state;
    shards s;
    open_shards(&s, 1, 0);
    for (size_t offset = 0; offset < 8; offset++) {
        request r;
        char place[256];
        kvd_bytes packed = make_bytes(&s), reply = make_bytes(&s);
        read_request(&r, "SET key \"some value\" GET");
        assert_true(kvd_pack(kvd_command_find(r.args[0]), r.args, r.count, 3, &packed));
        size_t length = kvd_bytes_length(&packed);
        assert_true(offset + length <= sizeof place);
        memcpy(place + offset, kvd_bytes_data(&packed), length);
        kvd_bytes_clear(&packed);
        memset(r.line, 'x', sizeof r.line);
        drop_request(&r);
        kvd_packed_run(&s.shard[0], (kvd_slice){place + offset, length}, NULL, &reply);
        check_reply("SET", &reply, offset == 0 ? "_\r\n" : "$10\r\nsome value\r\n");
        kvd_bytes_clear(&reply);
    }
    assert_int_equal(s.shard[0].calls[KVD_CMD_set], 8);
    close_shards(&s);
}

/* Each argument goes to the one shard that owns its key, and shards without keys get none. */
static void a_split_gives_each_shard_its_own(void **state) {
    (void)state;
    shards s;
    request r;
    unsigned seen[WORDS_MOST] = {0};
    open_shards(&s, SHARDS_MOST, 0);
    read_request(&r, "MSET a 1 b 2 c 3 d 4 a 5");
    const kvd_command *command = kvd_command_find(r.args[0]);
    kvd_bytes packed[SHARDS_MOST];
    for (uint32_t shard = 0; shard < s.count; shard++) packed[shard] = make_bytes(&s);
    assert_true(kvd_pack_for_each(command, r.args, r.count, s.count, packed));
    for (uint32_t shard = 0; shard < s.count; shard++) {
        unsigned own = 0;
        for (uint32_t i = 1; i < r.count; i += 2) own += kvd_shard_of(r.args[i], s.count) == shard;
        kvd_slice all = kvd_bytes_slice(&packed[shard]);
        assert_int_equal(all.length > 0, own > 0);
        if (own > 0) {
            kvd_packed_reader items = {all.data + 8, all.data + all.length};
            uint32_t position;
            kvd_slice item;
            assert_ptr_equal(kvd_packed_command(all), command);
            while (kvd_packed_next(&items, &position, &item)) {
                assert_true(kvd_slice_equal(item, r.args[position]));
                assert_int_equal(kvd_shard_of(r.args[position - 1 + position % 2], s.count), shard);
                seen[position]++;
            }
        }
        kvd_bytes_clear(&packed[shard]);
    }
    for (uint32_t i = 1; i < r.count; i++) assert_int_equal(seen[i], 1);
    drop_request(&r);
    close_shards(&s);
}

/* ---- parts come to the same as the whole ----------------------------------------------------- */

static void write_random_line(shards *s, char *line, size_t room) {
    static const char *const commands[] = {"MGET", "DEL", "EXISTS", "MSET", "UNLINK", "TOUCH"};
    const char *command = commands[next_random(s) % 6];
    unsigned keys = 1 + (unsigned)(next_random(s) % 12);
    size_t used = (size_t)snprintf(line, room, "%s", command);
    for (unsigned i = 0; i < keys; i++) {
        unsigned key = (unsigned)(next_random(s) % 30), value = (unsigned)(next_random(s) % 1000);
        used += (size_t)snprintf(line + used, room - used, " k%u", key);
        if (strcmp(command, "MSET") == 0)
            used += (size_t)snprintf(line + used, room - used, " v%u", value);
    }
}

static void parts_come_to_the_same_as_the_whole(void **state) {
    (void)state;
    shards one, many;
    open_shards(&one, 1, 0);
    open_shards(&many, 5, 0);
    for (unsigned i = 0; i < 4000; i++) {
        char line[1000];
        kvd_bytes wanted = make_bytes(&one), got = make_bytes(&many);
        write_random_line(&one, line, sizeof line);
        one.protocol = many.protocol = 2 + i % 2;
        run_line(&one, line, &wanted);
        run_line(&many, line, &got);
        if (!kvd_slice_equal(kvd_bytes_slice(&wanted), kvd_bytes_slice(&got)))
            fail_msg("line %u, '%s', differs", i, line);
        kvd_bytes_clear(&wanted);
        kvd_bytes_clear(&got);
    }
    close_shards(&many);
    close_shards(&one);
}

enum { SCANNED = 500 };

/* Marks the numbers of the keys "n<number>" that stand in a reply. */
static void mark_keys(const char *at, const char *end, unsigned char marks[SCANNED]) {
    for (; (at = memchr(at, 'n', (size_t)(end - at))) != NULL; at++) {
        unsigned long number = strtoul(at + 1, NULL, 10);
        assert_true(number < SCANNED);
        marks[number]++;
    }
}

static void fill_with_numbers(shards *s) {
    for (unsigned i = 0; i < SCANNED; i++) {
        char line[64];
        snprintf(line, sizeof line, "SET n%u 1", i);
        expect(s, line, OK);
    }
}

static void a_scan_goes_through_all_shards(void **state) {
    (void)state;
    shards s;
    unsigned char marks[SCANNED] = {0};
    char line[64];
    unsigned long cursor = 0, steps = 0;
    open_shards(&s, 5, 0);
    fill_with_numbers(&s);
    do {
        kvd_bytes reply = make_bytes(&s);
        snprintf(line, sizeof line, "SCAN %lu COUNT 7 MATCH n* TYPE string", cursor);
        run_line(&s, line, &reply);
        const char *text = kvd_bytes_data(&reply), *end = text + kvd_bytes_length(&reply);
        assert_memory_equal(text, "*2\r\n$", 5);
        text = (const char *)memchr(text + 5, '\n', 10) + 1;
        cursor = strtoul(text, NULL, 10);
        mark_keys(text, end, marks);
        kvd_bytes_clear(&reply);
        assert_true(++steps < 10 * SCANNED);
    } while (cursor != 0);
    for (unsigned i = 0; i < SCANNED; i++) assert_int_equal(marks[i], 1);
    assert_true(steps > SCANNED / 7 / 2);
    expect(&s, "SCAN 0 COUNT 1000000 MATCH x*", "*2\r\n$1\r\n1\r\n*0\r\n"); /* shard 1 is next */
    expect(&s, "SCAN 4 COUNT 1000000 TYPE list", "*2\r\n$1\r\n0\r\n*0\r\n");
    close_shards(&s);
}

static void keys_come_from_all_shards(void **state) {
    (void)state;
    shards s;
    unsigned char marks[SCANNED] = {0};
    open_shards(&s, 5, 0);
    fill_with_numbers(&s);
    kvd_bytes reply = make_bytes(&s);
    run_line(&s, "KEYS n*", &reply);
    const char *text = kvd_bytes_data(&reply);
    assert_memory_equal(text, "*500\r\n", 6);
    mark_keys(text, text + kvd_bytes_length(&reply), marks);
    for (unsigned i = 0; i < SCANNED; i++) assert_int_equal(marks[i], 1);
    kvd_bytes_clear(&reply);
    close_shards(&s);
}

/* Each key as likely as any other one, more or less, however its shard is filled. */
static void random_keys_come_from_all_shards(void **state) {
    (void)state;
    enum { TRIES = 20000 };
    shards s;
    unsigned counts[SHARDS_MOST] = {0};
    open_shards(&s, 4, 0);
    fill_with_numbers(&s);
    kvd_store_clear(s.shard[2].store);
    for (unsigned i = 0; i < TRIES; i++) {
        kvd_bytes reply = make_bytes(&s);
        run_line(&s, "RANDOMKEY", &reply);
        const char *key = memchr(kvd_bytes_data(&reply), 'n', kvd_bytes_length(&reply));
        assert_non_null(key);
        size_t left = kvd_bytes_length(&reply) - (size_t)(key - kvd_bytes_data(&reply));
        counts[kvd_shard_of((kvd_slice){key, left - 2}, s.count)]++;
        kvd_bytes_clear(&reply);
    }
    size_t all = 0;
    for (uint32_t i = 0; i < s.count; i++) all += kvd_store_count(s.shard[i].store);
    for (uint32_t i = 0; i < s.count; i++) {
        size_t wanted = TRIES * kvd_store_count(s.shard[i].store) / all;
        assert_in_range(counts[i] + 400, wanted, wanted + 800);
    }
    close_shards(&s);
}

/* ---- what does not fit ----------------------------------------------------------------------- */

static void values_have_a_limit(void **state) {
    (void)state;
    shards s;
    static const char error[] = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
    open_shards(&s, 1, 0);
    s.shard[0].value_max = 10;
    expect(&s, "APPEND k 0123456789", ":10\r\n");
    expect(&s, "APPEND k x", error);
    expect(&s, "SETRANGE k 8 xyz", error);
    expect(&s, "SETRANGE k 8 xy", ":10\r\n");
    expect(&s, "SETRANGE k 9223372036854775807 x", error);
    expect(&s, "GET k", "$10\r\n01234567xy\r\n");
    close_shards(&s);
}

/* A store that has room for hardly anything but itself. */
static void a_full_store_refuses_what_cannot_fit(void **state) {
    (void)state;
    static const char *const refused[] = {
        "SET k %s",      "SET k %s GET",  "GETSET k %s",          "APPEND k %s",
        "APPEND new %s", "SETEX k 10 %s", "PSETEX k 10 %s",       "SETNX new %s",
        "MSET k %s",     "MSET a 1 k %s", "SETRANGE k 100000 %s", "SETRANGE new 100000 x%s",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        static char text[3000], line[3100];
        shards s;
        open_shards(&s, 1, 0);
        size_t room = kvd_store_used(s.shard[0].store) + 1600;
        close_shards(&s);
        open_shards(&s, 1, room);
        memset(text, 'x', sizeof text - 1);
        expect(&s, "SET k \"\" EX 10", OK);
        size_t length = (size_t)(strchr(refused[i], '%') - refused[i]);
        snprintf(line, sizeof line, "%.*s%s", (int)length, refused[i], text);
        expect(&s, line, OOM);
        expect(&s, "GET k", "$0\r\n\r\n"); /* as it was */
        expect(&s, "PTTL k", ":10000\r\n");
        expect(&s, "EXISTS new", ":0\r\n");
        close_shards(&s);
    }
}

static const char *const touchy[] = {
    "SET a %",          "SET a % GET", "GET a",        "GETSET a %",   "APPEND a %",
    "SETRANGE a 300 %", "GETDEL a",    "INCR n",       "MGET a b n",   "MSET a % b % n 7",
    "DEL a b",          "KEYS *",      "SCAN 0",       "RANDOMKEY",    "DBSIZE",
    "GETEX a EX 5",     "TIME",        "COMMAND DOCS", "COMMAND LIST", "ECHO %",
    "SETEX a 9 %",      "TYPE a",      "EXPIRE a 5",
};

static void write_touchy(const char *format, char *line, size_t room) {
    size_t used = 0;
    for (; *format != 0; format++) {
        bool is_value = *format == '%';
        size_t length = is_value ? 400 : 1;
        assert_true(used + length < room);
        memset(line + used, is_value ? 'v' : *format, length);
        used += length;
    }
    line[used] = 0;
}

/* Is it a whole reply, or none at all? */
static void check_whole(kvd_bytes *reply) {
    if (reply->failed) return;
    const char *at = kvd_bytes_data(reply), *end = at + kvd_bytes_length(reply);
    assert_non_null(at);
    if (*at == '-') assert_memory_equal(at, "-OOM", 4);
    (void)count_values(&at, end);
    assert_ptr_equal(at, end);
}

/* Whichever allocation fails: the reply is whole or known to have failed, the store is in order,
 * nothing is lost. */
static void failing_memory_is_an_error(void **state) {
    (void)state;
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof touchy / sizeof *touchy; i++) {
        for (size_t fail_at = 1, is_through = 0; !is_through; fail_at++) {
            shards s;
            char line[1000];
            open_shards(&s, i % 2 == 0 ? 1 : 3, 0);
            s.packs = fail_at % 2 == 0;
            expect(&s, "MSET a 1 b 2 n 3", OK);
            write_touchy(touchy[i], line, sizeof line);
            kvd_bytes reply = make_bytes(&s);
            s.book.fail_at = atomic_load(&s.book.calls) + fail_at;
            run_line(&s, line, &reply);
            is_through = atomic_load(&s.book.calls) < s.book.fail_at;
            failures += !is_through;
            s.book.fail_at = 0;
            check_whole(&reply);
            kvd_bytes_clear(&reply);
            assert_true(count_reply(&s, "MGET a b n") == 3);
            expect(&s, "MSET a 1 b 2 n 3", OK);
            expect(&s, "DBSIZE", ":3\r\n");
            expect(&s, "MGET n b a", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n");
            close_shards(&s);
        }
    }
    assert_true(failures > 50);
}

static size_t allocations_left;

/* The store asks again, for less: so all that comes later fails, too. */
static void *allocate_some(void *context, size_t size, size_t alignment) {
    if (allocations_left == 0) return NULL;
    allocations_left--;
    return ledger_allocate(context, size, alignment);
}

static bool is_refused(shards *s, const char *line) {
    kvd_bytes reply = kvd_bytes_make(REPLY_MOST, NULL);
    s->allocator.allocate = allocate_some;
    run_line(s, line, &reply);
    s->allocator.allocate = ledger_allocate;
    bool refused = *kvd_bytes_data(&reply) == '-';
    if (refused) check_reply(line, &reply, OOM);
    kvd_bytes_clear(&reply);
    return refused;
}

/* A value that cannot grow is kept as it was, an empty one too, and so is its expiry; a key that
 * was not there is not there afterwards. */
static void what_cannot_grow_stays(void **state) {
    (void)state;
    static const char *const grow[] = {"APPEND empty %",      "APPEND kept %",
                                       "APPEND fresh %",      "SETRANGE empty 300 %",
                                       "SETRANGE kept 300 %", "SETRANGE fresh 300 %"};
    for (size_t i = 0; i < sizeof grow / sizeof *grow; i++) {
        bool refused = true;
        for (size_t left = 0; refused; left++) {
            shards s;
            char line[1000];
            open_shards(&s, 1, 0);
            expect(&s, "MSET empty \"\" kept value", OK);
            expect(&s, "PEXPIRE empty 5000", ":1\r\n");
            write_touchy(grow[i], line, sizeof line);
            allocations_left = left;
            refused = is_refused(&s, line);
            assert_true(refused || left > 0);
            if (refused)
                expect(&s, "MGET empty kept fresh", "*3\r\n$0\r\n\r\n$5\r\nvalue\r\n$-1\r\n");
            expect(&s, "PTTL empty", ":5000\r\n");
            close_shards(&s);
        }
    }
}

/* A reply that may not become so long: the buffer says so, and what GETDEL cannot tell it keeps. */
static void a_reply_that_does_not_fit_is_known(void **state) {
    (void)state;
    shards s;
    open_shards(&s, 1, 0);
    expect(&s, "SET a 0123456789", OK);
    static const char *const lines[] = {"GET a", "GETDEL a", "MGET a a", "COMMAND", "KEYS *"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        kvd_bytes reply = kvd_bytes_make(8, &s.allocator);
        run_line(&s, lines[i], &reply);
        assert_true(reply.failed);
        kvd_bytes_clear(&reply);
    }
    expect(&s, "GET a", "$10\r\n0123456789\r\n");
    close_shards(&s);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_where_the_keys_are),
        cmocka_unit_test(keys_are_spread_over_shards),
        cmocka_unit_test(a_packed_command_says_what_it_is),
        cmocka_unit_test(a_packed_command_runs_anywhere),
        cmocka_unit_test(a_split_gives_each_shard_its_own),
        cmocka_unit_test(parts_come_to_the_same_as_the_whole),
        cmocka_unit_test(a_scan_goes_through_all_shards),
        cmocka_unit_test(keys_come_from_all_shards),
        cmocka_unit_test(random_keys_come_from_all_shards),
        cmocka_unit_test(values_have_a_limit),
        cmocka_unit_test(a_full_store_refuses_what_cannot_fit),
        cmocka_unit_test(failing_memory_is_an_error),
        cmocka_unit_test(what_cannot_grow_stays),
        cmocka_unit_test(a_reply_that_does_not_fit_is_known),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
