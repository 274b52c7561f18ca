/* SPDX-License-Identifier: MIT
 *
 * Shards of kvd without threads: a line of text goes the way that a request goes in the daemon, and
 * gives its reply.
 */
#ifndef KVD_TESTS_SHARDS_H
#define KVD_TESTS_SHARDS_H

#include "harness.h"
#include "ledger.h"

#include "cmd.h"
#include "resp.h"

#include <stdlib.h>

#define BEGIN INT64_C(1000000000000) /* the time at which tests begin */

enum { SHARDS_MOST = 8, WORDS_MOST = 64, REPLY_MOST = 1 << 20 };

typedef struct shards {
    ledger book; /* of stores, packed commands, parts and replies */
    ta_allocator allocator;
    kvd_shard shard[SHARDS_MOST];
    uint32_t count;
    uint32_t own;      /* where the client is */
    unsigned protocol; /* 2 or 3 */
    bool packs;        /* what one shard runs is packed, too, as if it were another one */
    uint64_t random;
} shards;

static inline uint64_t next_random(shards *s) {
    s->random += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = s->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void set_time(shards *s, int64_t now) {
    for (uint32_t i = 0; i < s->count; i++) kvd_shard_set_time(&s->shard[i], now);
}

static inline void open_shards(shards *s, uint32_t count, size_t memory_max) {
    *s = (shards){.count = count, .protocol = 2};
    s->allocator = ledger_allocator(&s->book);
    for (uint32_t i = 0; i < count; i++) {
        kvd_store_options options = {memory_max, 100 + i, &s->allocator};
        s->shard[i] = (kvd_shard){
            .store = kvd_store_create(&options), .index = i, .count = count, .random = i};
        assert_non_null(s->shard[i].store);
    }
    set_time(s, BEGIN);
}

static inline void close_shards(shards *s) {
    for (uint32_t i = 0; i < s->count; i++) kvd_store_destroy(s->shard[i].store);
    assert_balanced(&s->book);
}

static inline kvd_bytes make_bytes(shards *s) { return kvd_bytes_make(REPLY_MOST, &s->allocator); }

/* ---- requests as text ------------------------------------------------------------------------ */

/* Words of a line, as kvd's inline commands are read. */
typedef struct request {
    kvd_parser parser;
    char line[4096];
    const kvd_slice *args;
    uint32_t count;
} request;

static inline void read_request(request *r, const char *text) {
    size_t length = strlen(text), consumed;
    assert_true(length + 1 < sizeof r->line);
    memcpy(r->line, text, length);
    r->line[length] = '\n';
    kvd_parser_init(&r->parser, NULL);
    kvd_parse parse = kvd_parser_next(&r->parser, r->line, length + 1, &consumed);
    assert_int_equal(parse, KVD_PARSE_COMMAND);
    r->args = r->parser.args;
    r->count = r->parser.count;
}

static inline void drop_request(request *r) { kvd_parser_clear(&r->parser); }

/* ---- the way of a request -------------------------------------------------------------------- */

static inline void run_packed(shards *s, const kvd_command *command, const request *r,
                              uint32_t shard, kvd_bytes *reply) {
    kvd_slice scratch[WORDS_MOST];
    kvd_bytes packed = make_bytes(s);
    if (kvd_pack(command, r->args, r->count, s->protocol, &packed))
        kvd_packed_run(&s->shard[shard], kvd_bytes_slice(&packed), scratch, reply);
    else
        reply->failed = true;
    kvd_bytes_clear(&packed);
}

static inline void run_part(shards *s, const kvd_command *command, const kvd_bytes *packed,
                            uint32_t shard, kvd_partial *sum) {
    kvd_partial partial = kvd_partial_make(REPLY_MOST, &s->allocator);
    if (kvd_bytes_length(packed) == 0) return;
    kvd_command_part(&s->shard[shard], kvd_bytes_slice(packed), &partial);
    kvd_partial_add(command, sum, &partial, next_random(s));
    assert_null(partial.bytes.memory);
}

/* The shards answer in some order. */
static inline void run_parts(shards *s, const kvd_command *command, const request *r,
                             kvd_bytes *reply) {
    kvd_partial sum = kvd_partial_make(REPLY_MOST, &s->allocator);
    kvd_bytes packed[SHARDS_MOST];
    uint32_t first = (uint32_t)next_random(s) % s->count;
    bool is_for_all = command->route == KVD_EVERY;
    for (uint32_t i = 0; i < s->count; i++) packed[i] = make_bytes(s);
    bool is_packed = is_for_all ? kvd_pack_for_every(command, r->args, r->count, packed)
                                : kvd_pack_for_each(command, r->args, r->count, s->count, packed);
    for (uint32_t i = first; i < first + s->count && is_packed; i++)
        run_part(s, command, &packed[is_for_all ? 0 : i % s->count], i % s->count, &sum);
    if (is_packed)
        kvd_partial_reply(command, r->count, s->protocol, &sum, reply);
    else
        reply->failed = true;
    for (uint32_t i = 0; i < s->count; i++) kvd_bytes_clear(&packed[i]);
    kvd_partial_clear(&sum);
}

static inline void run_request(shards *s, const request *r, kvd_bytes *reply) {
    uint32_t shard = UINT32_MAX;
    const kvd_command *command = kvd_command_lookup(r->args, r->count, reply);
    if (command == NULL) return;
    switch (kvd_command_target(command, r->args, r->count, s->own, s->count, &shard, reply)) {
    case KVD_TARGET_REFUSED:
        break;
    case KVD_TARGET_HERE:
        fail_msg("%s is the network's", command->name);
        break;
    case KVD_TARGET_ONE:
        assert_true(shard < s->count);
        if (s->packs)
            run_packed(s, command, r, shard, reply);
        else
            kvd_command_run(&s->shard[shard], command, r->args, r->count, s->protocol, reply);
        break;
    case KVD_TARGET_SPLIT:
    case KVD_TARGET_EVERY:
        run_parts(s, command, r, reply);
        break;
    }
}

/* The reply to a line, appended. */
static inline void run_line(shards *s, const char *line, kvd_bytes *reply) {
    request r;
    read_request(&r, line);
    run_request(s, &r, reply);
    drop_request(&r);
}

static inline void check_reply(const char *line, const kvd_bytes *reply, const char *wanted) {
    kvd_slice got = kvd_bytes_slice(reply);
    if (!reply->failed && kvd_slice_equal(got, (kvd_slice){wanted, strlen(wanted)})) return;
    fail_msg("'%s' gives '%.*s', not '%s'", line, (int)got.length, got.data, wanted);
}

static inline void expect(shards *s, const char *line, const char *wanted) {
    kvd_bytes reply = make_bytes(s);
    run_line(s, line, &reply);
    check_reply(line, &reply, wanted);
    kvd_bytes_clear(&reply);
}

/* ---- replies that are too much to be written ------------------------------------------------- */

/* The number in a line of RESP; 0 where it is text. A reply ends without a zero, so no strtol. */
static inline long read_length(const char *at, const char *line_end) {
    bool is_negative = at < line_end && *at == '-';
    long length = 0;
    for (at += is_negative; at < line_end && *at >= '0' && *at <= '9'; at++)
        length = length < REPLY_MOST ? 10 * length + (*at - '0') : length;
    return is_negative ? -length : length;
}

/* What is too much to be written here: the reply is well-formed, and as long as it says. */
static inline size_t count_values(const char **at, const char *end) {
    assert_true(*at < end);
    const char *line_end = memchr(*at, '\r', (size_t)(end - *at));
    assert_non_null(line_end);
    char type = **at;
    long length = read_length(*at + 1, line_end);
    *at = line_end + 2;
    if (type == '$' && length >= 0) *at += length + 2;
    if (type != '*' && type != '%' && type != '~') return 1;
    size_t values = 0;
    for (long i = 0; i < length * (type == '%' ? 2 : 1); i++) values += count_values(at, end);
    return values;
}

static inline size_t count_reply(shards *s, const char *line) {
    kvd_bytes reply = make_bytes(s);
    run_line(s, line, &reply);
    assert_false(reply.failed);
    const char *at = kvd_bytes_data(&reply), *end = at + kvd_bytes_length(&reply);
    size_t values = count_values(&at, end);
    assert_ptr_equal(at, end);
    kvd_bytes_clear(&reply);
    return values;
}

#endif
