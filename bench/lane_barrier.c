/* SPDX-License-Identifier: MIT
 *
 * What it costs a sender to look, after it has published, whether its receiver rests: a
 * read-modify-write on a word that nobody else touches meanwhile, after each cell, or each 8, or 32
 * (src/bell.h, R1). The same without one is src/lane.h's entry of the same row.
 */
#include "lanes.h"

#include "lane.h"

#include <string.h>

static void *create(void) {
    ta_lane *lane = NULL;
    return ta_lane_create(PAIR_CAPACITY, pair_memory(), &lane) == TA_OK ? lane : NULL;
}
static void destroy(void *lane) { ta_lane_destroy(lane); }

static struct { _Alignas(2 * TA_CACHE_LINE) uint32_t word; } rest;

static inline __attribute__((always_inline)) void send_lines(measure_duo *duo, pair_job *job,
                                                             unsigned every) {
    ta_lane *lane = job->forth;
    uint64_t resting = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        ta_cell *cell;
        for (unsigned tries = 0; (cell = ta_lane_reserve(lane)) == NULL;)
            if (!pair_wait(duo, &tries)) return;
        for (uint64_t i = 0; i < 7; i++) cell->words[i] = pair_word(k) + i;
        ta_lane_commit(lane, pair_word(k));
        /* The partner, a receiver that rests, is not there. */
        if ((k + 1) % every == 0) resting |= ta_fetch_and_acq_rel_u32(&rest.word, ~UINT32_C(1));
    }
    job->counted = resting;
}

static void send_1(measure_duo *duo, pair_job *job) { send_lines(duo, job, 1); }
static void send_8(measure_duo *duo, pair_job *job) { send_lines(duo, job, 8); }
static void send_32(measure_duo *duo, pair_job *job) { send_lines(duo, job, 32); }

static void receive_lines(measure_duo *duo, pair_job *job) {
    ta_lane *lane = job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        ta_cell cell;
        for (unsigned tries = 0; !ta_lane_receive(lane, &cell);)
            if (!pair_wait(duo, &tries)) return;
        uint64_t wrong = cell.head ^ pair_word(k);
        for (uint64_t i = 0; i < 7; i++) wrong |= cell.words[i] ^ (pair_word(k) + i);
        bad += wrong != 0;
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

/* clang-format off */
static const pair_contender entries[] = {
    {"lines", "cells_barrier_1", send_1, receive_lines,
     create, destroy, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"lines", "cells_barrier_8", send_8, receive_lines,
     create, destroy, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"lines", "cells_barrier_32", send_32, receive_lines,
     create, destroy, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
};
/* clang-format on */

pair_list lanes_with_barrier(void) {
    return (pair_list){entries, sizeof entries / sizeof *entries};
}
