/* SPDX-License-Identifier: MIT
 *
 * One visit of a pair: a sample of each measure, each between two probes of the distance. The
 * probe after one sample is the probe before the next.
 */
#include "cost.h"

#include "shifted.h"

#include <math.h>
#include <string.h>

/* How often a sample is tried when the processors move under it. */
#define TRIES 3

typedef struct pair_visit {
    cost_run *run;
    measure_duo *duo;
    cost_pair *pair;
    ta_lane *forth, *back;
    shifted_memory memory[2];  /* of the two lanes */
    group_probe before, after; /* not used on one processor */
} pair_visit;

/* What runs at once and gives one or two figures. */
typedef struct pair_unit {
    measure_outcome (*take)(const pair_visit *visit, double value[2]);
    cost_measure measure[2]; /* COST_MEASURES: there is no second one */
    bool spins;              /* both threads run all the time: what they got of it tells a load */
} pair_unit;

static measure_outcome take_line(const pair_visit *visit, double value[2]) {
    return measure_line(visit->duo, &value[0]);
}
static measure_outcome take_lane(const pair_visit *visit, double value[2]) {
    return measure_lane_round_trip(visit->duo, visit->forth, visit->back, &value[0]);
}
static measure_outcome take_stream_8(const pair_visit *visit, double value[2]) {
    return measure_lane_stream(visit->duo, visit->forth, 8, &value[0]);
}
static measure_outcome take_stream_64(const pair_visit *visit, double value[2]) {
    return measure_lane_stream(visit->duo, visit->forth, 64, &value[0]);
}
static measure_outcome take_closure(const pair_visit *visit, double value[2]) {
    return measure_closures(visit->duo, &value[0]);
}
static measure_outcome take_call(const pair_visit *visit, double value[2]) {
    return measure_call(visit->duo, &value[0]);
}
static measure_outcome take_relocation(const pair_visit *visit, double value[2]) {
    return measure_relocation(visit->duo, &value[0]);
}
static measure_outcome take_first_relocation(const pair_visit *visit, double value[2]) {
    return measure_first_relocation(visit->duo, &value[0]);
}
static measure_outcome take_wake_futex(const pair_visit *visit, double value[2]) {
    return measure_wake(visit->duo, MEASURE_WAKE_FUTEX, &value[0], &value[1]);
}
static measure_outcome take_wake_eventfd(const pair_visit *visit, double value[2]) {
    return measure_wake(visit->duo, MEASURE_WAKE_EVENTFD, &value[0], &value[1]);
}

static const pair_unit units[] = {
    {take_line, {COST_LINE, COST_MEASURES}, true},
    {take_lane, {COST_LANE, COST_MEASURES}, true},
    {take_stream_8, {COST_STREAM_8, COST_MEASURES}, true},
    {take_stream_64, {COST_STREAM_64, COST_MEASURES}, true},
    {take_closure, {COST_CLOSURE, COST_MEASURES}, true},
    {take_call, {COST_CALL, COST_MEASURES}, true},
    {take_relocation, {COST_RELOCATION, COST_MEASURES}, false},
    {take_first_relocation, {COST_FIRST_RELOCATION, COST_MEASURES}, false},
    {take_wake_futex, {COST_WAKE_FUTEX, COST_WAKE_FUTEX_SENDER}, false},
    {take_wake_eventfd, {COST_WAKE_EVENTFD, COST_WAKE_EVENTFD_SENDER}, false},
};
#define UNITS (sizeof units / sizeof *units)

static void note_failure(pair_visit *visit, const pair_unit *unit, cost_failure failure) {
    for (int i = 0; i < 2; i++)
        if (unit->measure[i] != COST_MEASURES)
            visit->pair->record->failure[unit->measure[i]] = (uint8_t)failure;
}

static cost_failure failure_of(measure_outcome outcome) {
    switch (outcome) {
    case MEASURE_BLIND:
        return COST_CANNOT_SEE_SLEEP;
    case MEASURE_SYSTEM:
        return COST_SYSTEM_REFUSED;
    default:
        return COST_TOO_SLOW;
    }
}

/* Adds to the load of the two processors what their threads used since the last call. */
static void note_usage(pair_visit *visit, bool spun) {
    uint32_t processor[2] = {visit->pair->from, visit->pair->to};

    for (int side = 0; side < 2; side++) {
        duo_usage usage = duo_take_usage(visit->duo, side == 0 ? DUO_FROM : DUO_TO);
        duo_usage *sum = &visit->run->load[processor[side]].spinning;
        if (!spun || visit->duo->same_processor) continue; /* there the two displace each other */
        sum->wall_ns += usage.wall_ns;
        sum->cpu_ns += usage.cpu_ns;
        sum->involuntary += usage.involuntary;
    }
}

static bool keep(pair_visit *visit, const pair_unit *unit, group_kind group,
                 const double value[2]) {
    bool alone = group == GROUP_SELF;
    cost_sample sample = {.repetition = visit->run->repetition,
                          .floor_before = alone ? NAN : (float)visit->before.floor_ns,
                          .floor_after = alone ? NAN : (float)visit->after.floor_ns};

    for (int i = 0; i < 2; i++) {
        if (unit->measure[i] == COST_MEASURES) continue;
        sample.value = (float)value[i];
        if (cost_record_add(visit->run, visit->pair, group, unit->measure[i], sample)) continue;
        tool_failure(COST_COMMAND, "out of memory");
        return false;
    }
    return true;
}

/* The probe after the sample, which is the next one's probe before; did the two stay in place? */
static measure_outcome probe_after(pair_visit *visit, bool *stayed, group_kind *group) {
    if (visit->duo->same_processor) {
        *group = GROUP_SELF;
        *stayed = true;
        return MEASURE_OK;
    }
    measure_outcome outcome = measure_probe(visit->duo, &visit->after);
    if (outcome == MEASURE_OK)
        *stayed = group_stayed(&visit->before, &visit->after, visit->run->options->far_ns, group);
    note_usage(visit, true);
    return outcome;
}

static bool is_over(const cost_run *run, const measure_duo *duo) {
    return duo_now() >= run->deadline_ns || atomic_load_explicit(duo->stop, memory_order_relaxed);
}

/* A lane in the memory of its receiver. */
static bool open_lane(pair_visit *visit, duo_side receiver, ta_lane **lane) {
    cost_run *run = visit->run;
    shifted_memory *memory = &visit->memory[receiver];

    memory->from = ta_registry_allocator(run->registry, visit->duo->place[receiver]);
    shifted_move(memory, cost_random(run));
    ta_allocator shifted = shifted_allocator(memory);
    return ta_lane_create(MEASURE_LANE_CELLS, &shifted, lane) == TA_OK;
}

static void close_lanes(pair_visit *visit) {
    ta_lane_destroy(visit->forth);
    ta_lane_destroy(visit->back);
    visit->forth = visit->back = NULL;
}

static bool open_lanes(pair_visit *visit) {
    if (open_lane(visit, DUO_TO, &visit->forth) && open_lane(visit, DUO_FROM, &visit->back))
        return true;
    tool_failure(COST_COMMAND, "out of memory");
    return false;
}

/* A sample that failed. What gave up may have left messages in the lanes: others take their place.
 * False: stop the run. */
static bool recover(pair_visit *visit, const pair_unit *unit, measure_outcome outcome) {
    if (outcome == MEASURE_BROKEN) {
        tool_failure(COST_COMMAND, "%s from processor %u to %u: a message arrived damaged",
                     cost_measures[unit->measure[0]].name, visit->pair->from, visit->pair->to);
        return false;
    }
    if (!is_over(visit->run, visit->duo)) note_failure(visit, unit, failure_of(outcome));
    if (outcome != MEASURE_GAVE_UP) return true;
    close_lanes(visit);
    return open_lanes(visit);
}

/* One sample, tried again while the processors move. False: stop the run. */
static bool take_sample(pair_visit *visit, const pair_unit *unit) {
    for (int i = 0; i < TRIES && !is_over(visit->run, visit->duo); i++) {
        double value[2] = {0, 0};
        bool stayed = false;
        group_kind group;

        measure_outcome outcome = unit->take(visit, value);
        note_usage(visit, unit->spins);
        if (outcome == MEASURE_OK) outcome = probe_after(visit, &stayed, &group);
        if (outcome != MEASURE_OK) return recover(visit, unit, outcome); /* a retry takes as long */
        if (stayed && !keep(visit, unit, group, value)) return false;
        visit->before = visit->after;
        if (stayed) return true;
        visit->run->discarded++;
        note_failure(visit, unit, COST_MOVED);
    }
    return true;
}

/* Units in an order that begins one further at each repetition, so that none always follows the
 * same other one's heat. */
static bool take_samples(pair_visit *visit) {
    bool alone = visit->duo->same_processor;

    note_usage(visit, false); /* forgets what placing them used */
    if (!alone) {
        measure_outcome outcome = measure_probe(visit->duo, &visit->before);
        note_usage(visit, true);
        if (outcome != MEASURE_OK) {
            for (size_t i = 0; i < UNITS && !is_over(visit->run, visit->duo); i++)
                note_failure(visit, &units[i], failure_of(outcome));
            return true;
        }
    }
    for (size_t i = 0; i < UNITS; i++) {
        const pair_unit *unit = &units[(i + visit->run->repetition) % UNITS];
        if (alone && !cost_measures[unit->measure[0]].with_itself) continue;
        if (!take_sample(visit, unit)) return false;
    }
    return true;
}

bool cost_visit(cost_run *run, measure_duo *duo, cost_pair *pair) {
    pair_visit visit = {.run = run, .duo = duo, .pair = pair};

    if (cost_record_open(pair) != TA_OK) {
        tool_failure(COST_COMMAND, "out of memory");
        return false;
    }
    ta_status status = duo_place(duo, ta_registry_affinity(run->registry, pair->from),
                                 ta_registry_affinity(run->registry, pair->to));
    if (status != TA_OK) {
        for (size_t i = 0; i < UNITS; i++) note_failure(&visit, &units[i], COST_NOT_PINNED);
        return true;
    }
    bool done = open_lanes(&visit) && take_samples(&visit);
    close_lanes(&visit);
    return done;
}
