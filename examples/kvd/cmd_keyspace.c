/* SPDX-License-Identifier: MIT
 *
 * Commands about the keyspace: how many keys, which keys, what a key is.
 */
#include "cmd.h"

/* Redis does not ask its matcher for "*" alone, which would refuse the empty key. */
static bool matches(kvd_slice pattern, kvd_slice key) {
    return kvd_slice_equal(pattern, KVD_SLICE("*")) || kvd_slice_matches(pattern, key);
}

/* ---- DBSIZE ---------------------------------------------------------------------------------- */

void kvd_run_dbsize(const kvd_call *call) {
    kvd_reply_integer(call->reply, (int64_t)kvd_store_count(call->store));
}

void kvd_part_dbsize(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    (void)items;
    partial->number += (int64_t)kvd_store_count(call->store);
}

/* ---- FLUSHALL, FLUSHDB ----------------------------------------------------------------------- */

bool kvd_check_flushall(const kvd_slice *args, uint32_t count, kvd_bytes *reply) {
    if (count == 1) return true;
    if (count == 2 && (kvd_slice_is(args[1], "sync") || kvd_slice_is(args[1], "async")))
        return true;
    kvd_reply_syntax_error(reply);
    return false;
}

void kvd_run_flushall(const kvd_call *call) {
    kvd_store_clear(call->store);
    kvd_reply_ok(call->reply);
}

void kvd_part_flushall(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    (void)items;
    (void)partial;
    kvd_store_clear(call->store);
}

/* ---- KEYS ------------------------------------------------------------------------------------ */

/* Keys that match, as bulk strings. */
typedef struct key_list {
    kvd_slice pattern;
    bool wants_strings; /* TYPE of SCAN: there is no other type */
    kvd_partial *out;
} key_list;

static void list_key(void *context, const kvd_entry *entry) {
    key_list *list = context;
    kvd_slice key = kvd_entry_key(entry);
    if (!list->wants_strings || !matches(list->pattern, key)) return;
    kvd_reply_bulk(&list->out->bytes, key);
    list->out->number++;
}

void kvd_part_keys(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    uint32_t position;
    key_list list = {KVD_SLICE(""), true, partial};
    (void)kvd_packed_next(items, &position, &list.pattern);
    (void)kvd_store_scan(call->store, 0, SIZE_MAX, list_key, &list);
}

void kvd_run_keys(const kvd_call *call) {
    kvd_partial keys = kvd_partial_make(call->reply->maximum, call->reply->allocator);
    key_list list = {call->args[1], true, &keys};
    (void)kvd_store_scan(call->store, 0, SIZE_MAX, list_key, &list);
    kvd_partial_reply(call->command, call->count, call->protocol, &keys, call->reply);
    kvd_partial_clear(&keys);
}

/* ---- SCAN ------------------------------------------------------------------------------------ */

typedef struct scan_options {
    uint64_t cursor;
    int64_t count;
    kvd_slice pattern, type;
} scan_options;

static bool read_scan_options(const kvd_call *call, scan_options *out) {
    *out = (scan_options){0, 10, KVD_SLICE("*"), KVD_SLICE("string")};
    if (!kvd_cursor_argument(call->args[1], &out->cursor)) {
        kvd_reply_error(call->reply, "ERR invalid cursor");
        return false;
    }
    for (uint32_t i = 2; i < call->count; i += 2) {
        bool has_value = i + 1 < call->count;
        kvd_slice value = has_value ? call->args[i + 1] : KVD_SLICE("");
        if (has_value && kvd_slice_is(call->args[i], "count")) {
            if (!kvd_argument_integer(value, &out->count, call->reply)) return false;
            if (out->count >= 1) continue;
        } else if (has_value && kvd_slice_is(call->args[i], "match")) {
            out->pattern = value;
            continue;
        } else if (has_value && kvd_slice_is(call->args[i], "type")) {
            out->type = value;
            continue;
        }
        kvd_reply_syntax_error(call->reply);
        return false;
    }
    return true;
}

/* The cursor of a client is that of a shard's store, times the shards, plus the shard. After the
 * last bucket of a shard comes the first one of the next. */
static uint64_t next_cursor(const kvd_shard *shard, uint64_t inner) {
    if (inner > 0) return inner * shard->count + shard->index;
    return shard->index + 1 < shard->count ? shard->index + 1 : 0;
}

void kvd_run_scan(const kvd_call *call) {
    scan_options options;
    if (!read_scan_options(call, &options)) return;
    kvd_partial keys = kvd_partial_make(call->reply->maximum, call->reply->allocator);
    key_list list = {options.pattern, kvd_slice_is(options.type, "string"), &keys};
    uint64_t inner = kvd_store_scan(call->store, options.cursor / call->shard->count,
                                    (size_t)options.count, list_key, &list);
    if (keys.bytes.failed) {
        kvd_reply_out_of_memory(call->reply);
    } else {
        kvd_reply_array(call->reply, 2);
        kvd_reply_bulk_integer(call->reply, (int64_t)next_cursor(call->shard, inner));
        kvd_reply_array(call->reply, (size_t)keys.number);
        kvd_bytes_append(call->reply, kvd_bytes_data(&keys.bytes), kvd_bytes_length(&keys.bytes));
    }
    kvd_partial_clear(&keys);
}

/* ---- RANDOMKEY ------------------------------------------------------------------------------- */

void kvd_part_randomkey(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    (void)items;
    kvd_entry *entry = kvd_store_random(call->store, kvd_shard_random(call->shard));
    if (entry == NULL) return;
    kvd_reply_bulk(&partial->bytes, kvd_entry_key(entry));
    partial->number += (int64_t)kvd_store_count(call->store);
}

void kvd_run_randomkey(const kvd_call *call) {
    kvd_entry *entry = kvd_store_random(call->store, kvd_shard_random(call->shard));
    if (entry == NULL)
        kvd_reply_null(call->reply, call->protocol);
    else
        kvd_reply_bulk(call->reply, kvd_entry_key(entry));
}

/* ---- TYPE, MEMORY ---------------------------------------------------------------------------- */

void kvd_run_type(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_COUNT);
    kvd_reply_simple(call->reply, entry == NULL ? "none" : "string");
}

static void reply_usage(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[2], KVD_PEEK);
    if (entry == NULL)
        kvd_reply_null(call->reply, call->protocol);
    else
        kvd_reply_integer(call->reply, (int64_t)kvd_entry_size(entry));
}

/* MEMORY USAGE key [SAMPLES count]; samples are of no use to strings. */
void kvd_run_memory(const kvd_call *call) {
    int64_t samples = 0;
    if (!kvd_slice_is(call->args[1], "usage")) {
        kvd_reply_subcommand_unknown(call->args, call->reply);
        return;
    }
    if (call->count < 3) {
        kvd_reply_subcommand_arity(call->command, call->args[1], call->reply);
        return;
    }
    for (uint32_t i = 3; i < call->count; i += 2) {
        if (i + 1 == call->count || !kvd_slice_is(call->args[i], "samples")) {
            kvd_reply_syntax_error(call->reply);
            return;
        }
        if (!kvd_argument_integer(call->args[i + 1], &samples, call->reply)) return;
        if (samples < 0) {
            kvd_reply_syntax_error(call->reply);
            return;
        }
    }
    reply_usage(call);
}
