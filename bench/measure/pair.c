/* SPDX-License-Identifier: MIT
 *
 * One run of what passes between two threads.
 */
#include "pair.h"

#include "measure_duo.h"
#include "shifted.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ---- where queues lie ------------------------------------------------------------------------ */

static shifted_memory shifted;
static const measure_duo *running; /* the duo of the run; one thread at a time starts runs */

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

const ta_affinity *pair_places(const ta_registry **registry) {
    *registry = running->registry;
    return running->place;
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

typedef struct pair_both {
    const pair_contender *contender;
    pair_job *job;
} pair_both;

static int64_t voluntary_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

static void run_part(measure_duo *duo, duo_side side, void *argument) {
    const pair_both *run = argument;
    /* A sleeper begins in any case: the other side, which may have met it, waits for its word,
     * perhaps in a system call that nothing else ends. */
    if (!duo_meet(duo, side) && run->contender->sleep != PAIR_SLEEPS) return;
    int64_t before = voluntary_switches();
    (side == DUO_FROM ? run->contender->from : run->contender->to)(duo, run->job);
    run->job->sleeps[side] = voluntary_switches() - before;
}

pair_end pair_run_through(measure_duo *duo, const pair_contender *contender, pair_job *job) {
    pair_both run = {contender, job};
    job->started_at = job->warm_up;
    job->start_ns = 0;
    bool has_run = duo_run(duo, run_part, &run) && job->finished;
    if (job->wrong != 0) return PAIR_DAMAGED;
    return has_run ? PAIR_CAME : PAIR_GAVE_UP;
}

pair_end pair_run(measure_duo *duo, const pair_contender *contender, pair_job *job) {
    void *before = move_memory();
    pair_end end = PAIR_NOT_OPENED;
    running = duo;
    if (open_queues(contender, job)) end = pair_run_through(duo, contender, job);
    close_queues(contender, job);
    free(before);
    return end;
}

const pair_contender *pair_find(pair_list list, const char *row, const char *name) {
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.entries[i].row, row) == 0 && strcmp(list.entries[i].name, name) == 0)
            return &list.entries[i];
    return NULL;
}
