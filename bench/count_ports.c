/* SPDX-License-Identifier: MIT
 *
 * Rows of ports: one thread sends from port 0 to port 1, and polls both. A sender's row counts the
 * sender alone, and a receiver's the receiver; the other half of a round is not counted.
 */
#include "count_mesh.h"
#include "count_rows.h"

#include "ta/call.h"

struct captured {
    uint64_t *runs;
    uint64_t words[4];
};
TA_UNAWARE_TYPE(captures, struct captured);

static void run(struct captured *self) { *self->runs += self->words[3]; }
TA_FN_ONCE_VOID(running, captures, run);

struct question {
    uint64_t *answers;
    uint64_t word;
};
TA_UNAWARE_TYPE(questions, struct question);

static uint64_t answer(struct question *asked) { return asked->word + 1; }
static void hear(struct question *asked, ta_status status, uint64_t *result) {
    if (status == TA_OK) *asked->answers += *result - asked->word;
}
TA_CALL(ask, questions, ta_uint64, answer, questions, hear);

static struct {
    ta_mesh *mesh;
    ta_port *from, *to;
    uint64_t arrived; /* at port 1, or back, each 1 */
} at;

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    (void)context;
    (void)port;
    (void)from;
    for (uint32_t i = 0; i < count; i++) at.arrived += words[i];
}

static bool begin(void) {
    const ta_port_hooks hooks = {.words = take_words};
    at.mesh = count_mesh(2, &hooks);
    if (at.mesh == NULL) return false;
    at.from = ta_mesh_port(at.mesh, 0);
    at.to = ta_mesh_port(at.mesh, 1);
    return true;
}

static void end(void) { count_mesh_end(at.mesh); }

/* What was sent arrives: so much, since the last time. */
static bool receive_all(uint64_t count) {
    ta_port_flush(at.from);
    while (ta_port_poll(at.to, COUNT_BUDGET) != 0) {
    }
    bool all = at.arrived == count;
    at.arrived = 0;
    return all;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Words one by one, with a flush after every so many. */
static inline uint64_t send_words_flushing(uint64_t count, uint64_t every) {
    uint64_t done = 0, until = every;
    for (uint64_t i = 0; i < count; i++) {
        done += ta_port_send_word(at.from, 1, 1) == TA_OK;
        if (i + 1 < until) continue;
        ta_port_flush(at.from);
        until += every;
    }
    return done;
}

static uint64_t send_word_7(uint64_t count) { return send_words_flushing(count, 7); }
static uint64_t send_word_64(uint64_t count) { return send_words_flushing(count, 64); }

static uint64_t send_bulk(uint64_t count) {
    uint64_t words[32], done = 0;
    for (int i = 0; i < 32; i++) words[i] = 1;
    while (done < count) {
        size_t sent = ta_port_send_words(at.from, 1, words, 32);
        ta_port_flush(at.from);
        if (sent != 32) return 0;
        done += sent;
    }
    return done;
}

static uint64_t send_closure(uint64_t count) {
    struct captured captured = {.runs = &at.arrived, .words = {0, 0, 0, 1}};
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        ta_fn_once closure;
        COUNT_USE(captured);
        (void)running(&closure, captured, NULL); /* in place: it cannot fail */
        done += ta_port_send(at.from, 1, &closure) == TA_OK;
        if ((i + 1) % 64 == 0) ta_port_flush(at.from);
    }
    return done;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool send_words_first(uint64_t count) { return send_word_64(count) == count; }
static bool send_bulk_first(uint64_t count) { return send_bulk(count) == count; }
static bool send_closures_first(uint64_t count) { return send_closure(count) == count; }

static uint64_t receive(uint64_t count) {
    while (at.arrived < count && ta_port_poll(at.to, COUNT_BUDGET) != 0) {
    }
    return at.arrived;
}

/* ---- posts, calls ---------------------------------------------------------------------------- */

static uint64_t post_and_run(uint64_t count) {
    struct captured captured = {.runs = &at.arrived, .words = {0, 0, 0, 1}};
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        ta_fn_once closure;
        COUNT_USE(captured);
        (void)running(&closure, captured, NULL);
        done += ta_mesh_post(at.mesh, 1, &closure) == TA_OK;
        (void)ta_port_poll(at.to, COUNT_BUDGET);
    }
    return done;
}

/* Calls with so many under way; both ports are polled in turn. */
static inline uint64_t call(uint64_t count, uint64_t under_way) {
    struct question question = {&at.arrived, 0};
    uint64_t asked = 0;
    while (asked < count) {
        for (uint64_t i = 0; i < under_way; i++) {
            question.word = asked + i;
            if (ask(at.from, 1, question, question, NULL, NULL) != TA_OK) return 0;
        }
        asked += under_way;
        ta_port_flush(at.from);
        while (at.arrived < asked) {
            (void)ta_port_poll(at.to, COUNT_BUDGET);
            (void)ta_port_poll(at.from, COUNT_BUDGET);
        }
    }
    return at.arrived;
}

static uint64_t call_one(uint64_t count) { return call(count, 1); }
static uint64_t call_64(uint64_t count) { return call(count, 64); }

/* Counts of 7 * 64: whole cells, whole flushes. */
enum { WORDS = 448, CLOSURES = 128, CALLS = 128 };

static const count_row rows[] = {
    {"send_word_flush_per_7", WORDS, NULL, send_word_7, receive_all},
    {"send_word_flush_per_64", WORDS, NULL, send_word_64, receive_all},
    {"send_words_32_flush_each", WORDS, NULL, send_bulk, receive_all},
    {"send_closure_40_flush_per_64", CLOSURES, NULL, send_closure, receive_all},
    {"receive_word", WORDS, send_words_first, receive, receive_all},
    {"receive_word_of_32", WORDS, send_bulk_first, receive, receive_all},
    {"receive_closure_40", CLOSURES, send_closures_first, receive, receive_all},
    {"post_and_receive_closure_40", 64, NULL, post_and_run, receive_all},
    {"call_round_trip", CALLS, NULL, call_one, receive_all},
    {"call_64_under_way", CALLS, NULL, call_64, receive_all},
};

const count_group count_ports = {rows, sizeof rows / sizeof *rows, begin, end};
