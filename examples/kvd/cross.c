/* SPDX-License-Identifier: MIT
 *
 * Batches of commands to one other core, and their replies home.
 */
#include "cross.h"

#include <string.h>
#include <time.h>

#include "server.h"

/* Lengths stand in front of commands and replies, in four bytes. */
typedef uint32_t frame_length;

#define OUT_OF_MEMORY "-ERR out of memory\r\n"

static uint64_t monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Leaves room for a length; what is appended next is in the frame. */
static size_t begin_frame(kvd_bytes *bytes) {
    frame_length none = 0;
    size_t at = kvd_bytes_length(bytes);
    kvd_bytes_append(bytes, &none, sizeof none);
    return at;
}

/* False, and the bytes are as they were before, when not all could be appended. */
static bool end_frame(kvd_bytes *bytes, size_t at) {
    if (bytes->failed) {
        bytes->end = bytes->start + at;
        bytes->failed = false;
        return false;
    }
    frame_length length = (frame_length)(kvd_bytes_length(bytes) - at - sizeof length);
    memcpy(kvd_bytes_data(bytes) + at, &length, sizeof length);
    return true;
}

static kvd_slice first_frame(const kvd_bytes *bytes) {
    frame_length length;
    memcpy(&length, kvd_bytes_data(bytes), sizeof length);
    return (kvd_slice){kvd_bytes_data(bytes) + sizeof length, length};
}

static void drop_frame(kvd_bytes *bytes) {
    kvd_bytes_consume(bytes, sizeof(frame_length) + first_frame(bytes).length);
}

/* ---- batches and origins --------------------------------------------------------------------- */

static kvd_batch *make_batch(void) {
    kvd_batch *batch = ta_box_allocate(&kvd_batch_type, NULL);
    if (batch == NULL) return NULL;
    *batch = (kvd_batch){.requests = kvd_bytes_make((size_t)3 << 30, NULL),
                         .replies = kvd_bytes_make(KVD_BATCH_REPLIES + KVD_REPLY_MAX, NULL)};
    return batch;
}

static bool has_room(kvd_origins *origins) {
    if (origins->count < origins->capacity) return true;
    uint32_t capacity = origins->capacity == 0 ? 64 : 2 * origins->capacity;
    kvd_origin *items = ta_allocate(NULL, capacity * sizeof *items, _Alignof(kvd_origin));
    if (items == NULL) return false;
    if (origins->count > 0) memcpy(items, origins->items, origins->count * sizeof *items);
    ta_release(NULL, origins->items, origins->capacity * sizeof *items, _Alignof(kvd_origin));
    origins->items = items;
    origins->capacity = capacity;
    return true;
}

/* Is there a batch to fill, and room for one origin more? */
static bool can_fill(kvd_crossing *crossing) {
    if (crossing->filling == NULL) crossing->filling = make_batch();
    return crossing->filling != NULL && has_room(&crossing->filling_origins);
}

static void add_origin(const kvd_core *core, const kvd_conn *conn, uint32_t sequence,
                       kvd_origins *origins) {
    if (origins->count == 0) origins->since = monotonic();
    origins->items[origins->count++] = (kvd_origin){kvd_core_ref(core, conn), sequence};
}

/* ---- there ----------------------------------------------------------------------------------- */

/* A batch on its way: the same block goes there and comes back. */
typedef struct kvd_trip {
    const kvd_server *server;
    kvd_batch *batch;
} kvd_trip;
TA_DERIVE(kvd_trip, kvd_trip, TA_SKIP(server), TA_OWNED(batch, kvd_batch));

static void run_packed(kvd_core *core, kvd_slice packed, kvd_bytes *reply) {
    uint32_t count = kvd_packed_count(packed);
    kvd_slice *scratch = NULL;
    if (count > KVD_PACKED_FEW) {
        scratch = ta_allocate_zeroed(NULL, count, sizeof *scratch, _Alignof(kvd_slice));
        if (scratch == NULL) {
            reply->failed = true;
            return;
        }
    }
    kvd_packed_run(&core->shard, packed, scratch, reply);
    ta_release(NULL, scratch, count * sizeof *scratch, _Alignof(kvd_slice));
}

static kvd_trip run_batch(kvd_trip *trip) {
    kvd_core *core = kvd_core_here(trip->server);
    kvd_batch *batch = trip->batch;
    kvd_bytes *replies = &batch->replies;
    uint64_t until = kvd_core_work_until(core);
    for (batch->done = 0; kvd_bytes_length(&batch->requests) > 0; batch->done++) {
        if (kvd_bytes_length(replies) >= KVD_BATCH_REPLIES || core->of_store->work >= until) break;
        size_t at = begin_frame(replies);
        run_packed(core, first_frame(&batch->requests), replies);
        if (!end_frame(replies, at)) {
            at = begin_frame(replies);
            kvd_reply_error(replies, "ERR the reply is too large");
            if (!end_frame(replies, at)) break; /* the next attempt may find memory */
        }
        drop_frame(&batch->requests);
    }
    kvd_count(&core->figures.crossed_in, batch->done);
    kvd_core_publish(core);
    trip->batch = NULL;
    return (kvd_trip){trip->server, batch};
}

/* ---- clients that do not take their replies -------------------------------------------------- */

/* In front of a parked request; its packed command follows. */
typedef struct parked_header {
    uint32_t shard, sequence;
    frame_length length;
} parked_header;

/* Has the connection so many replies already that this request is to wait? The one that all of them
 * wait for is not, unless they wait for the client, too. No earlier one of its shard is parked then,
 * since those are answered: it overtakes none. */
static bool is_choked(const kvd_conn *conn, uint32_t sequence) {
    if (sequence == conn->ring_head && kvd_conn_has_room(conn)) return false;
    return kvd_conn_unsent(conn) >= KVD_OUTPUT_HIGH || kvd_bytes_length(&conn->parked) > 0;
}

static void park(kvd_conn *conn, uint32_t shard, uint32_t sequence, kvd_slice packed) {
    parked_header header = {shard, sequence, (frame_length)packed.length};
    kvd_bytes_append(&conn->parked, &header, sizeof header);
    kvd_bytes_append(&conn->parked, packed.data, packed.length);
    if (conn->parked.failed) conn->is_broken = true;
}

static bool append_frame(kvd_bytes *bytes, kvd_slice content) {
    size_t at = begin_frame(bytes);
    kvd_bytes_append(bytes, content.data, content.length);
    return end_frame(bytes, at);
}

/* Takes the requests of choked connections out of a batch, and those of connections that are gone; the
 * others stay, in their order. */
static void take_out(kvd_core *core, uint32_t shard, kvd_bytes *requests, kvd_origins *origins) {
    kvd_bytes kept = kvd_bytes_make(requests->maximum, NULL);
    uint32_t end = origins->count;
    origins->count = origins->first;
    for (uint32_t i = origins->first; i < end; i++) {
        kvd_origin origin = origins->items[i];
        kvd_conn *conn = kvd_core_find(core, origin.conn);
        kvd_slice packed = first_frame(requests);
        if (conn == NULL)
            ; /* nobody waits for it */
        else if (is_choked(conn, origin.sequence))
            park(conn, shard, origin.sequence, packed);
        else if (append_frame(&kept, packed))
            origins->items[origins->count++] = origin;
        else
            kvd_core_answer(core, origin.conn, origin.sequence, KVD_SLICE(OUT_OF_MEMORY));
        drop_frame(requests);
    }
    kvd_bytes_clear(requests);
    *requests = kept;
}

/* A batch has come home half done, since its replies were too many, or its commands cost too much.
 * Some of what is left may be of clients that have so many replies to take already: that waits with
 * them, or they would have us hold them all. What they have in the next batch comes after it, and
 * waits, too. */
static void park_choked(kvd_core *core, uint32_t shard) {
    kvd_crossing *crossing = &core->crossings[shard];
    take_out(core, shard, &crossing->spare->requests, &crossing->away_origins);
    if (crossing->filling != NULL)
        take_out(core, shard, &crossing->filling->requests, &crossing->filling_origins);
}

static parked_header header_at(const kvd_conn *conn, size_t at) {
    parked_header header;
    memcpy(&header, kvd_bytes_data(&conn->parked) + at, sizeof header);
    return header;
}

/* Into the batch that is being filled. */
static void send_parked(kvd_core *core, kvd_conn *conn, size_t at) {
    parked_header header = header_at(conn, at);
    kvd_slice packed = {kvd_bytes_data(&conn->parked) + at + sizeof header, header.length};
    kvd_crossing *crossing = &core->crossings[header.shard];
    kvd_origins *origins = &crossing->filling_origins;
    if (can_fill(crossing) && append_frame(&crossing->filling->requests, packed))
        add_origin(core, conn, header.sequence, origins);
    else
        kvd_core_answer(core, kvd_core_ref(core, conn), header.sequence, KVD_SLICE(OUT_OF_MEMORY));
}

static void unpark_all(kvd_core *core, kvd_conn *conn) {
    size_t end = kvd_bytes_length(&conn->parked);
    for (size_t at = 0; at < end;) {
        parked_header header = header_at(conn, at);
        send_parked(core, conn, at);
        at += sizeof header + header.length;
    }
    kvd_bytes_clear(&conn->parked);
    kvd_core_ready(core, conn);
}

/* The request that all others wait for, if it is parked. */
static void unpark_front(kvd_core *core, kvd_conn *conn) {
    size_t end = kvd_bytes_length(&conn->parked);
    for (size_t at = 0; at < end;) {
        parked_header header = header_at(conn, at);
        size_t length = sizeof header + header.length;
        if (header.sequence == conn->ring_head) {
            send_parked(core, conn, at);
            char *from = kvd_bytes_data(&conn->parked);
            memmove(from + length, from, at); /* what was parked before it keeps its order */
            kvd_bytes_consume(&conn->parked, length);
            return;
        }
        at += length;
    }
}

void kvd_cross_unpark(kvd_core *core, kvd_conn *conn) {
    if (kvd_bytes_length(&conn->parked) == 0 || !kvd_conn_has_room(conn)) return;
    if (kvd_conn_unsent(conn) < KVD_OUTPUT_HIGH)
        unpark_all(core, conn);
    else
        unpark_front(core, conn);
}

/* ---- and home -------------------------------------------------------------------------------- */

typedef struct kvd_trip_home {
    kvd_core *core;
    uint32_t shard;
} kvd_trip_home;
TA_DERIVE(kvd_trip_home, kvd_trip_home, TA_SKIP(core), shard);

static void free_batch(kvd_batch *batch) {
    if (batch == NULL) return;
    ta_destroy(&kvd_batch_type, batch);
    ta_box_release(&kvd_batch_type, batch);
}

static void count_crossing(kvd_core *core, const kvd_origins *origins, uint32_t commands) {
    unsigned bucket = kvd_crossing_bucket(monotonic() - origins->since);
    kvd_count(&core->figures.crossing[bucket], commands);
}

static void answer_next(kvd_core *core, kvd_origins *origins, kvd_slice reply) {
    kvd_origin *origin = &origins->items[origins->first++];
    kvd_core_answer(core, origin->conn, origin->sequence, reply);
}

/* Nobody ran them: the other core's port is closed. */
static void answer_unrun(kvd_core *core, kvd_origins *origins) {
    while (origins->first < origins->count)
        answer_next(core, origins, KVD_SLICE("-ERR the server is shutting down\r\n"));
    origins->first = origins->count = 0;
}

static void come_home(kvd_trip_home *home, ta_status status, kvd_trip *trip) {
    kvd_core *core = home->core;
    kvd_crossing *crossing = &core->crossings[home->shard];
    kvd_origins *origins = &crossing->away_origins;
    crossing->is_away = false;
    if (status != TA_OK) {
        answer_unrun(core, origins);
        return;
    }
    kvd_batch *batch = crossing->spare = trip->batch;
    trip->batch = NULL;
    count_crossing(core, origins, batch->done);
    for (uint32_t i = 0; i < batch->done; i++) {
        answer_next(core, origins, first_frame(&batch->replies));
        drop_frame(&batch->replies);
    }
    if (kvd_bytes_length(&batch->requests) > 0) park_choked(core, home->shard);
    crossing->has_rest = origins->first < origins->count;
    if (!crossing->has_rest) origins->first = origins->count = 0;
    kvd_bytes_trim(&batch->requests, KVD_BATCH_BYTES);
    kvd_bytes_trim(&batch->replies, KVD_BATCH_BYTES);
}

TA_CALL(call_batch, kvd_trip, kvd_trip, run_batch, kvd_trip_home, come_home);

/* ---- sending --------------------------------------------------------------------------------- */

static void swap_batches(kvd_crossing *crossing) {
    kvd_batch *batch = crossing->filling;
    kvd_origins origins = crossing->filling_origins;
    crossing->filling = crossing->spare;
    crossing->filling_origins = crossing->away_origins;
    crossing->spare = batch;
    crossing->away_origins = origins;
}

static bool send_batch(kvd_core *core, uint32_t shard) {
    kvd_crossing *crossing = &core->crossings[shard];
    if (crossing->is_away || crossing->waits) return false;
    if (!crossing->has_rest) {
        if (crossing->filling_origins.count == 0) return false;
        if (crossing->spare == NULL && (crossing->spare = make_batch()) == NULL) return false;
        swap_batches(crossing);
        kvd_core_wake_waiting(core);
    }
    kvd_trip trip = {core->server, crossing->spare};
    ta_status status =
        call_batch(core->port, shard, trip, (kvd_trip_home){core, shard}, NULL, NULL);
    crossing->is_away = status == TA_OK;
    crossing->has_rest = status != TA_OK; /* it is tried again */
    if (status == TA_OK) {
        crossing->spare = NULL;
    } else if (status == TA_E_FULL) {
        crossing->waits = ta_port_want_room(core->port, shard) == TA_OK;
    } else if (status == TA_E_CLOSED) {
        answer_unrun(core, &crossing->away_origins);
        kvd_bytes_clear(&crossing->spare->requests);
        crossing->has_rest = false;
    }
    return crossing->is_away;
}

void kvd_cross_room(void *server, ta_port *port, uint32_t to) {
    (void)port;
    kvd_core *core = kvd_core_here(server);
    if (to < core->shard.count) core->crossings[to].waits = false;
    kvd_core_wake_waiting(core); /* connections that want to go there */
}

uint32_t kvd_cross_send(kvd_core *core) {
    uint32_t sent = 0;
    for (uint32_t shard = 0; shard < core->shard.count; shard++) sent += send_batch(core, shard);
    kvd_count(&core->figures.batches, sent);
    return sent;
}

bool kvd_cross_is_idle(const kvd_core *core) {
    for (uint32_t i = 0; i < core->shard.count; i++) {
        const kvd_crossing *crossing = &core->crossings[i];
        if (crossing->is_away || crossing->has_rest || crossing->filling_origins.count > 0)
            return false;
    }
    return true;
}

/* ---- gathering ------------------------------------------------------------------------------- */

static bool pack_frame(kvd_bytes *requests, const kvd_conn *conn, const kvd_command *command) {
    size_t at = begin_frame(requests);
    kvd_pack(command, conn->parser.args, conn->parser.count, conn->protocol, requests);
    return end_frame(requests, at);
}

bool kvd_cross(kvd_core *core, kvd_conn *conn, const kvd_command *command, uint32_t shard) {
    kvd_crossing *crossing = &core->crossings[shard];
    uint32_t sequence;
    if (kvd_bytes_length(&conn->parked) > 0) return false; /* the turn of these comes first */
    if (crossing->filling != NULL &&
        kvd_bytes_length(&crossing->filling->requests) >= KVD_BATCH_BYTES) {
        kvd_core_await_room(core, conn);
        return false;
    }
    if (!kvd_conn_await(conn, &sequence)) return false; /* one of its answers will go on */
    kvd_count(&core->figures.crossed_out, 1);
    if (!can_fill(crossing) || !pack_frame(&crossing->filling->requests, conn, command)) {
        kvd_conn_answer(conn, sequence, KVD_SLICE(OUT_OF_MEMORY));
        return true;
    }
    kvd_origins *origins = &crossing->filling_origins;
    add_origin(core, conn, sequence, origins);
    if (origins->count == KVD_BATCH_EARLY && send_batch(core, shard))
        kvd_count(&core->figures.batches, 1);
    return true;
}

/* ---- from begin to end ----------------------------------------------------------------------- */

bool kvd_crossings_open(kvd_core *core) {
    core->crossings = ta_allocate_zeroed(NULL, core->shard.count, sizeof *core->crossings,
                                         _Alignof(kvd_crossing));
    return core->crossings != NULL;
}

static void free_origins(const kvd_origins *origins) {
    ta_release(NULL, origins->items, origins->capacity * sizeof *origins->items,
               _Alignof(kvd_origin));
}

void kvd_crossings_close(kvd_core *core) {
    if (core->crossings == NULL) return;
    for (uint32_t i = 0; i < core->shard.count; i++) {
        free_batch(core->crossings[i].filling);
        free_batch(core->crossings[i].spare);
        free_origins(&core->crossings[i].filling_origins);
        free_origins(&core->crossings[i].away_origins);
    }
    ta_release(NULL, core->crossings, core->shard.count * sizeof *core->crossings,
               _Alignof(kvd_crossing));
    core->crossings = NULL;
}
