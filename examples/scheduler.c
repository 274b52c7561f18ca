/* SPDX-License-Identifier: MIT
 *
 * A thread-per-core scheduler: tasks are closures, cores are the threads of a runtime. Each task adds
 * up a range of numbers; a long one first gives the other half away, to the next core. What a core
 * has found, it keeps to itself; at the end somebody adds that up.
 */
#include <ta.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBERS = 4000000, LEAF = 1000 };

/* What a core found. */
struct total {
    uint64_t sum, tasks, spawned;
};
TA_UNAWARE_TYPE(total, struct total);
TA_PER_AFFINITY(totals, total);

/* A task travels with a handle at the totals of the core where it is. */
struct task {
    uint64_t begin, end;
    totals_handle here;
};
TA_DERIVE(task, struct task, begin, end, TA_AS(here, totals_handle));

static void expect(ta_status status) {
    if (status == TA_OK) return;
    fprintf(stderr, "%s: %s\n", ta_status_name(status), ta_last_error());
    exit(EXIT_FAILURE);
}

static ta_status begin_total(struct total *out, const ta_site *site, void *context) {
    (void)site;
    (void)context;
    *out = (struct total){0};
    return TA_OK;
}

static void run_task(struct task *self);
TA_FN_ONCE_VOID(running_task, task, run_task);

/* Gives a range to a core. False: that core has no room for it now. */
static bool spawn(ta_port *port, uint32_t core, uint64_t begin, uint64_t end,
                  const totals_handle *here) {
    ta_fn_once fn;
    struct task child = {begin, end, totals_handle_clone(here)};
    expect(running_task(&fn, child, ta_port_allocator(port)));
    ta_status status = ta_port_send(port, core, &fn);
    ta_fn_once_destroy(&fn); /* it is empty, if it was sent */
    if (status != TA_E_FULL) expect(status);
    return status == TA_OK;
}

static void run_task(struct task *self) {
    ta_port *port = ta_port_running();
    uint32_t next = (ta_port_index(port) + 1) % ta_mesh_port_count(ta_port_mesh(port));
    struct total *mine = totals_handle_get(&self->here);
    mine->tasks++;
    while (self->end - self->begin > LEAF) {
        uint64_t middle = self->begin + (self->end - self->begin) / 2;
        if (!spawn(port, next, middle, self->end, &self->here)) break; /* then do all of it here */
        mine->spawned++;
        self->end = middle;
    }
    for (uint64_t number = self->begin; number < self->end; number++) mine->sum += number;
}

static bool add_up(struct total *value, uint32_t core, void *context) {
    struct total *all = context;
    printf("core %" PRIu32 ": %" PRIu64 " tasks, sum %" PRIu64 "\n", core, value->tasks,
           value->sum);
    all->sum += value->sum;
    all->tasks += value->tasks;
    all->spawned += value->spawned;
    return true; /* go on */
}

int main(void) {
    ta_registry *registry;
    ta_runtime *runtime;
    totals per_core;
    ta_fn_once root;
    struct task everything = {.begin = 0, .end = NUMBERS};
    ta_port_figures figures;
    struct total all = {0};

    expect(ta_registry_create(NULL, &registry));
    ta_per_affinity_options per_core_options = {.registry = registry};
    expect(totals_create(&per_core, &per_core_options, begin_total, NULL));
    /* A stop waits until no task is left, however long that takes. */
    ta_runtime_options options = {
        .mesh = {.registry = registry}, .name = "core", .grace = UINT64_MAX};
    expect(ta_runtime_create(&options, &runtime));

    ta_affinity first = ta_registry_affinity(registry, 0);
    expect(totals_handle_make(per_core, first, &everything.here));
    expect(running_task(&root, everything, NULL));
    expect(ta_mesh_post(ta_runtime_mesh(runtime), 0, &root));
    ta_runtime_stop(runtime);
    expect(ta_runtime_join(runtime, &figures));

    totals_each(per_core, add_up, &all);
    totals_destroy(&per_core);
    ta_registry_destroy(registry);
    const uint64_t right = (uint64_t)NUMBERS * (NUMBERS - 1) / 2;
    printf("all: %" PRIu64 " tasks, %" PRIu64 " of them spawned; sum %" PRIu64 ", which is %s\n",
           all.tasks, all.spawned, all.sum, all.sum == right ? "right" : "wrong");
    bool is_right = all.sum == right && all.tasks == all.spawned + 1 && figures.run == all.tasks;
    return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
