/* SPDX-License-Identifier: MIT
 *
 * The row of sleepers, for each way to wake one: included by files that say what WAKE_TYPE is,
 * WAKE_NAME for the counter, WAKE_CREATE and WAKE_DESTROY; and
 *
 *   bool WAKE_BEGIN(self, side), void WAKE_END(self, side)   in the side's thread
 *   void WAKE_SEND(self, side, word)         gives the other side a word, and wakes it
 *   bool WAKE_RECEIVE(self, side, &word)     sleeps until a word is there; false: for 100 ms
 *
 * Side 0 asks and side 1 answers; each sleeps until the other one's word comes. C and C++.
 */
#include "pair.h"

static bool wake_await(measure_duo *duo, WAKE_TYPE *self, unsigned side, uint64_t *word) {
    while (!WAKE_RECEIVE(self, side, word))
        if (!duo_may_wait(duo)) return false;
    return true;
}

static void wake_ask(measure_duo *duo, pair_job *job) {
    WAKE_TYPE *self = (WAKE_TYPE *)job->forth;
    uint64_t bad = 0, k = 0, word;
    if (!WAKE_BEGIN(self, 0)) return;
    for (; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        WAKE_SEND(self, 0, pair_word(k));
        if (!wake_await(duo, self, 0, &word)) break;
        bad += word != pair_word(k) + 1;
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = k == job->count;
    WAKE_END(self, 0);
}

static void wake_answer(measure_duo *duo, pair_job *job) {
    WAKE_TYPE *self = (WAKE_TYPE *)job->forth;
    uint64_t word;
    if (!WAKE_BEGIN(self, 1)) return;
    for (uint64_t k = 0; k < job->count; k++) {
        if (!wake_await(duo, self, 1, &word)) break;
        WAKE_SEND(self, 1, word + 1);
    }
    WAKE_END(self, 1);
}

/* clang-format off */
#define WAKE_ENTRY                                                                                 \
    {"wake", WAKE_NAME, wake_ask, wake_answer, WAKE_CREATE, WAKE_DESTROY, PAIR_WAKES_WARM_UP,      \
     PAIR_WAKES, false, false, PAIR_SLEEPS}
/* clang-format on */
