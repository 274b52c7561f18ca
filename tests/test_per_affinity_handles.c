/* SPDX-License-Identifier: MIT
 *
 * Handles of slot arrays: where they are, what moves them, how they are counted, and where they may
 * be kept.
 */
#include "per_affinity_checks.h"

#include "ta/map.h"

static items_handle make_handle(items array, uint32_t processor) {
    items_handle handle;
    assert_int_equal(items_handle_make(array, place(processor), &handle), TA_OK);
    return handle;
}

static bool is_empty(const items_handle *handle) {
    return handle->untyped.array == NULL && handle->untyped.cell == NULL;
}

/* ---- places ----------------------------------------------------------------------------------- */

static void a_handle_reaches_its_slots_value(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CACHE, &book, NULL);
    items_handle handle = make_handle(array, 5);
    assert_int_equal(book.calls, 1);
    assert_ptr_equal(items_handle_get(&handle), items_peek(array, place(4)));
    assert_int_equal(items_handle_slot(&handle), 2);
    assert_ptr_equal(ta_handle_get(&handle.untyped), items_handle_get(&handle));
    items_handle_drop(&handle);
    assert_true(is_empty(&handle));
    items_destroy(&array);
}

static void relocation_resolves_the_destination(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle handle = make_handle(array, 1);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < PLACES; i++) {
            ta_move move = to(i);
            assert_int_equal(items_handle_relocate(&handle, &move), TA_OK);
            assert_int_equal(items_handle_get(&handle)->slot, i);
            assert_int_equal(items_handle_slot(&handle), i);
            assert_ptr_equal(items_handle_get(&handle), items_peek(array, place(i)));
        }
    assert_int_equal(book.calls, PLACES);
    items_handle_drop(&handle);
    items_destroy(&array);
}

static uint32_t by_parity(ta_affinity affinity, void *context) {
    (void)context;
    return ta_affinity_processor(affinity) % 2;
}

static uint32_t two(ta_affinity any, void *context) {
    (void)any, (void)context;
    return 2;
}

static void handles_follow_a_strategy_of_ones_own(void **state) {
    (void)state;
    log_book book = {0};
    ta_per_affinity_options options = {.shape = place(0),
                                       .strategy = {TA_PER_CUSTOM, by_parity, two, NULL}};
    items array;
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    items_handle handle = make_handle(array, 0);
    for (uint32_t i = 0; i < PLACES; i++) {
        ta_move move = to(i);
        assert_int_equal(items_handle_relocate(&handle, &move), TA_OK);
        assert_int_equal(items_handle_get(&handle)->slot, i % 2);
    }
    assert_int_equal(book.calls, 2);
    items_handle_drop(&handle);
    items_destroy(&array);
}

static void an_unplaced_handle_has_no_value_until_it_is_moved(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle handle, here;
    assert_int_equal(items_handle_make(array, TA_AFFINITY_UNKNOWN, &handle), TA_OK);
    assert_int_equal(items_handle_make_here(array, &here), TA_OK); /* this thread is not pinned */
    assert_null(items_handle_get(&handle));
    assert_null(items_handle_get(&here));
    assert_int_equal(items_handle_slot(&handle), TA_NO_SLOT);
    assert_int_equal(book.calls, 0);
    items_handle clone = items_handle_clone(&handle);
    assert_null(items_handle_get(&clone));
    assert_int_equal(items_handle_count(array), 3);
    ta_move move = to(6);
    assert_int_equal(items_handle_relocate(&handle, &move), TA_OK);
    assert_int_equal(items_handle_get(&handle)->slot, 6);
    assert_null(items_handle_get(&clone));
    items_handle_drop(&handle);
    items_handle_drop(&clone);
    items_handle_drop(&here);
    assert_int_equal(items_handle_count(array), 0);
    items_destroy(&array);
}

static void empty_handles_do_nothing(void **state) {
    (void)state;
    items_handle empty = {{NULL, NULL}};
    ta_move move = to(1);
    ta_move wrong = ta_move_between(place(0), TA_AFFINITY_UNKNOWN, NULL);
    assert_int_equal(items_handle_relocate(&empty, &move), TA_OK);
    assert_int_equal(items_handle_relocate(&empty, &wrong), TA_E_UNKNOWN_AFFINITY);
    assert_int_equal(items_handle_relocate(NULL, &move), TA_E_INVALID);
    assert_int_equal(items_handle_relocate(&empty, NULL), TA_E_INVALID);
    assert_null(items_handle_get(&empty));
    assert_null(items_handle_get(NULL));
    assert_int_equal(items_handle_slot(&empty), TA_NO_SLOT);
    assert_int_equal(items_handle_slot(NULL), TA_NO_SLOT);
    items_handle clone = items_handle_clone(&empty), none = items_handle_clone(NULL);
    assert_true(is_empty(&clone) && is_empty(&none));
    none = items_handle_take(NULL);
    assert_true(is_empty(&none));
    items_handle_drop(&empty);
    items_handle_drop(NULL);
    items_pinned pinned = items_handle_pin(NULL);
    assert_null(items_pinned_get(&pinned));
    assert_null(items_pinned_get(NULL));
    pinned = items_pinned_clone(NULL);
    none = items_pinned_unpin(NULL);
    assert_true(is_empty(&none));
    items_pinned_drop(&pinned);
    items_pinned_drop(NULL);
}

static void wrong_handles_are_answered(void **state) {
    (void)state;
    log_book book = {.fail_at = 1, .status = TA_E_SYSTEM};
    items array = make_items(TA_PER_CORE, &book, NULL), none = {NULL};
    items_handle handle = {{array.array, NULL}};
    assert_int_equal(items_handle_make(none, place(0), &handle), TA_E_INVALID);
    check_text("ta_handle_make", "NULL");
    assert_true(is_empty(&handle));
    assert_int_equal(items_handle_make(array, place(0), NULL), TA_E_INVALID);
    ta_affinity foreign;
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 0, 1, &foreign), TA_OK);
    assert_int_equal(items_handle_make(array, foreign, &handle), TA_E_FOREIGN_AFFINITY);
    check_text("ta_handle_make", "8, 4 and 2");
    assert_int_equal(items_handle_make(array, place(0), &handle), TA_E_SYSTEM);
    assert_true(is_empty(&handle));
    assert_int_equal(items_handle_count(array), 0);
    items_destroy(&array);
}

static void a_failed_relocation_leaves_the_handle_where_it_was(void **state) {
    (void)state;
    log_book book = {.fail_at = 2, .status = TA_E_SYSTEM};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle handle = make_handle(array, 1);
    item *value = items_handle_get(&handle);
    ta_affinity foreign;
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 0, 1, &foreign), TA_OK);
    ta_move fails = from_to(1, 2), nowhere = ta_move_between(place(1), TA_AFFINITY_UNKNOWN, NULL),
            away = ta_move_between(TA_AFFINITY_UNKNOWN, foreign, NULL),
            across = ta_move_between(foreign, place(3), NULL);
    assert_int_equal(items_handle_relocate(&handle, &fails), TA_E_SYSTEM);
    assert_int_equal(items_handle_relocate(&handle, &nowhere), TA_E_UNKNOWN_AFFINITY);
    assert_int_equal(items_handle_relocate(&handle, &away), TA_E_FOREIGN_AFFINITY);
    assert_int_equal(items_handle_relocate(&handle, &across), TA_E_FOREIGN_AFFINITY);
    assert_ptr_equal(items_handle_get(&handle), value);
    assert_int_equal(items_handle_slot(&handle), 1);
    assert_int_equal(items_handle_relocate(&handle, &fails), TA_OK);
    assert_int_equal(items_handle_slot(&handle), 2);
    items_handle_drop(&handle);
    items_destroy(&array);
}

/* ---- counting --------------------------------------------------------------------------------- */

static void handles_are_counted_wherever_they_are(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle first = make_handle(array, 1), second = items_handle_clone(&first);
    items_handle third = items_handle_clone(&second);
    assert_int_equal(items_handle_count(array), 3);
    ta_move move = to(4);
    assert_int_equal(items_handle_relocate(&second, &move), TA_OK);
    assert_int_equal(items_handle_count(array), 3);
    items_handle_drop(&second); /* where it was not made: that slot's own count is now -1 */
    assert_int_equal(items_handle_count(array), 2);
    items_handle taken = items_handle_take(&first);
    assert_true(is_empty(&first));
    items_handle_drop(&first);
    assert_int_equal(items_handle_count(array), 2);
    items_pinned pinned = items_handle_pin(&taken), again = items_pinned_clone(&pinned);
    assert_int_equal(items_handle_count(array), 3);
    items_pinned_drop(&pinned);
    items_pinned_drop(&again);
    items_handle_drop(&third);
    assert_int_equal(items_handle_count(array), 0);
    items_destroy(&array);
}

/* An array with a counter of what was destroyed. */
static unsigned destroyed;
static void note_destroyed(uint64_t *value) {
    (void)value;
    destroyed++;
}
TA_TYPE(noted, uint64_t, NULL, NULL, note_destroyed);
TA_PER_AFFINITY(noted_array, noted);
static ta_status make_noted(uint64_t *out, const ta_site *site, void *context) {
    (void)context;
    *out = site->slot;
    return TA_OK;
}

static void the_last_handle_tears_down(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
    noted_array array;
    noted_array_handle handles[PLACES];
    destroyed = 0;
    assert_int_equal(noted_array_create(&array, &options, make_noted, NULL), TA_OK);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal(noted_array_handle_make(array, place(i / 3), &handles[i]), TA_OK);
        ta_move move = to(i / 2 + 3); /* 7 comes to 6 only: a slot is left without */
        assert_int_equal(noted_array_handle_relocate(&handles[i], &move), TA_OK);
    }
    ta_per_affinity *raw = array.array;
    noted_array_destroy(&array);
    assert_int_equal(destroyed, 0);
    assert_int_equal(ta_per_affinity_handle_count(raw), PLACES);

    /* The array goes on without its owner: handles are cloned, moved, and make values. */
    noted_array_handle extra = noted_array_handle_clone(&handles[0]);
    ta_move move = to(7);
    assert_int_equal(noted_array_handle_relocate(&extra, &move), TA_OK);
    assert_int_equal(*noted_array_handle_get(&extra), 7);
    assert_int_equal(ta_per_affinity_handle_count(raw), PLACES + 1);
    for (uint32_t i = 0; i < PLACES; i++) {
        noted_array_handle_drop(&handles[i]);
        assert_int_equal(destroyed, 0);
        assert_int_equal(*noted_array_handle_get(&extra), 7);
    }
    noted_array_handle_drop(&extra);
    assert_int_equal(destroyed, 3 + 4 + 1);
    assert_balanced(&memory);
}

static void unplaced_handles_keep_an_array_alive(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    items_handle handle;
    assert_int_equal(items_handle_make(array, TA_AFFINITY_UNKNOWN, &handle), TA_OK);
    items_destroy(&array);
    ta_move move = to(2);
    assert_int_equal(items_handle_relocate(&handle, &move), TA_OK);
    assert_string_equal(items_handle_get(&handle)->text, "item");
    items_handle_drop(&handle);
    assert_balanced(&memory);
}

/* ---- pinned ----------------------------------------------------------------------------------- */

static void pinned_handles_stay_and_outlive_the_owner(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    items_handle handle = make_handle(array, 1);
    item *value = items_handle_get(&handle);
    items_pinned pinned = items_handle_pin(&handle);
    assert_true(is_empty(&handle));
    items_destroy(&array);
    ta_move move = to(5);
    assert_int_equal(ta_relocate(&items_pinned_type, &pinned, &move), TA_OK);
    assert_ptr_equal(items_pinned_get(&pinned), value);
    items_pinned second;
    assert_int_equal(ta_clone(&items_pinned_type, &pinned, &second, NULL), TA_OK);
    ta_destroy(&items_pinned_type, &pinned);
    assert_ptr_equal(items_pinned_get(&second), value);
    handle = items_pinned_unpin(&second);
    assert_null(items_pinned_get(&second));
    assert_int_equal(items_handle_relocate(&handle, &move), TA_OK);
    assert_int_equal(items_handle_get(&handle)->slot, 5);
    items_handle_drop(&handle);
    assert_balanced(&memory);
}

/* ---- kept in other values --------------------------------------------------------------------- */

typedef struct session {
    uint64_t id;
    items_handle stats;
    ta_handle same;
    items_pinned first;
} session;
TA_DERIVE(session, session, id, TA_AS(stats, items_handle), TA_AS(same, ta_handle),
          TA_AS(first, items_pinned));

static session make_session(items array, uint32_t processor) {
    session made = {.id = 1, .stats = make_handle(array, processor)};
    made.same = ta_handle_clone(&made.stats.untyped);
    items_handle pinned = items_handle_clone(&made.stats);
    made.first = items_handle_pin(&pinned);
    return made;
}

static void check_session(const session *value, uint32_t slot, uint32_t pinned_at) {
    assert_int_equal(items_handle_get(&value->stats)->slot, slot);
    assert_ptr_equal(ta_handle_get(&value->same), items_handle_get(&value->stats));
    assert_int_equal(items_pinned_get(&value->first)->slot, pinned_at);
}

static void structs_hold_handles(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    session value = make_session(array, 2), second;
    ta_move move = to(6);
    assert_int_equal(session_relocate(&value, &move), TA_OK);
    check_session(&value, 6, 2);
    assert_int_equal(session_clone(&value, &second, NULL), TA_OK);
    check_session(&second, 6, 2);
    assert_int_equal(items_handle_count(array), 6);
    items_destroy(&array);
    session_destroy(&value);
    check_session(&second, 6, 2);
    session_destroy(&second);
    assert_balanced(&memory);
}

static uint64_t slot_of(session *captured) { return items_handle_get(&captured->stats)->slot; }
TA_FN_MUT(session_slot, session, ta_uint64, slot_of);
TA_CALLS(number_calls, ta_uint64);

static void closures_capture_handles(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_REGION, &book, NULL);
    ta_fn_mut fn;
    uint64_t slot = 99;
    assert_int_equal(session_slot(&fn, make_session(array, 0), NULL), TA_OK);
    ta_move move = from_to(0, 7);
    assert_int_equal(ta_fn_mut_relocate(&fn, &move), TA_OK);
    assert_true(number_calls_call_mut(&fn, &slot));
    assert_int_equal(slot, 1);
    ta_fn_mut_destroy(&fn);
    assert_int_equal(items_handle_count(array), 0);
    items_destroy(&array);
}

TA_MAP(handle_map, ta_uint64, items_handle);

static void maps_hold_handles(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    handle_map map = {NULL};
    for (uint64_t i = 0; i < 20; i++)
        assert_true(handle_map_put(&map, i, make_handle(array, (uint32_t)i % 3), &allocator));
    ta_move move = to(4);
    assert_int_equal(ta_relocate(&handle_map_type, &map, &move), TA_OK);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(items_handle_get(handle_map_get(&map, i))->slot, 4);
    items_destroy(&array);
    ta_destroy(&handle_map_type, &map);
    assert_balanced(&memory);
}

/* ---- by value --------------------------------------------------------------------------------- */

static bool same_number(const item *a, const item *b) { return a->number == b->number; }
static int compare_numbers(const item *a, const item *b) {
    return (a->number > b->number) - (a->number < b->number);
}
static uint64_t hash_number(const item *value) { return value->number * 31; }
TA_HANDLE_EQUAL(items, same_number);
TA_HANDLE_ORDER(items, compare_numbers);
TA_HANDLE_HASH(items, hash_number);

static void check_order(const items_handle *a, const items_handle *b, int expected) {
    assert_int_equal(items_handle_compare(a, b), expected);
    assert_int_equal(items_handle_compare(b, a), -expected);
    assert_int_equal(items_handle_less(a, b), expected < 0);
    assert_int_equal(items_handle_less(b, a), expected > 0);
    assert_int_equal(items_handle_equal(a, b), expected == 0);
    if (expected == 0) assert_int_equal(items_handle_hash(a), items_handle_hash(b));
}

static void handles_compare_by_value(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle one = make_handle(array, 5), other = make_handle(array, 2), unplaced;
    assert_int_equal(items_handle_make(array, TA_AFFINITY_UNKNOWN, &unplaced), TA_OK);
    items_handle_get(&one)->number = 10;
    items_handle_get(&other)->number = 20;
    check_order(&one, &one, 0);
    check_order(&one, &other, -1);
    check_order(&unplaced, &one, -1);
    check_order(&unplaced, &unplaced, 0);
    check_order(&unplaced, NULL, 0);
    check_order(NULL, &other, -1);
    items_handle_get(&other)->number = 10;
    check_order(&one, &other, 0);
    assert_int_equal(items_handle_hash(&one), 310);
    assert_int_equal(items_handle_hash(NULL), 0);
    items_handle_drop(&one);
    items_handle_drop(&other);
    items_handle_drop(&unplaced);
    items_destroy(&array);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_reaches_its_slots_value),
        cmocka_unit_test(relocation_resolves_the_destination),
        cmocka_unit_test(handles_follow_a_strategy_of_ones_own),
        cmocka_unit_test(an_unplaced_handle_has_no_value_until_it_is_moved),
        cmocka_unit_test(empty_handles_do_nothing),
        cmocka_unit_test(wrong_handles_are_answered),
        cmocka_unit_test(a_failed_relocation_leaves_the_handle_where_it_was),
        cmocka_unit_test(handles_are_counted_wherever_they_are),
        cmocka_unit_test(the_last_handle_tears_down),
        cmocka_unit_test(unplaced_handles_keep_an_array_alive),
        cmocka_unit_test(pinned_handles_stay_and_outlive_the_owner),
        cmocka_unit_test(structs_hold_handles),
        cmocka_unit_test(closures_capture_handles),
        cmocka_unit_test(maps_hold_handles),
        cmocka_unit_test(handles_compare_by_value),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
