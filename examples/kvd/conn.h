/* SPDX-License-Identifier: MIT
 *
 * A connection: what it has received, what it is waiting for, what it has to be sent.
 *
 * Replies leave in the order of requests. A reply that is ready when nothing before it is awaited
 * goes straight into `output`. Otherwise it takes a place in a ring: held back (its bytes stand in
 * `held`), awaited from another core, or answered by one out of turn. What of the ring is ready moves
 * into `output` while that has room, so that `output` is bounded by one reply behind its bound.
 *
 * A connection is a value that relocates: CLIENT MIGRATE sends it to another core in a closure,
 * with its socket, its name and whatever stands in its buffers.
 */
#ifndef KVD_CONN_H
#define KVD_CONN_H

#include <ta.h>

#include "command.h"
#include "resp.h"

enum {
    KVD_PENDING_MAX = 1024,            /* replies that one connection may await */
    KVD_OUTPUT_HIGH = 256 * 1024,      /* with so much to send, no request of a client is run */
    KVD_READ_FEW = 4 * 1024,           /* bytes of one read, from a client that sends little */
    KVD_READ_MANY = 64 * 1024,         /* from one that has filled the few */
    KVD_BUFFER_KEEP = 16 * 1024,       /* what an empty buffer may keep */
    KVD_FAIR_SHARE = 1024 * 1024,      /* what a connection may hold, whatever all hold together */
    KVD_INPUT_MAX = 1024 * 1024 * 1024 /* as redis' client-query-buffer-limit */
};

/* A reply is of bounded size, whatever it is made of; beyond it is an error. Below 2^32. */
#define KVD_REPLY_MAX ((size_t)KVD_INPUT_MAX + ((size_t)64 << 20))

/* The socket is the connection's, and is closed with it. */
struct kvd_socket {
    int fd;
};
void kvd_socket_close(struct kvd_socket *socket);
TA_TYPE(kvd_socket, struct kvd_socket, NULL, NULL, kvd_socket_close);

typedef enum kvd_pending_state {
    KVD_PENDING_HELD,    /* `length` bytes at the front of `held` */
    KVD_PENDING_AWAITED, /* from another core */
    KVD_PENDING_ANSWERED /* `reply` */
} kvd_pending_state;

typedef struct kvd_pending {
    kvd_pending_state state;
    size_t length;
    void *reply;
} kvd_pending;
TA_DERIVE(kvd_pending, kvd_pending, state, length, TA_AS(reply, ta_block));

typedef struct kvd_conn {
    struct kvd_socket socket;
    uint32_t slot; /* in its core's table */
    uint64_t id;
    unsigned protocol;

    bool is_authenticated;
    bool is_readable, is_writable; /* as far as epoll has said, and nobody has found otherwise */
    bool is_ending;                /* epoll has said so: behind what is there comes the end */
    bool has_ended;                /* the client will send no more */
    bool is_closing;               /* to be closed when all is answered and sent */
    bool is_broken;                /* to be closed now */
    bool has_command;              /* the parser's command has not been run yet */
    bool has_barrier;              /* what is awaited comes before any other request */
    bool must_write;               /* something awaited has come: do not wait for the rest */
    bool sends_much;
    bool reads_last; /* the core drains: once more, and then no more */

    size_t consumed; /* bytes of `input` that go with the parser's command */
    kvd_parser parser;
    kvd_bytes input, output, held;
    kvd_bytes parked; /* requests that crossed, and came back to wait until `output` is taken */
    size_t charged;   /* bytes of memory that the server has been told of */

    kvd_pending *ring;
    uint32_t ring_capacity;        /* a power of two, or 0 */
    uint32_t ring_head, ring_tail; /* count up; the place is modulo the capacity */
    size_t answered;               /* bytes of the replies in it that came out of turn */

    char *name, *library, *library_version; /* NULL: none */
    const kvd_command *last_command;        /* NULL: none */
    int64_t since, active;                  /* milliseconds since the epoch */
    char address[64];
} kvd_conn;
TA_DERIVE(kvd_connection, kvd_conn, TA_AS(socket, kvd_socket), slot, id, protocol, is_authenticated,
          is_readable, is_writable, is_ending, has_ended, is_closing, is_broken, has_command,
          has_barrier, must_write, sends_much, reads_last, consumed, TA_AS(parser, kvd_parser),
          TA_AS(input, kvd_bytes), TA_AS(output, kvd_bytes), TA_AS(held, kvd_bytes),
          TA_AS(parked, kvd_bytes), charged, TA_COUNTED(ring, ring_capacity, kvd_pending),
          ring_capacity, ring_head, ring_tail, answered, TA_AS(name, ta_string),
          TA_AS(library, ta_string), TA_AS(library_version, ta_string), TA_SKIP(last_command),
          since, active, TA_ARRAY(address));

/* Takes the socket if it succeeds. NULL without memory. */
kvd_conn *kvd_conn_create(int fd, uint64_t id, size_t bulk_max, bool is_stranger);
void kvd_conn_destroy(kvd_conn *conn); /* closes the socket */

/* ---- replies --------------------------------------------------------------------------------- */

static inline uint32_t kvd_conn_pending(const kvd_conn *conn) {
    return conn->ring_tail - conn->ring_head;
}

/* Where the next reply is to be written now, and how long that was before. Nothing else is done
 * with the connection until kvd_reply_end(), which keeps the order; what could not be written whole
 * is an error reply then. To write nothing is no reply. */
typedef struct kvd_reply_place {
    kvd_bytes *bytes;
    size_t before;
} kvd_reply_place;
kvd_reply_place kvd_conn_begin_reply(kvd_conn *conn);
void kvd_conn_end_reply(kvd_conn *conn, kvd_reply_place place);

/* A place for a reply that comes later; false when there is none. *sequence names it. */
bool kvd_conn_await(kvd_conn *conn, uint32_t *sequence);
/* Here it is. */
void kvd_conn_answer(kvd_conn *conn, uint32_t sequence, kvd_slice reply);

/* Of what is ready in the ring, as much as the output has room for; says whether there was some. */
bool kvd_conn_release(kvd_conn *conn);

/* Replies that stand here, wherever in the order. */
static inline size_t kvd_conn_unsent(const kvd_conn *conn) {
    return kvd_bytes_length(&conn->output) + kvd_bytes_length(&conn->held) + conn->answered;
}
static inline bool kvd_conn_has_room(const kvd_conn *conn) {
    return kvd_bytes_length(&conn->output) < KVD_OUTPUT_HIGH;
}

/* The memory that it holds, but for itself and names, which are small. */
size_t kvd_conn_memory(const kvd_conn *conn);

/* ---- the socket ------------------------------------------------------------------------------ */

/* Reads once, and says how many bytes came; has_ended and is_broken say why none did. */
size_t kvd_conn_read(kvd_conn *conn);
/* Sends what the socket takes, and says how many bytes that were. */
size_t kvd_conn_write(kvd_conn *conn);

#endif
