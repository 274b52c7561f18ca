/* SPDX-License-Identifier: MIT
 *
 * The rows of queues of 8-byte messages, for each that says what PEER_TYPE, PEER_NAME, PEER_CREATE,
 * PEER_DESTROY, PEER_PUSH(ring, word) and PEER_POP(ring, &word) are; and PEER_MESSAGES (fewer, where
 * each takes long) and PEER_SLEEP, where these are not what is said below. Included by the peers'
 * files, C and C++.
 */
#include "pair.h"

#ifdef PEER_MESSAGES
#define PEER_WARM_UP PAIR_WARM_UP
#else
#define PEER_WARM_UP PAIR_SMALL_WARM_UP
#define PEER_MESSAGES PAIR_SMALL_MESSAGES
#endif
#ifndef PEER_SLEEP
#define PEER_SLEEP PAIR_SPINS
#endif

#define PEER_PUSH_OR_LEAVE_(ring, word)                                                            \
    for (unsigned tries = 0; !PEER_PUSH(ring, word);)                                              \
        if (!pair_wait(duo, &tries)) return

#define PEER_POP_OR_LEAVE_(ring, word)                                                             \
    for (unsigned tries = 0; !PEER_POP(ring, &(word));)                                            \
        if (!pair_wait(duo, &tries)) return

static void peer_send(measure_duo *duo, pair_job *job) {
    PEER_TYPE *ring = (PEER_TYPE *)job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        PEER_PUSH_OR_LEAVE_(ring, pair_word(k));
    }
}

static void peer_receive(measure_duo *duo, pair_job *job) {
    PEER_TYPE *ring = (PEER_TYPE *)job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        uint64_t word;
        if (k == job->warm_up) job->start_ns = duo_now();
        PEER_POP_OR_LEAVE_(ring, word);
        bad += word != pair_word(k);
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static void peer_ask(measure_duo *duo, pair_job *job) {
    PEER_TYPE *forth = (PEER_TYPE *)job->forth, *back = (PEER_TYPE *)job->back;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        PEER_PUSH_OR_LEAVE_(forth, pair_word(k));
        uint64_t word;
        PEER_POP_OR_LEAVE_(back, word);
        bad += word != pair_word(k) + 1;
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static void peer_answer(measure_duo *duo, pair_job *job) {
    PEER_TYPE *forth = (PEER_TYPE *)job->forth, *back = (PEER_TYPE *)job->back;
    for (uint64_t k = 0; k < job->count; k++) {
        uint64_t word;
        PEER_POP_OR_LEAVE_(forth, word);
        PEER_PUSH_OR_LEAVE_(back, word + 1);
    }
}

/* clang-format off */
#define PEER_ENTRIES                                                                               \
    {"words", PEER_NAME, peer_send, peer_receive, PEER_CREATE, PEER_DESTROY, PEER_WARM_UP,         \
     PEER_MESSAGES, false, false, PEER_SLEEP},                                                     \
    {"round_trip", PEER_NAME, peer_ask, peer_answer, PEER_CREATE, PEER_DESTROY,                    \
     PAIR_TRIPS_WARM_UP, PAIR_TRIPS, true, false, PEER_SLEEP}
/* clang-format on */
