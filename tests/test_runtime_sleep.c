/* SPDX-License-Identifier: MIT
 *
 * What threads of a runtime do when there is nothing to do: sleep, wake, look again; and the report
 * of what runs for too long.
 */
#include "runtime_world.h"

#include <poll.h>
#include <time.h>

/* ---- sleeping and waking ------------------------------------------------------------------------ */

/* 64 threads on however many processors there are: those that have nothing to do, do nothing. */
static void idle_threads_sleep_when_there_are_many(void **state) {
    (void)state;
    ta_registry *registry = invented(MANY, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    uint64_t polls[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        wait_for_sleep(runtime, i, 0);
        polls[i] = FIGURE(runtime, i, polls);
    }
    for (unsigned turn = 1; turn <= 200; turn++) {
        post(runtime, turn % 2, &all);
        wait_for(&all.run, turn);
    }
    for (uint32_t i = 2; i < MANY; i++) {
        assert_int_equal(FIGURE(runtime, i, polls), polls[i]);
        assert_int_equal(FIGURE(runtime, i, sleeps), 1);
    }
    ta_port_figures report = stop_and_join(runtime);
    assert_int_equal(report.run, 200);
    assert_int_equal(atomic_load(&all.stopped), MANY);
    ta_registry_destroy(registry);
}

/* A source of work that is no port. */
static uint32_t on_poll(void *context, ta_port *port) {
    world *all = context;
    unsigned work = atomic_exchange(&all->work, 0);
    (void)port;
    atomic_fetch_add(&all->polled, work);
    return work;
}

static void a_wake_has_the_poll_hook_called(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry, .sleep_for = UINT64_MAX};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = on_poll, .idle = on_idle};
    ta_runtime *runtime = start(&options);
    assert_int_equal(ta_runtime_wake(runtime, 2), TA_E_RANGE);
    for (unsigned i = 1; i <= 50; i++) {
        uint64_t before = FIGURE(runtime, 1, sleeps);
        atomic_store(&all.work, 1);
        assert_int_equal(ta_runtime_wake(runtime, 1), TA_OK);
        wait_for(&all.polled, i); /* both threads share the work, and one of them is woken */
        if (i % 2 == 0) wait_for_sleep(runtime, 1, before);
    }
    assert_true(atomic_load(&all.idle) > 0);
    stop_and_join(runtime);
    ta_registry_destroy(registry);
}

/* A poll hook that looks at its work and polls afterwards, which answers the bell of who brings
 * some in between: thread 1 stands there when `waits` is 1, and tells by 2, until it is 3. It sends
 * on what it finds. */
static uint32_t look_and_poll(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once fn;
    unsigned gap = 1;
    if (ta_port_index(port) == 0) return 0;
    if (atomic_exchange(&all->work, 0) != 0) {
        atomic_fetch_add(&all->polled, 1);
        if (running_in(&fn, all, NULL) == TA_OK && ta_port_send(port, 0, &fn) != TA_OK)
            ta_fn_once_destroy(&fn);
        return 1;
    }
    if (ta_runtime_is_stopping(ta_runtime_running()) == all->is_about_stops &&
        atomic_compare_exchange_strong(&all->waits, &gap, 2))
        wait_for(&all->waits, 3);
    ta_port_poll(port, 16);
    return 0;
}

static void bring_work_into_the_gap(ta_runtime *runtime, world *all) {
    wait_for(&all->waits, 2);
    atomic_store(&all->work, 1);
    assert_int_equal(ta_runtime_wake(runtime, 1), TA_OK);
    atomic_store(&all->waits, 3);
}

static void a_wake_whose_bell_was_answered_has_the_poll_hook_called(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry, .sleep_for = UINT64_MAX};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = look_and_poll, .idle = on_idle};
    options.spin = 1;
    ta_runtime *runtime = start(&options);
    for (unsigned i = 1; i <= 50; i++) {
        atomic_store(&all.waits, 1);
        assert_int_equal(ta_runtime_wake(runtime, 1), TA_OK);
        wait_for(&all.waits, 2);
        uint64_t before = FIGURE(runtime, 1, sleeps);
        bring_work_into_the_gap(runtime, &all);
        while (atomic_load(&all.polled) < i && FIGURE(runtime, 1, sleeps) == before) sched_yield();
        assert_int_equal(atomic_load(&all.polled), i);
    }
    stop_and_join(runtime);
    ta_registry_destroy(registry);
}

/* The same while all find nothing to do any more: it has, and may send. */
static void a_stop_waits_for_who_was_woken(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    for (int round = 0; round < 20; round++) {
        world all = {
            .registry = registry, .sleep_for = UINT64_MAX, .waits = 1, .is_about_stops = true};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){.context = &all, .poll = look_and_poll, .idle = on_idle};
        ta_runtime *runtime = start(&options);
        ta_runtime_stop(runtime);
        bring_work_into_the_gap(runtime, &all);
        assert_int_equal(ta_runtime_join(runtime, NULL), TA_OK);
        assert_int_equal(atomic_load(&all.polled), 1);
        assert_int_equal(atomic_load(&all.run), 1);
    }
    ta_registry_destroy(registry);
}

/* An idle hook that says for how long: the thread looks again by itself. */
static void an_idle_hook_says_how_long_to_sleep(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry, .sleep_for = 100000};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = on_poll, .idle = on_idle};
    ta_runtime *runtime = start(&options);
    for (unsigned i = 1; i <= 5; i++) {
        wait_for(&all.idle, 4 * i);
        atomic_store(&all.work, 1);
        wait_for(&all.polled, i); /* without a wake */
    }
    stop_and_join(runtime);
    ta_registry_destroy(registry);
}

static void a_thread_that_is_not_to_sleep_does_not(void **state) {
    (void)state;
    for (int by_hook = 0; by_hook < 2; by_hook++) {
        ta_registry *registry = invented(2, NULL);
        world all = {.registry = registry, .sleep_for = 0};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){.context = &all, .poll = on_poll};
        if (by_hook)
            options.hooks.idle = on_idle;
        else
            options.spin = UINT64_MAX;
        ta_runtime *runtime = start(&options);
        for (uint32_t i = 0; i < 2; i++)
            while (FIGURE(runtime, i, idle_polls) < 1000) sched_yield();
        for (uint32_t i = 0; i < 2; i++) assert_int_equal(FIGURE(runtime, i, sleeps), 0);
        stop_and_join(runtime);
        ta_registry_destroy(registry);
    }
}

/* The daemon's own wait. */
static void on_wait(void *context, ta_port *port, int fd, uint64_t timeout) {
    world *all = context;
    struct timespec time = {.tv_sec = (time_t)(timeout / 1000000000),
                            .tv_nsec = (long)(timeout % 1000000000)};
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    (void)port;
    atomic_fetch_add(&all->waits, 1);
    ppoll(&entry, 1, timeout == UINT64_MAX ? NULL : &time, NULL);
}

static void a_daemon_waits_in_its_own_way(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = on_poll, .wait = on_wait};
    ta_runtime *runtime = start(&options);
    for (unsigned i = 1; i <= 30; i++) {
        uint32_t to = i % 3;
        uint64_t before = FIGURE(runtime, to, sleeps);
        post(runtime, to, &all);
        wait_for(&all.run, i);
        if (i % 2 == 0) wait_for_sleep(runtime, to, before);
    }
    assert_true(atomic_load(&all.waits) >= 3);
    stop_and_join(runtime);
    ta_registry_destroy(registry);
}
/* ---- stalls ------------------------------------------------------------------------------------- */

static void on_stall(void *context, ta_port *port, uint32_t from, const char *name,
                     uint64_t nanoseconds) {
    world *all = context;
    (void)port;
    all->stalls++;
    all->from = from;
    all->name = name;
    all->nanoseconds = nanoseconds;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

enum { STALL = 1000000 };

/* Runs until the clock has gone on by so much. */
static void dawdle(world_pointer *all) {
    uint64_t begin = now();
    while (now() - begin < STALL) continue;
    atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(dawdling, world_pointer, dawdle);

static ta_status dawdle_next_door(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once fn;
    if (ta_port_index(port) != 0) return TA_OK;
    ta_status status = dawdling(&fn, all, NULL);
    return status == TA_OK ? ta_port_send(port, 1, &fn) : status;
}

static void stalls_are_reported(void **state) {
    (void)state;
    for (int posted = 0; posted < 2; posted++) {
        ta_registry *registry = invented(2, NULL);
        world all = {.registry = registry};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){
            .context = &all,
            .start = posted ? NULL : dawdle_next_door,
            .ports = {.context = &all, .stalled = on_stall, .stall_after = STALL}};
        ta_runtime *runtime = start(&options);
        ta_fn_once fn;
        assert_int_equal(dawdling(&fn, &all, NULL), TA_OK);
        if (posted)
            assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 1, &fn), TA_OK);
        else
            ta_fn_once_destroy(&fn);
        stop_and_join(runtime);
        assert_int_equal(all.stalls, 1);
        assert_int_equal(all.from, posted ? TA_NO_PORT : 0);
        assert_string_equal(all.name, "dawdling");
        assert_true(all.nanoseconds >= STALL);
        ta_registry_destroy(registry);
    }
}

static void what_is_quick_or_not_asked_for_is_no_stall(void **state) {
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        ta_registry *registry = invented(2, NULL);
        world all = {.registry = registry};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){.context = &all,
                                           .start = dawdle_next_door,
                                           .ports = {.context = &all,
                                                     .stalled = on_stall,
                                                     .stall_after = asked ? UINT64_C(1) << 62 : 0}};
        stop_and_join(start(&options));
        assert_int_equal(atomic_load(&all.run), 1);
        assert_int_equal(all.stalls, 0);
        ta_registry_destroy(registry);
    }
}
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_threads_sleep_when_there_are_many),
        cmocka_unit_test(a_wake_has_the_poll_hook_called),
        cmocka_unit_test(a_wake_whose_bell_was_answered_has_the_poll_hook_called),
        cmocka_unit_test(a_stop_waits_for_who_was_woken),
        cmocka_unit_test(an_idle_hook_says_how_long_to_sleep),
        cmocka_unit_test(a_thread_that_is_not_to_sleep_does_not),
        cmocka_unit_test(a_daemon_waits_in_its_own_way),
        cmocka_unit_test(stalls_are_reported),
        cmocka_unit_test(what_is_quick_or_not_asked_for_is_no_stall),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
