/* SPDX-License-Identifier: MIT
 *
 * Commands that read and change a string.
 */
#include "cmd.h"
#include "resp.h"

#include <string.h>

static bool check_length(const kvd_call *call, uint64_t length) {
    size_t most = call->shard->value_max == 0 ? KVD_BULK_MAX : call->shard->value_max;
    if (length <= most) return true;
    kvd_reply_error(call->reply, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return false;
}

void kvd_run_get(const kvd_call *call) {
    kvd_reply_entry(call, kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT));
}

void kvd_run_getdel(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT);
    kvd_reply_entry(call, entry);
    /* What the client will not be told is not deleted. */
    if (entry != NULL && !call->reply->failed) kvd_store_remove(call->store, entry);
}

void kvd_run_getset(const kvd_call *call) {
    kvd_bytes old = kvd_bytes_make(call->reply->maximum, call->reply->allocator);
    kvd_call inner = *call;
    inner.reply = &old;
    kvd_reply_entry(&inner, kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT));
    if (old.failed)
        kvd_reply_out_of_memory(call->reply);
    else if (kvd_call_put(call, call->args[1], call->args[2], KVD_NEVER))
        kvd_bytes_append(call->reply, kvd_bytes_data(&old), kvd_bytes_length(&old));
    kvd_bytes_clear(&old);
}

void kvd_run_strlen(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT);
    kvd_reply_integer(call->reply, entry == NULL ? 0 : (int64_t)kvd_entry_value(entry).length);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* What redis makes of first and last: from the end if negative, both ends included. */
static kvd_slice range_of(kvd_slice value, int64_t first, int64_t last) {
    const kvd_slice none = {"", 0};
    int64_t length = (int64_t)value.length;
    if (first < 0 && last < 0 && first > last) return none;
    if (first < 0) first += length;
    if (last < 0) last += length;
    if (first < 0) first = 0;
    if (last < 0) last = 0;
    if (last >= length) last = length - 1;
    if (first > last || length == 0) return none;
    return (kvd_slice){value.data + first, (size_t)(last - first + 1)};
}

void kvd_run_getrange(const kvd_call *call) {
    int64_t first, last;
    if (!kvd_argument_integer(call->args[2], &first, call->reply) ||
        !kvd_argument_integer(call->args[3], &last, call->reply))
        return;
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT);
    kvd_slice value = entry == NULL ? KVD_SLICE("") : kvd_entry_value(entry);
    kvd_reply_bulk(call->reply, range_of(value, first, last));
}

/* Writes `bytes` at `offset` of the value, which becomes as long as it has to; false, with the
 * error in the reply, when it cannot. `entry` NULL: there is none yet. */
static bool write_at(const kvd_call *call, kvd_entry *entry, size_t offset, kvd_slice bytes) {
    size_t length = entry == NULL ? 0 : kvd_entry_value(entry).length;
    size_t needed = offset + bytes.length;
    bool is_new = entry == NULL;
    if (is_new) entry = kvd_store_put(call->store, call->args[1], KVD_SLICE(""), KVD_NEVER);
    kvd_entry *grown = entry;
    if (entry != NULL && needed > length) grown = kvd_store_resize(call->store, entry, needed);
    if (grown == NULL) {
        if (is_new && entry != NULL) kvd_store_remove(call->store, entry);
        kvd_reply_out_of_memory(call->reply);
        return false;
    }
    if (bytes.length > 0) memcpy(kvd_entry_data(grown) + offset, bytes.data, bytes.length);
    kvd_reply_integer(call->reply, (int64_t)kvd_entry_value(grown).length);
    return true;
}

void kvd_run_append(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH);
    size_t length = entry == NULL ? 0 : kvd_entry_value(entry).length;
    if (check_length(call, (uint64_t)length + call->args[2].length))
        (void)write_at(call, entry, length, call->args[2]);
}

void kvd_run_setrange(const kvd_call *call) {
    int64_t offset;
    kvd_slice bytes = call->args[3];
    if (!kvd_argument_integer(call->args[2], &offset, call->reply)) return;
    if (offset < 0) {
        kvd_reply_error(call->reply, "ERR offset is out of range");
        return;
    }
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH);
    if (bytes.length == 0)
        kvd_reply_integer(call->reply, entry == NULL ? 0 : (int64_t)kvd_entry_value(entry).length);
    else if (check_length(call, (uint64_t)offset + bytes.length))
        (void)write_at(call, entry, (size_t)offset, bytes);
}
