/* SPDX-License-Identifier: MIT
 *
 * The samples of a run: keeping them in bounded memory, and summing them up.
 */
#include "cost.h"

#include <stdlib.h>

const cost_measure_info cost_measures[COST_MEASURES] = {
    [COST_LINE] = {"line_round_trip", "Cache line round trip",
                   "One cache line that goes to the other processor and back, both ends polling: "
                   "the physical floor of every exchange between the two.",
                   false},
    [COST_LANE] = {"lane_round_trip", "Lane round trip",
                   "A message through one lane and its answer through another, both ends polling.",
                   false},
    [COST_STREAM_8] = {"lane_stream_8", "Lane at full stream, 8 bytes",
                       "Time per message of 8 bytes, seven to a cell, while the sender never "
                       "pauses; with itself: one thread sends bursts and receives them.",
                       true},
    [COST_STREAM_64] = {"lane_stream_64", "Lane at full stream, 64 bytes",
                        "Time per message of 64 bytes, one to a cell, while the sender never "
                        "pauses; with itself: one thread sends bursts and receives them.",
                        true},
    [COST_CLOSURE] = {"closure_send", "Closure from port to port",
                      "Time per closure with 40 captured bytes, from ta_port_send() until it has "
                      "run, while the sender never pauses.",
                      false},
    [COST_CALL] = {"call_round_trip", "Call round trip",
                   "A ta_port_call() and its reply, both ends polling.", false},
    [COST_RELOCATION] = {"relocate_hit", "Handle relocated to a value that is there",
                         "A handle of a slot array that goes from the one processor's value to "
                         "the other's, by one thread.",
                         false},
    [COST_FIRST_RELOCATION] = {"relocate_first", "Handle relocated, and the value made",
                               "The same where the other processor has no value yet: one of 8 "
                               "bytes is made, in memory near it.",
                               false},
    [COST_WAKE_FUTEX] = {"wake_futex", "Wake by futex",
                         "From just before the sender's call until the receiver, which slept in "
                         "FUTEX_WAIT for at least 50 us, runs again in user space.",
                         true},
    [COST_WAKE_EVENTFD] = {"wake_eventfd", "Wake by eventfd",
                           "From just before the sender's call until the receiver, which slept in "
                           "poll() on an eventfd for at least 50 us, runs again in user space.",
                           true},
    [COST_WAKE_FUTEX_SENDER] = {"wake_futex_sender", "Wake by futex, the sender's share",
                                "What the call that wakes the receiver takes the sender.", true},
    [COST_WAKE_EVENTFD_SENDER] = {"wake_eventfd_sender", "Wake by eventfd, the sender's share",
                                  "What the write that wakes the receiver takes the sender.", true},
};

ta_status cost_record_open(cost_pair *pair) {
    if (pair->record != NULL) return TA_OK;
    pair->record = calloc(1, sizeof *pair->record);
    return pair->record != NULL ? TA_OK : TA_E_NOMEM;
}

/* Room for one more; false without memory. */
static bool series_grow(cost_series *series) {
    if (series->kept_count < series->capacity) return true;
    uint32_t capacity = series->capacity == 0 ? 16 : 2 * series->capacity;
    if (capacity > COST_KEPT_MAX) capacity = COST_KEPT_MAX;
    cost_sample *kept = realloc(series->kept, capacity * sizeof *kept);
    if (kept == NULL) return false;
    series->kept = kept;
    series->capacity = capacity;
    return true;
}

bool cost_record_add(cost_run *run, cost_pair *pair, group_kind group, cost_measure measure,
                     cost_sample sample) {
    cost_series *series = &pair->record->series[group][measure];
    double value = (double)sample.value;

    if (series->n == 0 || value < series->min) series->min = value;
    if (series->n == 0 || value > series->max) series->max = value;
    series->n++;
    run->taken++;
    if (series->kept_count < COST_KEPT_MAX) {
        if (!series_grow(series)) return false;
        series->kept[series->kept_count++] = sample;
        return true;
    }
    /* Vitter's algorithm R: each of the n so far stays with the same probability. */
    uint64_t place = cost_random(run) % series->n;
    if (place < COST_KEPT_MAX) series->kept[place] = sample;
    return true;
}

bool cost_summarise(const cost_pair *pair, group_kind group, cost_measure measure, double *values,
                    stats_summary *out) {
    double own[COST_KEPT_MAX];

    if (pair->record == NULL) return false;
    const cost_series *series = &pair->record->series[group][measure];
    if (series->kept_count == 0) return false;
    if (values == NULL) values = own;
    for (uint32_t i = 0; i < series->kept_count; i++) values[i] = (double)series->kept[i].value;
    *out = stats_summarise(values, series->kept_count);
    out->n = series->n;
    out->min = series->min;
    out->max = series->max;
    return true;
}

bool cost_is_measured(const cost_pair *pair, cost_measure measure) {
    if (pair->record == NULL) return false;
    for (int group = 0; group < GROUP_COUNT; group++)
        if (pair->record->series[group][measure].n > 0) return true;
    return false;
}

const char *cost_reason(const cost_run *run, const cost_pair *pair, cost_measure measure) {
    static const char *const reasons[COST_FAILURES] = {
        [COST_NOT_REACHED] = "the time budget is too small",
        [COST_MOVED] = "the processors moved, or others disturbed them, at every try",
        [COST_TOO_SLOW] = "it took too long at every try: the processors are busy",
        [COST_CANNOT_SEE_SLEEP] = "/proc does not tell whether the receiver sleeps",
        [COST_SYSTEM_REFUSED] = "the operating system refused a system call",
        [COST_NOT_PINNED] = "a thread could not be pinned to the processor",
    };
    cost_failure failure =
        pair->record != NULL ? (cost_failure)pair->record->failure[measure] : COST_NOT_REACHED;

    if (pair->from == pair->to && !cost_measures[measure].with_itself)
        return "it takes two processors";
    if (failure == COST_NOT_REACHED && run->interrupted) return "the run was interrupted before";
    return reasons[failure];
}

void cost_results_free(cost_run *run) {
    for (size_t i = 0; run->pairs != NULL && i < run->pair_count; i++) {
        cost_record *record = run->pairs[i].record;
        for (int g = 0; record != NULL && g < GROUP_COUNT; g++)
            for (int m = 0; m < COST_MEASURES; m++) free(record->series[g][m].kept);
        free(record);
    }
    free(run->pairs);
    free(run->order);
    free(run->load);
    run->pairs = NULL;
    run->order = NULL;
    run->load = NULL;
}
