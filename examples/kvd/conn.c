/* SPDX-License-Identifier: MIT
 *
 * A connection's buffers: reading, the order of its replies, writing.
 */
#include "conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reply.h"

void kvd_socket_close(struct kvd_socket *socket) {
    if (socket->fd >= 0) close(socket->fd);
    socket->fd = -1;
}

kvd_conn *kvd_conn_create(int fd, uint64_t id, size_t bulk_max, bool is_stranger) {
    kvd_conn *conn = ta_box_allocate(&kvd_connection_type, NULL);
    if (conn == NULL) return NULL;
    *conn = (kvd_conn){.socket = {fd},
                       .id = id,
                       .protocol = 2,
                       .is_authenticated = !is_stranger,
                       .is_writable = true};
    kvd_parser_init(&conn->parser, NULL);
    conn->parser.bulk_max = bulk_max;
    conn->parser.is_stranger = is_stranger;
    conn->input = kvd_bytes_make(KVD_INPUT_MAX, NULL);
    conn->output = kvd_bytes_make(KVD_OUTPUT_HIGH + KVD_REPLY_MAX, NULL);
    conn->held = kvd_bytes_make(KVD_OUTPUT_HIGH + KVD_REPLY_MAX, NULL);
    conn->parked = kvd_bytes_make((size_t)3 << 30, NULL);
    return conn;
}

void kvd_conn_destroy(kvd_conn *conn) {
    kvd_connection_destroy(conn);
    ta_box_release(&kvd_connection_type, conn);
}

/* ---- the ring -------------------------------------------------------------------------------- */

static kvd_pending *place_of(kvd_conn *conn, uint32_t sequence) {
    return &conn->ring[sequence & (conn->ring_capacity - 1)];
}

static bool grow_ring(kvd_conn *conn) {
    uint32_t capacity = conn->ring_capacity == 0 ? 16 : 2 * conn->ring_capacity;
    kvd_pending *ring = ta_array_allocate(&kvd_pending_type, capacity, NULL);
    if (ring == NULL) return false;
    memset(ring, 0, capacity * sizeof *ring);
    for (uint32_t at = conn->ring_head; at != conn->ring_tail; at++)
        ring[at & (capacity - 1)] = *place_of(conn, at);
    ta_array_release(&kvd_pending_type, conn->ring);
    conn->ring = ring;
    conn->ring_capacity = capacity;
    return true;
}

static kvd_pending *add_place(kvd_conn *conn) {
    if (kvd_conn_pending(conn) == conn->ring_capacity && !grow_ring(conn)) return NULL;
    kvd_pending *place = place_of(conn, conn->ring_tail++);
    *place = (kvd_pending){.state = KVD_PENDING_AWAITED};
    return place;
}

bool kvd_conn_await(kvd_conn *conn, uint32_t *sequence) {
    if (kvd_conn_pending(conn) >= KVD_PENDING_MAX) return false;
    *sequence = conn->ring_tail;
    if (add_place(conn) == NULL) conn->is_broken = true;
    return !conn->is_broken;
}

bool kvd_conn_release(kvd_conn *conn) {
    uint32_t before = conn->ring_head;
    while (conn->ring_head != conn->ring_tail && kvd_conn_has_room(conn)) {
        kvd_pending *front = place_of(conn, conn->ring_head);
        if (front->state == KVD_PENDING_AWAITED) break;
        if (front->state == KVD_PENDING_HELD) {
            kvd_bytes_append(&conn->output, kvd_bytes_data(&conn->held), front->length);
            kvd_bytes_consume(&conn->held, front->length);
        } else {
            kvd_bytes_append(&conn->output, front->reply, front->length);
            ta_destroy(&ta_block_type, &front->reply);
            front->reply = NULL;
            conn->answered -= front->length;
        }
        conn->ring_head++;
    }
    /* Bytes are missing in the middle of a stream. */
    if (conn->output.failed) conn->is_broken = true;
    return conn->ring_head != before;
}

static void keep_answer(kvd_conn *conn, kvd_pending *place, kvd_slice reply) {
    place->reply = ta_block_allocate(reply.length, NULL);
    place->state = KVD_PENDING_ANSWERED;
    if (place->reply == NULL) {
        conn->is_broken = true;
        return;
    }
    memcpy(place->reply, reply.data, reply.length);
    place->length = reply.length;
    conn->answered += reply.length;
}

void kvd_conn_answer(kvd_conn *conn, uint32_t sequence, kvd_slice reply) {
    bool is_front = sequence == conn->ring_head;
    if (!is_front || !kvd_conn_has_room(conn)) {
        keep_answer(conn, place_of(conn, sequence), reply);
    } else {
        kvd_bytes_append(&conn->output, reply.data, reply.length);
        conn->ring_head++;
        (void)kvd_conn_release(conn);
    }
    if (is_front) conn->must_write = true;
    if (conn->output.failed) conn->is_broken = true;
}

size_t kvd_conn_memory(const kvd_conn *conn) {
    return conn->input.capacity + conn->output.capacity + conn->held.capacity +
           conn->parked.capacity + conn->answered + conn->ring_capacity * sizeof *conn->ring +
           conn->parser.capacity * sizeof *conn->parser.args;
}

/* ---- replies that are made at once ----------------------------------------------------------- */

kvd_reply_place kvd_conn_begin_reply(kvd_conn *conn) {
    kvd_bytes *bytes = kvd_conn_pending(conn) == 0 ? &conn->output : &conn->held;
    return (kvd_reply_place){bytes, kvd_bytes_length(bytes)};
}

/* It joins a held reply that is the last one. */
static bool hold(kvd_conn *conn, size_t length) {
    kvd_pending *last = place_of(conn, conn->ring_tail - 1);
    if (last->state != KVD_PENDING_HELD) last = add_place(conn);
    if (last == NULL) return false;
    last->state = KVD_PENDING_HELD;
    last->length += length;
    return true;
}

void kvd_conn_end_reply(kvd_conn *conn, kvd_reply_place place) {
    kvd_bytes *bytes = place.bytes;
    if (bytes->failed) {
        bytes->end = bytes->start + place.before;
        bytes->failed = false;
        kvd_reply_error(bytes, "ERR the reply is too large");
        if (bytes->failed) conn->is_broken = true;
    }
    size_t length = kvd_bytes_length(bytes) - place.before;
    if (length > 0 && bytes == &conn->held && !hold(conn, length)) conn->is_broken = true;
}

/* ---- the socket ------------------------------------------------------------------------------ */

size_t kvd_conn_read(kvd_conn *conn) {
    enum { HINT_MAX = 256 * 1024 };
    size_t wanted = kvd_parser_wants(&conn->parser, kvd_bytes_length(&conn->input));
    if (wanted > HINT_MAX) wanted = HINT_MAX;
    size_t least = conn->sends_much ? KVD_READ_MANY : KVD_READ_FEW;
    char *room = kvd_bytes_reserve(&conn->input, wanted > least ? wanted : least);
    if (room == NULL) {
        conn->is_broken = true;
        return 0;
    }
    size_t length = kvd_bytes_room(&conn->input);
    ssize_t got = recv(conn->socket.fd, room, length, 0);
    if (got > 0) {
        kvd_bytes_commit(&conn->input, (size_t)got);
        conn->sends_much = (size_t)got == length;
        /* Otherwise nothing is left, and epoll tells when there is more. */
        conn->is_readable = conn->sends_much || conn->is_ending;
        return (size_t)got;
    }
    if (got < 0 && errno == EINTR) return 0;
    conn->is_readable = false;
    if (got == 0)
        conn->has_ended = true;
    else if (errno != EAGAIN)
        conn->is_broken = true;
    return 0;
}

size_t kvd_conn_write(kvd_conn *conn) {
    size_t length = kvd_bytes_length(&conn->output);
    ssize_t sent = send(conn->socket.fd, kvd_bytes_data(&conn->output), length, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno == EAGAIN)
            conn->is_writable = false;
        else if (errno != EINTR)
            conn->is_broken = true;
        return 0;
    }
    if ((size_t)sent < length) conn->is_writable = false;
    kvd_bytes_consume(&conn->output, (size_t)sent);
    return (size_t)sent;
}
