/* SPDX-License-Identifier: MIT
 *
 * The lane beside others behind the same interface, beside its peers, and beside the floors:
 *
 *   bench_lane [--repeats=N] [--filter=TEXT]
 *
 * Entries (lane_bench.h) are measured in turn, N times around (default 21), so that noise hits all
 * alike; the two threads are pinned, every message is verified, and before and after each sample
 * the distance of the two processors is probed, as `ta cost` does: samples of different distances
 * are kept apart. A sample in which somebody else had one of the processors, or in which these
 * moved, is taken again. Printed are medians, and how far the middle half of the samples spans.
 * TEXT selects the rows whose name it begins.
 */
#include "lane_bench.h"

#include "group.h"
#include "measure.h"
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS_MAX 1000u
#define TRIES 20u
#define FAR_NS 200

static atomic_bool stop; /* never set: nobody stops a benchmark but by killing it */

/* What an entry has gathered. */
typedef struct lane_samples {
    const lane_entry *entry;
    double *ns[GROUP_COUNT];
    size_t count[GROUP_COUNT];
    unsigned lost;
} lane_samples;

typedef struct lane_bench {
    measure_duo *duo;
    lane_samples *all;
    size_t count;
    unsigned repeats;
} lane_bench;

/* ---- one sample ------------------------------------------------------------------------------ */

typedef struct lane_run {
    const lane_entry *entry;
    lane_job job;
} lane_run;

static void run_part(measure_duo *duo, duo_side side, void *argument) {
    lane_run *run = argument;
    if (!duo_meet(duo, side)) return;
    (side == DUO_FROM ? run->entry->from : run->entry->to)(duo, &run->job);
}

static bool open_rings(const lane_entry *entry, lane_job *job) {
    bool all = (job->forth = entry->create()) != NULL;
    if (entry->is_round_trip) all &= (job->back = entry->create()) != NULL;
    for (unsigned i = 0; entry->has_idle && i < LANE_IDLE; i++)
        for (int side = 0; side < 2; side++) all &= (job->idle[side][i] = entry->create()) != NULL;
    return all;
}

static void close_rings(const lane_entry *entry, lane_job *job) {
    if (job->forth != NULL) entry->destroy(job->forth);
    if (job->back != NULL) entry->destroy(job->back);
    for (unsigned i = 0; i < LANE_IDLE; i++)
        for (int side = 0; side < 2; side++)
            if (job->idle[side][i] != NULL) entry->destroy(job->idle[side][i]);
}

/* Nobody else had a processor of ours: each side ran all the time. */
static bool undisturbed(measure_duo *duo) {
    bool quiet = true;
    for (duo_side side = DUO_FROM; side <= DUO_TO; side++) {
        duo_usage usage = duo_take_usage(duo, side);
        quiet &= usage.involuntary == 0 && usage.cpu_ns > usage.wall_ns - usage.wall_ns / 20;
    }
    return quiet;
}

/* False: it is to be taken again. */
static bool take_sample(lane_bench *bench, lane_samples *to) {
    lane_run run = {.entry = to->entry,
                    .job = {.warm_up = to->entry->warm_up, .count = to->entry->count}};
    group_probe before, after;
    group_kind group;
    if (!open_rings(to->entry, &run.job)) {
        fprintf(stderr, "bench_lane: no memory\n");
        exit(1);
    }
    bool good = measure_probe(bench->duo, &before) == MEASURE_OK;
    (void)undisturbed(bench->duo);
    good = good && duo_run(bench->duo, run_part, &run) && run.job.finished;
    good &= undisturbed(bench->duo);
    good = good && measure_probe(bench->duo, &after) == MEASURE_OK &&
           group_stayed(&before, &after, FAR_NS, &group);
    close_rings(to->entry, &run.job);
    if (run.job.wrong != 0) {
        fprintf(stderr, "bench_lane: %s, %s: messages arrived wrong\n", to->entry->row,
                to->entry->name);
        exit(1);
    }
    if (good)
        to->ns[group][to->count[group]++] =
            (double)(run.job.end_ns - run.job.start_ns) / (double)(run.job.count - run.job.warm_up);
    return good;
}

static void take_all(lane_bench *bench) {
    for (unsigned k = 0; k < bench->repeats; k++)
        for (size_t i = 0; i < bench->count; i++) {
            unsigned tries = 0;
            while (!take_sample(bench, &bench->all[i]) && ++tries < TRIES) continue;
            bench->all[i].lost += tries;
        }
}

/* ---- what was measured ----------------------------------------------------------------------- */

static void print_entry(const lane_samples *samples) {
    printf("| %s ", samples->entry->name);
    for (group_kind group = 0; group < GROUP_SELF; group++) {
        stats_summary summary = stats_summarise(samples->ns[group], samples->count[group]);
        if (summary.n == 0)
            printf("| ");
        else
            printf("| %.*f (%.*f to %.*f; %zu) ", summary.median < 20 ? 2 : 1, summary.median,
                   summary.median < 20 ? 2 : 1, summary.p25, summary.median < 20 ? 2 : 1,
                   summary.p75, summary.n);
    }
    printf("| %u |\n", samples->lost);
}

static void print_all(const lane_bench *bench) {
    for (size_t i = 0; i < bench->count; i++) {
        const char *row = bench->all[i].entry->row;
        bool is_first = true;
        for (size_t k = 0; k < i; k++) is_first &= strcmp(bench->all[k].entry->row, row) != 0;
        if (!is_first) continue;
        printf("\n| %s, ns: median (middle half; samples) ", row);
        for (group_kind group = 0; group < GROUP_SELF; group++) printf("| %s ", group_name(group));
        printf("| taken again |\n|---|---|---|---|---|\n");
        for (size_t k = i; k < bench->count; k++)
            if (strcmp(bench->all[k].entry->row, row) == 0) print_entry(&bench->all[k]);
    }
}

/* ---- from the beginning ---------------------------------------------------------------------- */

static void gather(lane_bench *bench, const char *filter) {
    const lane_entries sources[] = {
        lane_entries_port(),        lane_entries_ours(),  lane_entries_cached(),
        lane_entries_ck(),          lane_entries_floor(), lane_entries_barrier(),
        lane_entries_ck_pointers(),
#ifdef LANE_HAS_BOOST
        lane_entries_boost(),
#endif
#ifdef LANE_HAS_MOODYCAMEL
        lane_entries_moodycamel(),
#endif
#ifdef LANE_HAS_DPDK
        lane_entries_dpdk(),
#endif
    };
    size_t most = 0;
    for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) most += sources[s].count;
    bench->all = calloc(most, sizeof *bench->all);
    for (size_t s = 0; bench->all != NULL && s < sizeof sources / sizeof *sources; s++)
        for (size_t i = 0; i < sources[s].count; i++) {
            if (strncmp(sources[s].entries[i].row, filter, strlen(filter)) != 0) continue;
            lane_samples *next = &bench->all[bench->count++];
            next->entry = &sources[s].entries[i];
            for (int group = 0; group < GROUP_COUNT; group++)
                next->ns[group] = calloc(bench->repeats, sizeof(double));
        }
}

static bool take_arguments(int argc, char **argv, unsigned *repeats, const char **filter) {
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--repeats=", 10) == 0)
            *repeats = (unsigned)strtoul(argv[i] + 10, NULL, 10);
        else if (strncmp(argv[i], "--filter=", 9) == 0)
            *filter = argv[i] + 9;
        else
            return false;
    }
    return *repeats >= 1 && *repeats <= REPEATS_MAX;
}

static bool selected(const char *row, const char *filter) {
    return strncmp(row, filter, strlen(filter)) == 0;
}

int main(int argc, char **argv) {
    lane_bench bench = {.repeats = 21};
    const char *filter = "";
    if (!take_arguments(argc, argv, &bench.repeats, &filter)) {
        fprintf(stderr, "usage: bench_lane [--repeats=N] [--filter=TEXT]\n");
        return 2;
    }
    ta_registry_options options = {.processors = TA_PROCESSORS_ALL};
    ta_registry *registry = NULL;
    if (ta_registry_create(&options, &registry) != TA_OK ||
        ta_registry_processor_count(registry) < 2) {
        fprintf(stderr, "bench_lane: two processors are needed\n");
        return 1;
    }
    if (duo_create(registry, &stop, &bench.duo) != TA_OK ||
        duo_place(bench.duo, ta_registry_affinity(registry, 0),
                  ta_registry_affinity(registry, 1)) != TA_OK) {
        fprintf(stderr, "bench_lane: pinning failed\n");
        return 1;
    }
    gather(&bench, filter);
    take_all(&bench);
    print_all(&bench);
    duo_destroy(bench.duo);
    if (selected("many senders", filter)) lane_measure_many(registry, bench.repeats);
    if (selected("membarrier", filter)) lane_measure_membarrier(registry, bench.repeats);
    ta_registry_destroy(registry);
    return 0;
}
