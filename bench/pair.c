/* SPDX-License-Identifier: MIT
 *
 * A sample of what passes between two threads.
 */
#include "pair.h"

#include "shifted.h"
#include "stage_duo.h"

#include <stdlib.h>
#include <sys/resource.h>

/* ---- where queues lie ------------------------------------------------------------------------ */

static shifted_memory shifted;

/* What has its own malloc moves, too: a block of some size stands before it. Returns the block. */
static void *move_memory(void) {
    static uint64_t place;
    place = place * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    shifted_move(&shifted, place >> 40);
    return malloc((size_t)(place >> 50) % SHIFTED_PLACES * TA_CACHE_LINE + 1);
}

const ta_allocator *pair_memory(void) {
    static ta_allocator memory;
    memory = shifted_allocator(&shifted);
    return &memory;
}

static bool open_queues(const pair_contender *contender, pair_job *job) {
    bool all = (job->forth = contender->create()) != NULL;
    if (contender->is_round_trip) all &= (job->back = contender->create()) != NULL;
    for (unsigned i = 0; contender->has_idle && i < PAIR_IDLE; i++)
        for (int side = 0; side < 2; side++)
            all &= (job->idle[side][i] = contender->create()) != NULL;
    return all;
}

static void close_queues(const pair_contender *contender, pair_job *job) {
    if (job->forth != NULL) contender->destroy(job->forth);
    if (job->back != NULL) contender->destroy(job->back);
    for (unsigned i = 0; i < PAIR_IDLE; i++)
        for (int side = 0; side < 2; side++)
            if (job->idle[side][i] != NULL) contender->destroy(job->idle[side][i]);
}

/* ---- one run --------------------------------------------------------------------------------- */

typedef struct pair_run {
    const pair_contender *contender;
    pair_job job;
    struct {
        _Alignas(TA_CACHE_LINE) int64_t sleeps; /* the thread gave its processor away */
    } side[2];
} pair_run;

static int64_t voluntary_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

static void run_part(measure_duo *duo, duo_side side, void *argument) {
    pair_run *run = argument;
    if (!duo_meet(duo, side)) return;
    int64_t before = voluntary_switches();
    (side == DUO_FROM ? run->contender->from : run->contender->to)(duo, &run->job);
    run->side[side].sleeps = voluntary_switches() - before;
}

/* Nobody else had a processor of ours: each side ran all the time. */
static bool was_undisturbed(measure_duo *duo) {
    bool is_quiet = true;
    for (duo_side side = DUO_FROM; side <= DUO_TO; side++) {
        duo_usage usage = duo_take_usage(duo, side);
        is_quiet &= usage.involuntary == 0 && usage.cpu_ns > usage.wall_ns - usage.wall_ns / 20;
    }
    return is_quiet;
}

/* Is the sample one of what was meant? Who spins has its processor all the time; sides that are to
 * sleep do so for nine of ten messages. Of who may sleep, or yields, nothing can be told. */
static bool counts(measure_duo *duo, const pair_run *run) {
    bool is_quiet = was_undisturbed(duo);
    int64_t least = (int64_t)(run->job.count - run->job.count / 10);
    if (run->contender->sleep == PAIR_MAY_SLEEP) return true;
    if (run->contender->sleep == PAIR_SPINS) return is_quiet;
    return run->side[DUO_FROM].sleeps >= least && run->side[DUO_TO].sleeps >= least;
}

static pair_outcome run_between_probes(measure_duo *duo, pair_run *run, bool is_brief,
                                       pair_sample *out) {
    group_probe before, after;
    if (is_brief) return duo_run(duo, run_part, run) && run->job.finished ? PAIR_OK : PAIR_BUSY;
    if (measure_probe(duo, &before) != MEASURE_OK) return PAIR_BUSY;
    (void)was_undisturbed(duo); /* forgets what the probe used */
    if (!duo_run(duo, run_part, run) || !run->job.finished || !counts(duo, run)) return PAIR_BUSY;
    if (measure_probe(duo, &after) != MEASURE_OK) return PAIR_BUSY;
    if (!group_stayed(&before, &after, BENCH_FAR_NS, &out->group)) return PAIR_MOVED;
    out->ns =
        (double)(run->job.end_ns - run->job.start_ns) / (double)(run->job.count - run->job.warm_up);
    out->floor_ns = (before.floor_ns + after.floor_ns) / 2;
    return PAIR_OK;
}

pair_outcome pair_take(bench_stage *stage, const pair_contender *contender, bool is_brief,
                       pair_sample *out) {
    pair_run run = {.contender = contender,
                    .job = {.warm_up = is_brief ? 0 : contender->warm_up,
                            .count = is_brief ? contender->warm_up : contender->count}};
    void *before = move_memory();
    pair_outcome outcome = PAIR_FAILED;
    if (open_queues(contender, &run.job))
        outcome = run_between_probes(bench_stage_duo(stage), &run, is_brief, out);
    close_queues(contender, &run.job);
    free(before);
    return run.job.wrong != 0 ? PAIR_WRONG : outcome;
}
