/* SPDX-License-Identifier: MIT
 *
 * The samples as comma-separated values: a line for each that was kept.
 */
#include "cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_repetition(const void *a, const void *b) {
    const cost_sample *x = a, *y = b;

    return (x->repetition > y->repetition) - (x->repetition < y->repetition);
}

static void print_floor(FILE *file, float floor_ns) {
    if (isnan(floor_ns))
        fputc(',', file); /* there is none */
    else
        fprintf(file, "%.1f,", (double)floor_ns);
}

static void print_series(FILE *file, const cost_pair *pair, group_kind group,
                         cost_measure measure) {
    const cost_series *series = &pair->record->series[group][measure];
    cost_sample samples[COST_KEPT_MAX];

    if (series->kept_count == 0) return;
    memcpy(samples, series->kept, series->kept_count * sizeof *samples);
    qsort(samples, series->kept_count, sizeof *samples, by_repetition);
    for (uint32_t i = 0; i < series->kept_count; i++) {
        fprintf(file, "%u,%u,%u,%s,", pair->from, pair->to, samples[i].repetition,
                group_name(group));
        print_floor(file, samples[i].floor_before);
        print_floor(file, samples[i].floor_after);
        fprintf(file, "%s,%.2f\n", cost_measures[measure].name, (double)samples[i].value);
    }
}

bool cost_write_csv(FILE *file, const cost_run *run) {
    fputs("from,to,repetition,group,floor_before_ns,floor_after_ns,measure,value_ns\n", file);
    for (size_t i = 0; i < run->pair_count; i++)
        for (int m = 0; run->pairs[i].record != NULL && m < COST_MEASURES; m++)
            for (int g = 0; g < GROUP_COUNT; g++)
                print_series(file, &run->pairs[i], (group_kind)g, (cost_measure)m);
    return fflush(file) == 0 && !ferror(file);
}
