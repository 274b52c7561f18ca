/* SPDX-License-Identifier: MIT
 *
 * A run as JSON.
 */
#include "cost.h"
#include "json.h"

#include <math.h>

/* More than this many entries say nothing to a reader, and make a large file. */
#define UNMEASURED_MAX 20000

/* Nanoseconds with two decimals: more is below what a clock can tell. */
static double rounded(double ns) { return round(ns * 100) / 100; }

static void put_machine(json_writer *json, const cost_run *run) {
    const ta_affinity *places = ta_registry_affinities(run->registry);
    double quota = ta_registry_quota(run->registry);

    json_object_open(json, "machine");
    json_string(json, "cpu", run->machine.cpu);
    json_string(json, "kernel", run->machine.kernel);
    json_bool(json, "virtual", run->machine.is_virtual);
    json_array_open(json, "processors");
    for (uint32_t i = 0; i < run->processors; i++) {
        uint32_t os_processor = 0;
        ta_registry_os_processor(run->registry, places[i], &os_processor);
        json_object_open(json, NULL);
        json_uint(json, "processor", i);
        json_uint(json, "os_index", os_processor);
        json_uint(json, "cache", ta_affinity_cache(places[i]));
        json_uint(json, "region", ta_affinity_region(places[i]));
        json_object_close(json);
    }
    json_array_close(json);
    json_uint(json, "caches", ta_registry_cache_count(run->registry));
    json_uint(json, "regions", ta_registry_region_count(run->registry));
    if (quota > 0)
        json_double(json, "quota", quota);
    else
        json_null(json, "quota");
    json_object_close(json);
}

static void put_measures(json_writer *json) {
    json_array_open(json, "measures");
    for (int m = 0; m < COST_MEASURES; m++) {
        json_object_open(json, NULL);
        json_string(json, "name", cost_measures[m].name);
        json_string(json, "title", cost_measures[m].title);
        json_string(json, "unit", "ns");
        json_string(json, "what", cost_measures[m].what);
        json_object_close(json);
    }
    json_array_close(json);
}

static void put_result(json_writer *json, const cost_pair *pair, group_kind group,
                       cost_measure measure) {
    double values[COST_KEPT_MAX];
    stats_summary summary;

    if (!cost_summarise(pair, group, measure, values, &summary)) return;
    json_object_open(json, NULL);
    json_uint(json, "from", pair->from);
    json_uint(json, "to", pair->to);
    json_string(json, "group", group_name(group));
    json_string(json, "measure", cost_measures[measure].name);
    json_uint(json, "n", summary.n);
    json_double(json, "median", rounded(summary.median));
    json_double(json, "p25", rounded(summary.p25));
    json_double(json, "p75", rounded(summary.p75));
    json_double(json, "min", rounded(summary.min));
    json_double(json, "max", rounded(summary.max));
    json_array_open(json, "samples");
    const cost_series *series = &pair->record->series[group][measure];
    for (uint32_t i = 0; i < series->kept_count; i++)
        json_double(json, NULL, rounded((double)series->kept[i].value));
    json_array_close(json);
    json_object_close(json);
}

static void put_results(json_writer *json, const cost_run *run) {
    json_array_open(json, "results");
    for (int m = 0; m < COST_MEASURES; m++)
        for (size_t i = 0; i < run->pair_count; i++)
            for (int g = 0; g < GROUP_COUNT; g++)
                put_result(json, &run->pairs[i], (group_kind)g, (cost_measure)m);
    json_array_close(json);
}

static void put_unmeasured(json_writer *json, const cost_run *run) {
    uint64_t count = 0;

    json_array_open(json, "unmeasured");
    for (int m = 0; m < COST_MEASURES; m++)
        for (size_t i = 0; i < run->pair_count; i++) {
            const cost_pair *pair = &run->pairs[i];
            if (cost_is_measured(pair, (cost_measure)m) || ++count > UNMEASURED_MAX) continue;
            json_object_open(json, NULL);
            json_uint(json, "from", pair->from);
            json_uint(json, "to", pair->to);
            json_string(json, "measure", cost_measures[m].name);
            json_string(json, "reason", cost_reason(run, pair, (cost_measure)m));
            json_object_close(json);
        }
    json_array_close(json);
    json_uint(json, "unmeasured_not_listed", count > UNMEASURED_MAX ? count - UNMEASURED_MAX : 0);
}

bool cost_write_json(FILE *file, const cost_run *run) {
    json_writer json;

    json_begin(&json, file);
    json_object_open(&json, NULL);
    json_string(&json, "tool", "ta cost");
    json_string(&json, "version", ta_version());
    json_string(&json, "date", run->machine.date);
    put_machine(&json, run);
    json_object_open(&json, "settings");
    json_double(&json, "time_s", run->options->time_s);
    json_double(&json, "far_ns", run->options->far_ns);
    json_uint(&json, "repetitions", run->repetition);
    json_object_close(&json);
    put_measures(&json);
    put_results(&json, run);
    put_unmeasured(&json, run);
    json_uint(&json, "discarded", run->discarded);
    json_array_open(&json, "warnings");
    for (size_t i = 0; i < run->warnings.count; i++)
        json_string(&json, NULL, run->warnings.lines[i]);
    json_array_close(&json);
    json_bool(&json, "interrupted", run->interrupted);
    json_object_close(&json);
    return json_end(&json);
}
