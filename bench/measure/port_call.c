/* SPDX-License-Identifier: MIT
 *
 * Calls between ports: one at a time, and 512 under way. Both threads poll.
 */
#include "port_pair.h"

#include "ta/scalar.h"

enum { IN_FLIGHT = 512, BUDGET = 256 };

struct question {
    port_pair *self;
    uint64_t word;
};
TA_UNAWARE_TYPE(question, struct question);

static uint64_t answer(struct question *question) {
    question->self->receiver.done++;
    return question->word + 1;
}

static void hear(struct question *asked, ta_status status, uint64_t *result) {
    port_pair *self = asked->self;
    self->caller.wrong += status != TA_OK || *result != asked->word + 1;
    self->caller.done++;
}
TA_CALL(ask, question, ta_uint64, answer, question, hear);

static void answer_calls(measure_duo *duo, pair_job *job) {
    port_pair *self = job->forth;
    ta_port *port = port_pair_attach(self, 1, NULL);
    unsigned tries = 0;
    if (port == NULL) return;
    while (self->receiver.done < job->count) {
        if (ta_port_poll(port, BUDGET) != 0)
            tries = 0;
        else if (!pair_wait(duo, &tries))
            break;
    }
    (void)ta_port_detach(port);
}

/* Keeps up to `most` calls under way. */
static void call(measure_duo *duo, pair_job *job, uint64_t most) {
    port_pair *self = job->forth;
    ta_port *port = port_pair_attach(self, 0, NULL);
    if (port == NULL) return;
    uint64_t asked = 0;
    unsigned tries = 0;
    while (self->caller.done < job->count) {
        pair_start_at(job, self->caller.done);
        while (asked < job->count && asked - self->caller.done < most) {
            struct question question = {self, pair_word(asked)};
            if (ask(port, 1, question, question, NULL, NULL) != TA_OK) break;
            asked++;
        }
        if (ta_port_poll(port, BUDGET) != 0)
            tries = 0;
        else if (!pair_wait(duo, &tries))
            break;
    }
    job->end_ns = duo_now();
    job->wrong = self->caller.wrong;
    job->finished = self->caller.done == job->count;
    (void)ta_port_detach(port);
}

static void call_one(measure_duo *duo, pair_job *job) { call(duo, job, 1); }
static void call_many(measure_duo *duo, pair_job *job) { call(duo, job, IN_FLIGHT); }

static void *create(void) { return port_pair_create(2 * PAIR_CAPACITY, PAIR_CAPACITY); }

/* clang-format off */
static const pair_contender entries[] = {
    {"round_trip", "call", call_one, answer_calls, create, port_pair_destroy,
     PAIR_TRIPS_WARM_UP, PAIR_TRIPS, false, false, PAIR_SPINS},
    {"lines", "calls_512", call_many, answer_calls, create, port_pair_destroy,
     PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
};
/* clang-format on */

pair_list port_calls(void) { return (pair_list){entries, sizeof entries / sizeof *entries}; }
