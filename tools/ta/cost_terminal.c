/* SPDX-License-Identifier: MIT
 *
 * A run in the terminal: a heat map for each measure, plain text when it is no terminal.
 */
#include "cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More processors than this make no map that one can read. */
#define MAP_MAX 24
/* Figures from here on are told in microseconds. */
#define MICROSECONDS_FROM 10000.0

/* Cheap to dear, of the 256 colours: from yellow over teal to violet, in even steps of
 * lightness. */
static const unsigned char ramp[] = {230, 193, 157, 115, 79, 73, 67, 61, 60, 54, 53};
#define RAMP ((int)(sizeof ramp / sizeof *ramp))
#define RAMP_LIGHT 6 /* so many take black text, the others white */

/* One measure on its way to the terminal. */
typedef struct cost_map {
    FILE *file;
    const cost_run *run;
    cost_measure measure;
    bool colours;
    double low, high; /* of its medians, for the colours */
    double unit;      /* 1 or 1000 ns */
} cost_map;

static bool wants_colours(FILE *file) {
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (no_color != NULL && *no_color != 0) return false;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0) return false;
    return isatty(fileno(file)) != 0;
}

static void print_colour(const cost_map *map, double value) {
    if (!map->colours || map->low <= 0) return;
    /* Figures that differ by less than a factor of two look alike: the scale is no narrower. */
    double range = log(map->high / map->low), scale = range > log(2) ? range : log(2);
    double position = ((scale - range) / 2 + log(value / map->low)) / scale;
    int step = (int)(position * RAMP);
    step = step < 0 ? 0 : step >= RAMP ? RAMP - 1 : step;
    fprintf(map->file, "\033[48;5;%d;38;5;%dm", ramp[step], step < RAMP_LIGHT ? 16 : 231);
}

static void print_plain(const cost_map *map) {
    if (map->colours) fputs("\033[0m", map->file);
}

static void print_bold(const cost_map *map, const char *text) {
    fprintf(map->file, map->colours ? "\033[1m%s\033[0m" : "%s", text);
}

/* Three digits that count. */
static void print_figure(FILE *file, int width, double value) {
    fprintf(file, "%*.*f", width, value >= 100 ? 0 : value >= 10 ? 1 : 2, value);
}

/* The pair's place in `pairs`, or NULL when it is not of this run. */
static const cost_pair *find_pair(const cost_run *run, uint32_t from, uint32_t to) {
    size_t low = 0, high = run->pair_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const cost_pair *pair = &run->pairs[middle];
        if (pair->from == from && pair->to == to) return pair;
        if (pair->from < from || (pair->from == from && pair->to < to))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- maps ------------------------------------------------------------------------------------ */

/* The groups of a measure, as bits. */
typedef unsigned group_set;

static group_set groups_of(const cost_pair *pair, cost_measure measure) {
    group_set groups = 0;

    for (unsigned g = 0; pair->record != NULL && g < GROUP_COUNT; g++)
        if (pair->record->series[g][measure].n > 0) groups |= 1u << g;
    return groups;
}

static bool is_one(group_set groups) { return (groups & (groups - 1)) == 0; }

/* The single group of a set that has one. */
static group_kind only(group_set groups) {
    unsigned group = 0;

    while (groups >> (group + 1) != 0) group++;
    return (group_kind)group;
}

static const char group_tags[GROUP_COUNT + 1] = "snfo";

/* Columns are this wide; in colour the box of a cell ends one space after its tag. */
#define COLUMN 10

static void print_cell(const cost_map *map, const cost_pair *pair, group_set wanted) {
    group_set groups = pair != NULL ? groups_of(pair, map->measure) & wanted : 0;
    const char *margin = map->colours ? " " : "";
    stats_summary summary;

    fputs(map->colours ? " " : "  ", map->file);
    if (groups == 0 || !cost_summarise(pair, only(groups), map->measure, NULL, &summary)) {
        fprintf(map->file, "%s%*s%s", margin, COLUMN - 2, "-", margin);
        return;
    }
    print_colour(map, summary.median);
    fputs(margin, map->file);
    print_figure(map->file, COLUMN - 4, summary.median / map->unit);
    fprintf(map->file, " %c%s", group_tags[only(groups)], margin);
    print_plain(map);
}

static void print_columns(const cost_map *map) {
    fputs("  from\\to", map->file);
    for (uint32_t to = 0; to < map->run->processors; to++)
        fprintf(map->file, "%*u", to == 0 ? COLUMN - 2 : map->colours ? COLUMN + 1 : COLUMN, to);
    fputc('\n', map->file);
}

/* How sure the figures of a map are. */
static void print_spread(const cost_map *map, group_set wanted) {
    double widest = 0;
    uint64_t fewest = UINT64_MAX, most = 0;

    for (size_t i = 0; i < map->run->pair_count; i++)
        for (unsigned g = 0; g < GROUP_COUNT; g++) {
            stats_summary summary;
            if ((wanted >> g & 1) == 0 ||
                !cost_summarise(&map->run->pairs[i], (group_kind)g, map->measure, NULL, &summary))
                continue;
            if (stats_spread(&summary) > widest) widest = stats_spread(&summary);
            if (summary.n < fewest) fewest = summary.n;
            if (summary.n > most) most = summary.n;
        }
    fprintf(map->file, "          n = %llu", (unsigned long long)fewest);
    if (most != fewest) fprintf(map->file, " to %llu", (unsigned long long)most);
    fprintf(map->file, "; the middle half of the samples spans %s%.0f %% of the median\n",
            map->run->pair_count > 1 ? "up to " : "", 100 * widest);
}

static void print_rows(const cost_map *map, group_set wanted) {
    const cost_run *run = map->run;

    print_columns(map);
    for (uint32_t from = 0; from < run->processors; from++) {
        fprintf(map->file, "  %7u", from);
        for (uint32_t to = 0; to < run->processors; to++)
            print_cell(map, find_pair(run, from, to), wanted);
        fputc('\n', map->file);
    }
    print_spread(map, wanted);
}

/* A processor with itself, apart from the groups of pairs: one row is enough. */
static void print_self(const cost_map *map) {
    fputs("     self", map->file);
    for (uint32_t i = 0; i < map->run->processors; i++)
        print_cell(map, find_pair(map->run, i, i), 1u << GROUP_SELF);
    fputc('\n', map->file);
    print_spread(map, 1u << GROUP_SELF);
}

/* One map while each pair was met in one group only; else one for each group. */
static void print_maps(const cost_map *map, group_set all, bool one_each) {
    if (one_each) {
        print_rows(map, all);
        return;
    }
    for (unsigned g = 0; g < GROUP_SELF; g++) {
        if ((all >> g & 1) == 0) continue;
        fprintf(map->file, "  %s\n", group_name((group_kind)g));
        print_rows(map, 1u << g);
    }
    if ((all >> GROUP_SELF & 1) != 0) {
        fputs("  each with itself\n", map->file);
        print_columns(map);
        print_self(map);
    }
}

/* ---- summary for many processors ------------------------------------------------------------- */

typedef enum pair_relation {
    SAME_CACHE,
    SAME_REGION,
    OTHER_REGION,
    ITSELF,
    RELATIONS
} pair_relation;

static const char *const relation_names[RELATIONS] = {"same cache", "same region", "other region",
                                                      "itself"};

static pair_relation relation_of(const cost_run *run, const cost_pair *pair) {
    ta_affinity from = ta_registry_affinity(run->registry, pair->from);
    ta_affinity to = ta_registry_affinity(run->registry, pair->to);

    if (pair->from == pair->to) return ITSELF;
    if (ta_affinity_same_cache(from, to)) return SAME_CACHE;
    return ta_affinity_same_region(from, to) ? SAME_REGION : OTHER_REGION;
}

/* The medians of the pairs of one group and relation, as one line. `room` has a place for each
 * pair. */
static void print_relation(const cost_map *map, group_kind group, pair_relation relation,
                           double *room) {
    const cost_run *run = map->run;
    stats_summary summary;
    size_t count = 0;

    for (size_t i = 0; i < run->pair_count; i++)
        if (relation_of(run, &run->pairs[i]) == relation &&
            cost_summarise(&run->pairs[i], group, map->measure, NULL, &summary))
            room[count++] = summary.median;
    if (count == 0) return;
    summary = stats_summarise(room, count);
    fprintf(map->file, "  %-8s %-13s %8zu ", group_name(group), relation_names[relation], count);
    const double figures[] = {summary.min, summary.p25, summary.median, summary.p75, summary.max};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        fputc(' ', map->file);
        print_colour(map, figures[i]);
        print_figure(map->file, 8, figures[i] / map->unit);
        print_plain(map);
    }
    fputc('\n', map->file);
}

static void print_summary(const cost_map *map, double *room) {
    fprintf(map->file, "  %-8s %-13s %8s  %8s %8s %8s %8s %8s\n", "group", "relation", "pairs",
            "least", "p25", "median", "p75", "most");
    for (int group = 0; group < GROUP_COUNT; group++)
        for (int relation = 0; relation < RELATIONS; relation++)
            print_relation(map, (group_kind)group, (pair_relation)relation, room);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Fills in the range of the medians; returns the groups that were met, none when there is nothing
 * to show. */
static group_set survey(cost_map *map, bool *one_each) {
    group_set all = 0;

    map->low = map->high = 0;
    for (size_t i = 0; i < map->run->pair_count; i++) {
        const cost_pair *pair = &map->run->pairs[i];
        group_set groups = groups_of(pair, map->measure);
        all |= groups;
        if (!is_one(groups)) *one_each = false;
        for (unsigned g = 0; g < GROUP_COUNT; g++) {
            stats_summary summary;
            if (!cost_summarise(pair, (group_kind)g, map->measure, NULL, &summary)) continue;
            if (map->low <= 0 || summary.median < map->low) map->low = summary.median;
            if (summary.median > map->high) map->high = summary.median;
        }
    }
    map->unit = map->high >= MICROSECONDS_FROM ? 1000 : 1;
    return all;
}

static void print_measure(cost_map *map, double *room) {
    const cost_measure_info *info = &cost_measures[map->measure];
    bool one_each = true;
    group_set all = survey(map, &one_each);

    if (all == 0) return;
    fputc('\n', map->file);
    print_bold(map, info->title);
    fprintf(map->file, " (%s), %s, median\n", info->name, map->unit > 1 ? "us" : "ns");
    if (map->run->processors > MAP_MAX)
        print_summary(map, room);
    else
        print_maps(map, all, one_each);
}

/* Why the measure is missing for a pair, or NULL when nothing is missing. That a processor has no
 * round trip with itself goes without saying, unless it is the only one. */
static const char *missing_reason(const cost_run *run, const cost_pair *pair,
                                  cost_measure measure) {
    bool meaningless = pair->from == pair->to && !cost_measures[measure].with_itself;

    if (cost_is_measured(pair, measure)) return NULL;
    if (meaningless && run->processors > 1 && run->pair_count > 1) return NULL;
    return cost_reason(run, pair, measure);
}

/* One line: the measures that are missing for that reason, with the number of pairs. */
static void print_missing(FILE *file, const cost_run *run, const char *reason) {
    const char *before = "not measured: ";

    for (int m = 0; m < COST_MEASURES; m++) {
        size_t count = 0;
        for (size_t i = 0; i < run->pair_count; i++)
            count += missing_reason(run, &run->pairs[i], (cost_measure)m) == reason;
        if (count == 0) continue;
        fprintf(file, "%s%s (%zu)", before, cost_measures[m].name, count);
        before = ", ";
    }
    fprintf(file, ": %s\n", reason);
}

static void print_unmeasured(FILE *file, const cost_run *run) {
    const char *told[COST_FAILURES + 2]; /* reasons are one text each, told apart by address */
    size_t count = 0;

    for (int m = 0; m < COST_MEASURES; m++)
        for (size_t i = 0; i < run->pair_count; i++) {
            const char *reason = missing_reason(run, &run->pairs[i], (cost_measure)m);
            size_t known = 0;
            while (known < count && told[known] != reason) known++;
            if (reason == NULL || known < count || count == sizeof told / sizeof *told) continue;
            told[count++] = reason;
            print_missing(file, run, reason);
        }
}

static void print_header(FILE *file, const cost_run *run) {
    fprintf(file, "%s%s, %s\n", run->machine.cpu,
            run->machine.is_virtual ? " (virtual machine)" : "", run->machine.kernel);
    fprintf(file, "%u processor%s, %zu pair%s, %u repetition%s in %.1f s, %llu samples",
            run->processors, run->processors == 1 ? "" : "s", run->pair_count,
            run->pair_count == 1 ? "" : "s", run->repetition, run->repetition == 1 ? "" : "s",
            (double)(run->end_ns - run->start_ns) * 1e-9, (unsigned long long)run->taken);
    fprintf(file, " kept, %llu discarded\n", (unsigned long long)run->discarded);
    fprintf(file,
            "groups: s sibling (one core), n near (a line's round trip below %g ns), f far,\n"
            "        o one processor with itself\n",
            run->options->far_ns);
}

void cost_print(FILE *file, const cost_run *run) {
    cost_map map = {.file = file, .run = run, .colours = wants_colours(file)};
    double *room = calloc(run->pair_count, sizeof *room);

    print_header(file, run);
    for (int m = 0; m < COST_MEASURES && room != NULL; m++) {
        map.measure = (cost_measure)m;
        print_measure(&map, room);
    }
    free(room);
    fputc('\n', file);
    if (run->processors == 1)
        fputs("There is one processor: nothing between two processors can be measured.\n", file);
    print_unmeasured(file, run);
    for (size_t i = 0; i < run->warnings.count; i++)
        fprintf(file, "warning: %s\n", run->warnings.lines[i]);
    if (run->interrupted) fputs("interrupted: these are the results so far\n", file);
}
