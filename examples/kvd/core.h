/* SPDX-License-Identifier: MIT
 *
 * A core: one thread's shard of the keys, its connections, and what it has under way at others.
 *
 * A core does not own a loop. Whoever owns one (loop.c, or a ta_runtime: runtime_main.c) calls
 *     kvd_core_open()    once, in the core's thread, when its port is attached
 *     ta_port_poll()     and
 *     kvd_core_turn()    in turn; and where both found nothing
 *     kvd_core_wait()    which sleeps; between ta_port_prepare_sleep() and its counterpart
 *     kvd_core_close()   once, when the port is closed
 */
#ifndef KVD_CORE_H
#define KVD_CORE_H

#include <stdatomic.h>
#include <sys/epoll.h>

#include "command.h"
#include "conn.h"

typedef struct kvd_server kvd_server;
typedef struct kvd_core kvd_core;

/* ---- figures --------------------------------------------------------------------------------- */

/* Times are counted in buckets, sixteen for each power of two, up to 2^40 nanoseconds. */
enum { KVD_CROSSING_BUCKETS = 16 * 37 };

static inline unsigned kvd_crossing_bucket(uint64_t nanoseconds) {
    if (nanoseconds < 16) return (unsigned)nanoseconds;
    unsigned log2 = 63 - (unsigned)__builtin_clzll(nanoseconds);
    unsigned bucket = (log2 - 4) * 16 + (unsigned)(nanoseconds >> (log2 - 4));
    return bucket < KVD_CROSSING_BUCKETS ? bucket : KVD_CROSSING_BUCKETS - 1;
}
/* The least time that is beyond a bucket. */
static inline uint64_t kvd_crossing_limit(unsigned bucket) {
    if (bucket < 16) return bucket + 1;
    return (uint64_t)(bucket % 16 + 17) << (bucket / 16 - 1);
}

/* Written by the core's own thread alone; read by whoever makes an INFO. Each number is by itself,
 * and a little old: relaxed accesses are enough. */
typedef struct kvd_figures {
    atomic_ullong commands; /* that this core's clients sent: here, local + crossed_out */
    atomic_ullong local, crossed_out;
    atomic_ullong crossed_in; /* commands that other cores sent here */
    atomic_ullong batches;    /* messages that crossed_out took */
    atomic_ullong connections, rejected, bytes_in, bytes_out;
    atomic_ullong clients, keys, timed, used, hits, misses, expired, evicted; /* as of now */
    /* Commands, by the time that they were away. */
    atomic_ullong crossing[KVD_CROSSING_BUCKETS];
} kvd_figures;

static inline unsigned long long kvd_figure(const atomic_ullong *figure) {
    return atomic_load_explicit(figure, memory_order_relaxed);
}
static inline void kvd_figure_set(atomic_ullong *figure, unsigned long long value) {
    atomic_store_explicit(figure, value, memory_order_relaxed);
}
static inline void kvd_count(atomic_ullong *figure, unsigned long long more) {
    kvd_figure_set(figure, kvd_figure(figure) + more); /* one writer: no read-modify-write */
}

/* ---- connections ----------------------------------------------------------------------------- */

/* Names a connection for later: never by pointer, since it may be gone by then, and another in its
 * slot. */
typedef struct kvd_conn_ref {
    uint32_t slot, generation;
} kvd_conn_ref;

typedef struct kvd_slot {
    kvd_conn *conn; /* NULL: free */
    uint32_t generation;
    bool is_ready, is_dirty, is_waiting; /* stands in the list of that name */
} kvd_slot;

/* A queue of slots. Each stands in it once at most, so it has room for all. */
typedef struct kvd_list {
    uint32_t *slots;
    uint32_t head, tail; /* count up; the place is modulo the capacity of the table */
} kvd_list;

/* ---- cores ----------------------------------------------------------------------------------- */

enum {
    KVD_EVENTS = 256,
    KVD_TURN_WORK = 100000 /* of the store, see kvd_store_figures: some milliseconds */
};

struct kvd_crossing; /* cross.h */

struct kvd_core {
    kvd_server *server;
    ta_port *port;
    uint32_t index;
    kvd_shard shard;
    const kvd_store_figures *of_store; /* of its store */
    uint64_t work_end; /* when the store has worked so much, the turn is long enough */
    int64_t now;       /* milliseconds since the epoch, of this turn */

    int epoll, listener;
    int spare;         /* a descriptor to give up when there are no others: see accept.c */
    int64_t listen_at; /* when to look at the listener again; 0: epoll does */
    struct epoll_event events[KVD_EVENTS];
    int event_count; /* that kvd_core_wait() has brought */

    kvd_slot *slots;
    uint32_t capacity; /* a power of two, and room for all clients of the server */
    uint32_t client_count;
    uint32_t *free_slots; /* a stack of capacity - client_count */
    kvd_list ready;       /* may be able to do something: look */
    kvd_list dirty;       /* have output */
    kvd_list waiting;     /* for room in a crossing */

    struct kvd_crossing *crossings; /* one per core */
    uint32_t fans;                  /* commands that several cores are working at */

    int64_t expire_at, sweep_at;
    bool has_more_to_expire;
    bool is_draining, is_done;
    int64_t drain_until;
    kvd_figures figures;
};

/* One per affinity, made by the core's own thread, in memory near it. */
TA_UNAWARE_TYPE(kvd_core_state, kvd_core);
TA_PER_AFFINITY(kvd_cores, kvd_core_state);

ta_status kvd_core_make(kvd_core *out, const ta_site *site, void *server);

/* The calling thread's own. */
kvd_core *kvd_core_here(const kvd_server *server);

/* What the ports of cores are attached with; context: the server. */
extern const ta_port_hooks kvd_core_hooks;

ta_status kvd_core_open(kvd_server *server, ta_port *port);
/* Says how much it did; 0: nothing. */
uint32_t kvd_core_turn(kvd_core *core);
/* Sleeps until something is to be done, for `most` nanoseconds at most (UINT64_MAX: without end).
 * `fd`: the port's. */
void kvd_core_wait(kvd_core *core, uint64_t most);
/* All cores have drained. */
bool kvd_core_is_over(const kvd_core *core);
void kvd_core_close(kvd_core *core);

/* How much the store may have worked when the next one is to have its turn: clients, or batches of
 * other cores, share what the turn has; with nothing left, each has one command that costs
 * something. What costs nothing beyond a look-up is not held up. */
static inline uint64_t kvd_core_work_until(const kvd_core *core) {
    uint64_t now = core->of_store->work;
    return now < core->work_end ? core->work_end : now + 1;
}

/* ---- for the files of a core ----------------------------------------------------------------- */

kvd_conn_ref kvd_core_ref(const kvd_core *core, const kvd_conn *conn);
kvd_conn *kvd_core_find(kvd_core *core, kvd_conn_ref ref); /* NULL: it is gone */

/* Takes the connection, if it succeeds. */
bool kvd_core_add(kvd_core *core, kvd_conn *conn);
/* Gives it to the caller; its socket is in no epoll any more. */
void kvd_core_remove(kvd_core *core, kvd_conn *conn);
void kvd_core_drop(kvd_core *core, kvd_conn *conn);    /* and destroys it */
void kvd_core_destroy(kvd_core *core, kvd_conn *conn); /* one that is in no table; uncounts it */

/* Has it looked at in this turn or the next, for requests; for output; when a crossing has room. */
void kvd_core_ready(kvd_core *core, kvd_conn *conn);
void kvd_core_dirty(kvd_core *core, kvd_conn *conn);
void kvd_core_await_room(kvd_core *core, kvd_conn *conn);
void kvd_core_wake_waiting(kvd_core *core);

/* A reply that was awaited, for a connection that may be gone. */
void kvd_core_answer(kvd_core *core, kvd_conn_ref ref, uint32_t sequence, kvd_slice reply);

/* Counts the memory that a connection holds. One that has much, and more than before, when all of
 * them have too much, is closed. */
void kvd_core_charge(kvd_core *core, kvd_conn *conn);

/* The same for what is held on behalf of a connection elsewhere: bytes that have become more or less,
 * and how many more there may be of it (SIZE_MAX: no limit). Of any core. */
void kvd_server_hold(kvd_server *server, size_t more, size_t less);
size_t kvd_server_room(const kvd_server *server);

/* Copies what the store says of itself into the figures: before a reply leaves that tells of it. */
void kvd_core_publish(kvd_core *core);

/* drain.c */
void kvd_core_begin_drain(kvd_core *core);
void kvd_core_drain(kvd_core *core); /* a step of it */
void kvd_core_resume_drain(kvd_core *core);

void kvd_core_find_spare(kvd_core *core);
void kvd_core_listen(kvd_core *core, bool wants); /* has epoll tell of connections, or not */

/* accept.c: a turn's share of the connections that are there; true: there may be more. */
bool kvd_accept(kvd_core *core);
/* serve.c: runs the requests that a connection has sent, reads more, and closes it at its end. */
void kvd_serve(kvd_core *core, kvd_conn *conn);
void kvd_send_output(kvd_core *core, kvd_conn *conn);
/* here.c: commands of the connection or the server. */
typedef enum kvd_verdict {
    KVD_RAN,   /* it is answered, or will be */
    KVD_WAITS, /* nothing was done; the connection is looked at again when that may be different */
    KVD_GONE   /* and so is the connection, to another core */
} kvd_verdict;
kvd_verdict kvd_run_here(kvd_core *core, kvd_conn *conn, const kvd_command *command);

#endif
