/* SPDX-License-Identifier: MIT
 *
 * What the other way to protect a receiver that goes to sleep would cost: no read-modify-write in
 * the sender, and membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) by who goes to sleep. Measured are
 * the call, while the process' other thread sleeps and while it runs on the other processor, and
 * what each call takes from that thread.
 */
#include "lane_bench.h"

#include "stats.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 200
#define TRIES 100
/* How long the other thread is watched alone, before and after. */
#define WATCH_NS 2e5
#define REPEATS_MAX 1000u

static long membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

typedef struct turn_runner {
    const ta_registry *registry;
    _Alignas(TA_CACHE_LINE) uint32_t runs; /* S0: the runner stores it, S1: is awaited */
    uint32_t stop;
    uint64_t turns;
} turn_runner;

/* Counts as fast as it can; the counter is a hint, read while it runs. */
static void *count_turns(void *argument) {
    turn_runner *runner = argument;
    ta_registry_pin(runner->registry, ta_registry_affinity(runner->registry, 1));
    ta_store_release_u32(&runner->runs, 1); /* S0 */
    while (ta_load_relaxed_u32(&runner->stop) == 0)
        ta_store_relaxed_u64(&runner->turns, ta_load_relaxed_u64(&runner->turns) + 1);
    return NULL;
}

static double call_ns(void) {
    int64_t start = duo_now();
    for (unsigned i = 0; i < CALLS; i++) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    return (double)(duo_now() - start) / CALLS;
}

/* Turns per nanosecond while nothing happens, for as long as the calls take. */
static double speed(turn_runner *runner, double ns) {
    int64_t start = duo_now(), now;
    uint64_t before = ta_load_relaxed_u64(&runner->turns);
    do now = duo_now();
    while ((double)(now - start) < ns);
    return (double)(ta_load_relaxed_u64(&runner->turns) - before) / (double)(now - start);
}

static void print_row(const char *name, double *values, size_t n) {
    stats_summary summary = stats_summarise(values, n);
    printf("| %s | %.0f (%.0f to %.0f) |\n", name, summary.median, summary.p25, summary.p75);
}

/* False: somebody else had the other thread's processor; it is to be taken again. */
static bool take_pair(turn_runner *runner, double *running, double *taken) {
    double before = speed(runner, WATCH_NS);
    uint64_t turns = ta_load_relaxed_u64(&runner->turns);
    *running = call_ns();
    turns = ta_load_relaxed_u64(&runner->turns) - turns;
    double after = speed(runner, WATCH_NS);
    double low = before < after ? before : after, high = before < after ? after : before;
    if (turns == 0 || low <= 0 || high > 1.1 * low) return false;
    *taken = *running - (double)turns / ((before + after) / 2) / CALLS;
    return true;
}

void lane_measure_membarrier(const ta_registry *registry, unsigned repeats) {
    double alone[REPEATS_MAX], running[REPEATS_MAX], taken[REPEATS_MAX];
    unsigned lost = 0;
    size_t n = 0;
    ta_registry_pin(registry, ta_registry_affinity(registry, 0));
    if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0) {
        printf("\nmembarrier: %s\n", strerror(errno));
        return;
    }
    if (repeats > REPEATS_MAX) repeats = REPEATS_MAX;
    for (unsigned i = 0; i < repeats; i++) {
        turn_runner runner = {.registry = registry};
        pthread_t thread;
        alone[i] = call_ns();
        if (pthread_create(&thread, NULL, count_turns, &runner) != 0) return;
        while (ta_load_acquire_u32(&runner.runs) == 0) ta_cpu_pause(); /* S1: pairs with S0 */
        unsigned tries = 0;
        while (!take_pair(&runner, &running[n], &taken[n]) && tries < TRIES) tries++;
        lost += tries;
        if (tries < TRIES) n++;
        ta_store_relaxed_u32(&runner.stop, 1);
        pthread_join(thread, NULL);
    }
    printf(
        "\n| membarrier, private expedited, ns: median (middle half; %u samples, %u taken again) | "
        "|\n|---|---|\n",
        repeats, lost);
    print_row("the caller, no other thread runs", alone, repeats);
    print_row("the caller, one other thread runs", running, n);
    print_row("that other thread, of its time, per call", taken, n);
}
