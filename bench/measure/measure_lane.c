/* SPDX-License-Identifier: MIT
 *
 * Messages through lanes: the round trip, and the time per message at full stream. Between two
 * processors these are the benchmarks' contenders (lane_rows.h); on one, by one thread, what stands
 * here.
 */
#include "measure.h"
#include "measure_pair.h"

enum { TRIPS_WARM_UP = 32, TRIPS = TRIPS_WARM_UP + 512 };

measure_outcome measure_lane_round_trip(measure_duo *duo, ta_lane *forth, ta_lane *back,
                                        double *round_trip_ns) {
    pair_job job = {.forth = forth, .back = back, .warm_up = TRIPS_WARM_UP, .count = TRIPS};
    const pair_contender *contender = pair_find(lanes_of_cells(), "round_trip", "cells");
    return measure_pair_end(pair_run_through(duo, contender, &job), &job, round_trip_ns);
}

/* ---- full stream ----------------------------------------------------------------------------- */

/* The lane twice around unmeasured, so that its memory is there and both sides are in their
 * stride; then eight times. */
#define WARM_UP_CELLS (UINT64_C(2) * MEASURE_LANE_CELLS)
#define MEASURED_CELLS (UINT64_C(8) * MEASURE_LANE_CELLS)
#define STREAM_CELLS (WARM_UP_CELLS + MEASURED_CELLS)
/* What one thread sends before it receives. */
#define BURST_CELLS UINT64_C(64)

/* A small message is a word, and a cell holds seven; a large one is a cell, whose head is a word
 * too, but for the lane's bit. */
static inline unsigned messages_per_cell(bool is_small) {
    return is_small ? TA_CELL_WORDS_COUNT : 1;
}

typedef struct stream_job {
    ta_lane *lane;
    bool is_small;
    int64_t start_ns, end_ns;
} stream_job;

/* The content of the stream: its word number n, an even one, as a head must be. */
static uint64_t stream_word(uint64_t n) { return n * UINT64_C(0x9e3779b97f4a7c16); }

/* The sending end: messages go into a cell one by one, and the cell leaves when it is full. */
typedef struct stream_out {
    ta_lane *lane;
    ta_cell *cell; /* reserved, or NULL */
    unsigned used; /* words of it */
    uint64_t next; /* number of the stream's next word */
} stream_out;

/* False: the lane is full. */
static inline bool put_message(stream_out *out, bool is_small) {
    if (out->cell == NULL && (out->cell = ta_lane_reserve(out->lane)) == NULL) return false;
    uint64_t head = is_small ? 0 : stream_word(out->next++);
    unsigned end = is_small ? out->used + 1 : TA_CELL_WORDS_COUNT;
    while (out->used < end) out->cell->words[out->used++] = stream_word(out->next++);
    if (out->used == TA_CELL_WORDS_COUNT) {
        ta_lane_commit(out->lane, head);
        out->cell = NULL;
        out->used = 0;
    }
    return true;
}

/* The receiving end: messages come out of a cell one by one. */
typedef struct stream_in {
    ta_cell cell;
    ta_lane *lane;
    unsigned left;  /* words of it that were not read */
    uint64_t next;  /* number of the stream's next word */
    uint64_t wrong; /* not 0 when a word was not the one that was sent */
} stream_in;

/* False: the lane is empty. */
static inline bool take_message(stream_in *in, bool is_small) {
    if (in->left == 0) {
        if (!ta_lane_receive(in->lane, &in->cell)) return false;
        in->left = TA_CELL_WORDS_COUNT;
        in->wrong |= in->cell.head ^ (is_small ? 0 : stream_word(in->next++));
    }
    unsigned end = is_small ? in->left - 1 : 0;
    for (; in->left > end; in->left--)
        in->wrong |= in->cell.words[TA_CELL_WORDS_COUNT - in->left] ^ stream_word(in->next++);
    return true;
}

/* Both ends in one thread, compiled for each size of a message: a burst out, the same burst in. Waits
 * for nobody. */
static inline __attribute__((always_inline)) bool pass_all(stream_job *job, bool is_small) {
    stream_out out = {.lane = job->lane};
    stream_in in = {.lane = job->lane};
    uint64_t burst = BURST_CELLS * messages_per_cell(is_small);

    for (uint64_t k = 0; k < STREAM_CELLS; k += BURST_CELLS) {
        if (k == WARM_UP_CELLS) job->start_ns = duo_now();
        for (uint64_t i = 0; i < burst; i++)
            if (!put_message(&out, is_small)) return false;
        for (uint64_t i = 0; i < burst; i++)
            if (!take_message(&in, is_small)) return false;
    }
    job->end_ns = duo_now();
    return in.wrong == 0;
}

static bool stream_alone(stream_job *job) {
    return job->is_small ? pass_all(job, true) : pass_all(job, false);
}

static measure_outcome stream_to_itself(ta_lane *lane, bool is_small, double *message_ns) {
    stream_job job = {.lane = lane, .is_small = is_small};
    if (!stream_alone(&job)) return MEASURE_BROKEN;
    *message_ns = (double)(job.end_ns - job.start_ns) /
                  (double)(MEASURED_CELLS * messages_per_cell(is_small));
    return MEASURE_OK;
}

measure_outcome measure_lane_stream(measure_duo *duo, ta_lane *lane, unsigned message_bytes,
                                    double *message_ns) {
    bool is_small = message_bytes == sizeof(uint64_t);
    if (duo->same_processor) /* the helper sleeps: on this processor it never spins */
        return stream_to_itself(lane, is_small, message_ns);
    pair_job job = {.forth = lane,
                    .warm_up = WARM_UP_CELLS * messages_per_cell(is_small),
                    .count = STREAM_CELLS * messages_per_cell(is_small)};
    const pair_contender *contender =
        is_small ? pair_find(lanes_of_cells(), "words_packed", "cells_in_place")
                 : pair_find(lanes_of_cells(), "lines", "cells");
    return measure_pair_end(pair_run_through(duo, contender, &job), &job, message_ns);
}
