/* SPDX-License-Identifier: MIT
 *
 * All threads of a runtime start, or none does: whatever fails, in whichever thread, those that run
 * stop again, nothing stays behind, and the first failure is told. Linked with
 * --wrap=pthread_create, which stands between the library and the system.
 */
#include "runtime.h"

#include "runtime_checks.h"

#include <errno.h>
#include <stdlib.h>

enum { THREADS = 5, NOBODY = 1000 };

/* ---- the system's threads -------------------------------------------------------------------- */

static unsigned threads_until_failure = NOBODY;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument) {
    if (threads_until_failure == 0) return EAGAIN;
    if (threads_until_failure != NOBODY) threads_until_failure--;
    return __real_pthread_create(thread, attributes, run, argument);
}

/* ---- a world where something fails ----------------------------------------------------------- */

typedef struct world {
    const ta_allocator *allocator;
    atomic_uint started, stopped;
    unsigned fails_in; /* the index of the thread whose start hook fails */
    const char *text;  /* ... with this text, unless NULL */
    atomic_bool has_stopped[THREADS];
} world;

static void read_letter(ta_string_value *letter) { (void)letter; }
TA_FN_ONCE_VOID(reading, ta_string, read_letter);

/* Sends its neighbour something that owns memory. */
static ta_status on_start(void *context, ta_port *port) {
    world *all = context;
    uint32_t index = ta_port_index(port);
    ta_fn_once fn;
    char *text = ta_string_make("from one thread to the next one", all->allocator);
    if (text == NULL) return TA_E_NOMEM;
    ta_status status = reading(&fn, text, NULL);
    if (status == TA_OK)
        status = ta_port_send(port, (index + 1) % ta_mesh_port_count(ta_port_mesh(port)), &fn);
    if (status != TA_OK) {
        ta_fn_once_destroy(&fn);
        return status;
    }
    if (index == all->fails_in)
        return all->text == NULL ? TA_E_NOT_FOUND : ta_set_last_error(TA_E_NOT_FOUND, all->text);
    atomic_fetch_add(&all->started, 1);
    return TA_OK;
}

static void on_stop(void *context, ta_port *port) {
    world *all = context;
    atomic_fetch_add(&all->stopped, 1);
    atomic_store(&all->has_stopped[ta_port_index(port)], true);
}

static ta_runtime_options options_of(world *all, const ta_registry *registry) {
    ta_runtime_options options = unpinned_options(registry);
    options.hooks = (ta_runtime_hooks){.context = all, .start = on_start, .stop = on_stop};
    return options;
}

static void assert_fails(const ta_runtime_options *options, ta_status expected, const char *text) {
    ta_runtime *runtime = (ta_runtime *)(uintptr_t)16;
    assert_int_equal(ta_runtime_create(options, &runtime), expected);
    assert_null(runtime);
    if (strstr(ta_last_error(), text) == NULL) print_error("%s\n", ta_last_error());
    assert_non_null(strstr(ta_last_error(), text));
    /* Named by what the caller called, or wrote. */
    assert_true(strncmp(ta_last_error(), "ta_", 3) == 0 ||
                strncmp(ta_last_error(), "hooks.start: ", 13) == 0);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void a_thread_that_is_not_to_be_had_undoes_the_others(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (unsigned k = 0; k < THREADS; k++) {
        ta_registry *registry = invented(THREADS, &allocator);
        world all = {.allocator = &allocator, .fails_in = NOBODY};
        ta_runtime_options options = options_of(&all, registry);
        char text[16];
        snprintf(text, sizeof text, "thread %u: ", k);
        threads_until_failure = k;
        assert_fails(&options, TA_E_SYSTEM, text);
        threads_until_failure = NOBODY;
        assert_int_equal(atomic_load(&all.started), k);
        assert_int_equal(atomic_load(&all.stopped), k);
        ta_registry_destroy(registry);
        assert_balanced(&memory);
    }
}

static void a_start_hook_that_fails_undoes_the_others(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (unsigned k = 0; k < THREADS; k++) {
        ta_registry *registry = invented(THREADS, &allocator);
        world all = {.allocator = &allocator, .fails_in = k};
        if (k % 2 != 0) all.text = "no certificate";
        ta_runtime_options options = options_of(&all, registry);
        char text[64];
        snprintf(text, sizeof text, "thread %u: %s", k,
                 k % 2 != 0 ? all.text : ta_status_message(TA_E_NOT_FOUND));
        assert_fails(&options, TA_E_NOT_FOUND, text);
        assert_int_equal(atomic_load(&all.started), THREADS - 1);
        for (unsigned i = 0; i < THREADS; i++)
            assert_int_equal(atomic_load(&all.has_stopped[i]), i != k);
        ta_registry_destroy(registry);
        assert_balanced(&memory);
    }
}

static void the_first_failure_is_told(void **state) {
    (void)state;
    ta_registry *registry = invented(THREADS, NULL);
    world all = {.fails_in = 0};
    ta_runtime_options options = options_of(&all, registry);
    threads_until_failure = 2; /* no thread tells how its start went, before all were created */
    assert_fails(&options, TA_E_SYSTEM, "thread 2: ");
    threads_until_failure = NOBODY;
    assert_int_equal(atomic_load(&all.started), 1);
    assert_int_equal(atomic_load(&all.stopped), 1);
    ta_registry_destroy(registry);
}

static void threads_that_cannot_be_pinned_do_not_start(void **state) {
    (void)state;
    ta_registry *registry = invented(THREADS, NULL);
    world all = {.fails_in = NOBODY};
    ta_runtime_options options = options_of(&all, registry);
    options.unpinned = false;
    assert_fails(&options, TA_E_DESCRIBED, "ta_registry_pin");
    assert_int_equal(atomic_load(&all.started), 0);
    assert_int_equal(atomic_load(&all.stopped), 0);
    ta_registry_destroy(registry);
}

/* ---- adopted while the others start ---------------------------------------------------------- */

/* Its start hook hands the runtime to a thread that wants to be adopted, and waits until that does. */
typedef struct early {
    ta_runtime *runtime;
    ta_status says, status;
    atomic_uint run;
    pthread_t thread;
} early;

static void *adopt_early(void *argument) {
    early *self = argument;
    self->status = ta_runtime_adopt(self->runtime, 0);
    return NULL;
}

static bool somebody_waits(ta_runtime *runtime) {
    pthread_mutex_lock(&runtime->mutex);
    bool waits = runtime->running == THREADS; /* one of which is not one of those created */
    pthread_mutex_unlock(&runtime->mutex);
    return waits;
}

static ta_status hand_out(void *context, ta_port *port) {
    early *self = context;
    if (ta_port_index(port) != 1) return TA_OK;
    self->runtime = ta_runtime_running();
    if (pthread_create(&self->thread, NULL, adopt_early, self) != 0) return TA_E_SYSTEM;
    while (!somebody_waits(self->runtime)) sched_yield();
    return self->says;
}

typedef early *early_pointer;
TA_UNAWARE_TYPE(early_pointer, early *);
static void run_early(early_pointer *self) { atomic_fetch_add(&(*self)->run, 1); }
TA_FN_ONCE_VOID(running_early, early_pointer, run_early);

static void who_comes_early_is_adopted_when_all_have_started(void **state) {
    (void)state;
    ta_registry *registry = invented(THREADS, NULL);
    early self = {.says = TA_OK, .status = TA_E_EMPTY};
    ta_runtime_options options = unpinned_options(registry);
    options.adopted = 1;
    options.hooks = (ta_runtime_hooks){.context = &self, .start = hand_out};
    ta_runtime *runtime = start(&options);
    ta_fn_once fn;
    assert_int_equal(running_early(&fn, &self, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(ta_runtime_mesh(runtime), 0, &fn), TA_OK);
    wait_for(&self.run, 1);
    stop_and_join(runtime);
    pthread_join(self.thread, NULL);
    assert_int_equal(self.status, TA_OK);
    ta_registry_destroy(registry);
}

static void who_comes_early_is_told_that_the_start_failed(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (int round = 0; round < 20; round++) {
        ta_registry *registry = invented(THREADS, &allocator);
        early self = {.says = TA_E_NOT_FOUND, .status = TA_E_EMPTY};
        ta_runtime_options options = unpinned_options(registry);
        options.adopted = 1;
        options.hooks = (ta_runtime_hooks){.context = &self, .start = hand_out};
        assert_fails(&options, TA_E_NOT_FOUND, "thread 1: ");
        pthread_join(self.thread, NULL);
        assert_int_equal(self.status, TA_E_CLOSED);
        ta_registry_destroy(registry);
        assert_balanced(&memory);
    }
}

static void stacks_have_a_size(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    world all = {.fails_in = NOBODY};
    ta_runtime_options options = options_of(&all, registry);
    options.stack_size = 1;
    assert_fails(&options, TA_E_INVALID, "1 bytes");
    options.stack_size = (size_t)1 << 20;
    stop_and_join(start(&options));
    assert_int_equal(atomic_load(&all.started), 2);
    ta_registry_destroy(registry);
}

/* Every allocation in turn finds no memory, until all go well. */
static void sweep(ta_registry *registry, ledger *memory, const ta_allocator *allocator,
                  bool unpinned) {
    size_t blocks = atomic_load(&memory->blocks), failures = 0;
    for (size_t k = 1;; k++) {
        world all = {.allocator = allocator, .fails_in = NOBODY};
        ta_runtime_options options = options_of(&all, registry);
        ta_runtime *runtime;
        options.unpinned = unpinned;
        memory->fail_at = atomic_load(&memory->calls) + k;
        ta_status status = ta_runtime_create(&options, &runtime);
        if (status == TA_OK) stop_and_join(runtime);
        bool has_failed = atomic_load(&memory->calls) >= memory->fail_at;
        memory->fail_at = 0;
        assert_int_equal(atomic_load(&all.started), atomic_load(&all.stopped));
        assert_int_equal(atomic_load(&memory->blocks), blocks);
        if (!has_failed) break;
        if (status != TA_OK) {
            assert_int_equal(status, TA_E_NOMEM);
            assert_null(runtime);
            failures++;
        }
    }
    assert_true(failures >= 6);
}

static void memory_that_is_not_to_be_had_undoes_everything(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_registry *registry = invented(3, &allocator);
    sweep(registry, &memory, &allocator, true);
    ta_registry_destroy(registry);
    ta_registry_options options = {
        .processors = TA_PROCESSORS_AT_MOST, .count = 2, .allocator = &allocator};
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    sweep(registry, &memory, &allocator, false);
    ta_registry_destroy(registry);
    assert_balanced(&memory);
}

static uint32_t on_poll(void *context, ta_port *port) {
    (void)context;
    (void)port;
    return 0;
}

static void options_that_make_no_sense_are_refused(void **state) {
    (void)state;
    ta_registry *registry = invented(2, NULL);
    ta_runtime_options options = unpinned_options(registry);
    ta_runtime *runtime;
    assert_int_equal(ta_runtime_create(&options, NULL), TA_E_INVALID);
    assert_int_equal(ta_runtime_create(NULL, &runtime), TA_E_INVALID);
    options.mesh.registry = NULL;
    assert_fails(&options, TA_E_INVALID, "registry");
    options = unpinned_options(registry);
    options.reserved[3] = 1;
    assert_fails(&options, TA_E_INVALID, "reserved");
    options = unpinned_options(registry);
    options.mesh.reserved[0] = 1;
    assert_fails(&options, TA_E_INVALID, "reserved");
    options = unpinned_options(registry);
    options.hooks.poll = on_poll;
    assert_fails(&options, TA_E_INVALID, "poll hook");
    options = unpinned_options(registry);
    options.adopted = 3;
    assert_fails(&options, TA_E_RANGE, "3 adopted");
    options = unpinned_options(registry);
    options.mesh.lane_cells = 24;
    assert_fails(&options, TA_E_INVALID, "power of two");
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_is_not_to_be_had_undoes_the_others),
        cmocka_unit_test(a_start_hook_that_fails_undoes_the_others),
        cmocka_unit_test(the_first_failure_is_told),
        cmocka_unit_test(threads_that_cannot_be_pinned_do_not_start),
        cmocka_unit_test(who_comes_early_is_adopted_when_all_have_started),
        cmocka_unit_test(who_comes_early_is_told_that_the_start_failed),
        cmocka_unit_test(stacks_have_a_size),
        cmocka_unit_test(memory_that_is_not_to_be_had_undoes_everything),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
