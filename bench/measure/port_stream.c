/* SPDX-License-Identifier: MIT
 *
 * Streams through ports: words one by one and in bulk, and closures. What a daemon pays for a
 * message. Both threads poll, as two busy cores do.
 */
#include "port_pair.h"

enum { BUDGET = 256 };

/* The receiver: runs what comes. */
static void receive(measure_duo *duo, pair_job *job, port_words *words) {
    port_pair *self = job->forth;
    ta_port *port = port_pair_attach(self, 1, words);
    unsigned tries = 0;
    if (port == NULL) return;
    while (self->receiver.done < job->count) {
        pair_start_at(job, self->receiver.done);
        if (ta_port_poll(port, BUDGET) != 0)
            tries = 0;
        else if (!pair_wait(duo, &tries))
            break;
    }
    job->end_ns = duo_now();
    job->wrong = self->receiver.wrong;
    job->finished = self->receiver.done >= job->count;
    (void)ta_port_detach(port);
}

/* A turn of a sender whose message found no room. */
static bool make_room(measure_duo *duo, ta_port *port, unsigned *tries) {
    ta_port_flush(port);
    return pair_wait(duo, tries);
}

/* The sender: `SEND` is what message k takes, in steps of `STEP`, and gives up by `break`. */
#define SENDER_(NAME, STEP, SEND)                                                                  \
    static void NAME(measure_duo *duo, pair_job *job) {                                            \
        port_pair *self = job->forth;                                                              \
        ta_port *port = port_pair_attach(self, 0, NULL);                                           \
        if (port == NULL) return;                                                                  \
        for (uint64_t k = 0; k < job->count; k += (STEP)) {                                        \
            if (!SEND(duo, self, port, k)) break;                                                  \
        }                                                                                          \
        (void)ta_port_detach(port);                                                                \
    }

/* ---- words ----------------------------------------------------------------------------------- */

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    port_pair *self = context;
    (void)port, (void)from;
    for (uint32_t i = 0; i < count; i++)
        self->receiver.wrong += words[i] != pair_word(self->receiver.done + i);
    self->receiver.done += count;
}

static void receive_words(measure_duo *duo, pair_job *job) { receive(duo, job, take_words); }

static inline bool send_word(measure_duo *duo, port_pair *self, ta_port *port, uint64_t k) {
    (void)self;
    for (unsigned tries = 0; ta_port_send_word(port, 1, pair_word(k)) != TA_OK;)
        if (!make_room(duo, port, &tries)) return false;
    return true;
}

static inline bool send_bulk(measure_duo *duo, port_pair *self, ta_port *port, uint64_t k) {
    uint64_t words[PAIR_BULK];
    size_t sent = 0;
    (void)self;
    for (uint64_t i = 0; i < PAIR_BULK; i++) words[i] = pair_word(k + i);
    for (unsigned tries = 0;
         (sent += ta_port_send_words(port, 1, words + sent, PAIR_BULK - sent)) < PAIR_BULK;)
        if (!make_room(duo, port, &tries)) return false;
    ta_port_flush(port); /* as a ring's burst: all of it is to be seen, the last four too */
    return true;
}

SENDER_(send_words, 1, send_word)
SENDER_(send_words_bulk, PAIR_BULK, send_bulk)

/* ---- closures -------------------------------------------------------------------------------- */

/* 40 bytes, as the goal has it. */
struct captured {
    port_pair *self;
    uint64_t words[4];
};
TA_UNAWARE_TYPE(captured, struct captured);

static void run(struct captured *captured) {
    port_pair *self = captured->self;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < 4; i++)
        wrong |= captured->words[i] ^ (pair_word(self->receiver.done) + i);
    self->receiver.wrong += wrong != 0;
    self->receiver.done++;
}
TA_FN_ONCE_VOID(running, captured, run);

static void receive_closures(measure_duo *duo, pair_job *job) { receive(duo, job, NULL); }

static inline bool send_closure(measure_duo *duo, port_pair *self, ta_port *port, uint64_t k) {
    struct captured captured = {.self = self};
    for (uint64_t i = 0; i < 4; i++) captured.words[i] = pair_word(k) + i;
    ta_fn_once closure;
    (void)running(&closure, captured, NULL); /* in place: it cannot fail */
    for (unsigned tries = 0; ta_port_send(port, 1, &closure) != TA_OK;)
        if (!make_room(duo, port, &tries)) {
            ta_fn_once_destroy(&closure);
            return false;
        }
    return true;
}

SENDER_(send_closures, 1, send_closure)

/* ---- all of it ------------------------------------------------------------------------------- */

/* Room for 896 words, or 1,024 closures: what is sent has what is not kept for replies. */
static void *create_for_words(void) { return port_pair_create(0, 0); }
static void *create_for_closures(void) {
    return port_pair_create(2 * PAIR_CAPACITY, PAIR_CAPACITY);
}

/* clang-format off */
static const pair_contender entries[] = {
    {"words", "send_word", send_words, receive_words, create_for_words, port_pair_destroy,
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"words_bulk", "send_words", send_words_bulk, receive_words, create_for_words, port_pair_destroy,
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"lines", "closure", send_closures, receive_closures, create_for_closures, port_pair_destroy,
     PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
};
/* clang-format on */

pair_list port_streams(void) { return (pair_list){entries, sizeof entries / sizeof *entries}; }
