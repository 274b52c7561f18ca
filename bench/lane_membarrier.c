/* SPDX-License-Identifier: MIT
 *
 * What the other way to protect a receiver that goes to sleep would cost: no read-modify-write in
 * the sender, and membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) by who goes to sleep. Measured are
 * the call, while the process' other thread sleeps and while it runs on the other processor, and
 * what each call takes from that thread.
 */
#include "lanes.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 200
/* How long the other thread is watched alone, before and after. */
#define WATCH_NS 2e5

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
    ta_registry_pin(
        runner->registry,
        ta_registry_affinity(runner->registry, ta_registry_processor_count(runner->registry) - 2));
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

/* False: somebody else had the other thread's processor. */
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

static bool take_with_runner(const ta_registry *registry, double *running, double *taken) {
    turn_runner runner = {.registry = registry};
    pthread_t thread;
    if (pthread_create(&thread, NULL, count_turns, &runner) != 0) return false;
    while (ta_load_acquire_u32(&runner.runs) == 0) ta_cpu_pause(); /* S1: pairs with S0 */
    bool is_good = take_pair(&runner, running, taken);
    ta_store_relaxed_u32(&runner.stop, 1); /* relaxed: the thread is joined */
    pthread_join(thread, NULL);
    return is_good;
}

pair_outcome lane_take_membarrier(bench_stage *stage, lane_membarrier what, pair_sample *sample) {
    double running, taken;
    sample->group = GROUP_SELF; /* an interrupt goes as far as it goes */
    if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0) return PAIR_FAILED;
    bench_stage_settle(stage);
    if (what == LANE_MEMBARRIER_ALONE) {
        sample->ns = call_ns();
        return PAIR_OK;
    }
    if (!take_with_runner(bench_stage_registry(stage), &running, &taken)) return PAIR_BUSY;
    sample->ns = what == LANE_MEMBARRIER_RUNNING ? running : taken;
    return PAIR_OK;
}
