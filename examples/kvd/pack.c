/* SPDX-License-Identifier: MIT
 *
 * Packed commands: what crosses to another shard, and what parts give back and come to.
 *
 * A packed command is a header and items, each with a position and a length in front of its bytes.
 * There are no pointers in it and no alignment: it may lie anywhere.
 *   whole   items are all arguments, the name among them
 *   part    items are a shard's own arguments, without the name
 */
#include "cmd.h"

#include <string.h>

typedef struct header {
    uint16_t command;
    uint16_t protocol;
    uint32_t count; /* items */
} header;

typedef struct item_header {
    uint32_t position, length;
} item_header;

static header read_header(kvd_slice packed) {
    header head;
    memcpy(&head, packed.data, sizeof head);
    return head;
}

static kvd_packed_reader read_items(kvd_slice packed) {
    return (kvd_packed_reader){packed.data + sizeof(header), packed.data + packed.length};
}

bool kvd_packed_next(kvd_packed_reader *reader, uint32_t *position, kvd_slice *item) {
    item_header head;
    if (reader->next == reader->end) return false;
    memcpy(&head, reader->next, sizeof head);
    *position = head.position;
    *item = (kvd_slice){reader->next + sizeof head, head.length};
    reader->next += sizeof head + head.length;
    return true;
}

/* ---- packing --------------------------------------------------------------------------------- */

void kvd_packed_append(kvd_bytes *packed, uint32_t position, kvd_slice item) {
    item_header head = {position, (uint32_t)item.length};
    if (item.length > UINT32_MAX) packed->failed = true;
    kvd_bytes_append(packed, &head, sizeof head);
    kvd_bytes_append(packed, item.data, item.length);
}

static void append_header(kvd_bytes *packed, const kvd_command *command, unsigned protocol,
                          uint32_t count) {
    header head = {(uint16_t)command->id, (uint16_t)protocol, count};
    kvd_bytes_append(packed, &head, sizeof head);
}

bool kvd_pack(const kvd_command *command, const kvd_slice *args, uint32_t count, unsigned protocol,
              kvd_bytes *packed) {
    append_header(packed, command, protocol, count);
    for (uint32_t i = 0; i < count; i++) kvd_packed_append(packed, i, args[i]);
    return !packed->failed;
}

bool kvd_pack_for_every(const kvd_command *command, const kvd_slice *args, uint32_t count,
                        kvd_bytes *packed) {
    append_header(packed, command, 0, 0);
    for (uint32_t i = 1; i < count; i++) kvd_packed_append(packed, i, args[i]);
    return !packed->failed;
}

bool kvd_pack_for_each(const kvd_command *command, const kvd_slice *args, uint32_t count,
                       uint32_t shards, kvd_bytes packed[]) {
    uint32_t step = (uint32_t)command->step;
    for (uint32_t i = (uint32_t)command->first; i + step <= count; i += step) {
        kvd_bytes *own = &packed[kvd_shard_of(args[i], shards)];
        if (kvd_bytes_length(own) == 0) append_header(own, command, 0, 0);
        for (uint32_t j = i; j < i + step; j++) kvd_packed_append(own, j, args[j]);
        if (own->failed) return false;
    }
    return true;
}

/* ---- whole ----------------------------------------------------------------------------------- */

uint32_t kvd_packed_count(kvd_slice packed) { return read_header(packed).count; }

const kvd_command *kvd_packed_command(kvd_slice packed) {
    return &kvd_command_table[read_header(packed).command];
}

void kvd_packed_run(kvd_shard *shard, kvd_slice packed, kvd_slice *scratch, kvd_bytes *reply) {
    kvd_slice few[KVD_PACKED_FEW], *args = scratch == NULL ? few : scratch;
    kvd_packed_reader items = read_items(packed);
    uint32_t count = 0, position;
    kvd_slice item;
    while (kvd_packed_next(&items, &position, &item)) args[count++] = item;
    kvd_command_run(shard, kvd_packed_command(packed), args, count, read_header(packed).protocol,
                    reply);
}

/* ---- parts ----------------------------------------------------------------------------------- */

kvd_partial kvd_partial_make(size_t maximum, const ta_allocator *allocator) {
    return (kvd_partial){.bytes = kvd_bytes_make(maximum, allocator)};
}

void kvd_partial_clear(kvd_partial *partial) {
    kvd_bytes_clear(&partial->bytes);
    partial->number = 0;
    partial->error = NULL;
}

void kvd_command_part(kvd_shard *shard, kvd_slice packed, kvd_partial *partial) {
    const kvd_command *command = kvd_packed_command(packed);
    kvd_call call = {shard, shard->store, command, NULL, 0, 0, NULL};
    kvd_packed_reader items = read_items(packed);
    shard->calls[command->id]++;
    command->part(&call, &items, partial);
}

/* One of two keys, each as likely as its shard has keys. */
static void choose(kvd_partial *into, kvd_partial *from, uint64_t random) {
    uint64_t all = (uint64_t)into->number + (uint64_t)from->number;
    if (all == 0 || random % all >= (uint64_t)from->number) return;
    kvd_bytes kept = into->bytes;
    into->bytes = from->bytes;
    from->bytes = kept;
}

void kvd_partial_add(const kvd_command *command, kvd_partial *into, kvd_partial *from,
                     uint64_t random) {
    if (into->error == NULL) into->error = from->error;
    if (from->bytes.failed) into->bytes.failed = true;
    if (command->id == KVD_CMD_randomkey)
        choose(into, from, random);
    else
        kvd_bytes_append(&into->bytes, kvd_bytes_data(&from->bytes),
                         kvd_bytes_length(&from->bytes));
    into->number += from->number;
    kvd_partial_clear(from);
}

/* The values of MGET lie in the order in which shards answered. */
static void reply_values(uint32_t count, unsigned protocol, const kvd_partial *partial,
                         kvd_bytes *reply) {
    kvd_slice *values = ta_allocate_zeroed(NULL, count, sizeof *values, _Alignof(kvd_slice));
    if (values == NULL) {
        kvd_reply_out_of_memory(reply);
        return;
    }
    kvd_slice all = kvd_bytes_slice(&partial->bytes), value;
    kvd_packed_reader items = {all.data, all.data == NULL ? NULL : all.data + all.length};
    uint32_t position;
    while (kvd_packed_next(&items, &position, &value)) values[position] = value;
    kvd_reply_array(reply, count - 1);
    for (uint32_t i = 1; i < count; i++) {
        if (values[i].data == NULL)
            kvd_reply_null(reply, protocol);
        else
            kvd_reply_bulk(reply, values[i]);
    }
    ta_release(NULL, values, count * sizeof *values, _Alignof(kvd_slice));
}

void kvd_partial_reply(const kvd_command *command, uint32_t count, unsigned protocol,
                       const kvd_partial *partial, kvd_bytes *reply) {
    kvd_slice bytes = kvd_bytes_slice(&partial->bytes);
    if (partial->error != NULL || partial->bytes.failed) {
        kvd_reply_error(reply, partial->error != NULL ? partial->error : kvd_out_of_memory);
        return;
    }
    switch (command->id) {
    case KVD_CMD_mget:
        reply_values(count, protocol, partial, reply);
        break;
    case KVD_CMD_keys:
        kvd_reply_array(reply, (size_t)partial->number);
        kvd_bytes_append(reply, bytes.data, bytes.length);
        break;
    case KVD_CMD_randomkey:
        if (bytes.length == 0)
            kvd_reply_null(reply, protocol);
        else
            kvd_bytes_append(reply, bytes.data, bytes.length);
        break;
    case KVD_CMD_mset:
    case KVD_CMD_flushall:
    case KVD_CMD_flushdb:
        kvd_reply_ok(reply);
        break;
    default:
        kvd_reply_integer(reply, partial->number);
        break;
    }
}
