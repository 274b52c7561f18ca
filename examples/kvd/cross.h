/* SPDX-License-Identifier: MIT
 *
 * Commands that run at other cores.
 *
 * One shard: packed commands are gathered in a batch per core, which travels in a call and comes
 * home with the replies. One batch is under way to each core at a time; what comes meanwhile
 * goes with the next one. So under load many commands share a message, and alone each leaves at
 * once. A batch whose replies become too many, or whose commands cost too much, comes home half
 * done. The rest leaves again, except what clients have sent that have too many replies here
 * already, since they do not take them or since an earlier reply is late: that is parked with them
 * until they have fewer. So memory is bounded, and no command overtakes another of the same
 * connection at the same core.
 *
 * Several shards: a fan-out (ta/fan.h), all of whose targets read one packed command.
 */
#ifndef KVD_CROSS_H
#define KVD_CROSS_H

#include "core.h"

enum {
    KVD_BATCH_BYTES = 64 * 1024,     /* a batch takes no command more when it is so long */
    KVD_BATCH_REPLIES = 1024 * 1024, /* and runs no command more when its replies are */
    KVD_BATCH_EARLY = 64             /* so many commands leave before the turn's end */
};

typedef struct kvd_batch {
    kvd_bytes requests; /* what is left to run: each a length and a packed command */
    kvd_bytes replies;  /* each a length and a reply */
    uint32_t done;      /* replies */
} kvd_batch;
TA_DERIVE(kvd_batch, kvd_batch, TA_AS(requests, kvd_bytes), TA_AS(replies, kvd_bytes), done);

/* Who is to get a reply. */
typedef struct kvd_origin {
    kvd_conn_ref conn;
    uint32_t sequence;
} kvd_origin;

/* The commands of a batch, in order, kept at home. */
typedef struct kvd_origins {
    kvd_origin *items;
    uint32_t first, count, capacity; /* those before `first` have been answered */
    uint64_t since;                  /* nanoseconds; when the first command came */
} kvd_origins;

typedef struct kvd_crossing {
    kvd_batch *filling; /* NULL only while there is no memory */
    kvd_batch *spare;   /* the other one, while none is under way */
    kvd_origins filling_origins, away_origins;
    bool is_away;  /* one is under way */
    bool has_rest; /* `spare` is half done, and leaves first */
    bool waits;    /* for room in the lane */
} kvd_crossing;

bool kvd_crossings_open(kvd_core *core);
void kvd_crossings_close(kvd_core *core);

/* Adds the connection's command to what crosses to `shard`; false: not now, it will be woken. */
bool kvd_cross(kvd_core *core, kvd_conn *conn, const kvd_command *command, uint32_t shard);
/* Sends what has been gathered; says how many batches. */
uint32_t kvd_cross_send(kvd_core *core);
/* The client has taken replies, or one has come that others waited for: parked requests go on, all of
 * them or the one that all replies wait for. */
void kvd_cross_unpark(kvd_core *core, kvd_conn *conn);
bool kvd_cross_is_idle(const kvd_core *core);
void kvd_cross_room(void *server, ta_port *port, uint32_t to); /* a hook */

/* ---- several cores --------------------------------------------------------------------------- */

typedef enum kvd_fan_kind {
    KVD_FAN_COMMAND,     /* each does its part of a command */
    KVD_FAN_CLIENT_LIST, /* each lists its connections: those of `ids`, or all if there are none */
    KVD_FAN_CLIENT_KILL  /* each closes the connections of `ids` that it has */
} kvd_fan_kind;

/* Runs at the cores that a command concerns. The connection's earlier requests are answered;
 * later ones wait for it. `ids`: numbers of 64 bits in ascending order, which it copies. */
void kvd_fan(kvd_core *core, kvd_conn *conn, const kvd_command *command, kvd_fan_kind kind,
             kvd_slice ids);

/* clients.c: the parts of the two latter. `own_slot`: of the connection that asks, if it is
 * here. */
void kvd_clients_list(kvd_core *core, kvd_slice ids, kvd_partial *partial);
void kvd_clients_kill(kvd_core *core, kvd_slice ids, uint32_t own_slot, kvd_partial *partial);

#endif
