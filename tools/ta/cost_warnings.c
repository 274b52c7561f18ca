/* SPDX-License-Identifier: MIT
 *
 * What makes the figures less than they seem.
 */
#include "cost.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A processor is shared when a spinning thread gets less of it than this, is put aside more often
 * than this, or when the hypervisor takes more than this of it. */
#define OWN_SHARE_MIN 0.95
#define INVOLUNTARY_PER_S_MAX 20.0
#define STEAL_SHARE_MAX 0.01
/* And only when it was watched for so long. */
#define WATCHED_MIN_NS 1000000.0

#define SPREAD_MAX 0.25
#define SAMPLES_MIN 5
#define DISCARDED_SHARE_MAX 0.1

void cost_warn(cost_run *run, const char *format, ...) {
    cost_warnings *warnings = &run->warnings;
    va_list arguments;
    char *line;

    if (warnings->count == warnings->capacity) {
        size_t capacity = 2 * warnings->capacity + 8;
        char **lines = realloc(warnings->lines, capacity * sizeof *lines);
        if (lines == NULL) return;
        warnings->lines = lines;
        warnings->capacity = capacity;
    }
    va_start(arguments, format);
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length >= 0) warnings->lines[warnings->count++] = line;
}

void cost_warnings_free(cost_warnings *warnings) {
    for (size_t i = 0; i < warnings->count; i++) free(warnings->lines[i]);
    free(warnings->lines);
    memset(warnings, 0, sizeof *warnings);
}

/* Percent with one decimal, as a number: a spinning thread cannot get more than all. */
static double percent(double share) { return 100 * (share > 1 ? 1 : share); }

static void warn_shared(cost_run *run) {
    double elapsed_s = (double)(run->end_ns - run->start_ns) * 1e-9;
    double hertz = (double)sysconf(_SC_CLK_TCK);

    for (uint32_t i = 0; i < run->processors; i++) {
        const cost_load *load = &run->load[i];
        double wall = (double)load->spinning.wall_ns, cpu = (double)load->spinning.cpu_ns;
        double ticks = load->steal_after > load->steal_before
                           ? (double)(load->steal_after - load->steal_before)
                           : 0;
        double stolen = elapsed_s > 0 && hertz > 0 ? ticks / hertz / elapsed_s : 0;
        double switches = wall > 0 ? (double)load->spinning.involuntary / (wall * 1e-9) : 0;
        bool watched = wall >= WATCHED_MIN_NS;
        bool displaced =
            watched && (cpu / wall < OWN_SHARE_MIN ||
                        (switches > INVOLUNTARY_PER_S_MAX && load->spinning.involuntary > 2));
        /* One tick is less than one can tell. */
        bool robbed = ticks > 1 && stolen > STEAL_SHARE_MAX;
        if (displaced)
            cost_warn(run,
                      "processor %u is shared: threads that never slept got %.1f %% of it and were "
                      "put aside %lld times",
                      i, percent(cpu / wall), (long long)load->spinning.involuntary);
        if (robbed)
            cost_warn(run, "processor %u is shared: the hypervisor took %.1f %% of its time", i,
                      percent(stolen));
    }
}

static void warn_quota(cost_run *run) {
    double quota = ta_registry_quota(run->registry);

    if (quota > 0 && quota < 2)
        cost_warn(run,
                  "the CPU quota of this control group is %.2g processors: two threads that run "
                  "all the time are stopped by it",
                  quota);
}

/* "0:1, 1:0, ..." of the pairs that are worse than they should be. */
typedef struct pair_list {
    char text[96];
    size_t used, count;
} pair_list;

static void list_pair(pair_list *list, const cost_pair *pair) {
    size_t room = sizeof list->text - list->used;

    if (list->count++ > 0 && list->used == 0) return;
    if (room <= 32) { /* no more after the dots */
        if (room > 6) list->used += (size_t)snprintf(list->text + list->used, room, ", ...");
        if (room > 6) list->used = sizeof list->text - 6;
        return;
    }
    list->used += (size_t)snprintf(list->text + list->used, room, "%s%u:%u",
                                   list->used > 0 ? ", " : "", pair->from, pair->to);
}

static void warn_spread(cost_run *run, group_kind group, cost_measure measure) {
    pair_list wide = {.text = ""};
    double widest = 0;
    size_t pairs = 0;

    for (size_t i = 0; i < run->pair_count; i++) {
        stats_summary summary;
        if (!cost_summarise(&run->pairs[i], group, measure, NULL, &summary)) continue;
        pairs++;
        double spread = stats_spread(&summary);
        if (spread > widest) widest = spread;
        if (spread > SPREAD_MAX) list_pair(&wide, &run->pairs[i]);
    }
    if (wide.count > 0)
        cost_warn(
            run,
            "%s (%s): the spread is wide for %zu of %zu pairs: the middle half of the samples "
            "spans up to %.0f %% of the median (%s)",
            cost_measures[measure].name, group_name(group), wide.count, pairs, 100 * widest,
            wide.text);
}

/* A pair that is rarely in a group has few samples there, of all measures alike: one line. */
static void warn_few(cost_run *run) {
    pair_list few = {.text = ""};
    size_t results = 0, poor = 0;

    for (size_t i = 0; i < run->pair_count; i++) {
        const cost_record *record = run->pairs[i].record;
        size_t poor_before = poor;
        for (int g = 0; record != NULL && g < GROUP_COUNT; g++)
            for (int m = 0; m < COST_MEASURES; m++) {
                results += record->series[g][m].n > 0;
                poor += record->series[g][m].n > 0 && record->series[g][m].n < SAMPLES_MIN;
            }
        if (poor > poor_before) list_pair(&few, &run->pairs[i]);
    }
    if (poor > 0)
        cost_warn(run, "%zu of %zu results have less than %d samples (%s)", poor, results,
                  SAMPLES_MIN, few.text);
}

void cost_find_warnings(cost_run *run) {
    if (run->planned < run->pair_count && !run->interrupted)
        cost_warn(run,
                  "the time is too short for all %zu pairs: %zu were measured, chosen at random; "
                  "more --time, fewer --pairs or fewer --processors help",
                  run->pair_count, run->planned);
    warn_quota(run);
    warn_shared(run);
    uint64_t tries = run->taken + run->discarded;
    if ((double)run->discarded > DISCARDED_SHARE_MAX * (double)tries)
        cost_warn(run,
                  "%llu samples were discarded, %llu kept: the processors move, or others disturb "
                  "them",
                  (unsigned long long)run->discarded, (unsigned long long)run->taken);
    warn_few(run);
    for (int measure = 0; measure < COST_MEASURES; measure++)
        for (int group = 0; group < GROUP_COUNT; group++)
            warn_spread(run, (group_kind)group, (cost_measure)measure);
}
