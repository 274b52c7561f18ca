/* SPDX-License-Identifier: MIT
 *
 * When replaced values end: pins that keep them, the pool of records that pins borrow, and who
 * destroys what.
 */
#include "storage_checks.h"

#include <pthread.h>

static leaves_pin pin_at(leaves storage, uint32_t processor) {
    leaves_pin pin;
    assert_int_equal(leaves_pin_make(storage, place(processor), &pin), TA_OK);
    return pin;
}

static void a_pinned_value_outlives_its_replacement(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 1, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    put(storage, 0, 2, &destroyed);
    for (unsigned i = 0; i < 10; i++) assert_int_equal(leaves_reclaim(storage), 1);
    assert_int_equal(destroyed, 0);
    assert_int_equal(leaves_pin_get(&pin)->number, 1);
    assert_true(leaves_pin_get(&pin)->canary == ALIVE);
    leaves_pin_drop(&pin);
    assert_null(leaves_pin_get(&pin));
    assert_int_equal(destroyed, 0); /* dropping a pin destroys nothing */
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 2);
}

static void a_pin_of_another_slot_keeps_waiting_what_it_may_have_seen(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < 3; i++) put(storage, i, i, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    assert_int_equal(leaves_remove(storage, place(1), NULL), TA_OK);
    assert_int_equal(leaves_remove(storage, place(2), NULL), TA_OK);
    assert_int_equal(leaves_reclaim(storage), 2);
    leaves_pin_drop(&pin);
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(destroyed, 2);
    leaves_destroy(&storage);
}

/* Pins that overlap, so that at no time none is there, must not keep values for ever. */
static void values_end_under_pins_that_overlap(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 0, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    for (uint32_t i = 1; i < 1000; i++) {
        put(storage, 0, i, &destroyed);
        leaves_pin next = pin_at(storage, 0);
        assert_int_equal(leaves_pin_get(&pin)->number, i - 1);
        assert_true(leaves_pin_get(&pin)->canary == ALIVE);
        leaves_pin_drop(&pin);
        pin = next;
        assert_true(i - destroyed <= 6);
    }
    leaves_pin_drop(&pin);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 1000);
}

static ta_registry *registry_of(uint32_t processors) {
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = &processors, .counts_length = 1};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    return registry;
}

static void be_at(const ta_registry *registry, uint32_t processor) {
    assert_int_equal(ta_registry_adopt(registry, ta_registry_affinity(registry, processor)), TA_OK);
}

/* Values that were replaced under pins wait on records that are not borrowed again: the later ones
 * of two processors, and all of a third. One replacement for each such record ends them. */
static void what_waits_on_other_records_ends_with_replacements(void **state) {
    (void)state;
    enum { AT = 3, DEEP = 2, EACH = 50 };
    unsigned destroyed = 0, made = 0;
    ta_registry *registry = registry_of(PLACES);
    leaves storage = make_leaves(TA_PER_PROCESS, NULL);
    leaves_pin pins[AT][DEEP];
    put(storage, 0, made++, &destroyed);
    for (uint32_t at = 0; at < AT; at++) {
        be_at(registry, at * 2);
        for (unsigned i = 0; i < DEEP; i++) {
            pins[at][i] = pin_at(storage, 0); /* the next replacement is filed on one behind it */
            for (unsigned j = 0; j < EACH; j++) put(storage, 0, made++, &destroyed);
        }
    }
    assert_int_equal(destroyed, 0);
    for (uint32_t at = 0; at < AT; at++)
        for (unsigned i = 0; i < DEEP; i++) leaves_pin_drop(&pins[at][i]);
    be_at(registry, 0);
    for (unsigned i = 0; i < AT * DEEP; i++) put(storage, 0, made++, &destroyed);
    assert_int_equal(made - destroyed, 1); /* what is there now */
    assert_int_equal(leaves_reclaim(storage), 0);
    ta_unpin();
    leaves_destroy(&storage);
    ta_registry_destroy(registry);
}

/* A record whose values must wait still does not stand before one whose values may end. */
static void records_are_looked_at_in_turn(void **state) {
    (void)state;
    enum { ASKS, STILL_WAITS, MAY_END, EARLY, LATE };
    unsigned destroyed = 0;
    ta_registry *registry = registry_of(PLACES);
    leaves storage = make_leaves(TA_PER_PROCESS, NULL);
    put(storage, 0, 0, &destroyed);
    be_at(registry, EARLY);
    leaves_pin early = pin_at(storage, 0);
    be_at(registry, MAY_END);
    put(storage, 0, 1, &destroyed); /* and the epoch moves once, up to the pin */
    be_at(registry, STILL_WAITS);
    put(storage, 0, 2, &destroyed);
    be_at(registry, LATE);
    leaves_pin late = pin_at(storage, 0);
    leaves_pin_drop(&early);
    be_at(registry, ASKS);
    for (uint32_t i = 3; i < 9; i++) put(storage, 0, i, &destroyed);
    assert_int_equal(destroyed, 1);
    leaves_pin_drop(&late);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 9);
    ta_unpin();
    ta_registry_destroy(registry);
}

static void a_reference_keeps_what_no_pin_does(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 1, &destroyed);
    leaves_stored stored = refer(storage, 0);
    put(storage, 0, 2, &destroyed);
    assert_int_equal(leaves_reclaim(storage), 0); /* it waits no more, and is kept */
    assert_int_equal(destroyed, 0);
    leaves_stored_drop(&stored);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
}

static void what_waits_at_the_end_is_destroyed_then(void **state) {
    (void)state;
    unsigned destroyed = 0;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    put(storage, 0, 1, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    for (uint32_t i = 2; i < 10; i++) put(storage, 0, i, &destroyed);
    leaves_pin_drop(&pin);
    assert_int_equal(destroyed, 0);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 9);
    assert_balanced(&memory);
}

/* ---- the pool --------------------------------------------------------------------------------- */

enum { PINS = 40 };

static void the_pool_grows_with_pins_and_stays(void **state) {
    (void)state;
    unsigned destroyed = 0;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    leaves_pin pins[PINS];
    put(storage, 0, 1, &destroyed);
    size_t before = memory.blocks;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PINS; i++) pins[i] = pin_at(storage, 0);
        for (unsigned i = 0; i < PINS; i++)
            for (unsigned j = 0; j < i; j++)
                assert_ptr_not_equal(pins[i].untyped.record, pins[j].untyped.record);
        assert_int_equal(memory.blocks, before + PINS - 1); /* the first put made one */
        for (unsigned i = 0; i < PINS; i++) leaves_pin_drop(&pins[i]);
    }
    put(storage, 0, 2, &destroyed);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
    assert_balanced(&memory);
}

static bool never(leaf *value, uint32_t slot, void *context) {
    (void)value, (void)slot, (void)context;
    fail_msg("visited without a record");
    return true;
}

static void without_memory_for_a_record_there_is_no_pin(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    put(storage, 0, 1, NULL);
    leaves_pin first = pin_at(storage, 0), second = pin_at(storage, 0), third;
    leaves_stored stored;
    leaf clone;
    memory.fail_at = memory.calls + 1;
    memset(&third, 0xff, sizeof third);
    assert_int_equal(leaves_pin_make(storage, place(0), &third), TA_E_NOMEM);
    check_text("ta_pin_make", "no memory");
    assert_null(leaves_pin_get(&third));
    assert_null(third.untyped.record);
    memory.fail_at = memory.calls + 1;
    third = leaves_pin_at(storage, place(0));
    assert_null(leaves_pin_get(&third));
    memory.fail_at = memory.calls + 1;
    assert_int_equal(leaves_stored_make(storage, place(0), &stored), TA_E_NOMEM);
    memory.fail_at = memory.calls + 1;
    assert_int_equal(leaves_get_clone(storage, place(0), &clone, NULL), TA_E_NOMEM);
    memory.fail_at = memory.calls + 1;
    assert_int_equal(leaves_remove(storage, place(0), NULL), TA_E_NOMEM);
    memory.fail_at = memory.calls + 1;
    assert_false(leaves_each(storage, never, NULL));
    leaves_pin_drop(&first); /* and then a record is free */
    memory.fail_at = memory.calls + 1;
    third = pin_at(storage, 0);
    assert_int_equal(leaves_pin_get(&third)->number, 1);
    leaves_pin_drop(&second);
    leaves_pin_drop(&third);
    leaves_destroy(&storage);
    assert_balanced(&memory);
}

static void without_memory_any_processors_record_will_do(void **state) {
    (void)state;
    uint32_t counts[] = {4};
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 1};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_affinity first = ta_registry_affinity(registry, 0);
    ta_per_affinity_options options = {.shape = first, .allocator = &allocator};
    leaves storage;
    assert_int_equal(leaves_create(&storage, &options), TA_OK);
    assert_int_equal(ta_registry_adopt(registry, first), TA_OK);
    assert_int_equal(leaves_replace(storage, first, leaf_of(3, NULL, NULL), NULL), TA_OK);

    assert_int_equal(ta_registry_adopt(registry, ta_registry_affinity(registry, 2)), TA_OK);
    memory.fail_at = memory.calls + 1;
    leaves_pin borrowed = leaves_pin_at(storage, first);
    assert_int_equal(leaves_pin_get(&borrowed)->number, 3);
    leaves_pin own = leaves_pin_at(storage, first); /* with memory: one of its own */
    assert_int_equal(leaves_pin_get(&own)->number, 3);
    const void *record = own.untyped.record;
    assert_ptr_not_equal(record, borrowed.untyped.record);
    leaves_pin_drop(&own);
    leaves_pin_drop(&borrowed);
    size_t calls = memory.calls;
    own = leaves_pin_at(storage, first); /* which it has from now on */
    assert_ptr_equal(own.untyped.record, record);
    assert_int_equal(memory.calls, calls);
    leaves_pin_drop(&own);
    ta_unpin();
    leaves_destroy(&storage);
    assert_balanced(&memory);
    ta_registry_destroy(registry);
}

/* ---- threads ---------------------------------------------------------------------------------- */

static void *drop_pin(void *pin) {
    leaves_pin_drop(pin);
    return NULL;
}

static void another_thread_may_drop_a_pin(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 1, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    put(storage, 0, 2, &destroyed);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drop_pin, &pin), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
}

static void *replace_and_leave(void *context) {
    leaves storage = *(leaves *)context;
    put(storage, 0, 2, NULL);
    return NULL;
}

/* What a thread replaced and left behind ends without it. */
static void what_waits_does_not_need_its_thread(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 1, &destroyed);
    leaves_pin pin = pin_at(storage, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, replace_and_leave, &storage), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(leaves_reclaim(storage), 1);
    leaves_pin_drop(&pin);
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
}

/* ---- values that call the storage ------------------------------------------------------------- */

typedef struct echo {
    struct echoes *storage; /* not owned */
    uint32_t left;
} echo;
static void destroy_echo(echo *value);
TA_TYPE(echo, echo, NULL, NULL, destroy_echo);
TA_STORAGE(echoes, echo);

static unsigned echoed;

/* Reads and replaces in the middle of its own end. */
static void destroy_echo(echo *value) {
    echoed++;
    if (value->left == 0) return;
    echo next = {value->storage, value->left - 1};
    echoes_pin pin = echoes_pin_at(*value->storage, place(0));
    assert_int_equal(echoes_replace(*value->storage, place(0), next, NULL), TA_OK);
    echoes_pin_drop(&pin);
    (void)echoes_reclaim(*value->storage);
}

static void the_end_of_a_value_may_use_the_storage(void **state) {
    (void)state;
    echoes storage;
    ta_per_affinity_options options = {.shape = place(0)};
    assert_int_equal(echoes_create(&storage, &options), TA_OK);
    echoed = 0;
    echo quiet = {&storage, 0}, loud = {&storage, 5};
    assert_int_equal(echoes_replace(storage, place(0), loud, NULL), TA_OK);
    assert_int_equal(echoes_replace(storage, place(0), quiet, NULL), TA_OK);
    assert_int_equal(echoes_reclaim(storage), 0);
    assert_int_equal(echoed, 2); /* the loud one, and the quiet one that it replaced */
    for (unsigned i = 3; i <= 7; i++) {
        assert_int_equal(echoes_ready_count(storage), 1);
        assert_int_equal(echoes_remove(storage, place(0), NULL), TA_OK);
        assert_int_equal(echoed, i); /* and another one is there, up to the last */
    }
    assert_int_equal(echoes_ready_count(storage), 0);
    echoes_destroy(&storage);
    assert_int_equal(echoed, 7);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pinned_value_outlives_its_replacement),
        cmocka_unit_test(a_pin_of_another_slot_keeps_waiting_what_it_may_have_seen),
        cmocka_unit_test(values_end_under_pins_that_overlap),
        cmocka_unit_test(what_waits_on_other_records_ends_with_replacements),
        cmocka_unit_test(records_are_looked_at_in_turn),
        cmocka_unit_test(a_reference_keeps_what_no_pin_does),
        cmocka_unit_test(what_waits_at_the_end_is_destroyed_then),
        cmocka_unit_test(the_pool_grows_with_pins_and_stays),
        cmocka_unit_test(without_memory_for_a_record_there_is_no_pin),
        cmocka_unit_test(without_memory_any_processors_record_will_do),
        cmocka_unit_test(another_thread_may_drop_a_pin),
        cmocka_unit_test(what_waits_does_not_need_its_thread),
        cmocka_unit_test(the_end_of_a_value_may_use_the_storage),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
