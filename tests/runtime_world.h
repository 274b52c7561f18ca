/* SPDX-License-Identifier: MIT
 *
 * The world of a test of runtimes: what its hooks and closures write down.
 */
#ifndef TA_TESTS_RUNTIME_WORLD_H
#define TA_TESTS_RUNTIME_WORLD_H

#include "runtime_checks.h"

enum { MANY = 64 };

/* One per thread; written by that thread alone, read after the join. */
typedef struct diary {
    char events[64]; /* a letter per hook, in order */
    char name[16];
    ta_affinity affinity;
    bool is_bound;
    ta_runtime *runtime;
    pthread_t thread;
} diary;

/* A test's own world: the context of all hooks. */
typedef struct world {
    const ta_registry *registry;
    atomic_uint started, stopped, run, idle, polled, waits, work;
    uint32_t threads;
    ta_status start_says;
    bool is_about_stops;
    uint64_t sleep_for; /* what the idle hook says */
    diary diaries[MANY];
    /* Stalls. */
    uint32_t stalls, from;
    uint64_t nanoseconds;
    const char *name;
} world;

static inline diary *diary_of(world *all, const ta_port *port) {
    return &all->diaries[ta_port_index(port)];
}

static inline void write_down(diary *mine, char event) {
    size_t length = strlen(mine->events);
    if (length + 1 < sizeof mine->events) mine->events[length] = event;
}

static inline ta_status on_start(void *context, ta_port *port) {
    world *all = context;
    diary *mine = diary_of(all, port);
    write_down(mine, 's');
    pthread_getname_np(pthread_self(), mine->name, sizeof mine->name);
    mine->affinity = ta_current_affinity();
    mine->is_bound = ta_registry_is_bound(all->registry, ta_port_affinity(port));
    mine->runtime = ta_runtime_running();
    mine->thread = pthread_self();
    atomic_fetch_add(&all->started, 1);
    return all->start_says;
}

static inline void on_stop(void *context, ta_port *port) {
    world *all = context;
    write_down(diary_of(all, port), 'e');
    atomic_fetch_add(&all->stopped, 1);
}

typedef world *world_pointer;
TA_UNAWARE_TYPE(world_pointer, world *);

static inline void run_in(world_pointer *all) {
    write_down(diary_of(*all, ta_port_running()), 'm');
    atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(running_in, world_pointer, run_in);

static inline void post(ta_runtime *runtime, uint32_t to, world *all) {
    ta_fn_once fn;
    assert_int_equal(running_in(&fn, all, NULL), TA_OK);
    while (ta_mesh_post(ta_runtime_mesh(runtime), to, &fn) == TA_E_FULL) sched_yield();
    assert_true(ta_fn_once_is_empty(&fn));
}

static inline uint64_t on_idle(void *context, ta_port *port) {
    world *all = context;
    (void)port;
    atomic_fetch_add(&all->idle, 1);
    return all->sleep_for;
}

static inline uint64_t figure(ta_runtime *runtime, uint32_t index, size_t offset) {
    ta_port_figures figures;
    uint64_t value;
    ta_port_read_figures(ta_runtime_port(runtime, index), &figures);
    memcpy(&value, (const char *)&figures + offset, sizeof value);
    return value;
}
#define FIGURE(runtime, index, name) figure(runtime, index, offsetof(ta_port_figures, name))

/* Waits until a thread has gone to sleep once more than `before` times. */
static inline void wait_for_sleep(ta_runtime *runtime, uint32_t index, uint64_t before) {
    while (FIGURE(runtime, index, sleeps) <= before) sched_yield();
}

#endif
