/* SPDX-License-Identifier: MIT
 *
 * One cache line between two processors, and whether the two are hardware threads of one core.
 */
#include "measure.h"
#include "measure_pair.h"

#include "stats.h"

/* ---- the line's round trip ------------------------------------------------------------------- */

measure_outcome measure_line(measure_duo *duo, double *round_trip_ns) {
    const pair_contender *contender = pair_find(floor_lines(), "round_trip", "one_line");
    pair_job job = {.warm_up = contender->warm_up, .count = contender->count};
    return measure_pair(duo, contender, &job, round_trip_ns);
}

/* ---- ... and a quick look at it, for the probe ------------------------------------------------ */

/* Each batch of trips has a line of its own: a line's address decides which part of the last-level
 * cache looks after it, and that makes a difference of a fifth. */
#define LINES 8
#define TRIPS 32
/* Lines that stand side by side come in pairs (the prefetcher of a neighbour). */
typedef struct spaced_word {
    _Alignas(2 * TA_CACHE_LINE) duo_word line;
} spaced_word;

/* `from` makes a word odd, `to` makes it even again. */
typedef struct line_job {
    spaced_word words[LINES];
    double trip_ns[LINES]; /* of each; written by `from` */
} line_job;

static bool trips_forth(measure_duo *duo, duo_word *line, unsigned trips, unsigned *value) {
    for (unsigned i = 0; i < trips; i++, *value += 2) {
        duo_set(line, *value + 1);
        if (!duo_await(duo, line, *value + 2)) return false;
    }
    return true;
}

static bool trips_back(measure_duo *duo, duo_word *line, unsigned trips, unsigned *value) {
    for (unsigned i = 0; i < trips; i++, *value += 2) {
        if (!duo_await(duo, line, *value + 1)) return false;
        duo_set(line, *value + 2);
    }
    return true;
}

#define TRIPS_TO_WARM_UP 4

static void line_part(measure_duo *duo, duo_side side, void *argument) {
    line_job *job = argument;

    if (!duo_meet(duo, side)) return;
    for (unsigned i = 0; i < LINES; i++) {
        duo_word *line = &job->words[i].line;
        unsigned value = 0;
        if (side == DUO_TO) {
            if (!trips_back(duo, line, TRIPS_TO_WARM_UP + TRIPS, &value)) return;
            continue;
        }
        if (!trips_forth(duo, line, TRIPS_TO_WARM_UP, &value)) return;
        int64_t start = duo_now();
        if (!trips_forth(duo, line, TRIPS, &value)) return;
        job->trip_ns[i] = (double)(duo_now() - start) / TRIPS;
    }
}

/* The median of the lines: an interruption spoils one of them. */
static bool probe_floor(measure_duo *duo, double *floor_ns) {
    line_job job = {0};

    if (!duo_run(duo, line_part, &job)) return false;
    *floor_ns = stats_median(job.trip_ns, LINES);
    return true;
}

/* ---- siblings -------------------------------------------------------------------------------- */

/* Some 3 us of multiplications. */
#define SIBLING_ROUNDS 1000
#define SIBLING_CHAINS 8
#define SIBLING_TRIES 3

typedef struct sibling_job {
    struct {
        _Alignas(TA_CACHE_LINE) int64_t alone_ns, together_ns; /* the shortest of all tries */
    } side[2];
} sibling_job;

/* Multiplications that do not wait for each other, enough chains to keep a core's multiplier busy
 * all the time. Two hardware threads of one core share that multiplier. */
static int64_t multiply(void) {
    uint64_t chain[SIBLING_CHAINS] = {1, 2, 3, 4, 5, 6, 7, 8};
    int64_t start = duo_now();

    for (unsigned i = 0; i < SIBLING_ROUNDS; i++)
        for (unsigned c = 0; c < SIBLING_CHAINS; c++) {
            chain[c] *= UINT64_C(0x9e3779b97f4a7c15);
            __asm__("" : "+r"(chain[c])); /* the compiler may neither fold nor vectorise it */
        }
    for (unsigned c = 0; c < SIBLING_CHAINS; c++) __asm__ __volatile__("" : : "r"(chain[c]));
    return duo_now() - start;
}

static void keep_shortest(int64_t *shortest, int64_t ns) {
    if (*shortest == 0 || ns < *shortest) *shortest = ns;
}

/* In turns: `from` alone, `to` alone, both at once. The one that waits spins with `pause`, which
 * leaves the core's multiplier to the other. */
static void sibling_part(measure_duo *duo, duo_side side, void *argument) {
    sibling_job *job = argument;

    for (unsigned i = 0; i < SIBLING_TRIES; i++) {
        for (duo_side turn = DUO_FROM; turn <= DUO_TO; turn++) {
            if (!duo_meet(duo, side)) return;
            if (turn == side) keep_shortest(&job->side[side].alone_ns, multiply());
        }
        if (!duo_meet(duo, side)) return;
        keep_shortest(&job->side[side].together_ns, multiply());
    }
}

/* The larger share of the two: siblings slow each other, and whatever else slows one of them (an
 * interruption in each of its tries) does not make it a sibling. */
static bool probe_share(measure_duo *duo, double *share) {
    sibling_job job = {0};

    if (!duo_run(duo, sibling_part, &job)) return false;
    *share = 0;
    for (int side = 0; side < 2; side++) {
        double own = (double)job.side[side].alone_ns / (double)job.side[side].together_ns;
        if (own > *share) *share = own;
    }
    return true;
}

measure_outcome measure_probe(measure_duo *duo, group_probe *out) {
    if (!probe_floor(duo, &out->floor_ns)) return MEASURE_GAVE_UP;
    if (!probe_share(duo, &out->share)) return MEASURE_GAVE_UP;
    return MEASURE_OK;
}
