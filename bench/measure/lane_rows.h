/* SPDX-License-Identifier: MIT
 *
 * The rows of the lanes, for each lane that has the interface of src/lane.h: included by
 * lane_ours.c, lane_cached.c, lane_ck.c, after they have said what LANE(name) and LANE_TYPE
 * are, LANE_NAME for print, and LANE_STAGE, the commit that a flush publishes. Loops are instances
 * and not calls through pointers, so every message is inline code.
 */
#include "pair.h"

#include <string.h>

/* ---- streams --------------------------------------------------------------------------------- */

/* Waits until there is a cell, or leaves the caller. */
#define TAKE_CELL_(cell)                                                                           \
    ta_cell *cell;                                                                                 \
    for (unsigned tries = 0; (cell = LANE(reserve)(lane)) == NULL;)                                \
        if (!pair_wait(duo, &tries)) return

#define RECEIVE_CELL_(lane, cell)                                                                  \
    ta_cell cell;                                                                                  \
    for (unsigned tries = 0; !LANE(receive)(lane, &cell);)                                         \
        if (!pair_wait(duo, &tries)) return

/* Full cells, one by one. */
static void send_lines(measure_duo *duo, pair_job *job) {
    LANE_TYPE *lane = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        TAKE_CELL_(cell);
        for (uint64_t i = 0; i < 7; i++) cell->words[i] = pair_word(k) + i;
        LANE(commit)(lane, pair_word(k));
    }
}

static void receive_lines(measure_duo *duo, pair_job *job) {
    LANE_TYPE *lane = job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        RECEIVE_CELL_(lane, cell);
        uint64_t wrong = cell.head ^ pair_word(k);
        for (uint64_t i = 0; i < 7; i++) wrong |= cell.words[i] ^ (pair_word(k) + i);
        bad += wrong != 0;
    }
    job->end_ns = duo_now();
    LANE(release)(lane);
    job->wrong = bad;
    job->finished = true;
}

/* Words, seven to a cell that is published when it is full: gathered in the cell itself, or beside
 * it and copied. */
static inline __attribute__((always_inline)) void send_packed(measure_duo *duo, pair_job *job,
                                                              bool is_in_place) {
    LANE_TYPE *lane = job->forth;
    uint64_t aside[7];
    ta_cell *gathered = NULL;
    unsigned used = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (used == 0 && is_in_place) {
            TAKE_CELL_(cell);
            gathered = cell;
        }
        uint64_t *words = is_in_place ? gathered->words : aside;
        words[used] = pair_word(k);
        __asm__ __volatile__("" : : : "memory"); /* a call of its own: not merged with the next */
        if (++used < 7) continue;
        if (!is_in_place) {
            TAKE_CELL_(cell);
            memcpy(cell->words, aside, sizeof aside);
        }
        LANE(commit)(lane, 7 << 4);
        used = 0;
    }
}
static void send_packed_aside(measure_duo *duo, pair_job *job) { send_packed(duo, job, false); }
static void send_packed_in_place(measure_duo *duo, pair_job *job) { send_packed(duo, job, true); }

/* Words, one to a cell. */
static void send_flushed(measure_duo *duo, pair_job *job) {
    LANE_TYPE *lane = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        TAKE_CELL_(cell);
        cell->words[0] = pair_word(k);
        LANE(commit)(lane, 1 << 4);
    }
}

/* Words that come 32 at once: a cell as soon as it is full, the last one too, and then a flush. */
static void send_bulk(measure_duo *duo, pair_job *job) {
    LANE_TYPE *lane = job->forth;
    for (uint64_t k = 0; k < job->count; k += 32) {
        uint64_t words[32];
        for (uint64_t i = 0; i < 32; i++) words[i] = pair_word(k + i);
        for (unsigned i = 0; i < 32; i += 7) {
            unsigned n = 32 - i < 7 ? 32 - i : 7;
            ta_cell *cell = LANE(reserve)(lane);
            if (cell == NULL) {
                LANE(flush)(lane);
                for (unsigned tries = 0; (cell = LANE(reserve)(lane)) == NULL;)
                    if (!pair_wait(duo, &tries)) return;
            }
            if (n == 7)
                memcpy(cell->words, words + i, 7 * sizeof *words);
            else
                memcpy(cell->words, words + i, n * sizeof *words);
            LANE_STAGE(lane, (uint64_t)n << 4);
        }
        LANE(flush)(lane);
    }
}

/* The receiver of all the above: the head says how many words there are. */
static void receive_words(measure_duo *duo, pair_job *job) {
    LANE_TYPE *lane = job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count;) {
        pair_start_at(job, k);
        RECEIVE_CELL_(lane, cell);
        unsigned n = (unsigned)(cell.head >> 4);
        if (n == 0 || n > 7) return;
        for (unsigned i = 0; i < n; i++) bad += cell.words[i] != pair_word(k++);
    }
    job->end_ns = duo_now();
    LANE(release)(lane);
    job->wrong = bad;
    job->finished = true;
}

/* ---- round trips ----------------------------------------------------------------------------- */

static inline bool look_at_idle(void *const idle[PAIR_IDLE]) {
    bool found = false;
    for (unsigned i = 0; i < PAIR_IDLE; i++) found |= !LANE(is_empty)(idle[i]);
    return found;
}

/* A cell, while the other lanes are looked at each time around. */
static inline __attribute__((always_inline)) bool poll_cell(measure_duo *duo, pair_job *job,
                                                            LANE_TYPE *lane, int side,
                                                            bool has_idle, ta_cell *cell) {
    for (unsigned tries = 0;;) {
        if (has_idle && look_at_idle(job->idle[side])) return false;
        if (LANE(receive)(lane, cell)) return true;
        if (!pair_wait(duo, &tries)) return false;
    }
}

static inline __attribute__((always_inline)) void trips_forth(measure_duo *duo, pair_job *job,
                                                              bool has_idle) {
    LANE_TYPE *lane = job->forth, *back = job->back;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        TAKE_CELL_(cell);
        cell->words[0] = pair_word(k);
        LANE(commit)(lane, 1 << 4);
        ta_cell answer;
        if (!poll_cell(duo, job, back, 0, has_idle, &answer)) return;
        bad += answer.words[0] != pair_word(k) + 1;
        LANE(release)(back);
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static inline __attribute__((always_inline)) void trips_back(measure_duo *duo, pair_job *job,
                                                             bool has_idle) {
    LANE_TYPE *lane = job->back, *forth = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        ta_cell message;
        if (!poll_cell(duo, job, forth, 1, has_idle, &message)) return;
        TAKE_CELL_(cell);
        cell->words[0] = message.words[0] + 1;
        LANE(commit)(lane, 1 << 4);
        LANE(release)(forth);
    }
}

static void ask(measure_duo *duo, pair_job *job) { trips_forth(duo, job, false); }
static void answer(measure_duo *duo, pair_job *job) { trips_back(duo, job, false); }
static void ask_idle(measure_duo *duo, pair_job *job) { trips_forth(duo, job, true); }
static void answer_idle(measure_duo *duo, pair_job *job) { trips_back(duo, job, true); }

static void *create(void) { return LANE_CREATE(PAIR_CAPACITY); }
static void destroy(void *ring) { LANE(destroy)(ring); }

/* clang-format off */
static const pair_contender entries[] = {
    {"lines", LANE_NAME, send_lines, receive_lines, create, destroy,
     PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"words_packed", LANE_NAME, send_packed_aside, receive_words, create, destroy,
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"words_packed", LANE_NAME "_in_place", send_packed_in_place, receive_words,
     create, destroy, PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"words", LANE_NAME, send_flushed, receive_words, create, destroy,
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"words_bulk", LANE_NAME, send_bulk, receive_words, create, destroy,
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"round_trip", LANE_NAME, ask, answer, create, destroy,
     PAIR_TRIPS_WARM_UP, PAIR_TRIPS, true, false, PAIR_SPINS},
    {"round_trip_idle", LANE_NAME, ask_idle, answer_idle, create, destroy,
     PAIR_TRIPS_WARM_UP, PAIR_TRIPS, true, true, PAIR_SPINS},
};
/* clang-format on */

#define LANE_ENTRIES ((pair_list){entries, sizeof entries / sizeof *entries})
