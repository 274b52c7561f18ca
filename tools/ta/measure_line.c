/* SPDX-License-Identifier: MIT
 *
 * One cache line between two processors, and whether the two are hardware threads of one core.
 */
#include "measure.h"

#include "stats.h"

/* ---- the line's round trip ------------------------------------------------------------------- */

#define FLOOR_BATCHES 8
#define FLOOR_TRIPS 32
#define LINE_BATCHES 1
#define LINE_TRIPS 512

/* `from` makes the word odd, `to` makes it even again. The word starts at 0. */
typedef struct line_job {
    duo_word line;
    _Alignas(TA_CACHE_LINE) unsigned batches; /* one more runs before them, unmeasured */
    unsigned trips;                           /* of each batch */
    int64_t batch_ns[FLOOR_BATCHES];          /* written by `from` */
} line_job;

static bool line_forth(measure_duo *duo, line_job *job, unsigned *value) {
    for (unsigned i = 0; i < job->trips; i++) {
        duo_set(&job->line, *value + 1);
        if (!duo_await(duo, &job->line, *value + 2)) return false;
        *value += 2;
    }
    return true;
}

static bool line_back(measure_duo *duo, line_job *job, unsigned *value) {
    for (unsigned i = 0; i < job->trips; i++) {
        if (!duo_await(duo, &job->line, *value + 1)) return false;
        duo_set(&job->line, *value + 2);
        *value += 2;
    }
    return true;
}

static void line_part(measure_duo *duo, duo_side side, void *argument) {
    line_job *job = argument;
    unsigned value = 0;

    if (!duo_meet(duo, side)) return;
    if (side == DUO_TO) {
        for (unsigned b = 0; b <= job->batches && line_back(duo, job, &value); b++) continue;
        return;
    }
    if (!line_forth(duo, job, &value)) return; /* warms up */
    for (unsigned b = 0; b < job->batches; b++) {
        int64_t start = duo_now();
        if (!line_forth(duo, job, &value)) return;
        job->batch_ns[b] = duo_now() - start;
    }
}

measure_outcome measure_line(measure_duo *duo, double *round_trip_ns) {
    line_job job = {.batches = LINE_BATCHES, .trips = LINE_TRIPS};

    if (!duo_run(duo, line_part, &job)) return MEASURE_GAVE_UP;
    *round_trip_ns = (double)job.batch_ns[0] / LINE_TRIPS;
    return MEASURE_OK;
}

/* The median of short batches: an interruption spoils one of them. */
static bool probe_floor(measure_duo *duo, double *floor_ns) {
    line_job job = {.batches = FLOOR_BATCHES, .trips = FLOOR_TRIPS};
    double trip_ns[FLOOR_BATCHES];

    if (!duo_run(duo, line_part, &job)) return false;
    for (unsigned b = 0; b < FLOOR_BATCHES; b++) trip_ns[b] = (double)job.batch_ns[b] / FLOOR_TRIPS;
    *floor_ns = stats_median(trip_ns, FLOOR_BATCHES);
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
