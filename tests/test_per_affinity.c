/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: which slot is whose, and values that are made on first use.
 */
#include "per_affinity_checks.h"

static uint32_t index_by(ta_per per, uint32_t processor) {
    switch (per) {
    case TA_PER_CORE:
        return processor;
    case TA_PER_CACHE:
        return processor / 2;
    case TA_PER_REGION:
        return processor / 4;
    case TA_PER_PROCESS:
        return 0;
    case TA_PER_CUSTOM:
        return processor % 3;
    }
    return TA_NO_SLOT;
}

/* ---- which slot ------------------------------------------------------------------------------- */

static void check_slots(items array, ta_per per, uint32_t slot_count, const log_book *book) {
    item *seen[PLACES] = {NULL};
    assert_int_equal(items_slot_count(array), slot_count);
    assert_int_equal(items_ready_count(array), 0);
    for (uint32_t i = 0; i < PLACES; i++) {
        uint32_t slot = index_by(per, i);
        assert_int_equal(items_index_of(array, place(i)), slot);
        assert_ptr_equal(items_peek(array, place(i)), seen[slot]);
        item *value = items_get(array, place(i));
        assert_non_null(value);
        assert_int_equal(value->slot, slot);
        if (seen[slot] == NULL)
            assert_int_equal(value->processor, i); /* the place that asked first */
        else
            assert_ptr_equal(value, seen[slot]);
        seen[slot] = value;
        assert_ptr_equal(items_peek(array, place(i)), value);
        assert_ptr_equal(items_at(array, slot), value);
        item *again = NULL;
        assert_int_equal(items_resolve(array, place(i), &again), TA_OK);
        assert_ptr_equal(again, value);
    }
    assert_int_equal(items_ready_count(array), slot_count);
    assert_int_equal(book->calls, slot_count);
    for (uint32_t i = 0; i < slot_count; i++)
        for (uint32_t j = 0; j < i; j++) assert_ptr_not_equal(seen[i], seen[j]);
}

static void check_strategy(ta_per per, uint32_t slot_count) {
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(per, &book, &allocator);
    check_slots(array, per, slot_count, &book);
    items_destroy(&array);
    assert_null(array.array);
    assert_balanced(&memory);
}

static void each_core_has_a_slot(void **state) {
    (void)state;
    check_strategy(TA_PER_CORE, PLACES);
}

static void each_cache_has_a_slot(void **state) {
    (void)state;
    check_strategy(TA_PER_CACHE, CACHES);
}

static void each_region_has_a_slot(void **state) {
    (void)state;
    check_strategy(TA_PER_REGION, REGIONS);
}

static void the_process_has_one_slot(void **state) {
    (void)state;
    check_strategy(TA_PER_PROCESS, 1);
}

typedef struct custom {
    uint32_t count;
    uint32_t wrong; /* not TA_NO_SLOT: the index that is told for all */
    unsigned counted;
} custom;

static uint32_t custom_index(ta_affinity affinity, void *context) {
    const custom *told = context;
    if (told->wrong != TA_NO_SLOT) return told->wrong;
    return ta_affinity_processor(affinity) % told->count;
}

static uint32_t custom_count(ta_affinity any, void *context) {
    custom *told = context;
    assert_int_equal(ta_affinity_processor_count(any), PLACES);
    told->counted++;
    return told->count;
}

static ta_per_affinity_options custom_options(custom *told) {
    return (ta_per_affinity_options){
        .shape = place(3),
        .strategy = {TA_PER_CUSTOM, custom_index, custom_count, told},
    };
}

static void a_strategy_of_ones_own(void **state) {
    (void)state;
    custom told = {3, TA_NO_SLOT, 0};
    log_book book = {0};
    items array;
    ta_per_affinity_options options = custom_options(&told);
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    assert_int_equal(told.counted, 1);
    check_slots(array, TA_PER_CUSTOM, 3, &book);
    assert_int_equal(told.counted, 1);
    items_destroy(&array);
}

static void a_custom_index_out_of_range_is_refused(void **state) {
    (void)state;
    static const uint32_t wrong[] = {3, 4, UINT16_MAX, UINT32_MAX - 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        custom told = {3, wrong[i], 0};
        log_book book = {0};
        items array;
        item *value = (item *)&book;
        ta_per_affinity_options options = custom_options(&told);
        assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
        assert_int_equal(items_resolve(array, place(0), &value), TA_E_RANGE);
        assert_null(value);
        check_text("ta_per_affinity_resolve", "0 to 2 would do");
        assert_null(items_get(array, place(0)));
        assert_null(items_peek(array, place(0)));
        assert_int_equal(items_index_of(array, place(0)), TA_NO_SLOT);
        assert_int_equal(book.calls, 0);
        items_destroy(&array);
    }
}

static void a_custom_count_out_of_range_is_refused(void **state) {
    (void)state;
    static const uint32_t wrong[] = {0, TA_AFFINITY_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        custom told = {wrong[i], TA_NO_SLOT, 0};
        log_book book = {0};
        items array = {(ta_per_affinity *)&book};
        ta_per_affinity_options options = custom_options(&told);
        assert_int_equal(items_create(&array, &options, make_item, &book), TA_E_RANGE);
        assert_null(array.array);
        check_text("ta_per_affinity_create", "slots");
    }
}

/* ---- first use -------------------------------------------------------------------------------- */

static void a_value_is_made_once(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    assert_int_equal(book.calls, 0);
    item *value = items_get(array, place(5));
    value->number = 77;
    for (int i = 0; i < 3; i++) assert_int_equal(items_get(array, place(5))->number, 77);
    assert_int_equal(book.calls, 1);
    items_destroy(&array);
}

static void peek_and_at_never_make(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_null(items_peek(array, place(i)));
        assert_null(items_at(array, i));
    }
    assert_null(items_at(array, PLACES));
    assert_null(items_at(array, UINT32_MAX));
    assert_int_equal(book.calls, 0);
    items_destroy(&array);
}

typedef struct visits {
    uint32_t slots[PLACES];
    size_t count, stop_after;
} visits;

static bool visit(item *value, uint32_t slot, void *context) {
    visits *seen = context;
    assert_int_equal(value->slot, slot);
    seen->slots[seen->count++] = slot;
    return seen->count != seen->stop_after;
}

static bool visit_untyped(void *context, uint32_t slot, void *value) {
    return visit(value, slot, context);
}

static void ready_slots_are_visited_in_order(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    static const uint32_t asked[] = {6, 1, 3};
    for (int i = 0; i < 3; i++) assert_non_null(items_get(array, place(asked[i])));
    for (size_t stop = 0; stop <= 3; stop++) {
        visits typed = {.stop_after = stop}, untyped = {.stop_after = stop};
        assert_int_equal(items_each(array, visit, &typed), stop == 0);
        assert_int_equal(ta_per_affinity_each(array.array, visit_untyped, &untyped), stop == 0);
        assert_int_equal(typed.count, stop == 0 ? 3 : stop);
        assert_memory_equal(&typed, &untyped, sizeof typed);
        for (size_t i = 0; i < typed.count; i++)
            assert_int_equal(typed.slots[i], ((uint32_t[]){1, 3, 6})[i]);
    }
    assert_int_equal(book.calls, 3);
    assert_false(items_each(array, NULL, NULL));
    assert_false(ta_per_affinity_each(array.array, NULL, NULL));
    items_destroy(&array);
}

static void filling_makes_what_is_missing(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CACHE, &book, NULL);
    ta_affinity all[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) all[i] = place(i);
    item *third = items_get(array, place(7));
    assert_int_equal(items_fill(array, all, PLACES), TA_OK);
    assert_int_equal(items_ready_count(array), CACHES);
    assert_int_equal(book.calls, CACHES);
    assert_ptr_equal(items_peek(array, place(6)), third);
    assert_int_equal(items_fill(array, all, PLACES), TA_OK);
    assert_int_equal(items_fill(array, NULL, 0), TA_OK);
    assert_int_equal(book.calls, CACHES);
    items_destroy(&array);
}

static void the_first_failure_ends_the_filling(void **state) {
    (void)state;
    log_book book = {.fail_at = 4, .status = TA_E_SYSTEM};
    items array = make_items(TA_PER_CORE, &book, NULL);
    ta_affinity all[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) all[i] = place(i);
    assert_int_equal(items_fill(array, all, PLACES), TA_E_SYSTEM);
    assert_int_equal(items_ready_count(array), 3);
    assert_int_equal(items_fill(array, all, PLACES), TA_OK);
    assert_int_equal(items_ready_count(array), PLACES);
    assert_int_equal(book.made, PLACES);
    all[2] = TA_AFFINITY_UNKNOWN;
    assert_int_equal(items_fill(array, all, PLACES), TA_E_UNKNOWN_AFFINITY);
    check_text("ta_per_affinity_fill", "unknown");
    items_destroy(&array);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_core_has_a_slot),
        cmocka_unit_test(each_cache_has_a_slot),
        cmocka_unit_test(each_region_has_a_slot),
        cmocka_unit_test(the_process_has_one_slot),
        cmocka_unit_test(a_strategy_of_ones_own),
        cmocka_unit_test(a_custom_index_out_of_range_is_refused),
        cmocka_unit_test(a_custom_count_out_of_range_is_refused),
        cmocka_unit_test(a_value_is_made_once),
        cmocka_unit_test(peek_and_at_never_make),
        cmocka_unit_test(ready_slots_are_visited_in_order),
        cmocka_unit_test(filling_makes_what_is_missing),
        cmocka_unit_test(the_first_failure_ends_the_filling),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
