/* SPDX-License-Identifier: MIT
 *
 * Commands with many keys: whole, where all keys are in one shard, and in parts.
 *
 * A part is done for itself: between the parts of an MSET, or of a DEL, other commands may see some
 * keys changed and others not. Of one shard's keys, no such state is seen.
 */
#include "cmd.h"

/* ---- DEL, UNLINK ----------------------------------------------------------------------------- */

static int64_t delete_key(const kvd_call *call, kvd_slice key) {
    kvd_entry *entry = kvd_store_find(call->store, key, KVD_PEEK);
    if (entry == NULL) return 0;
    kvd_store_remove(call->store, entry);
    return 1;
}

void kvd_run_del(const kvd_call *call) {
    int64_t deleted = 0;
    for (uint32_t i = 1; i < call->count; i++) deleted += delete_key(call, call->args[i]);
    kvd_reply_integer(call->reply, deleted);
}

void kvd_part_del(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    uint32_t position;
    kvd_slice key;
    while (kvd_packed_next(items, &position, &key)) partial->number += delete_key(call, key);
}

/* ---- EXISTS, TOUCH --------------------------------------------------------------------------- */

static int64_t look_for(const kvd_call *call, kvd_slice key) {
    unsigned how = call->command->id == KVD_CMD_touch ? KVD_TOUCH | KVD_COUNT : KVD_COUNT;
    return kvd_store_find(call->store, key, how) != NULL;
}

void kvd_run_exists(const kvd_call *call) {
    int64_t found = 0;
    for (uint32_t i = 1; i < call->count; i++) found += look_for(call, call->args[i]);
    kvd_reply_integer(call->reply, found);
}

void kvd_part_exists(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    uint32_t position;
    kvd_slice key;
    while (kvd_packed_next(items, &position, &key)) partial->number += look_for(call, key);
}

/* ---- MGET ------------------------------------------------------------------------------------ */

void kvd_run_mget(const kvd_call *call) {
    kvd_reply_array(call->reply, call->count - 1);
    for (uint32_t i = 1; i < call->count; i++)
        kvd_reply_entry(call, kvd_store_find(call->store, call->args[i], KVD_TOUCH | KVD_COUNT));
}

void kvd_part_mget(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    uint32_t position;
    kvd_slice key;
    while (kvd_packed_next(items, &position, &key)) {
        kvd_entry *entry = kvd_store_find(call->store, key, KVD_TOUCH | KVD_COUNT);
        if (entry != NULL) kvd_packed_append(&partial->bytes, position, kvd_entry_value(entry));
    }
}

/* ---- MSET ------------------------------------------------------------------------------------ */

bool kvd_check_mset(const kvd_slice *args, uint32_t count, kvd_bytes *reply) {
    (void)args;
    if (count % 2 == 1) return true;
    kvd_reply_error(reply, "ERR wrong number of arguments for 'mset' command");
    return false;
}

void kvd_run_mset(const kvd_call *call) {
    for (uint32_t i = 1; i + 1 < call->count; i += 2)
        if (!kvd_call_put(call, call->args[i], call->args[i + 1], KVD_NEVER)) return;
    kvd_reply_ok(call->reply);
}

void kvd_part_mset(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial) {
    uint32_t position;
    kvd_slice key, value;
    while (kvd_packed_next(items, &position, &key) && kvd_packed_next(items, &position, &value)) {
        if (kvd_store_put(call->store, key, value, KVD_NEVER) == NULL) {
            partial->error = kvd_out_of_memory;
            return;
        }
    }
}
