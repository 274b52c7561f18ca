/* SPDX-License-Identifier: MIT
 *
 * What a connection does when something has happened to it: runs the requests that it has, reads
 * more, sends what it has to send, and ends.
 *
 * The order that a client sees: its replies come in the order of its requests. A request sees what
 * earlier ones of the same connection did to the same key. Those of one key each that belong to
 * different shards may run at the same time; a request of several shards waits until all before it
 * are answered, and those after it wait for it.
 */
#include <sys/socket.h>

#include "core.h"
#include "cross.h"
#include "server.h"

enum {
    OUTPUT_EARLY = 16 * 1024 /* so much is sent although other replies are to come in a moment */
};

static bool may_run(const kvd_conn *conn) {
    return !conn->is_closing && !conn->is_broken && kvd_conn_unsent(conn) < KVD_OUTPUT_HIGH;
}

/* ---- one request ----------------------------------------------------------------------------- */

static kvd_verdict run_at_several(kvd_core *core, kvd_conn *conn, const kvd_command *command) {
    if (kvd_conn_pending(conn) > 0) return KVD_WAITS;
    kvd_fan(core, conn, command, KVD_FAN_COMMAND, KVD_SLICE(""));
    return KVD_RAN;
}

/* At this core, or crossing to another one. */
static kvd_verdict run_at_one(kvd_core *core, kvd_conn *conn, const kvd_command *command,
                              uint32_t shard, kvd_bytes *reply) {
    if (shard != core->index) return kvd_cross(core, conn, command, shard) ? KVD_RAN : KVD_WAITS;
    kvd_command_run(&core->shard, command, conn->parser.args, conn->parser.count, conn->protocol,
                    reply);
    kvd_count(&core->figures.local, 1);
    return KVD_RAN;
}

static kvd_verdict run_command(kvd_core *core, kvd_conn *conn, const kvd_command *command) {
    const kvd_slice *args = conn->parser.args;
    uint32_t count = conn->parser.count, shard;
    kvd_verdict verdict = KVD_RAN;
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    switch (kvd_command_target(command, args, count, core->index, core->shard.count, &shard,
                               place.bytes)) {
    case KVD_TARGET_REFUSED:
        break;
    case KVD_TARGET_HERE:
        return kvd_run_here(core, conn, command);
    case KVD_TARGET_ONE:
        verdict = run_at_one(core, conn, command, shard, place.bytes);
        if (shard != core->index) return verdict;
        break;
    case KVD_TARGET_SPLIT:
    case KVD_TARGET_EVERY:
        return run_at_several(core, conn, command);
    }
    kvd_conn_end_reply(conn, place);
    return verdict;
}

static kvd_verdict run_request(kvd_core *core, kvd_conn *conn) {
    if (conn->has_barrier && kvd_conn_pending(conn) > 0) return KVD_WAITS;
    conn->has_barrier = false;
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    const kvd_slice *args = conn->parser.args;
    const kvd_command *command = conn->last_command;
    if (command == NULL || !kvd_command_fits(command, args, conn->parser.count))
        command = kvd_command_lookup(args, conn->parser.count, place.bytes);
    if (command != NULL) {
        conn->last_command = command;
        if (conn->is_authenticated || (command->flags & KVD_NO_AUTH) != 0)
            return run_command(core, conn, command);
        kvd_reply_error(place.bytes, "NOAUTH Authentication required.");
    } else if (kvd_command_is_http(args[0])) {
        conn->is_broken = true;
    }
    kvd_conn_end_reply(conn, place);
    return KVD_RAN;
}

/* ---- all requests that are there ------------------------------------------------------------- */

/* Parses the next one, if it is whole. */
static bool next_request(kvd_conn *conn) {
    kvd_slice input = kvd_bytes_slice(&conn->input);
    if (input.length == 0) return false;
    kvd_parse parse =
        kvd_parser_next(&conn->parser, kvd_bytes_data(&conn->input), input.length, &conn->consumed);
    if (parse == KVD_PARSE_COMMAND) {
        conn->has_command = true;
        return true;
    }
    kvd_bytes_consume(&conn->input, conn->consumed);
    if (parse == KVD_PARSE_ERROR) {
        kvd_reply_place place = kvd_conn_begin_reply(conn);
        kvd_reply_error(place.bytes, conn->parser.error);
        kvd_conn_end_reply(conn, place);
        conn->is_closing = true;
    }
    return false;
}

static kvd_verdict run_requests(kvd_core *core, kvd_conn *conn) {
    uint64_t until = kvd_core_work_until(core);
    while (may_run(conn) && (conn->has_command || next_request(conn))) {
        if (core->of_store->work >= until) { /* the others first */
            kvd_core_ready(core, conn);
            return KVD_WAITS;
        }
        kvd_verdict verdict = run_request(core, conn);
        if (verdict != KVD_RAN) return verdict;
        kvd_count(&core->figures.commands, 1);
        kvd_bytes_consume(&conn->input, conn->consumed);
        conn->has_command = false;
    }
    return KVD_RAN;
}

/* ---- a turn of a connection ------------------------------------------------------------------ */

static bool may_read(const kvd_core *core, const kvd_conn *conn) {
    return may_run(conn) && !conn->has_command && conn->is_readable && !conn->has_ended &&
           (!core->is_draining || conn->reads_last);
}

void kvd_serve(kvd_core *core, kvd_conn *conn) {
    if (run_requests(core, conn) == KVD_GONE) return;
    if (may_read(core, conn)) {
        kvd_count(&core->figures.bytes_in, kvd_conn_read(conn));
        conn->reads_last = false;
        conn->active = core->now;
        if (run_requests(core, conn) == KVD_GONE) return;
        if (may_read(core, conn)) kvd_core_ready(core, conn); /* after the others */
    }
    /* No whole request is left. */
    bool has_run_all = may_run(conn) && !conn->has_command && !conn->reads_last;
    if (has_run_all && (conn->has_ended || core->is_draining)) conn->is_closing = true;
    /* What it moves must not be what a request that waits refers to. */
    if (!conn->has_command) kvd_bytes_trim(&conn->input, KVD_BUFFER_KEEP);
    kvd_core_charge(core, conn);
    if (kvd_bytes_length(&conn->output) > 0 || conn->is_closing || conn->is_broken)
        kvd_core_dirty(core, conn);
}

/* Other replies will come in a moment, and share the system call. */
static bool is_better_later(const kvd_conn *conn) {
    return kvd_conn_pending(conn) > 0 && !conn->must_write && !conn->is_broken &&
           kvd_bytes_length(&conn->output) < OUTPUT_EARLY;
}

/* What the client has sent and nobody read would have the kernel reset the connection, and the last
 * replies with it: the client is told the end first, and what it has sent is thrown away. */
static void end_gently(const kvd_conn *conn) {
    enum { READS = 16 };
    char thrown_away[4096];
    shutdown(conn->socket.fd, SHUT_WR);
    for (int i = 0; i < READS; i++)
        if (recv(conn->socket.fd, thrown_away, sizeof thrown_away, 0) <= 0) return;
}

void kvd_send_output(kvd_core *core, kvd_conn *conn) {
    if (is_better_later(conn)) return; /* the answer will ask again */
    bool was_high = !may_run(conn);
    if (kvd_bytes_length(&conn->output) > 0 && conn->is_writable && !conn->is_broken)
        kvd_count(&core->figures.bytes_out, kvd_conn_write(conn));
    conn->must_write = false;
    /* More of what came out of turn has room now. */
    if (kvd_conn_release(conn)) {
        conn->must_write = true;
        kvd_core_dirty(core, conn);
        if (conn->has_command || conn->has_ended || core->is_draining) kvd_core_ready(core, conn);
    }
    bool is_empty = kvd_bytes_length(&conn->output) == 0;
    bool is_over = conn->is_closing && is_empty && kvd_conn_pending(conn) == 0;
    if (is_over) end_gently(conn);
    if (is_over || conn->is_broken) {
        kvd_core_drop(core, conn);
        return;
    }
    if (is_empty) kvd_bytes_trim(&conn->output, KVD_BUFFER_KEEP);
    kvd_core_charge(core, conn);
    kvd_cross_unpark(core, conn);
    if (was_high && may_run(conn)) kvd_core_ready(core, conn);
}
