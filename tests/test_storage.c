/* SPDX-License-Identifier: MIT
 *
 * Explicit storage: putting values in, reading them, taking them out, and their end.
 */
#include "storage_checks.h"

static void slots_are_empty_at_first(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    assert_int_equal(leaves_slot_count(storage), PLACES);
    assert_int_equal(leaves_ready_count(storage), 0);
    for (uint32_t i = 0; i < PLACES; i++) {
        leaves_pin pin = leaves_pin_at(storage, place(i));
        assert_null(leaves_pin_get(&pin));
        leaves_pin_drop(&pin);
        assert_int_equal(leaves_index_of(storage, place(i)), i);
    }
    leaves_destroy(&storage);
    assert_null(storage.storage);
}

static void each_slot_has_what_was_put_there(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < PLACES; i++) {
        put(storage, i, 10 + i, &destroyed);
        assert_int_equal(leaves_ready_count(storage), i + 1);
    }
    for (uint32_t i = 0; i < PLACES; i++) assert_int_equal(number_at(storage, i), 10 + i);
    assert_int_equal(destroyed, 0);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, PLACES);
}

static void strategies_share_slots(void **state) {
    (void)state;
    static const uint32_t counts[] = {PLACES, CACHES, REGIONS, 1};
    for (uint32_t per = TA_PER_CORE; per <= TA_PER_PROCESS; per++) {
        leaves storage = make_leaves((ta_per)per, NULL);
        assert_int_equal(leaves_slot_count(storage), counts[per]);
        put(storage, 5, 7, NULL);
        for (uint32_t i = 0; i < PLACES; i++) {
            bool same = leaves_index_of(storage, place(i)) == leaves_index_of(storage, place(5));
            assert_int_equal(number_at(storage, i), same ? 7 : 0);
            assert_int_equal(leaves_index_of(storage, place(i)), i * counts[per] / PLACES);
        }
        leaves_destroy(&storage);
    }
}

static uint32_t by_parity(ta_affinity affinity, void *context) {
    return (ta_affinity_processor(affinity) + *(uint32_t *)context) % 2;
}

static uint32_t two(ta_affinity any, void *context) {
    (void)any, (void)context;
    return 2;
}

static void a_strategy_of_ones_own_finds_slots(void **state) {
    (void)state;
    uint32_t added = 1;
    ta_per_affinity_options options = {.shape = place(0),
                                       .strategy = {TA_PER_CUSTOM, by_parity, two, &added}};
    leaves storage;
    assert_int_equal(leaves_create(&storage, &options), TA_OK);
    put(storage, 4, 40, NULL);
    assert_int_equal(leaves_index_of(storage, place(4)), 1);
    assert_int_equal(number_at(storage, 6), 40);
    assert_int_equal(number_at(storage, 5), 0);
    leaves_destroy(&storage);
}

static void replacing_returns_what_was_there(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    leaves_stored previous;
    memset(&previous, 0xff, sizeof previous);
    assert_int_equal(leaves_replace(storage, place(3), leaf_of(1, &destroyed, NULL), &previous),
                     TA_OK);
    assert_null(leaves_stored_get(&previous));
    assert_null(previous.untyped.storage);

    assert_int_equal(leaves_replace(storage, place(3), leaf_of(2, &destroyed, NULL), &previous),
                     TA_OK);
    assert_int_equal(leaves_stored_get(&previous)->number, 1);
    assert_int_equal(leaves_stored_slot(&previous), 3);
    assert_int_equal(leaves_stored_count(storage), 1);
    assert_int_equal(number_at(storage, 3), 2);
    assert_int_equal(destroyed, 0);
    leaves_stored_drop(&previous);
    assert_int_equal(destroyed, 1);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 2);
}

static void without_readers_a_replaced_value_ends_at_once(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < 100; i++) {
        put(storage, 2, i, &destroyed);
        assert_int_equal(destroyed, i);
    }
    assert_int_equal(leaves_reclaim(storage), 0);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 100);
}

static void removing_leaves_the_slot_empty(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    leaves_stored previous;
    put(storage, 1, 5, &destroyed);
    assert_int_equal(leaves_remove(storage, place(1), &previous), TA_OK);
    assert_int_equal(leaves_stored_get(&previous)->number, 5);
    assert_int_equal(leaves_ready_count(storage), 0);
    assert_int_equal(number_at(storage, 1), 0);
    leaves_stored_drop(&previous);
    assert_int_equal(destroyed, 1);

    memset(&previous, 0xff, sizeof previous);
    assert_int_equal(leaves_remove(storage, place(1), &previous), TA_OK); /* nothing there */
    assert_null(previous.untyped.storage);
    put(storage, 1, 6, &destroyed);
    assert_int_equal(leaves_remove(storage, place(1), NULL), TA_OK);
    assert_int_equal(destroyed, 2);
    put(storage, 1, 7, &destroyed);
    assert_int_equal(number_at(storage, 1), 7);
    leaves_destroy(&storage);
}

static void a_clone_is_the_callers_own(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    leaf clone;
    put(storage, 0, 9, NULL);
    assert_int_equal(leaves_get_clone(storage, place(0), &clone, &allocator), TA_OK);
    assert_int_equal(memory.blocks, 1); /* the clone's text alone */
    leaves_destroy(&storage);
    assert_int_equal(clone.number, 9);
    assert_string_equal(clone.text, "leaf");
    ta_destroy(&leaf_type, &clone);
    assert_balanced(&memory);
}

typedef struct seen {
    uint32_t slots[PLACES], numbers[PLACES], count, stop_after;
    leaves storage;
    uint32_t empty_next; /* removes the slot behind the visited one */
} seen;

static bool see(leaf *value, uint32_t slot, void *context) {
    seen *book = context;
    assert_true(value->canary == ALIVE);
    book->slots[book->count] = slot;
    book->numbers[book->count++] = value->number;
    if (book->empty_next != 0)
        assert_int_equal(leaves_remove(book->storage, place(slot + 1), NULL), TA_OK);
    return book->count != book->stop_after;
}

static void visiting_goes_by_slots(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < PLACES; i += 2) put(storage, i, i * i, NULL);
    seen all = {0}, some = {.stop_after = 2};
    assert_true(leaves_each(storage, see, &all));
    assert_int_equal(all.count, PLACES / 2);
    for (uint32_t i = 0; i < all.count; i++) {
        assert_int_equal(all.slots[i], 2 * i);
        assert_int_equal(all.numbers[i], 4 * i * i);
    }
    assert_false(leaves_each(storage, see, &some));
    assert_int_equal(some.count, 2);
    leaves_destroy(&storage);
}

static void a_visitor_may_change_slots(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < 4; i++) put(storage, i, i + 1, &destroyed);
    seen book = {.storage = storage, .empty_next = 1};
    assert_true(leaves_each(storage, see, &book));
    assert_int_equal(book.count, 2); /* of slots 0 and 2 */
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(destroyed, 2);
    leaves_destroy(&storage);
}

static void here_is_where_the_thread_is(void **state) {
    (void)state;
    uint32_t counts[] = {4};
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 1};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    ta_per_affinity_options options = {.registry = registry};
    leaves storage;
    assert_int_equal(leaves_create(&storage, &options), TA_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(leaves_replace(storage, ta_registry_affinity(registry, i),
                                        leaf_of(i, NULL, NULL), NULL),
                         TA_OK);
    leaves_pin nowhere = leaves_pin_here(storage);
    assert_null(leaves_pin_get(&nowhere));
    for (uint32_t i = 0; i < 4; i++) {
        leaves_stored stored;
        assert_int_equal(ta_registry_adopt(registry, ta_registry_affinity(registry, i)), TA_OK);
        leaves_pin pin = leaves_pin_here(storage);
        assert_int_equal(leaves_pin_get(&pin)->number, i);
        leaves_pin_drop(&pin);
        assert_int_equal(leaves_stored_make_here(storage, &stored), TA_OK);
        assert_int_equal(leaves_stored_get(&stored)->number, i);
        leaves_stored_drop(&stored);
    }
    ta_unpin();
    leaves_destroy(&storage);
    ta_registry_destroy(registry);
}

/* Alignment, and one value's line being no other one's. */
typedef struct wide {
    _Alignas(256) unsigned char bytes[300];
} wide;
TA_UNAWARE_TYPE(wide, wide);
TA_STORAGE(numbers, ta_uint8);

static void values_stand_on_lines_of_their_own(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
    ta_storage *large; /* untyped: parameters cannot be aligned so far */
    numbers small;
    wide value = {{0}};
    assert_int_equal(ta_storage_create(&options, &wide_type, &large), TA_OK);
    assert_int_equal(numbers_create(&small, &options), TA_OK);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal(ta_storage_replace(large, place(i), &value, NULL), TA_OK);
        assert_int_equal(numbers_replace(small, place(i), (uint8_t)i, NULL), TA_OK);
        ta_pin large_pin = ta_pin_at(large, place(i));
        numbers_pin small_pin = numbers_pin_at(small, place(i));
        assert_int_equal((uintptr_t)ta_pin_get(&large_pin) % 256, 0);
        assert_int_equal((uintptr_t)numbers_pin_get(&small_pin) % TA_CACHE_LINE, 0);
        assert_int_equal(*numbers_pin_get(&small_pin), i);
        ta_pin_drop(&large_pin);
        numbers_pin_drop(&small_pin);
    }
    ta_storage_destroy(large);
    numbers_destroy(&small);
    assert_balanced(&memory);
}

/* What the header promises of allocations. */
static void allocations_are_as_documented(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    assert_int_equal(memory.calls, 1);
    assert_true(memory.bytes <= (size_t)PLACES * 136 + 1024);
    put(storage, 0, 1, NULL);
    assert_int_equal(memory.calls, 3); /* value and record */
    for (uint32_t i = 0; i < PLACES; i++) assert_int_equal(number_at(storage, i), i == 0);
    put(storage, 0, 2, NULL);
    assert_int_equal(memory.calls, 4);
    leaves_stored stored = refer(storage, 0);
    leaves_stored clone = leaves_stored_clone(&stored);
    leaves_stored_drop(&stored);
    leaves_stored_drop(&clone);
    assert_int_equal(leaves_reclaim(storage), 0);
    assert_int_equal(leaves_remove(storage, place(0), NULL), TA_OK);
    assert_int_equal(memory.calls, 4);
    assert_int_equal(memory.blocks, 2);
    leaves_destroy(&storage);
    assert_balanced(&memory);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_empty_at_first),
        cmocka_unit_test(each_slot_has_what_was_put_there),
        cmocka_unit_test(strategies_share_slots),
        cmocka_unit_test(a_strategy_of_ones_own_finds_slots),
        cmocka_unit_test(replacing_returns_what_was_there),
        cmocka_unit_test(without_readers_a_replaced_value_ends_at_once),
        cmocka_unit_test(removing_leaves_the_slot_empty),
        cmocka_unit_test(a_clone_is_the_callers_own),
        cmocka_unit_test(visiting_goes_by_slots),
        cmocka_unit_test(a_visitor_may_change_slots),
        cmocka_unit_test(here_is_where_the_thread_is),
        cmocka_unit_test(values_stand_on_lines_of_their_own),
        cmocka_unit_test(allocations_are_as_documented),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
