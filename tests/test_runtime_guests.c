/* SPDX-License-Identifier: MIT
 *
 * Who is left when a runtime has stopped: guests, and what was sent to places that nobody took, or to
 * threads that could not wait for it. All of it ends, so that guests can go, and the runtime with
 * them.
 */
#include "runtime_world.h"

#include "ta/call.h"

/* ---- what they send ----------------------------------------------------------------------------- */

/* Ends of calls are counted in the caller's world: `work` those that were answered, `polled` those
 * that the closing ended; `idle` those that ended when some stop hook had been called. */
static void do_nothing(int *number) { (void)number; }

static void note_end(world_pointer *all, ta_status status) {
    if (status == TA_OK) atomic_fetch_add(&(*all)->work, 1);
    if (status == TA_E_CLOSED) atomic_fetch_add(&(*all)->polled, 1);
    if (atomic_load(&(*all)->stopped) != 0) atomic_fetch_add(&(*all)->idle, 1);
}
TA_CALL_VOID(call_there, ta_int, do_nothing, world_pointer, note_end);

static void take_back(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    world *all = context;
    (void)port;
    (void)to;
    (void)closure;
    atomic_fetch_add(&all->waits, 1);
}

/* A guest of the calling thread, whose closures that come back are counted in `waits`. */
static ta_port *attach_guest(ta_runtime *runtime, world *all) {
    const ta_port_hooks hooks = {.context = all, .returned = take_back};
    ta_port *guest;
    assert_int_equal(ta_mesh_attach_guest(ta_runtime_mesh(runtime), &hooks, &guest), TA_OK);
    return guest;
}

static void detach_guest(ta_port *guest) {
    ta_port_close(guest);
    while (ta_port_drain(guest) != TA_OK) sched_yield();
    assert_int_equal(ta_port_detach(guest), TA_OK);
}

static void join(ta_runtime *runtime) {
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(runtime, &report), TA_OK);
    assert_counted(&report);
}

static ta_runtime_options options_with_guest(const ta_registry *registry, world *all) {
    ta_runtime_options options = unpinned_options(registry);
    options.mesh.guests = 1;
    options.hooks = (ta_runtime_hooks){.context = all, .start = on_start, .stop = on_stop};
    return options;
}

static void send_one(ta_port *port, uint32_t to, world *all) {
    ta_fn_once fn;
    assert_int_equal(running_in(&fn, all, NULL), TA_OK);
    assert_int_equal(ta_port_send(port, to, &fn), TA_OK);
}

/* ---- places that nobody took -------------------------------------------------------------------- */

/* In a thread of the runtime: calls the port `from`. */
static void call_from_within(world_pointer *all) {
    if (call_there(ta_port_running(), (*all)->from, 1, *all, NULL, NULL) == TA_OK)
        atomic_fetch_add(&(*all)->run, 1);
}
TA_FN_ONCE_VOID(calling_from_within, world_pointer, call_from_within);

static void have_called(ta_runtime *runtime, uint32_t who, world *all) {
    ta_fn_once fn;
    assert_int_equal(calling_from_within(&fn, all, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), who, &fn), TA_OK);
    wait_for(&all->run, 1);
}

static void what_waits_for_nobody_goes_back(void **state) {
    (void)state;
    ta_registry *registry = invented(3, NULL);
    world all = {.from = 0}, guests = {0};
    ta_runtime_options options = options_with_guest(registry, &all);
    options.adopted = 1;
    ta_runtime *runtime = start(&options);
    ta_port *guest = attach_guest(runtime, &guests);
    assert_int_equal(call_there(guest, 0, 1, &guests, NULL, NULL), TA_OK);
    send_one(guest, 0, &guests);
    ta_port_flush(guest);
    assert_int_equal(call_there(guest, 0, 1, &guests, NULL, NULL), TA_OK); /* is flushed later */
    have_called(runtime, 1, &all);
    ta_runtime_stop(runtime);
    assert_int_equal(call_there(guest, 0, 1, &guests, NULL, NULL), TA_E_CLOSED);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_E_BUSY); /* but its threads have ended */
    assert_int_equal(atomic_load(&all.polled), 1);
    assert_int_equal(atomic_load(&all.idle), 0); /* it was told before the stop hooks */
    detach_guest(guest);
    assert_int_equal(atomic_load(&guests.polled), 2);
    assert_int_equal(atomic_load(&guests.waits), 1);
    join(runtime);
    ta_registry_destroy(registry);
}

/* Somebody comes, late, and does not start: what has waited for him goes back, too. */
static ta_status fail_after_stop(void *context, ta_port *port) {
    ta_status status = on_start(context, port);
    if (ta_port_index(port) != 0) return status;
    while (!ta_runtime_is_stopping(ta_runtime_running())) sched_yield();
    return TA_E_CANCELLED;
}

static void *adopt(void *runtime) {
    return ta_runtime_adopt(runtime, 0) == TA_E_CANCELLED ? runtime : NULL;
}

static void what_waits_for_who_fails_goes_back(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0}, guests = {0};
    pthread_t thread;
    void *result;
    ta_runtime_options options = options_with_guest(registry, &all);
    options.adopted = 1;
    options.hooks.start = fail_after_stop;
    ta_runtime *runtime = start(&options);
    ta_port *guest = attach_guest(runtime, &guests);
    assert_int_equal(call_there(guest, 0, 1, &guests, NULL, NULL), TA_OK);
    ta_port_flush(guest);
    assert_int_equal(pthread_create(&thread, NULL, adopt, runtime), 0);
    wait_for(&all.started, 2);
    ta_runtime_stop(runtime);
    detach_guest(guest);
    assert_int_equal(atomic_load(&guests.polled), 1);
    join(runtime);
    pthread_join(thread, &result);
    assert_ptr_equal(result, runtime);
    ta_registry_destroy(registry);
}

static void a_place_that_is_attached_by_hand_is_left_alone(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0};
    ta_runtime_options options = options_with_guest(registry, &all);
    options.adopted = 1;
    ta_runtime *runtime = start(&options);
    ta_port *port = ta_runtime_port(runtime, 0);
    assert_int_equal(ta_port_attach(port, NULL), TA_OK);
    post(runtime, 0, &all);
    ta_runtime_stop(runtime);
    assert_int_equal(ta_runtime_join(runtime, NULL), TA_E_BUSY);
    detach_guest(port); /* the same steps */
    assert_int_equal(atomic_load(&all.run), 1);
    join(runtime);
    ta_registry_destroy(registry);
}

/* ---- threads that could not wait ---------------------------------------------------------------- */

/* Thread 0 waits for a guest who does not answer, until its time is up. What the guest sends
 * meanwhile, and is not seen until later, comes back; and the thread's own call ends before the hooks
 * that take everything down. */
static void who_left_in_a_hurry_owes_nothing(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {0}, guests = {0};
    ta_runtime_options options = options_with_guest(registry, &all);
    options.grace = 1;
    ta_runtime *runtime = start(&options);
    ta_port *guest = attach_guest(runtime, &guests);
    all.from = ta_port_index(guest);
    have_called(runtime, 0, &all);
    send_one(guest, 0, &guests); /* makes the lane, whatever comes first */
    ta_port_flush(guest);
    assert_int_equal(call_there(guest, 1, 1, &guests, NULL, NULL), TA_OK);
    assert_int_equal(call_there(guest, 0, 1, &guests, NULL, NULL), TA_OK); /* is flushed later */
    ta_runtime_stop(runtime);
    wait_for(&all.stopped, 2);
    assert_int_equal(atomic_load(&all.polled), 1);
    assert_int_equal(atomic_load(&all.idle), 0);
    detach_guest(guest);
    assert_int_equal(atomic_load(&guests.work) + atomic_load(&guests.polled), 2);
    join(runtime);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_nobody_goes_back),
        cmocka_unit_test(what_waits_for_who_fails_goes_back),
        cmocka_unit_test(a_place_that_is_attached_by_hand_is_left_alone),
        cmocka_unit_test(who_left_in_a_hurry_owes_nothing),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
