/* SPDX-License-Identifier: MIT
 *
 * References to values of explicit storage: what they keep, where they move, how they are counted,
 * and where they may be kept.
 */
#include "storage_checks.h"

static bool same(const leaf *a, const leaf *b) { return a->number == b->number; }
static int compare(const leaf *a, const leaf *b) {
    return (a->number > b->number) - (a->number < b->number);
}
static uint64_t hash(const leaf *value) { return value->number + UINT64_C(1000); }
TA_STORED_EQUAL(leaves, same);
TA_STORED_ORDER(leaves, compare);
TA_STORED_HASH(leaves, hash);

/* A leaf i in each slot. */
static leaves make_full(unsigned *destroyed) {
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    for (uint32_t i = 0; i < PLACES; i++) put(storage, i, i, destroyed);
    return storage;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

static void references_keep_what_they_had(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_full(&destroyed);
    leaves_stored old = refer(storage, 3);
    put(storage, 3, 33, &destroyed);
    leaves_stored new = refer(storage, 3);
    assert_int_equal(leaves_stored_get(&old)->number, 3);
    assert_int_equal(leaves_stored_get(&new)->number, 33);
    assert_int_equal(leaves_stored_slot(&old), 3);
    assert_int_equal(leaves_remove(storage, place(3), NULL), TA_OK);
    assert_int_equal(leaves_stored_get(&new)->number, 33);
    assert_int_equal(destroyed, 0);
    leaves_stored_drop(&new);
    leaves_stored_drop(&old);
    assert_int_equal(destroyed, 2);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, PLACES + 1);
}

static void references_outlive_the_owner(void **state) {
    (void)state;
    unsigned destroyed = 0;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    put(storage, 0, 1, &destroyed);
    put(storage, 1, 2, &destroyed);
    leaves_stored stored = refer(storage, 0);
    put(storage, 0, 3, &destroyed);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, 0);
    assert_int_equal(leaves_stored_get(&stored)->number, 1);
    ta_move move = to(1); /* the slots are there as long as somebody may ask */
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 2);
    assert_int_equal(destroyed, 1);
    leaves_stored clone = leaves_stored_clone(&stored);
    leaves_stored_drop(&stored);
    assert_int_equal(destroyed, 1);
    leaves_stored_drop(&clone);
    assert_int_equal(destroyed, 3);
    assert_balanced(&memory);
}

static void clones_and_takes_are_counted(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_full(&destroyed);
    leaves_stored one = refer(storage, 2);
    leaves_stored other = leaves_stored_clone(&one);
    assert_ptr_equal(leaves_stored_get(&one), leaves_stored_get(&other));
    assert_int_equal(leaves_stored_count(storage), 2);
    leaves_stored taken = leaves_stored_take(&one);
    assert_null(leaves_stored_get(&one));
    assert_null(one.untyped.storage);
    assert_int_equal(leaves_stored_count(storage), 2);
    leaves_stored_drop(&one); /* empty */
    assert_int_equal(leaves_remove(storage, place(2), NULL), TA_OK);
    leaves_stored_drop(&taken);
    assert_int_equal(destroyed, 0);
    leaves_stored_drop(&other);
    assert_int_equal(destroyed, 1);
    assert_int_equal(leaves_stored_count(storage), 0);
    leaves_destroy(&storage);
}

/* ---- moving ----------------------------------------------------------------------------------- */

static void relocation_takes_the_destinations_value(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_full(&destroyed);
    leaves_stored stored = refer(storage, 0);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < PLACES; i++) {
            ta_move move = ta_move_between(place((i + 3) % PLACES), place(i), NULL);
            assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
            assert_int_equal(leaves_stored_get(&stored)->number, i);
            assert_int_equal(leaves_stored_slot(&stored), i);
            assert_int_equal(leaves_stored_count(storage), 1);
        }
    assert_int_equal(destroyed, 0);
    leaves_stored_drop(&stored);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, PLACES);
}

static void moving_away_gives_up_what_was_kept(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_full(&destroyed);
    leaves_stored stored = refer(storage, 0);
    put(storage, 0, 100, &destroyed);
    ta_move within = to(0), away = to(1), back = to(0);
    assert_int_equal(leaves_stored_relocate(&stored, &within), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 0); /* within its slot: unchanged */
    assert_int_equal(leaves_stored_relocate(&stored, &away), TA_OK);
    assert_int_equal(destroyed, 1);
    assert_int_equal(leaves_stored_relocate(&stored, &back), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 100);
    leaves_stored_drop(&stored);
    leaves_destroy(&storage);
}

static void within_a_shared_slot_nothing_moves(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_REGION, NULL);
    put(storage, 0, 1, NULL);
    put(storage, 7, 2, NULL);
    leaves_stored stored = refer(storage, 0);
    const leaf *first = leaves_stored_get(&stored);
    put(storage, 0, 3, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        ta_move move = to(i);
        assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
        assert_ptr_equal(leaves_stored_get(&stored), first);
    }
    ta_move move = to(4);
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 2);
    leaves_stored_drop(&stored);
    leaves_destroy(&storage);
}

static void a_failed_relocation_changes_nothing(void **state) {
    (void)state;
    leaves storage = make_full(NULL);
    leaves_stored stored = refer(storage, 2);
    const leaf *before = leaves_stored_get(&stored);
    assert_int_equal(leaves_remove(storage, place(5), NULL), TA_OK);
    ta_affinity other;
    assert_int_equal(ta_affinity_make(1, 2, 0, 1, 0, 1, &other), TA_OK);
    ta_affinity beyond = place(0);
    beyond.processor = PLACES;
    const struct {
        ta_move move;
        ta_status status;
    } cases[] = {
        {to(5), TA_E_EMPTY},
        {ta_move_between(place(0), TA_AFFINITY_UNKNOWN, NULL), TA_E_UNKNOWN_AFFINITY},
        {ta_move_between(TA_AFFINITY_UNKNOWN, other, NULL), TA_E_FOREIGN_AFFINITY},
        {ta_move_between(other, place(0), NULL), TA_E_FOREIGN_AFFINITY},
        {ta_move_between(TA_AFFINITY_UNKNOWN, beyond, NULL), TA_E_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(leaves_stored_relocate(&stored, &cases[i].move), cases[i].status);
        assert_ptr_equal(leaves_stored_get(&stored), before);
        assert_int_equal(leaves_stored_count(storage), 1);
    }
    leaves_stored_drop(&stored);
    leaves_destroy(&storage);
}

static void without_memory_relocation_fails_and_is_whole(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    leaves storage = make_leaves(TA_PER_CORE, &allocator);
    put(storage, 0, 1, NULL);
    put(storage, 1, 2, NULL);
    leaves_stored stored = refer(storage, 0);
    leaves_pin pin = leaves_pin_at(storage, place(0));
    ta_move move = to(1);
    memory.fail_at = memory.calls + 1;
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_E_NOMEM);
    assert_int_equal(leaves_stored_get(&stored)->number, 1);
    leaves_pin_drop(&pin);
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 2);
    leaves_stored_drop(&stored);
    leaves_destroy(&storage);
    assert_balanced(&memory);
}

static void an_unplaced_reference_gets_a_value_by_moving(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL), gone = storage;
    leaves_stored stored, here;
    assert_int_equal(leaves_stored_make(storage, TA_AFFINITY_UNKNOWN, &stored), TA_OK);
    assert_int_equal(leaves_stored_make_here(storage, &here), TA_OK); /* not pinned */
    assert_null(leaves_stored_get(&stored));
    assert_int_equal(leaves_stored_slot(&stored), TA_NO_SLOT);
    leaves_stored clone = leaves_stored_clone(&stored);
    assert_ptr_equal(clone.untyped.storage, storage.storage);
    assert_int_equal(leaves_stored_count(storage), 3);
    ta_move move = to(4);
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_E_EMPTY);
    assert_null(leaves_stored_get(&stored));
    put(storage, 4, 44, NULL);
    assert_int_equal(leaves_stored_relocate(&stored, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&stored)->number, 44);
    leaves_destroy(&storage); /* the others keep it */
    leaves_stored_drop(&stored);
    assert_int_equal(leaves_stored_count(gone), 2);
    assert_int_equal(leaves_stored_relocate(&clone, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&clone)->number, 44);
    leaves_stored_drop(&clone);
    leaves_stored_drop(&here);
}

/* ---- in other values -------------------------------------------------------------------------- */

typedef struct session {
    uint64_t id;
    leaves_stored routes;
} session;
TA_DERIVE(session, session, id, TA_AS(routes, leaves_stored));

static uint64_t number_of(const session *captured) {
    return leaves_stored_get(&captured->routes)->number;
}
TA_FN(read_session, session, ta_uint64, number_of);
TA_CALLS(number_calls, ta_uint64);

static void structs_and_closures_take_references_along(void **state) {
    (void)state;
    unsigned destroyed = 0;
    leaves storage = make_full(&destroyed);
    ta_move move = to(6);
    session value = {1, refer(storage, 1)}, clone;
    assert_int_equal(ta_clone(&session_type, &value, &clone, NULL), TA_OK);
    assert_int_equal(ta_relocate(&session_type, &value, &move), TA_OK);
    assert_int_equal(leaves_stored_get(&value.routes)->number, 6);
    assert_int_equal(leaves_stored_get(&clone.routes)->number, 1);
    assert_int_equal(leaves_stored_count(storage), 2);

    ta_fn fn;
    assert_int_equal(read_session(&fn, clone, NULL), TA_OK);
    assert_int_equal(ta_fn_relocate(&fn, &move), TA_OK);
    uint64_t number = 0;
    assert_true(number_calls_call(&fn, &number));
    assert_int_equal(number, 6);
    ta_fn_destroy(&fn);
    ta_destroy(&session_type, &value);
    assert_int_equal(leaves_stored_count(storage), 0);
    leaves_destroy(&storage);
    assert_int_equal(destroyed, PLACES);
}

/* ---- comparing -------------------------------------------------------------------------------- */

static void references_compare_by_value(void **state) {
    (void)state;
    leaves storage = make_full(NULL);
    put(storage, 7, 1, NULL); /* like that of slot 1 */
    leaves_stored one = refer(storage, 1), two = refer(storage, 2), like = refer(storage, 7);
    leaves_stored none = {{NULL, NULL}};
    assert_true(leaves_stored_equal(&one, &like));
    assert_false(leaves_stored_equal(&one, &two));
    assert_false(leaves_stored_equal(&one, &none));
    assert_false(leaves_stored_equal(&none, &one));
    assert_true(leaves_stored_equal(&none, NULL));
    assert_true(leaves_stored_compare(&one, &two) < 0);
    assert_true(leaves_stored_compare(&two, &one) > 0);
    assert_int_equal(leaves_stored_compare(&one, &like), 0);
    assert_true(leaves_stored_less(&none, &one));
    assert_false(leaves_stored_less(&one, &none));
    assert_int_equal(leaves_stored_compare(&none, NULL), 0);
    assert_int_equal(leaves_stored_hash(&one), 1001);
    assert_int_equal(leaves_stored_hash(&like), 1001);
    assert_int_equal(leaves_stored_hash(&none), 0);
    leaves_stored_drop(&one);
    leaves_stored_drop(&two);
    leaves_stored_drop(&like);
    leaves_destroy(&storage);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_keep_what_they_had),
        cmocka_unit_test(references_outlive_the_owner),
        cmocka_unit_test(clones_and_takes_are_counted),
        cmocka_unit_test(relocation_takes_the_destinations_value),
        cmocka_unit_test(moving_away_gives_up_what_was_kept),
        cmocka_unit_test(within_a_shared_slot_nothing_moves),
        cmocka_unit_test(a_failed_relocation_changes_nothing),
        cmocka_unit_test(without_memory_relocation_fails_and_is_whole),
        cmocka_unit_test(an_unplaced_reference_gets_a_value_by_moving),
        cmocka_unit_test(structs_and_closures_take_references_along),
        cmocka_unit_test(references_compare_by_value),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
