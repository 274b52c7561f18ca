/* SPDX-License-Identifier: MIT
 *
 * Pinning the calling thread, adopting a place, and undoing both.
 */
#include "harness.h"
#include "ledger.h"

#include "registry.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

/* ---- helpers ----------------------------------------------------------------------------------- */

static ta_registry *this_machine(const ta_allocator *allocator) {
    ta_registry_options options = {.processors = TA_PROCESSORS_ALL, .allocator = allocator};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    return registry;
}

static ta_registry *described(void) {
    static const uint32_t counts[] = {3, 2};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    return registry;
}

static cpu_set_t mask(void) {
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

static void assert_mask(const cpu_set_t *expected) {
    cpu_set_t now = mask();
    assert_true(CPU_EQUAL(&now, expected));
}

static void assert_unpinned(void) { assert_true(ta_affinity_is_unknown(ta_current_affinity())); }

static ta_affinity last_place(const ta_registry *registry) {
    return ta_registry_affinity(registry, ta_registry_processor_count(registry) - 1);
}

/* ---- cases ------------------------------------------------------------------------------------- */

static void pin_and_unpin(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry *registry = this_machine(&mine);
    size_t before_pin = atomic_load(&book.blocks);
    cpu_set_t before = mask();
    assert_unpinned();
    for (uint32_t i = 0; i < ta_registry_processor_count(registry); i++) {
        ta_affinity place = ta_registry_affinity(registry, i);
        uint32_t os;
        errno = 77;
        assert_int_equal(ta_registry_pin(registry, place), TA_OK);
        assert_int_equal(errno, 77);
        assert_int_equal(ta_registry_os_processor(registry, place, &os), TA_OK);
        cpu_set_t now = mask();
        assert_int_equal(CPU_COUNT(&now), 1);
        assert_true(CPU_ISSET(os, &now));
        assert_int_equal(sched_getcpu(), os);
        assert_true(ta_affinity_equal(ta_current_affinity(), place));
        assert_true(ta_registry_is_bound(registry, place));
        assert_int_equal(atomic_load(&book.blocks), before_pin + 1); /* the first mask alone */
    }
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    assert_unpinned();
    assert_int_equal(atomic_load(&book.blocks), before_pin);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

static void unpin_without_pin_does_nothing(void **state) {
    (void)state;
    cpu_set_t before = mask();
    assert_int_equal(ta_unpin(), TA_OK);
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    assert_unpinned();
}

static void unpin_after_the_registry_is_gone(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry *registry = this_machine(&mine);
    cpu_set_t before = mask();
    assert_int_equal(ta_registry_pin(registry, last_place(registry)), TA_OK);
    ta_registry_destroy(registry);
    assert_int_equal(atomic_load(&book.blocks), 1);
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    assert_balanced(&book);
}

static void two_registries_keep_the_first_mask(void **state) {
    (void)state;
    ta_registry *one = this_machine(NULL), *two = this_machine(NULL);
    cpu_set_t before = mask();
    assert_int_equal(ta_registry_pin(one, last_place(one)), TA_OK);
    assert_int_equal(ta_registry_pin(two, ta_registry_affinity(two, 0)), TA_OK);
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    ta_registry_destroy(one);
    ta_registry_destroy(two);
}

static void adopt_touches_no_mask(void **state) {
    (void)state;
    ta_registry *registry = described();
    cpu_set_t before = mask();
    assert_int_equal(ta_registry_adopt(registry, ta_registry_affinity(registry, 4)), TA_OK);
    assert_mask(&before);
    assert_true(ta_affinity_equal(ta_current_affinity(), ta_registry_affinity(registry, 4)));
    assert_false(ta_registry_is_bound(registry, ta_registry_affinity(registry, 4)));
    assert_int_equal(ta_unpin(), TA_OK);
    assert_unpinned();
    assert_mask(&before);
    ta_registry_destroy(registry);
}

static void adopt_between_pin_and_unpin(void **state) {
    (void)state;
    ta_registry *registry = this_machine(NULL), *other = described();
    cpu_set_t before = mask();
    assert_int_equal(ta_registry_pin(registry, last_place(registry)), TA_OK);
    assert_int_equal(ta_registry_adopt(other, last_place(other)), TA_OK);
    assert_true(ta_affinity_equal(ta_current_affinity(), last_place(other)));
    assert_true(ta_registry_is_bound(registry, last_place(registry)));
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    ta_registry_destroy(registry);
    ta_registry_destroy(other);
}

static void a_described_machine_cannot_be_pinned_to(void **state) {
    (void)state;
    ta_registry *registry = described();
    cpu_set_t before = mask();
    assert_int_equal(ta_registry_pin(registry, ta_registry_affinity(registry, 0)), TA_E_DESCRIBED);
    assert_non_null(strstr(ta_last_error(), "ta_registry_pin: "));
    assert_mask(&before);
    assert_unpinned();
    ta_registry_destroy(registry);
}

static void not_bound_when_the_mask_is_wider(void **state) {
    (void)state;
    ta_registry *registry = this_machine(NULL);
    ta_affinity first = ta_registry_affinity(registry, 0);
    if (ta_registry_processor_count(registry) > 1)
        assert_false(ta_registry_is_bound(registry, first));
    assert_int_equal(ta_registry_pin(registry, first), TA_OK);
    assert_true(ta_registry_is_bound(registry, first));
    if (ta_registry_processor_count(registry) > 1)
        assert_false(ta_registry_is_bound(registry, last_place(registry)));
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

/* ---- failures ---------------------------------------------------------------------------------- */

static void a_processor_that_is_gone(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry *registry = this_machine(&mine);
    size_t blocks = atomic_load(&book.blocks);
    ta_affinity first = ta_registry_affinity(registry, 0);
    cpu_set_t before = mask();
    uint32_t os = registry->os_processors[0];

    registry->os_processors[0] = 65535; /* as if the kernel had lost it */
    assert_int_equal(ta_registry_pin(registry, first), TA_E_SYSTEM);
    assert_non_null(strstr(ta_last_error(), "65535"));
    assert_false(ta_registry_is_bound(registry, first));
    assert_mask(&before);
    assert_unpinned();
    assert_int_equal(atomic_load(&book.blocks), blocks);

    /* A pinned thread stays where it was. */
    registry->os_processors[0] = os;
    assert_int_equal(ta_registry_pin(registry, first), TA_OK);
    cpu_set_t pinned = mask();
    registry->os_processors[0] = 70000; /* beyond every mask */
    assert_int_equal(ta_registry_pin(registry, first), TA_E_SYSTEM);
    assert_mask(&pinned);
    assert_true(ta_affinity_equal(ta_current_affinity(), first));
    assert_int_equal(ta_unpin(), TA_OK);
    assert_mask(&before);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

static void no_memory_for_the_mask(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry *registry = this_machine(&mine);
    cpu_set_t before = mask();
    book.fail_at = atomic_load(&book.calls) + 1;
    assert_int_equal(ta_registry_pin(registry, last_place(registry)), TA_E_NOMEM);
    assert_mask(&before);
    assert_unpinned();
    assert_int_equal(ta_registry_pin(registry, last_place(registry)), TA_OK); /* the next time */
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

/* ---- threads ----------------------------------------------------------------------------------- */

static void *starts_unknown(void *argument) {
    if (!ta_affinity_is_unknown(ta_current_affinity())) return argument;
    return ta_unpin() == TA_OK ? NULL : argument;
}

static void a_new_thread_is_unknown(void **state) {
    (void)state;
    ta_registry *registry = this_machine(NULL);
    pthread_t thread;
    void *result;
    assert_int_equal(ta_registry_pin(registry, last_place(registry)), TA_OK);
    assert_int_equal(pthread_create(&thread, NULL, starts_unknown, registry), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

static void *pins_and_ends(void *argument) {
    ta_registry *registry = argument;
    return ta_registry_pin(registry, last_place(registry)) == TA_OK ? NULL : argument;
}

static void a_thread_that_ends_leaves_nothing(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry *registry = this_machine(&mine);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pins_and_ends, registry), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pin_and_unpin),
        cmocka_unit_test(unpin_without_pin_does_nothing),
        cmocka_unit_test(unpin_after_the_registry_is_gone),
        cmocka_unit_test(two_registries_keep_the_first_mask),
        cmocka_unit_test(adopt_touches_no_mask),
        cmocka_unit_test(adopt_between_pin_and_unpin),
        cmocka_unit_test(a_described_machine_cannot_be_pinned_to),
        cmocka_unit_test(not_bound_when_the_mask_is_wider),
        cmocka_unit_test(a_processor_that_is_gone),
        cmocka_unit_test(no_memory_for_the_mask),
        cmocka_unit_test(a_new_thread_is_unknown),
        cmocka_unit_test(a_thread_that_ends_leaves_nothing),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
