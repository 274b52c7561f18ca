/* SPDX-License-Identifier: MIT
 *
 * What tests of runtimes share: machines of their own, runtimes on them, and waiting for something
 * that another thread does.
 */
#ifndef TA_TESTS_RUNTIME_CHECKS_H
#define TA_TESTS_RUNTIME_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/runtime.h"

#include <pthread.h>
#include <sched.h>

/* `count` processors, half of them in each of two regions. */
static inline ta_registry *invented(uint32_t count, const ta_allocator *allocator) {
    const uint32_t counts[] = {count - count / 2, count / 2};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2, .allocator = allocator};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    return registry;
}

/* Threads that share processors sleep soon, or they keep each other waiting. */
static inline ta_runtime_options unpinned_options(const ta_registry *registry) {
    return (ta_runtime_options){.mesh = {.registry = registry, .lane_cells = 16, .inbox_cells = 64},
                                .unpinned = true,
                                .spin = 1000,
                                .grace = UINT64_MAX};
}

static inline ta_runtime *start(const ta_runtime_options *options) {
    ta_runtime *runtime = NULL;
    ta_status status = ta_runtime_create(options, &runtime);
    if (status != TA_OK) print_error("%s\n", ta_last_error());
    assert_int_equal(status, TA_OK);
    assert_non_null(runtime);
    return runtime;
}

/* Everything that was sent has ended. */
static inline void assert_counted(const ta_port_figures *report) {
    assert_int_equal(report->sent,
                     report->run + report->failed + report->returned + report->destroyed);
}

static inline ta_port_figures stop_and_join(ta_runtime *runtime) {
    ta_port_figures report;
    ta_runtime_stop(runtime);
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_counted(&report);
    return report;
}

static inline void wait_for(atomic_uint *word, unsigned value) {
    while (atomic_load(word) < value) sched_yield();
}

#endif
