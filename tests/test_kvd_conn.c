/* SPDX-License-Identifier: MIT
 *
 * kvd's connections: the order of replies, whoever makes them and when; reading, writing, bounds;
 * and that one relocates with all that it holds.
 */
#include "harness.h"
#include "ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "core.h"
#include "reply.h"

typedef struct world {
    kvd_conn *conn;
    int client; /* the other end */
} world;

static void open_world(world *w) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    w->conn = kvd_conn_create(ends[0], 7, 1000, false);
    assert_non_null(w->conn);
    w->client = ends[1];
}

static void close_world(world *w) {
    kvd_conn_destroy(w->conn);
    close(w->client);
}

/* What is in the output now, as a string; and then nothing is. */
static const char *take_output(kvd_conn *conn) {
    static char text[1 << 20];
    size_t length = kvd_bytes_length(&conn->output);
    assert_true(length < sizeof text);
    if (length > 0) memcpy(text, kvd_bytes_data(&conn->output), length);
    text[length] = 0;
    kvd_bytes_consume(&conn->output, length);
    return text;
}

static void reply_now(kvd_conn *conn, int64_t number) {
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    kvd_reply_integer(place.bytes, number);
    kvd_conn_end_reply(conn, place);
}

static uint32_t await(kvd_conn *conn) {
    uint32_t sequence;
    assert_true(kvd_conn_await(conn, &sequence));
    return sequence;
}

static void answer(kvd_conn *conn, uint32_t sequence, int64_t number) {
    char text[32];
    int length = snprintf(text, sizeof text, ":%lld\r\n", (long long)number);
    kvd_conn_answer(conn, sequence, (kvd_slice){text, (size_t)length});
}

/* ---- order ----------------------------------------------------------------------------------- */

static void a_reply_goes_straight_into_the_output(void **state) {
    world w;
    (void)state;
    open_world(&w);
    reply_now(w.conn, 1);
    reply_now(w.conn, 2);
    assert_string_equal(take_output(w.conn), ":1\r\n:2\r\n");
    assert_int_equal(kvd_conn_pending(w.conn), 0);
    close_world(&w);
}

static void replies_wait_for_those_before_them(void **state) {
    world w;
    (void)state;
    open_world(&w);
    reply_now(w.conn, 1);
    uint32_t two = await(w.conn);
    reply_now(w.conn, 3);
    reply_now(w.conn, 4);
    uint32_t five = await(w.conn);
    reply_now(w.conn, 6);
    assert_string_equal(take_output(w.conn), ":1\r\n");
    assert_int_equal(kvd_conn_unsent(w.conn), 12); /* 3, 4 and 6 are held back */
    answer(w.conn, five, 5);
    assert_string_equal(take_output(w.conn), "");
    assert_false(w.conn->must_write);
    answer(w.conn, two, 2);
    assert_true(w.conn->must_write);
    assert_string_equal(take_output(w.conn), ":2\r\n:3\r\n:4\r\n:5\r\n:6\r\n");
    assert_int_equal(kvd_conn_pending(w.conn), 0);
    reply_now(w.conn, 7);
    assert_string_equal(take_output(w.conn), ":7\r\n");
    close_world(&w);
}

static void nothing_written_is_no_reply(void **state) {
    world w;
    (void)state;
    open_world(&w);
    uint32_t one = await(w.conn);
    kvd_conn_end_reply(w.conn, kvd_conn_begin_reply(w.conn));
    assert_int_equal(kvd_conn_pending(w.conn), 1);
    answer(w.conn, one, 1);
    assert_string_equal(take_output(w.conn), ":1\r\n");
    close_world(&w);
}

/* What has come out of turn counts, and moves on when the output has room: never more than a bound and
 * one reply stand there. */
static void replies_out_of_turn_are_counted_and_bounded(void **state) {
    enum { REPLIES = 10, LENGTH = KVD_OUTPUT_HIGH / 2 + 1 };
    static char reply[LENGTH];
    world w;
    (void)state;
    open_world(&w);
    uint32_t late = await(w.conn);
    for (int i = 0; i < REPLIES; i++) {
        memset(reply, 'a' + i, LENGTH);
        kvd_conn_answer(w.conn, await(w.conn), (kvd_slice){reply, LENGTH});
        assert_int_equal(kvd_conn_unsent(w.conn), (size_t)(i + 1) * LENGTH);
        assert_true(kvd_conn_memory(w.conn) >= (size_t)(i + 1) * LENGTH);
    }
    assert_int_equal(kvd_bytes_length(&w.conn->output), 0);
    reply_now(w.conn, 2);
    answer(w.conn, late, 1);
    assert_true(w.conn->must_write);
    for (int i = 0; i < REPLIES; i++) {
        size_t length = kvd_bytes_length(&w.conn->output);
        assert_in_range(length, LENGTH, KVD_OUTPUT_HIGH + LENGTH);
        assert_int_equal(kvd_conn_unsent(w.conn), (REPLIES - i) * LENGTH + (i == 0 ? 8 : 4));
        kvd_bytes_consume(&w.conn->output, LENGTH + (i == 0 ? 4 : 0));
        bool is_last = i >= REPLIES - 2; /* then the output has room for all of them */
        assert_true(kvd_conn_release(w.conn) != is_last || i == REPLIES - 2);
    }
    assert_string_equal(take_output(w.conn), ":2\r\n");
    assert_int_equal(w.conn->answered, 0);
    assert_int_equal(kvd_conn_pending(w.conn), 0);
    close_world(&w);
}

/* One that comes in its turn waits, too, where the output is full. */
static void a_full_output_takes_no_reply(void **state) {
    static char reply[KVD_OUTPUT_HIGH];
    world w;
    (void)state;
    open_world(&w);
    uint32_t one = await(w.conn), two = await(w.conn);
    memset(reply, 'x', sizeof reply);
    kvd_conn_answer(w.conn, one, (kvd_slice){reply, sizeof reply});
    answer(w.conn, two, 2);
    assert_int_equal(kvd_bytes_length(&w.conn->output), sizeof reply);
    assert_false(kvd_conn_release(w.conn));
    kvd_bytes_consume(&w.conn->output, sizeof reply);
    assert_true(kvd_conn_release(w.conn));
    assert_string_equal(take_output(w.conn), ":2\r\n");
    close_world(&w);
}

enum { WAITING_MAX = 300 };

/* Replies of any kind in any order come out in the order of requests. */
static void any_order_of_answers_gives_the_order_of_requests(void **state) {
    unsigned seed = 20261123;
    world w;
    (void)state;
    print_message("seed %u\n", seed);
    srandom(seed);
    open_world(&w);
    int64_t asked = 0, seen = 0, numbers[WAITING_MAX];
    uint32_t sequences[WAITING_MAX], waiting = 0;
    while (asked < 20000 || waiting > 0) {
        bool asks = asked < 20000 && waiting < WAITING_MAX && random() % 5 < 3;
        if (asks && random() % 2 == 0) {
            reply_now(w.conn, asked++);
        } else if (asks) {
            sequences[waiting] = await(w.conn);
            numbers[waiting++] = asked++;
        } else if (waiting > 0) {
            uint32_t which = (uint32_t)random() % waiting;
            answer(w.conn, sequences[which], numbers[which]);
            sequences[which] = sequences[--waiting];
            numbers[which] = numbers[waiting];
        }
        for (const char *next = take_output(w.conn); *next != 0; seen++) {
            char *end;
            assert_int_equal(strtoll(next + 1, &end, 10), seen);
            next = end + 2;
        }
    }
    assert_int_equal(seen, asked);
    assert_false(w.conn->is_broken);
    close_world(&w);
}

static void so_many_may_be_awaited(void **state) {
    world w;
    uint32_t sequence;
    (void)state;
    open_world(&w);
    uint32_t first = await(w.conn);
    for (int i = 1; i < KVD_PENDING_MAX; i++) await(w.conn);
    assert_false(kvd_conn_await(w.conn, &sequence));
    assert_false(w.conn->is_broken);
    answer(w.conn, first, 1);
    assert_true(kvd_conn_await(w.conn, &sequence));
    close_world(&w);
}

/* ---- replies that do not fit ----------------------------------------------------------------- */

static void a_reply_that_does_not_fit_becomes_an_error(void **state) {
    world w;
    char many[4096];
    (void)state;
    memset(many, 'x', sizeof many);
    open_world(&w);
    w.conn->output.maximum = 1000;
    reply_now(w.conn, 1);
    kvd_reply_place place = kvd_conn_begin_reply(w.conn);
    kvd_reply_array(place.bytes, 2);
    kvd_reply_bulk(place.bytes, (kvd_slice){many, 500});
    kvd_reply_bulk(place.bytes, (kvd_slice){many, sizeof many});
    kvd_conn_end_reply(w.conn, place);
    reply_now(w.conn, 2);
    assert_string_equal(take_output(w.conn), ":1\r\n-ERR the reply is too large\r\n:2\r\n");
    assert_false(w.conn->is_broken);
    close_world(&w);
}

/* An answer whose bytes would be missing in the middle ends the connection. */
static void an_answer_that_does_not_fit_breaks_the_connection(void **state) {
    world w;
    char many[4096];
    (void)state;
    memset(many, 'x', sizeof many);
    open_world(&w);
    w.conn->output.maximum = 1000;
    uint32_t one = await(w.conn);
    kvd_conn_answer(w.conn, one, (kvd_slice){many, sizeof many});
    assert_true(w.conn->is_broken);
    close_world(&w);
}

/* ---- the socket ------------------------------------------------------------------------------ */

static void send_text(const world *w, const char *text) {
    assert_int_equal(send(w->client, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void a_short_read_says_that_there_is_no_more(void **state) {
    world w;
    (void)state;
    open_world(&w);
    w.conn->is_readable = true;
    send_text(&w, "PING\r\n");
    assert_int_equal(kvd_conn_read(w.conn), 6);
    assert_false(w.conn->is_readable);
    assert_false(w.conn->has_ended);
    assert_int_equal(kvd_bytes_length(&w.conn->input), 6);
    close_world(&w);
}

/* epoll tells of an end once, and it may stand behind bytes. */
static void behind_the_last_bytes_stands_the_end(void **state) {
    world w;
    (void)state;
    open_world(&w);
    send_text(&w, "PING\r\n");
    shutdown(w.client, SHUT_WR);
    w.conn->is_readable = w.conn->is_ending = true;
    assert_int_equal(kvd_conn_read(w.conn), 6);
    assert_true(w.conn->is_readable);
    assert_int_equal(kvd_conn_read(w.conn), 0);
    assert_true(w.conn->has_ended);
    assert_false(w.conn->is_readable);
    assert_false(w.conn->is_broken);
    close_world(&w);
}

static void a_read_without_bytes_is_no_end(void **state) {
    world w;
    (void)state;
    open_world(&w);
    w.conn->is_readable = true;
    assert_int_equal(kvd_conn_read(w.conn), 0);
    assert_false(w.conn->is_readable);
    assert_false(w.conn->has_ended);
    assert_false(w.conn->is_broken);
    close_world(&w);
}

static void a_full_socket_keeps_the_rest(void **state) {
    enum { LENGTH = 4 << 20 };
    world w;
    (void)state;
    open_world(&w);
    char *room = kvd_bytes_reserve(&w.conn->output, LENGTH);
    assert_non_null(room);
    for (size_t i = 0; i < LENGTH; i++) room[i] = (char)(i % 251);
    kvd_bytes_commit(&w.conn->output, LENGTH);
    size_t seen = 0;
    while (seen < LENGTH) {
        char got[65536];
        w.conn->is_writable = true;
        size_t sent = kvd_conn_write(w.conn);
        assert_true(sent > 0);
        if (seen + sent < LENGTH) assert_false(w.conn->is_writable);
        for (size_t taken = 0; taken < sent;) {
            ssize_t length = recv(w.client, got, sizeof got, 0);
            assert_true(length > 0);
            for (ssize_t i = 0; i < length; i++)
                assert_int_equal(got[i], (char)((seen + (size_t)i) % 251));
            seen += (size_t)length;
            taken += (size_t)length;
        }
    }
    assert_int_equal(kvd_bytes_length(&w.conn->output), 0);
    close_world(&w);
}

static void writing_to_who_has_gone_breaks_the_connection(void **state) {
    world w;
    (void)state;
    open_world(&w);
    shutdown(w.client, SHUT_RDWR);
    reply_now(w.conn, 1);
    assert_int_equal(kvd_conn_write(w.conn), 0);
    assert_true(w.conn->is_broken);
    close_world(&w);
}

/* ---- times ------------------------------------------------------------------------------------ */

/* Each nanosecond is in one bucket, no wider than a sixteenth of what it holds. */
static void buckets_follow_each_other(void **state) {
    (void)state;
    assert_int_equal(kvd_crossing_bucket(0), 0);
    for (unsigned i = 0; i + 1 < KVD_CROSSING_BUCKETS; i++) {
        uint64_t limit = kvd_crossing_limit(i), next = kvd_crossing_limit(i + 1);
        assert_int_equal(kvd_crossing_bucket(limit - 1), i);
        assert_int_equal(kvd_crossing_bucket(limit), i + 1);
        assert_true(next > limit && (next - limit == 1 || next - limit <= limit / 16));
    }
    assert_int_equal(kvd_crossing_bucket(UINT64_MAX), KVD_CROSSING_BUCKETS - 1);
}

/* ---- relocation ------------------------------------------------------------------------------ */

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

/* In the middle of a request, to another region, and back into other storage. */
static void it_relocates_with_all_that_it_holds(void **state) {
    static const uint32_t counts[] = {1, 1};
    const char *first = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nab", *rest = "cde\r\n";
    ta_affinity places[2];
    ledger book = {0};
    ta_allocator memory = ledger_allocator(&book);
    world w;
    size_t total, consumed;
    (void)state;
    assert_int_equal(ta_affinity_create_manual(counts, 2, places, 2, &total), TA_OK);
    open_world(&w);
    kvd_bytes_append(&w.conn->input, first, strlen(first));
    assert_int_equal(kvd_parser_next(&w.conn->parser, kvd_bytes_data(&w.conn->input),
                                     kvd_bytes_length(&w.conn->input), &consumed),
                     KVD_PARSE_MORE);
    kvd_bytes_consume(&w.conn->input, consumed);
    w.conn->name = ta_string_make("Ada", NULL);
    reply_now(w.conn, 1);
    ta_move_figures figures = {0};
    ta_move there = ta_move_between(places[0], places[1], &memory);
    there.figures = &figures;
    assert_int_equal(ta_relocate(&kvd_connection_type, w.conn, &there), TA_OK);
    assert_true(figures.blocks >= 4); /* input, output, arguments, name */
    assert_int_equal(figures.kept, 0);
    kvd_conn other = *w.conn;
    ta_box_release(&kvd_connection_type, w.conn);

    assert_true(other.input.capacity >= 200); /* the room has come along, and is there */
    memset(other.input.memory + other.input.end, 0, other.input.capacity - other.input.end);
    kvd_bytes_append(&other.input, rest, strlen(rest));
    assert_int_equal(kvd_parser_next(&other.parser, kvd_bytes_data(&other.input),
                                     kvd_bytes_length(&other.input), &consumed),
                     KVD_PARSE_COMMAND);
    assert_int_equal(other.parser.count, 3);
    assert_true(kvd_slice_equal(other.parser.args[2], KVD_SLICE("abcde")));
    assert_string_equal(other.name, "Ada");
    assert_string_equal(take_output(&other), ":1\r\n");
    assert_true(is_open(other.socket.fd));
    int fd = other.socket.fd;
    ta_destroy(&kvd_connection_type, &other);
    assert_false(is_open(fd));
    assert_balanced(&book);
    close(w.client);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_goes_straight_into_the_output),
        cmocka_unit_test(replies_wait_for_those_before_them),
        cmocka_unit_test(replies_out_of_turn_are_counted_and_bounded),
        cmocka_unit_test(a_full_output_takes_no_reply),
        cmocka_unit_test(nothing_written_is_no_reply),
        cmocka_unit_test(any_order_of_answers_gives_the_order_of_requests),
        cmocka_unit_test(so_many_may_be_awaited),
        cmocka_unit_test(a_reply_that_does_not_fit_becomes_an_error),
        cmocka_unit_test(an_answer_that_does_not_fit_breaks_the_connection),
        cmocka_unit_test(a_short_read_says_that_there_is_no_more),
        cmocka_unit_test(behind_the_last_bytes_stands_the_end),
        cmocka_unit_test(a_read_without_bytes_is_no_end),
        cmocka_unit_test(a_full_socket_keeps_the_rest),
        cmocka_unit_test(writing_to_who_has_gone_breaks_the_connection),
        cmocka_unit_test(buckets_follow_each_other),
        cmocka_unit_test(it_relocates_with_all_that_it_holds),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
