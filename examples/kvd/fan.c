/* SPDX-License-Identifier: MIT
 *
 * Commands of several cores: each does its part, and the parts are added up at home.
 *
 * What the parts need to know stands in one block at home, which they only read: it is there until
 * all of them have answered, whatever becomes of the connection.
 *
 * Its memory counts as that of connections does: the packed request, each part from when it is made,
 * their sum. A part that has no room is an error, and the parts of other cores are thrown away.
 */
#include <string.h>

#include "cross.h"
#include "server.h"

typedef struct kvd_fan_work {
    kvd_core *core; /* home */
    kvd_conn_ref conn;
    uint32_t sequence;
    const kvd_command *command;
    kvd_fan_kind kind;
    uint32_t argument_count;
    unsigned protocol;
    kvd_bytes *parts; /* packed: one for each core, or a single one for all; or ids */
    uint32_t part_count;
    kvd_partial sum;
    size_t charged; /* bytes of both that the server has been told of */
} kvd_fan_work;

/* Freed at home, explicitly: it travels nowhere. */
typedef struct kvd_fan_home {
    kvd_fan_work *work;
} kvd_fan_home;
TA_DERIVE(kvd_fan_home, kvd_fan_home, TA_SKIP(work));

typedef struct kvd_fan_task {
    kvd_server *server;
    const kvd_fan_work *work;
} kvd_fan_task;
TA_DERIVE(kvd_fan_task, kvd_fan_task, TA_SKIP(server), TA_SKIP(work));

/* ---- there ----------------------------------------------------------------------------------- */

/* Each core's share of a connection's fair share, at least. */
static size_t room_for_part(const kvd_server *server) {
    size_t room = kvd_server_room(server), least = KVD_FAIR_SHARE / server->core_count;
    if (room < least) room = least;
    return room < KVD_REPLY_MAX ? room : KVD_REPLY_MAX;
}

static void refuse(kvd_partial *partial) {
    kvd_partial_clear(partial);
    partial->error = "ERR the reply is too large, or connections hold too much memory";
}

static kvd_partial do_part(const kvd_fan_task *task) {
    const kvd_fan_work *work = task->work;
    kvd_core *core = kvd_core_here(task->server);
    kvd_partial partial =
        kvd_partial_make(room_for_part(task->server), ta_port_returning_allocator(core->port));
    switch (work->kind) {
    case KVD_FAN_COMMAND: {
        const kvd_bytes *packed = &work->parts[work->part_count == 1 ? 0 : core->index];
        kvd_command_part(&core->shard, kvd_bytes_slice(packed), &partial);
        break;
    }
    case KVD_FAN_CLIENT_LIST:
        kvd_clients_list(core, kvd_bytes_slice(&work->parts[0]), &partial);
        break;
    case KVD_FAN_CLIENT_KILL:
        kvd_clients_kill(core, kvd_bytes_slice(&work->parts[0]),
                         work->core == core ? work->conn.slot : UINT32_MAX, &partial);
        break;
    }
    if (partial.bytes.failed) refuse(&partial);
    kvd_server_hold(task->server, partial.bytes.capacity, 0);
    if (work->core != core) kvd_count(&core->figures.crossed_in, 1);
    kvd_core_publish(core);
    return partial;
}

/* ---- at home --------------------------------------------------------------------------------- */

static void charge(kvd_fan_work *work) {
    size_t before = work->charged;
    work->charged = work->sum.bytes.capacity;
    for (uint32_t i = 0; i < work->part_count; i++) work->charged += work->parts[i].capacity;
    kvd_server_hold(work->core->server, work->charged, before);
}

static void add_part(kvd_fan_home *home, uint32_t from, ta_status status, kvd_partial *partial) {
    kvd_fan_work *work = home->work;
    (void)from;
    if (status == TA_OK) {
        size_t came = partial->bytes.capacity;
        kvd_partial_add(work->command, &work->sum, partial,
                        ta_hash_integer(work->core->shard.random++, work->sequence));
        if (work->sum.error != NULL) kvd_bytes_clear(&work->sum.bytes);
        kvd_server_hold(work->core->server, 0, came);
        charge(work);
    } else if (work->sum.error == NULL) {
        work->sum.error = "ERR the command could not run everywhere";
    }
}

static void free_work(kvd_fan_work *work) {
    kvd_server_hold(work->core->server, 0, work->charged);
    for (uint32_t i = 0; i < work->part_count; i++) kvd_bytes_clear(&work->parts[i]);
    ta_release(NULL, work->parts, work->part_count * sizeof *work->parts, _Alignof(kvd_bytes));
    kvd_partial_clear(&work->sum);
    ta_release(NULL, work, sizeof *work, _Alignof(kvd_fan_work));
}

static void write_reply(const kvd_fan_work *work, kvd_bytes *reply) {
    if (work->kind == KVD_FAN_CLIENT_LIST && work->sum.error == NULL)
        kvd_reply_verbatim(reply, work->protocol, kvd_bytes_slice(&work->sum.bytes));
    else
        kvd_partial_reply(work->command, work->argument_count, work->protocol, &work->sum, reply);
}

/* What the work held is what its connection holds from now on: had it to be asked for again, others
 * that wait for their parts might have taken it. */
static void hand_over(kvd_fan_work *work) {
    kvd_conn *conn = kvd_core_find(work->core, work->conn);
    if (conn != NULL) {
        conn->charged += work->charged;
        work->charged = 0;
    }
    free_work(work);
}

static void reply_to_all(kvd_fan_home *home, ta_status status) {
    kvd_fan_work *work = home->work;
    kvd_bytes reply = kvd_bytes_make(KVD_REPLY_MAX, NULL);
    (void)status; /* the sum knows */
    write_reply(work, &reply);
    if (reply.failed) {
        kvd_bytes_clear(&reply);
        kvd_reply_error(&reply, "ERR the reply is too large");
    }
    kvd_core *core = work->core;
    kvd_conn_ref conn = work->conn;
    uint32_t sequence = work->sequence;
    hand_over(work); /* freed before the connection holds its reply */
    core->fans--;
    kvd_core_answer(core, conn, sequence, kvd_bytes_slice(&reply));
    kvd_bytes_clear(&reply);
}

TA_MAP_REDUCE(fan_out, kvd_fan_task, kvd_partial, do_part, kvd_fan_home, add_part, reply_to_all);

/* ---- beginning ------------------------------------------------------------------------------- */

static bool make_parts(kvd_fan_work *work, uint32_t count) {
    work->parts = ta_allocate_zeroed(NULL, count, sizeof *work->parts, _Alignof(kvd_bytes));
    if (work->parts == NULL) return false;
    work->part_count = count;
    for (uint32_t i = 0; i < count; i++) work->parts[i] = kvd_bytes_make((size_t)3 << 30, NULL);
    return true;
}

/* Makes one part for all cores, or one for each that has keys of the command; those are the targets.
 * None: all. */
static bool pack_parts(kvd_fan_work *work, const kvd_parser *request, uint32_t shards,
                       uint32_t targets[], uint32_t *target_count) {
    bool is_for_all = work->command->route != KVD_KEYS;
    uint32_t count = is_for_all ? 1 : shards;
    if (!make_parts(work, count)) return false;
    if (is_for_all)
        return kvd_pack_for_every(work->command, request->args, request->count, work->parts);
    if (!kvd_pack_for_each(work->command, request->args, request->count, shards, work->parts))
        return false;
    for (uint32_t i = 0; i < shards; i++)
        if (kvd_bytes_length(&work->parts[i]) > 0) targets[(*target_count)++] = i;
    return true;
}

/* What packing makes of a request: its bytes, and a header for each argument. */
static bool has_room_to_pack(const kvd_core *core, const kvd_conn *conn) {
    size_t needed = conn->consumed + conn->parser.count * sizeof(kvd_slice);
    return needed < KVD_FAIR_SHARE || needed <= kvd_server_room(core->server);
}

static bool begin(kvd_core *core, kvd_conn *conn, kvd_fan_work *work, kvd_slice ids) {
    uint32_t targets[KVD_CORES_MAX], target_count = 0;
    if (!has_room_to_pack(core, conn)) return false;
    bool is_packed =
        work->kind == KVD_FAN_COMMAND
            ? pack_parts(work, &conn->parser, core->shard.count, targets, &target_count)
            : make_parts(work, 1) && kvd_bytes_append(&work->parts[0], ids.data, ids.length);
    if (!is_packed) return false;
    charge(work);
    if (!kvd_conn_await(conn, &work->sequence)) return false;
    ta_status status = fan_out(core->port, target_count == 0 ? NULL : targets, target_count,
                               (kvd_fan_task){core->server, work}, (kvd_fan_home){work});
    if (status == TA_OK) return true;
    core->fans--;
    kvd_conn_answer(conn, work->sequence, KVD_SLICE("-ERR the command could not be sent\r\n"));
    free_work(work);
    return true;
}

void kvd_fan(kvd_core *core, kvd_conn *conn, const kvd_command *command, kvd_fan_kind kind,
             kvd_slice ids) {
    kvd_fan_work *work = ta_allocate_zeroed(NULL, 1, sizeof *work, _Alignof(kvd_fan_work));
    if (work != NULL) {
        *work = (kvd_fan_work){.core = core,
                               .conn = kvd_core_ref(core, conn),
                               .command = command,
                               .kind = kind,
                               .argument_count = conn->parser.count,
                               .protocol = conn->protocol,
                               .sum = kvd_partial_make(KVD_REPLY_MAX, NULL)};
        core->fans++;
        conn->has_barrier = true;
        if (begin(core, conn, work, ids)) {
            kvd_count(&core->figures.crossed_out, 1);
            return;
        }
        core->fans--;
        free_work(work);
    }
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    kvd_reply_error(place.bytes, "ERR out of memory");
    kvd_conn_end_reply(conn, place);
}
