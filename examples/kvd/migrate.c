/* SPDX-License-Identifier: MIT
 *
 * CLIENT MIGRATE: a connection goes to another core, with its buffers, its parser and its name. It
 * is an owned pointer in a closure: what it owns is relocated on arrival, and it is destroyed, its
 * socket closed, if it never arrives.
 */
#include "cross.h"
#include "here.h"
#include "server.h"

typedef struct kvd_traveller {
    kvd_server *server;
    kvd_conn *conn;
} kvd_traveller;
TA_DERIVE(kvd_traveller, kvd_traveller, TA_SKIP(server), TA_OWNED(conn, kvd_connection));

typedef struct kvd_departure {
    kvd_core *core;
} kvd_departure;
TA_DERIVE(kvd_departure, kvd_departure, TA_SKIP(core));

static void reply_ok(kvd_conn *conn) {
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    kvd_reply_ok(place.bytes);
    kvd_conn_end_reply(conn, place);
}

static void arrive(kvd_traveller *traveller) {
    kvd_core *core = kvd_core_here(traveller->server);
    kvd_conn *conn = traveller->conn;
    traveller->conn = NULL;
    if (!kvd_core_add(core, conn)) {
        kvd_core_destroy(core, conn);
        return;
    }
    kvd_core_resume_drain(core);
    kvd_bytes_consume(&conn->input, conn->consumed); /* the command that brought it here */
    conn->has_command = false;
    reply_ok(conn);
    kvd_core_ready(core, conn);
}

static void has_left(kvd_departure *departure, ta_status status) {
    (void)status;
    departure->core->fans--;
}

TA_CALL_VOID(send_conn, kvd_traveller, arrive, kvd_departure, has_left);

kvd_verdict kvd_migrate(kvd_core *core, kvd_conn *conn, int64_t to) {
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    if (to < 0 || to >= core->shard.count) {
        kvd_reply_error_format(place.bytes, "ERR there is no such core: expected 0 to %u",
                               core->shard.count - 1);
        kvd_conn_end_reply(conn, place);
        return KVD_RAN;
    }
    if ((uint32_t)to == core->index) {
        reply_ok(conn);
        return KVD_RAN;
    }
    kvd_core_remove(core, conn); /* before it may be there */
    ta_status status = send_conn(core->port, (uint32_t)to, (kvd_traveller){core->server, conn},
                                 (kvd_departure){core}, NULL, NULL);
    if (status == TA_OK) {
        core->fans++;
        return KVD_GONE;
    }
    if (!kvd_core_add(core, conn)) {
        kvd_core_destroy(core, conn);
        return KVD_GONE;
    }
    if (status == TA_E_FULL && ta_port_want_room(core->port, (uint32_t)to) == TA_OK) {
        kvd_core_await_room(core, conn);
        return KVD_WAITS;
    }
    place = kvd_conn_begin_reply(conn);
    kvd_reply_error(place.bytes, "ERR that core takes no connections any more");
    kvd_conn_end_reply(conn, place);
    return KVD_RAN;
}
