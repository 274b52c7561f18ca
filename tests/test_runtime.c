/* SPDX-License-Identifier: MIT
 *
 * Runtimes: threads with their names and places, hooks in order, stops from anywhere, and threads of
 * the caller that are adopted.
 */
#include "runtime_world.h"

#include <stdlib.h>

/* ---- from start to end ------------------------------------------------------------------------- */

static void threads_are_pinned_and_named(void **state) {
    (void)state;
    ta_registry *registry;
    assert_int_equal(ta_registry_create(NULL, &registry), TA_OK);
    world all = {.registry = registry};
    ta_runtime_options options = {.mesh.registry = registry,
                                  .name = "shard",
                                  .hooks = {.context = &all, .start = on_start, .stop = on_stop}};
    uint32_t count = ta_registry_processor_count(registry);
    if (count > MANY) skip();
    ta_runtime *runtime = start(&options);
    assert_int_equal(atomic_load(&all.started), count); /* before create returns */
    assert_int_equal(ta_mesh_port_count(ta_runtime_mesh(runtime)), count);
    for (uint32_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "shard-%u", i);
        assert_string_equal(all.diaries[i].name, name);
        assert_true(ta_affinity_equal(all.diaries[i].affinity, ta_registry_affinity(registry, i)));
        assert_true(all.diaries[i].is_bound);
        assert_ptr_equal(all.diaries[i].runtime, runtime);
        assert_int_equal(ta_port_index(ta_runtime_port(runtime, i)), i);
        post(runtime, i, &all);
    }
    assert_null(ta_runtime_port(runtime, count));
    assert_null(ta_runtime_running());
    assert_false(ta_runtime_is_stopping(runtime));
    ta_port_figures report = stop_and_join(runtime);
    assert_int_equal(report.run, count);
    for (uint32_t i = 0; i < count; i++) assert_string_equal(all.diaries[i].events, "sme");
    ta_registry_destroy(registry);
}

static void long_names_keep_their_number(void **state) {
    (void)state;
    ta_registry *registry = invented(12, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.name = "a-very-long-name-of-a-daemon";
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start};
    ta_runtime *runtime = start(&options);
    assert_string_equal(all.diaries[3].name, "a-very-long-n-3");
    assert_string_equal(all.diaries[11].name, "a-very-long--11");
    stop_and_join(runtime);
    ta_registry_destroy(registry);
}

/* A start hook's message waits until all threads have started. */
static ta_status send_at_start(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once fn;
    ta_status status = on_start(context, port);
    if (status == TA_OK) status = running_in(&fn, all, NULL);
    if (status != TA_OK) return status;
    return ta_port_send(port, (ta_port_index(port) + 1) % all->threads, &fn);
}

static void run_after_all_started(world_pointer *all) {
    if (atomic_load(&(*all)->started) == (*all)->threads) atomic_fetch_add(&(*all)->work, 1);
    run_in(all);
}
TA_FN_ONCE_VOID(running_after_all_started, world_pointer, run_after_all_started);

static ta_status send_first_at_start(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once fn;
    ta_status status = running_after_all_started(&fn, all, NULL);
    if (status == TA_OK) status = ta_port_send(port, (ta_port_index(port) + 1) % all->threads, &fn);
    ta_port_flush(port);
    for (int i = 0; i < 20; i++) sched_yield();
    return status == TA_OK ? send_at_start(context, port) : status;
}

static void no_message_runs_before_all_have_started(void **state) {
    (void)state;
    ta_registry *registry = invented(6, NULL);
    world all = {.registry = registry, .threads = 6};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks =
        (ta_runtime_hooks){.context = &all, .start = send_first_at_start, .stop = on_stop};
    ta_port_figures report = stop_and_join(start(&options));
    assert_int_equal(report.run, 12);
    assert_int_equal(atomic_load(&all.work), 6);
    for (uint32_t i = 0; i < 6; i++) assert_string_equal(all.diaries[i].events, "smme");
    ta_registry_destroy(registry);
}

static void stop_this(world_pointer *all) {
    run_in(all);
    ta_runtime_stop(ta_runtime_running());
    ta_runtime_stop(ta_runtime_running());
}
TA_FN_ONCE_VOID(stopping_this, world_pointer, stop_this);

static void a_closure_stops_its_runtime(void **state) {
    (void)state;
    ta_registry *registry = invented(5, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    ta_fn_once fn;
    assert_int_equal(stopping_this(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 3, &fn), TA_OK);
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_counted(&report);
    assert_int_equal(report.run, 1);
    assert_int_equal(atomic_load(&all.stopped), 5);
    ta_registry_destroy(registry);
}

static ta_status stop_at_start(void *context, ta_port *port) {
    if (ta_port_index(port) == 1) ta_runtime_stop(ta_runtime_running());
    return on_start(context, port);
}

static void a_start_hook_stops_its_runtime(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .start = stop_at_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_OK);
    for (uint32_t i = 0; i < 3; i++) assert_string_equal(all.diaries[i].events, "se");
    ta_registry_destroy(registry);
}

static void join_from_within(world_pointer *all) {
    if (ta_runtime_join(ta_runtime_running(), NULL) == TA_E_BUSY) atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(joining_from_within, world_pointer, join_from_within);

static void joining_is_for_others_and_after_guests(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.mesh.guests = 1;
    ta_runtime *runtime = start(&options);
    ta_port *guest;
    ta_fn_once fn;
    assert_int_equal(ta_mesh_attach_guest(ta_runtime_mesh(runtime), NULL, &guest), TA_OK);
    assert_int_equal(joining_from_within(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_port_send(guest, 1, &fn), TA_OK);
    ta_port_flush(guest);
    wait_for(&all.run, 1);
    ta_runtime_stop(runtime);
    assert_true(ta_runtime_is_stopping(runtime));
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_E_BUSY);
    ta_port_close(guest);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    assert_int_equal(ta_port_detach(guest), TA_OK);
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_counted(&report);
    ta_registry_destroy(registry);
}

enum { RING = 3 };

typedef struct pair_sums {
    unsigned ring, posts, others;
    ta_port_figures sum;
} pair_sums;

static void add_pair(void *context, uint32_t from, uint32_t to, const ta_port_figures *figures) {
    pair_sums *sums = context;
    assert_true(to < RING);
    if (from == TA_NO_PORT)
        sums->posts++;
    else if (to == (from + 1) % RING)
        sums->ring++;
    else
        sums->others++;
    assert_counted(figures);
    sums->sum.sent += figures->sent;
    sums->sum.run += figures->run;
}

static void the_join_tells_the_figures_of_each_pair(void **state) {
    (void)state;
    ta_registry *registry = invented(RING, NULL);
    world all = {.registry = registry, .threads = RING};
    pair_sums sums = {0};
    ta_runtime_options options = unpinned_options(registry);
    options.mesh.guests = 1;
    options.mesh.ended = add_pair;
    options.mesh.ended_context = &sums;
    options.hooks = (ta_runtime_hooks){.context = &all, .start = send_at_start};
    ta_runtime *runtime = start(&options);
    ta_port *guest;
    assert_int_equal(ta_mesh_attach_guest(ta_runtime_mesh(runtime), NULL, &guest), TA_OK);
    post(runtime, 0, &all);
    post(runtime, 1, &all);
    wait_for(&all.run, RING + 2);
    ta_runtime_stop(runtime);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_E_BUSY);
    assert_int_equal(sums.ring, 0); /* it is not the end */
    ta_port_close(guest);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    assert_int_equal(ta_port_detach(guest), TA_OK);
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_int_equal(sums.ring, RING);
    assert_int_equal(sums.posts, 2);
    assert_int_equal(sums.others, 0);
    assert_int_equal(report.run, RING + 2);
    assert_int_equal(sums.sum.run, report.run);
    assert_int_equal(sums.sum.sent, report.sent);
    ta_registry_destroy(registry);
}

static void nothing_is_done_for_null(void **state) {
    (void)state;
    ta_port_figures report = {.sent = 1};
    ta_runtime_stop(NULL);
    assert_int_equal(ta_runtime_join(NULL, &report), TA_OK);
    assert_int_equal(report.sent, 0);
    assert_int_equal(ta_runtime_adopt(NULL, 0), TA_E_INVALID);
    assert_int_equal(ta_runtime_wake(NULL, 0), TA_E_INVALID);
    assert_null(ta_runtime_mesh(NULL));
    assert_null(ta_runtime_port(NULL, 0));
    assert_false(ta_runtime_is_stopping(NULL));
}

/* ---- adopted threads --------------------------------------------------------------------------- */

/* A thread of the test's own. */
typedef struct guest_thread {
    ta_runtime *runtime;
    uint32_t index;
    ta_status status;
    bool is_unpinned; /* afterwards */
    char name[16];    /* afterwards */
    pthread_t thread;
} guest_thread;

static void *adopt(void *argument) {
    guest_thread *self = argument;
    self->status = ta_runtime_adopt(self->runtime, self->index);
    self->is_unpinned =
        ta_affinity_is_unknown(ta_current_affinity()) && ta_runtime_running() == NULL;
    pthread_getname_np(pthread_self(), self->name, sizeof self->name);
    return NULL;
}

static void begin_adoption(guest_thread *self, ta_runtime *runtime, uint32_t index) {
    *self = (guest_thread){.runtime = runtime, .index = index, .status = TA_E_EMPTY};
    assert_int_equal(pthread_create(&self->thread, NULL, adopt, self), 0);
}

static void threads_of_the_caller_take_part(void **state) {
    (void)state;
    ta_registry *registry = invented(4, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 2;
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    assert_int_equal(atomic_load(&all.started), 2);
    post(runtime, 1, &all); /* waits for its thread */
    guest_thread one, two, second;
    begin_adoption(&one, runtime, 0);
    begin_adoption(&two, runtime, 1);
    wait_for(&all.started, 4);
    wait_for(&all.run, 1);
    assert_int_equal(ta_runtime_adopt(runtime, 2), TA_E_RANGE);
    begin_adoption(&second, runtime, 1);
    pthread_join(second.thread, NULL);
    assert_int_equal(second.status, TA_E_BUSY);
    for (uint32_t i = 0; i < 4; i++) post(runtime, i, &all);
    ta_port_figures report = stop_and_join(runtime);
    pthread_join(one.thread, NULL);
    pthread_join(two.thread, NULL);
    assert_int_equal(one.status, TA_OK);
    assert_int_equal(two.status, TA_OK);
    assert_true(one.is_unpinned && two.is_unpinned);
    assert_string_not_equal(two.name, "ta-1");
    assert_int_equal(report.run, 5);
    assert_string_equal(all.diaries[0].events, "sme");
    assert_string_equal(all.diaries[1].events, "smme");
    assert_true(ta_affinity_equal(all.diaries[1].affinity, ta_registry_affinity(registry, 1)));
    assert_true(pthread_equal(all.diaries[1].thread, two.thread));
    ta_registry_destroy(registry);
}

static void places_that_nobody_took_keep_nothing_up(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 3;
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    post(runtime, 2, &all);
    guest_thread one;
    begin_adoption(&one, runtime, 0);
    wait_for(&all.started, 1);
    ta_runtime_stop(runtime);
    pthread_join(one.thread, NULL);
    assert_int_equal(one.status, TA_OK);
    assert_int_equal(ta_runtime_adopt(runtime, 1), TA_E_CLOSED);
    ta_fn_once fn;
    assert_int_equal(running_in(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 2, &fn), TA_E_CLOSED);
    ta_fn_once_destroy(&fn);
    ta_port_figures report = stop_and_join(runtime);
    assert_int_equal(report.run, 0);
    assert_int_equal(report.destroyed, 1);
    assert_int_equal(atomic_load(&all.stopped), 1);
    ta_registry_destroy(registry);
}

static void an_adoption_that_fails_can_be_repeated(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 1;
    options.hooks = (ta_runtime_hooks){.context = &all, .start = on_start, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    all.start_says = TA_E_EXPIRED;
    assert_int_equal(ta_runtime_adopt(runtime, 0), TA_E_EXPIRED);
    assert_non_null(strstr(ta_last_error(), "thread 0"));
    assert_true(ta_affinity_is_unknown(ta_current_affinity()));
    assert_null(ta_runtime_running());
    assert_int_equal(atomic_load(&all.stopped), 0);
    all.start_says = TA_OK;
    guest_thread again;
    begin_adoption(&again, runtime, 0);
    wait_for(&all.started, 3);
    stop_and_join(runtime);
    pthread_join(again.thread, NULL);
    assert_int_equal(again.status, TA_OK);
    assert_int_equal(atomic_load(&all.stopped), 2);
    ta_registry_destroy(registry);
}

static void adopt_from_within(world_pointer *all) {
    if (ta_runtime_adopt(ta_runtime_running(), 0) == TA_E_BUSY) atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(adopting_from_within, world_pointer, adopt_from_within);

static void a_thread_of_a_runtime_is_not_adopted(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 1;
    ta_runtime *runtime = start(&options);
    ta_fn_once fn;
    assert_int_equal(adopting_from_within(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 1, &fn), TA_OK);
    stop_and_join(runtime);
    assert_int_equal(atomic_load(&all.run), 1);
    ta_registry_destroy(registry);
}

/* A start hook that fails after the stop has begun: the others do not wait for it. */
static ta_status fail_after_stop(void *context, ta_port *port) {
    world *all = context;
    ta_status status = on_start(context, port);
    if (ta_port_index(port) != 0) return status;
    while (!ta_runtime_is_stopping(ta_runtime_running())) sched_yield();
    (void)all;
    return TA_E_CANCELLED;
}

static void an_adoption_that_fails_while_stopping_holds_nobody(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 1;
    options.hooks = (ta_runtime_hooks){.context = &all, .start = fail_after_stop, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    guest_thread late;
    begin_adoption(&late, runtime, 0);
    wait_for(&all.started, 3);
    stop_and_join(runtime);
    pthread_join(late.thread, NULL);
    assert_int_equal(late.status, TA_E_CANCELLED);
    assert_int_equal(atomic_load(&all.stopped), 2);
    ta_registry_destroy(registry);
}
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_pinned_and_named),
        cmocka_unit_test(long_names_keep_their_number),
        cmocka_unit_test(no_message_runs_before_all_have_started),
        cmocka_unit_test(a_closure_stops_its_runtime),
        cmocka_unit_test(a_start_hook_stops_its_runtime),
        cmocka_unit_test(joining_is_for_others_and_after_guests),
        cmocka_unit_test(the_join_tells_the_figures_of_each_pair),
        cmocka_unit_test(nothing_is_done_for_null),
        cmocka_unit_test(threads_of_the_caller_take_part),
        cmocka_unit_test(places_that_nobody_took_keep_nothing_up),
        cmocka_unit_test(an_adoption_that_fails_can_be_repeated),
        cmocka_unit_test(a_thread_of_a_runtime_is_not_adopted),
        cmocka_unit_test(an_adoption_that_fails_while_stopping_holds_nobody),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
