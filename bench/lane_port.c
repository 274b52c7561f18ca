/* SPDX-License-Identifier: MIT
 *
 * The ports' public functions in bench_lane: what a daemon pays for a message, beside what the lane
 * below and its peers take. Both threads poll, as two busy cores do.
 */
#include "lane_bench.h"

#include "ta/call.h"

#include "ta/scalar.h"

#include <stdlib.h>

enum { IN_FLIGHT = 512, BUDGET = 256, BULK = 32 };

/* A mesh of two ports, and what the two threads count, each on a line of its own. */
typedef struct pair {
    ta_mesh *mesh;
    struct {
        _Alignas(2 * TA_CACHE_LINE) uint64_t done; /* received; or answered */
        uint64_t wrong;
    } receiver, caller;
} pair;

static void destroy_pair(void *memory) {
    pair *self = memory;
    if (self != NULL) (void)ta_mesh_destroy(self->mesh, NULL);
    ta_release(NULL, self, sizeof *self, _Alignof(pair));
}

static void *create_pair(void) {
    ta_affinity places[2];
    const uint32_t counts[] = {2};
    pair *self = ta_allocate_zeroed(NULL, 1, sizeof *self, _Alignof(pair));
    if (self == NULL || ta_affinity_create_manual(counts, 1, places, 2, NULL) != TA_OK) abort();
    ta_mesh_options options = {.affinities = places,
                               .affinity_count = 2,
                               .lane_cells = 2 * LANE_CAPACITY,
                               .calls = LANE_CAPACITY};
    if (ta_mesh_create(&options, &self->mesh) == TA_OK) return self;
    destroy_pair(self);
    return NULL;
}

static ta_port *attach(pair *self, uint32_t index,
                       void (*words)(void *, ta_port *, uint32_t, const uint64_t[], uint32_t)) {
    ta_port_hooks hooks = {.context = self, .words = words};
    ta_port *port = ta_mesh_port(self->mesh, index);
    return ta_port_attach(port, &hooks) == TA_OK ? port : NULL;
}

/* Polls until so many were received; false: given up. */
static bool poll_until(measure_duo *duo, pair *self, ta_port *port, uint64_t count) {
    unsigned tries = 0;
    while (self->receiver.done < count) {
        if (ta_port_poll(port, BUDGET) != 0)
            tries = 0;
        else if (!lane_wait(duo, &tries))
            return false;
    }
    return true;
}

/* The receiver of a stream: runs what comes. */
static void receive(measure_duo *duo, lane_job *job,
                    void (*words)(void *, ta_port *, uint32_t, const uint64_t[], uint32_t)) {
    pair *self = job->forth;
    ta_port *port = attach(self, 1, words);
    if (port == NULL) return;
    if (poll_until(duo, self, port, job->count)) {
        job->end_ns = duo_now();
        job->wrong = self->receiver.wrong;
        job->finished = true;
    }
    (void)ta_port_detach(port);
}

/* A turn of a sender whose message found no room. */
static bool make_room(measure_duo *duo, ta_port *port, unsigned *tries) {
    ta_port_flush(port);
    return lane_wait(duo, tries);
}

/* ---- words ------------------------------------------------------------------------------------ */

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    pair *self = context;
    (void)port;
    (void)from;
    for (uint32_t i = 0; i < count; i++)
        self->receiver.wrong += words[i] != lane_word(self->receiver.done + i);
    self->receiver.done += count;
}

static void receive_words(measure_duo *duo, lane_job *job) { receive(duo, job, take_words); }

static void send_words(measure_duo *duo, lane_job *job) {
    pair *self = job->forth;
    ta_port *port = attach(self, 0, NULL);
    if (port == NULL) return;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        for (unsigned tries = 0; ta_port_send_word(port, 1, lane_word(k)) != TA_OK;)
            if (!make_room(duo, port, &tries)) return;
    }
    (void)ta_port_detach(port);
}

static void send_bulk(measure_duo *duo, lane_job *job) {
    pair *self = job->forth;
    ta_port *port = attach(self, 0, NULL);
    if (port == NULL) return;
    for (uint64_t k = 0; k < job->count; k += BULK) {
        if (k == job->warm_up) job->start_ns = duo_now();
        uint64_t words[BULK];
        for (uint64_t i = 0; i < BULK; i++) words[i] = lane_word(k + i);
        size_t sent = 0;
        unsigned tries = 0;
        while ((sent += ta_port_send_words(port, 1, words + sent, BULK - sent)) < BULK)
            if (!make_room(duo, port, &tries)) return;
    }
    (void)ta_port_detach(port);
}

/* ---- closures --------------------------------------------------------------------------------- */

/* 40 bytes, as the goal has it. */
struct captured {
    pair *self;
    uint64_t words[4];
};
TA_UNAWARE_TYPE(captured, struct captured);

static void run(struct captured *captured) {
    pair *self = captured->self;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < 4; i++)
        wrong |= captured->words[i] ^ (lane_word(self->receiver.done) + i);
    self->receiver.wrong += wrong != 0;
    self->receiver.done++;
}
TA_FN_ONCE_VOID(running, captured, run);

static void receive_closures(measure_duo *duo, lane_job *job) { receive(duo, job, NULL); }

static void send_closures(measure_duo *duo, lane_job *job) {
    pair *self = job->forth;
    ta_port *port = attach(self, 0, NULL);
    if (port == NULL) return;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        struct captured captured = {.self = self};
        for (uint64_t i = 0; i < 4; i++) captured.words[i] = lane_word(k) + i;
        ta_fn_once closure;
        (void)running(&closure, captured, NULL); /* in place: it cannot fail */
        for (unsigned tries = 0; ta_port_send(port, 1, &closure) != TA_OK;)
            if (!make_room(duo, port, &tries)) return;
    }
    (void)ta_port_detach(port);
}

/* ---- calls ------------------------------------------------------------------------------------ */

struct question {
    pair *self;
    uint64_t word;
};
TA_UNAWARE_TYPE(question, struct question);

static uint64_t answer(struct question *question) {
    question->self->receiver.done++;
    return question->word + 1;
}

static void hear(struct question *asked, ta_status status, uint64_t *result) {
    pair *self = asked->self;
    self->caller.wrong += status != TA_OK || *result != asked->word + 1;
    self->caller.done++;
}
TA_CALL(ask, question, ta_uint64, answer, question, hear);

static void answer_calls(measure_duo *duo, lane_job *job) {
    pair *self = job->forth;
    ta_port *port = attach(self, 1, NULL);
    if (port == NULL) return;
    (void)poll_until(duo, self, port, job->count);
    (void)ta_port_detach(port);
}

/* Keeps up to `most` calls under way. */
static void call(measure_duo *duo, lane_job *job, uint64_t most) {
    pair *self = job->forth;
    ta_port *port = attach(self, 0, NULL);
    if (port == NULL) return;
    uint64_t asked = 0;
    unsigned tries = 0;
    while (self->caller.done < job->count) {
        while (asked < job->count && asked - self->caller.done < most) {
            if (asked == job->warm_up) job->start_ns = duo_now();
            struct question question = {self, lane_word(asked)};
            if (ask(port, 1, question, question, NULL, NULL) != TA_OK) break;
            asked++;
        }
        if (ta_port_poll(port, BUDGET) != 0)
            tries = 0;
        else if (!lane_wait(duo, &tries))
            return;
    }
    job->end_ns = duo_now();
    job->wrong = self->caller.wrong;
    job->finished = true;
    (void)ta_port_detach(port);
}

static void call_one(measure_duo *duo, lane_job *job) { call(duo, job, 1); }
static void call_many(measure_duo *duo, lane_job *job) { call(duo, job, IN_FLIGHT); }

/* clang-format off */
static const lane_entry entries[] = {
    {"8 bytes, one by one", "ta_port_send_word", send_words, receive_words, create_pair, destroy_pair,
     LANE_SMALL_WARM_UP, LANE_SMALL_MESSAGES, false, false},
    {"8 bytes, 32 at once", "ta_port_send_words", send_bulk, receive_words, create_pair, destroy_pair,
     LANE_SMALL_WARM_UP, LANE_SMALL_MESSAGES, false, false},
    {"64 bytes, one by one", "ta_port_send, 40 bytes captured", send_closures, receive_closures,
     create_pair, destroy_pair, LANE_WARM_UP, LANE_MESSAGES, false, false},
    {"round trip", "ta_port_call", call_one, answer_calls, create_pair, destroy_pair,
     LANE_TRIPS_WARM_UP, LANE_TRIPS, false, false},
    {"calls, 512 under way", "ta_port_call", call_many, answer_calls, create_pair, destroy_pair,
     LANE_WARM_UP, LANE_MESSAGES, false, false},
};
/* clang-format on */

lane_entries lane_entries_port(void) {
    return (lane_entries){entries, sizeof entries / sizeof *entries};
}
