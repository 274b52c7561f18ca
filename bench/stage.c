/* SPDX-License-Identifier: MIT
 *
 * The machine and the two threads of the benchmarks: a duo of bench/measure.
 */
#include "stage.h"

#include "stage_duo.h"

struct bench_stage {
    ta_registry *registry;
    measure_duo *duo; /* NULL: one processor */
};

/* Nobody stops a benchmark but by killing it. */
static atomic_bool never;

static bool place(bench_stage *stage) {
    ta_registry_options options = {.processors = TA_PROCESSORS_ALL};
    if (ta_registry_create(&options, &stage->registry) != TA_OK) return false;
    /* The last ones: interrupts like the first. */
    uint32_t last = ta_registry_processor_count(stage->registry) - 1;
    ta_affinity mine = ta_registry_affinity(stage->registry, last);
    if (last == 0) return ta_registry_pin(stage->registry, mine) == TA_OK;
    ta_affinity other = ta_registry_affinity(stage->registry, last - 1);
    return duo_create(stage->registry, &never, &stage->duo) == TA_OK &&
           duo_place(stage->duo, mine, other) == TA_OK;
}

bench_stage *bench_stage_create(void) {
    bench_stage *stage = ta_allocate_zeroed(NULL, 1, sizeof *stage, _Alignof(bench_stage));
    if (stage == NULL || place(stage)) return stage;
    bench_stage_destroy(stage);
    return NULL;
}

void bench_stage_destroy(bench_stage *stage) {
    if (stage == NULL) return;
    duo_destroy(stage->duo);
    ta_registry_destroy(stage->registry);
    ta_release(NULL, stage, sizeof *stage, _Alignof(bench_stage));
}

const ta_registry *bench_stage_registry(const bench_stage *stage) { return stage->registry; }
bool bench_stage_has_two(const bench_stage *stage) { return stage->duo != NULL; }
measure_duo *bench_stage_duo(bench_stage *stage) { return stage->duo; }

typedef struct both {
    void (*part)(void *argument, unsigned thread);
    void *argument;
} both;

static void run_side(measure_duo *duo, duo_side side, void *job) {
    const both *run = job;
    if (duo_meet(duo, side)) run->part(run->argument, side == DUO_FROM ? 0 : 1);
}

bool bench_stage_run(bench_stage *stage, void (*part)(void *argument, unsigned thread),
                     void *argument) {
    both run = {part, argument};
    return duo_run(stage->duo, run_side, &run);
}

bool bench_stage_displaced(bench_stage *stage) {
    int64_t displaced = duo_take_usage(stage->duo, DUO_FROM).involuntary;
    return (displaced + duo_take_usage(stage->duo, DUO_TO).involuntary) != 0;
}

void bench_stage_settle(bench_stage *stage) {
    if (stage->duo == NULL || stage->duo->helper_stat < 0) return;
    while (!duo_helper_sleeps(stage->duo)) ta_cpu_pause();
}

bool bench_stage_probe(bench_stage *stage, group_probe *out) {
    return measure_probe(stage->duo, out) == MEASURE_OK;
}
