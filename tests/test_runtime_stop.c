/* SPDX-License-Identifier: MIT
 *
 * What a stop waits for, and what it does not wait for.
 */
#include "runtime_world.h"

#include "ta/fan.h"

#include <poll.h>

/* ---- what a stop waits for --------------------------------------------------------------------- */

enum { PIECES = 100 };

/* Thread 0 has more for thread 1 than there is room for, and waits to be told. */
static void send_pieces(void *context, ta_port *port, uint32_t to) {
    world *all = context;
    while (atomic_load(&all->work) > 0) {
        ta_fn_once fn;
        if (running_in(&fn, all, NULL) != TA_OK || ta_port_send(port, to, &fn) != TA_OK) break;
        atomic_fetch_sub(&all->work, 1);
    }
    if (atomic_load(&all->work) > 0) (void)ta_port_want_room(port, to);
}

static ta_status begin_pieces(void *context, ta_port *port) {
    if (ta_port_index(port) == 0) send_pieces(context, port, 1);
    return TA_OK;
}

static void a_stop_waits_for_who_waits_for_room(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        ta_registry *registry = invented(2, NULL);
        world all = {.work = PIECES};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){.context = &all,
                                           .start = begin_pieces,
                                           .ports = {.context = &all, .room = send_pieces}};
        stop_and_join(start(&options));
        assert_int_equal(atomic_load(&all.run), PIECES);
        ta_registry_destroy(registry);
    }
}

/* In thread 0: sends one piece a turn, until all are sent. Thread 1 has nothing to do in between. */
static uint32_t send_a_piece(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once fn;
    if (ta_port_index(port) != 0 || atomic_load(&all->polled) == PIECES) return 0;
    sched_yield();
    if (running_in(&fn, all, NULL) == TA_OK && ta_port_send(port, 1, &fn) != TA_E_FULL)
        atomic_fetch_add(&all->polled, 1);
    ta_fn_once_destroy(&fn);
    return 1;
}

static void a_stop_waits_for_poll_hooks(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.sleep_for = UINT64_MAX};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = send_a_piece, .idle = on_idle};
    stop_and_join(start(&options));
    assert_int_equal(atomic_load(&all.polled), PIECES);
    assert_int_equal(atomic_load(&all.run), PIECES); /* none was refused */
    ta_registry_destroy(registry);
}

/* Thread 0 has promised PIECES answers, one after the other, each of which thread 1 has a part in. In
 * between there is no message under way, and both sleep. */
static void come_back(world_pointer *all) {
    atomic_fetch_sub(&(*all)->work, 1);
    atomic_store(&(*all)->waits, 0);
}
TA_FN_ONCE_VOID(coming_back, world_pointer, come_back);

static void go_there(world_pointer *all) {
    ta_fn_once back;
    assert_int_equal(coming_back(&back, *all, NULL), TA_OK);
    assert_int_equal(ta_port_send(ta_port_running(), 0, &back), TA_OK); /* is not refused yet */
}
TA_FN_ONCE_VOID(going_there, world_pointer, go_there);

static bool keep_promises(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once there;
    atomic_fetch_add(&all->polled, 1);
    if (ta_port_index(port) != 0) return true;
    if (atomic_load(&all->work) == 0) return true;
    if (all->stalls++ % 3 == 2 && atomic_exchange(&all->waits, 1) == 0) {
        assert_int_equal(going_there(&there, all, NULL), TA_OK);
        assert_int_equal(ta_port_send(port, 1, &there), TA_OK);
    }
    return false;
}

static void a_stop_waits_for_drain_hooks(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.work = PIECES, .sleep_for = 10000};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .idle = on_idle, .drain = keep_promises};
    options.grace = UINT64_MAX;
    ta_runtime *runtime = start(&options);
    post(runtime, 0, &all);
    while (atomic_load(&all.run) == 0) sched_yield();
    assert_int_equal(atomic_load(&all.polled), 0); /* nobody is asked before */
    ta_port_figures report = stop_and_join(runtime);
    assert_int_equal(atomic_load(&all.work), 0);
    assert_int_equal(report.run, 1 + 2 * PIECES);
    ta_registry_destroy(registry);
}

static bool never_agree(void *context, ta_port *port) {
    world *all = context;
    (void)port;
    atomic_fetch_add(&all->polled, 1);
    return false;
}

static void drain_hooks_have_the_grace_and_no_longer(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = &all, .drain = never_agree, .stop = on_stop};
    options.grace = 2000000;
    stop_and_join(start(&options));
    assert_true(atomic_load(&all.polled) >= 2);
    assert_int_equal(atomic_load(&all.stopped), 2);
    ta_registry_destroy(registry);
}

/* Thread 1 agrees, and is given something by thread 0 afterwards, which takes it some time. */
static void give(world_pointer *all) { atomic_store(&(*all)->work, PIECES); }
TA_FN_ONCE_VOID(giving, world_pointer, give);

static bool agree_until_given(void *context, ta_port *port) {
    world *all = context;
    ta_fn_once gift;
    if (ta_port_index(port) == 1) {
        atomic_fetch_add(&all->polled, 1);
        return atomic_load(&all->work) == 0 || atomic_fetch_sub(&all->work, 1) == 1;
    }
    if (atomic_load(&all->polled) == 0) return false; /* thread 1 has not been asked yet */
    if (atomic_exchange(&all->waits, 1) != 0) return true;
    assert_int_equal(giving(&gift, all, NULL), TA_OK);
    assert_int_equal(ta_port_send(port, 1, &gift), TA_OK);
    return true;
}

static void who_has_drained_is_asked_again(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.sleep_for = 10000};
    ta_runtime_options options = unpinned_options(registry);
    options.hooks =
        (ta_runtime_hooks){.context = &all, .idle = on_idle, .drain = agree_until_given};
    options.grace = UINT64_MAX;
    stop_and_join(start(&options));
    assert_int_equal(atomic_load(&all.waits), 1);
    assert_int_equal(atomic_load(&all.work), 0);
    assert_true(atomic_load(&all.polled) > PIECES);
    ta_registry_destroy(registry);
}

/* In one thread, while the other one takes turns that find nothing. */
static void stop_and_wait_for_turns(world_pointer *all) {
    ta_runtime_stop(ta_runtime_running());
    atomic_store(&(*all)->waits, 0);
    wait_for(&(*all)->waits, 5);
}
TA_FN_ONCE_VOID(stopping_and_waiting_for_turns, world_pointer, stop_and_wait_for_turns);

static uint32_t count_turns(void *context, ta_port *port) {
    world *all = context;
    if (ta_port_index(port) == 1) atomic_fetch_add(&all->waits, 1);
    return 0;
}

static void who_is_not_to_sleep_takes_turns_while_stopping(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0};
    ta_runtime_options options = unpinned_options(registry);
    options.spin = UINT64_MAX;
    options.hooks = (ta_runtime_hooks){.context = &all, .poll = count_turns};
    ta_runtime *runtime = start(&options);
    ta_fn_once fn;
    assert_int_equal(stopping_and_waiting_for_turns(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 0, &fn), TA_OK);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_OK);
    ta_registry_destroy(registry);
}

/* A poll hook that answers the bell which a stop rings, or the next step of it: then the thread is
 * about to sleep, and nobody will ring again. */
static uint32_t answer_bells(void *context, ta_port *port) {
    world *all = context;
    if (atomic_load(&all->work) > 0 && ta_port_index(port) == 0)
        ta_runtime_stop(ta_runtime_running());
    if (ta_runtime_is_stopping(ta_runtime_running()))
        for (int i = 0; i < 20; i++) sched_yield();
    ta_port_poll(port, 16);
    return 0;
}

static void a_bell_that_was_answered_is_not_waited_for(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    for (int round = 0; round < 50; round++) {
        world all = {.sleep_for = UINT64_MAX};
        ta_runtime_options options = unpinned_options(registry);
        options.hooks = (ta_runtime_hooks){.context = &all, .poll = answer_bells, .idle = on_idle};
        ta_runtime *runtime = start(&options);
        wait_for_sleep(runtime, 0, 0); /* so the next turn that finds nothing is the last one */
        atomic_store(&all.work, 1);
        assert_int_equal(ta_runtime_wake(runtime, 0), TA_OK);
        assert_int_equal(ta_runtime_join(runtime, NULL), TA_OK);
    }
    ta_registry_destroy(registry);
}

/* A stop that comes while threads are about to sleep. */
static void a_stop_is_not_overlooked(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    for (int round = 0; round < 1000; round++) {
        world all = {0};
        ta_runtime_options options = unpinned_options(registry);
        options.spin = (uint64_t)(round % 100) * 500 + 1;
        ta_runtime *runtime = start(&options);
        if (round % 2) post(runtime, 1, &all);
        ta_port_figures report = stop_and_join(runtime);
        assert_int_equal(report.run, round % 2);
    }
    ta_registry_destroy(registry);
}

/* A wait hook that polls what has come. Thread 1 tells by 1 in `waits` that it counts as quiet, which
 * thread 0 keeps from being all until the message has run. */
static void wait_and_poll(void *context, ta_port *port, int fd, uint64_t timeout) {
    world *all = context;
    unsigned before = 0;
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    (void)timeout; /* there is a wake to come */
    bool is_it = ta_port_index(port) == 1 && ta_runtime_is_stopping(ta_runtime_running());
    if (is_it) atomic_compare_exchange_strong(&all->waits, &before, 1);
    poll(&entry, 1, -1);
    if (is_it) atomic_store(&all->stopped, 1);
    ta_port_poll(port, 16);
    if (is_it) atomic_store(&all->stopped, 0);
}

static void note_where_it_runs(world_pointer *all) {
    atomic_fetch_add(&(*all)->polled, atomic_load(&(*all)->stopped));
    atomic_fetch_add(&(*all)->run, 1);
    (void)ta_runtime_wake(ta_runtime_running(), 0);
}
TA_FN_ONCE_VOID(noting_where_it_runs, world_pointer, note_where_it_runs);

static bool wait_for_message(void *context, ta_port *port) {
    world *all = context;
    return ta_port_index(port) == 1 || atomic_load(&all->run) != 0;
}

static void nothing_runs_in_a_thread_that_counts_as_quiet(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0};
    ta_fn_once fn;
    ta_runtime_options options = unpinned_options(registry);
    options.hooks =
        (ta_runtime_hooks){.context = &all, .wait = wait_and_poll, .drain = wait_for_message};
    ta_runtime *runtime = start(&options);
    ta_runtime_stop(runtime);
    wait_for(&all.waits, 1);
    assert_int_equal(noting_where_it_runs(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 1, &fn), TA_OK);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_OK);
    assert_int_equal(atomic_load(&all.run), 1);
    assert_int_equal(atomic_load(&all.polled), 0);
    ta_registry_destroy(registry);
}

/* Each closure goes on to another thread until its hops are used up. */
struct hop {
    world *all;
    uint32_t left, stride;
};
TA_UNAWARE_TYPE(hop, struct hop);
static void hop_on(struct hop *self);
TA_FN_ONCE_VOID(hopping, hop, hop_on);

static void hop_on(struct hop *self) {
    ta_port *port = ta_port_running();
    ta_fn_once fn;
    atomic_fetch_add(&self->all->run, 1);
    if (self->left == 0) return;
    uint32_t to = (ta_port_index(port) + self->stride) % MANY;
    struct hop next = {self->all, self->left - 1, self->stride};
    if (hopping(&fn, next, NULL) == TA_OK && ta_port_send(port, to, &fn) != TA_OK)
        ta_fn_once_destroy(&fn);
}

static void many_threads_pass_on_what_they_get(void **state) {
    (void)state;
    enum { HOPS = 200 };
    ta_registry *registry = invented(MANY, NULL);
    world all = {.registry = registry};
    ta_runtime_options options = unpinned_options(registry);
    ta_runtime *runtime = start(&options);
    for (uint32_t i = 0; i < MANY; i++) {
        ta_fn_once fn;
        assert_int_equal(hopping(&fn, (struct hop){&all, HOPS, i}, NULL), TA_OK);
        assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), i, &fn), TA_OK);
    }
    ta_port_figures report = stop_and_join(runtime); /* in the middle of it */
    assert_int_equal(atomic_load(&all.run), MANY * (HOPS + 1));
    assert_int_equal(report.run, MANY * (HOPS + 1));
    assert_int_equal(report.sent, report.run);
    ta_registry_destroy(registry);
}

/* ---- calls -------------------------------------------------------------------------------------- */

static int double_it(int *number) { return 2 * *number; }

/* What a continuation has: where to count. */
static void take_answer(world_pointer *all, ta_status status, int *result) {
    if (status == TA_OK && *result % 2 == 0) atomic_fetch_add(&(*all)->work, 1);
    if (status == TA_E_CLOSED) atomic_fetch_add(&(*all)->polled, 1);
}
TA_CALL(call_to_double, ta_int, ta_int, double_it, world_pointer, take_answer);

enum { CALLS = 40 };

static ta_status call_at_start(void *context, ta_port *port) {
    uint32_t next = (ta_port_index(port) + 1) % ta_mesh_port_count(ta_port_mesh(port));
    ta_status status = TA_OK;
    for (int i = 0; i < CALLS && status == TA_OK; i++)
        status = call_to_double(port, next, i, context, NULL, NULL);
    return status;
}

static void calls_are_answered_whatever_the_grace(void **state) {
    (void)state;
    for (int round = 0; round < 50; round++) {
        ta_registry *registry = invented(3, NULL);
        world all = {0};
        ta_runtime_options options = unpinned_options(registry);
        options.mesh.lane_cells = 128;
        options.grace = round % 2 ? UINT64_MAX : 1;
        options.hooks = (ta_runtime_hooks){.context = &all, .start = call_at_start};
        ta_port_figures report = stop_and_join(start(&options));
        assert_int_equal(atomic_load(&all.work), 3 * CALLS);
        assert_int_equal(atomic_load(&all.polled), 0);
        assert_int_equal(report.run, 6 * CALLS); /* requests and replies */
        ta_registry_destroy(registry);
    }
}

/* Thread 0 has calls to thread 1 under way when its time is up, and continuations to run when thread 1
 * has done all: each gives the others time to call a stop hook, and counts those that did. */
static void yield_a_while(int *times) {
    while ((*times)-- > 0) sched_yield();
}

static void watch_stop_hooks(world_pointer *all, ta_status status) {
    int times = 50;
    yield_a_while(&times);
    if (status == TA_OK) atomic_fetch_add(&(*all)->work, 1);
    atomic_fetch_add(&(*all)->polled, atomic_load(&(*all)->stopped));
}
TA_CALL_VOID(call_to_yield, ta_int, yield_a_while, world_pointer, watch_stop_hooks);

static ta_status call_at_start_of_first(void *context, ta_port *port) {
    ta_status status = TA_OK;
    for (int i = 0; i < CALLS && status == TA_OK && ta_port_index(port) == 0; i++)
        status = call_to_yield(port, 1, 5, context, NULL, NULL);
    return status;
}

static void no_continuation_runs_beside_a_stop_hook(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    for (int round = 0; round < 20; round++) {
        world all = {0};
        ta_runtime_options options = unpinned_options(registry);
        options.mesh.lane_cells = 128;
        options.budget = 1;
        options.grace = 1;
        options.hooks =
            (ta_runtime_hooks){.context = &all, .start = call_at_start_of_first, .stop = on_stop};
        stop_and_join(start(&options));
        assert_int_equal(atomic_load(&all.work), CALLS);
        assert_int_equal(atomic_load(&all.polled), 0);
    }
    ta_registry_destroy(registry);
}

/* A closure that calls a guest, who never looks. */
static void call_guest(world_pointer *all) {
    ta_port *port = ta_port_running();
    if (call_to_double(port, (*all)->from, 1, *all, NULL, NULL) == TA_OK)
        atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(calling_guest, world_pointer, call_guest);

static void a_guest_that_does_not_answer_is_not_waited_for_beyond_the_grace(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0};
    ta_runtime_options options = unpinned_options(registry);
    options.mesh.guests = 1;
    options.grace = 1;
    options.hooks = (ta_runtime_hooks){.context = &all, .stop = on_stop};
    ta_runtime *runtime = start(&options);
    ta_port *guest;
    ta_fn_once fn;
    assert_int_equal(ta_mesh_attach_guest(ta_runtime_mesh(runtime), NULL, &guest), TA_OK);
    all.from = ta_port_index(guest);
    assert_int_equal(calling_guest(&fn, &all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 1, &fn), TA_OK);
    wait_for(&all.run, 1);
    ta_runtime_stop(runtime);
    wait_for(&all.stopped, 2); /* without an answer */
    ta_port_close(guest);
    while (ta_port_drain(guest) != TA_OK) sched_yield();
    assert_int_equal(ta_port_detach(guest), TA_OK);
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_counted(&report);
    assert_int_equal(atomic_load(&all.work) + atomic_load(&all.polled), 1); /* it was told */
    ta_registry_destroy(registry);
}

/* ---- fan-outs -------------------------------------------------------------------------------- */

/* Each thread begins fan-outs to all, turn after turn; `work` is how many in all at most. Those begun
 * are counted in `polled`, those completed in `started`, and in `waits` those that reached all. */
typedef struct fan_context {
    world *all;
    uint32_t reduced;
} fan_context;
TA_UNAWARE_TYPE(fan_context, fan_context);

static long visit(world *const *all) {
    atomic_fetch_add(&(*all)->run, 1);
    return 1;
}
static void reduce_visit(fan_context *fan, uint32_t from, ta_status status, long *result) {
    assert_true(from < fan->all->threads);
    assert_true((result != NULL) == (status == TA_OK));
    assert_true(status == TA_OK || status == TA_E_CLOSED);
    fan->reduced++;
}
static void end_visits(fan_context *fan, ta_status status) {
    assert_int_equal(fan->reduced, fan->all->threads);
    atomic_fetch_add(&fan->all->started, 1);
    if (status == TA_OK) atomic_fetch_add(&fan->all->waits, 1);
}
TA_MAP_REDUCE(visit_all, world_pointer, ta_long, visit, fan_context, reduce_visit, end_visits);

static uint32_t begin_fans(void *context, ta_port *port) {
    world *all = context;
    fan_context fan = {all, 0};
    if (atomic_load(&all->polled) >= atomic_load(&all->work)) return 0;
    ta_status status = visit_all(port, NULL, 0, all, fan);
    if (status == TA_OK) atomic_fetch_add(&all->polled, 1);
    return 1;
}

/* Whatever time a stop has, each completes once, with every target accounted for; one with time
 * lets all of them reach everybody. */
static void fans_complete_whatever_time_a_stop_has(void **state) {
    (void)state;
    enum { THREADS = 3 };
    for (unsigned round = 0; round < 40; round++) {
        const bool has_time = round % 2 == 0;
        ta_registry *registry = invented(THREADS, NULL);
        world all = {
            .work = has_time ? 300 : UINT32_MAX, .threads = THREADS, .sleep_for = UINT64_MAX};
        ta_runtime_options options = unpinned_options(registry);
        if (!has_time) options.grace = 1;
        options.hooks = (ta_runtime_hooks){.context = &all, .poll = begin_fans, .idle = on_idle};
        ta_runtime *runtime = start(&options);
        while (atomic_load(&all.polled) < 1 + round) sched_yield();
        stop_and_join(runtime);
        assert_int_equal(atomic_load(&all.started), atomic_load(&all.polled));
        if (has_time) assert_int_equal(atomic_load(&all.waits), atomic_load(&all.polled));
        assert_true(atomic_load(&all.run) >= THREADS * atomic_load(&all.waits));
        ta_registry_destroy(registry);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_waits_for_who_waits_for_room),
        cmocka_unit_test(a_stop_waits_for_poll_hooks),
        cmocka_unit_test(a_stop_waits_for_drain_hooks),
        cmocka_unit_test(drain_hooks_have_the_grace_and_no_longer),
        cmocka_unit_test(who_has_drained_is_asked_again),
        cmocka_unit_test(who_is_not_to_sleep_takes_turns_while_stopping),
        cmocka_unit_test(a_bell_that_was_answered_is_not_waited_for),
        cmocka_unit_test(a_stop_is_not_overlooked),
        cmocka_unit_test(nothing_runs_in_a_thread_that_counts_as_quiet),
        cmocka_unit_test(many_threads_pass_on_what_they_get),
        cmocka_unit_test(calls_are_answered_whatever_the_grace),
        cmocka_unit_test(no_continuation_runs_beside_a_stop_hook),
        cmocka_unit_test(a_guest_that_does_not_answer_is_not_waited_for_beyond_the_grace),
        cmocka_unit_test(fans_complete_whatever_time_a_stop_has),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
