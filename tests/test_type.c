/* SPDX-License-Identifier: MIT
 *
 * The contract of a described type: what is called for which move, what is not, and what can be
 * cloned.
 */
#include "relocate_checks.h"

#include "ta/type.h"

/* ---- NULL ------------------------------------------------------------------------------------ */

static void null_is_invalid(void **state) {
    (void)state;
    ta_move move = far_move(NULL);
    probe value = probe_make(1), out = {0};
    probes_reset();
    assert_int_equal(ta_relocate(NULL, &value, &move), TA_E_INVALID);
    assert_int_equal(ta_relocate(&probe_type, NULL, &move), TA_E_INVALID);
    assert_int_equal(ta_relocate(&probe_type, &value, NULL), TA_E_INVALID);
    assert_int_equal(ta_relocate_into(NULL, &out, &value, &move), TA_E_INVALID);
    assert_int_equal(ta_relocate_into(&probe_type, NULL, &value, &move), TA_E_INVALID);
    assert_int_equal(ta_relocate_into(&probe_type, &out, NULL, &move), TA_E_INVALID);
    assert_int_equal(ta_relocate_into(&probe_type, &out, &value, NULL), TA_E_INVALID);
    assert_int_equal(ta_clone(NULL, &value, &out, NULL), TA_E_INVALID);
    assert_int_equal(ta_clone(&probe_type, NULL, &out, NULL), TA_E_INVALID);
    assert_int_equal(ta_clone(&probe_type, &value, NULL, NULL), TA_E_INVALID);
    ta_destroy(NULL, &value);
    ta_destroy(&probe_type, NULL);
    ta_destroy(NULL, NULL);
    assert_int_equal(probes.relocate_calls + probes.clone_calls + probes.destroyed, 0);
    assert_int_equal(out.state, 0);
}

/* ---- types by functions ---------------------------------------------------------------------- */

static void a_type_by_functions_is_described(void **state) {
    (void)state;
    assert_string_equal(probe_type.name, "probe");
    assert_int_equal(probe_type.size, sizeof(probe));
    assert_int_equal(probe_type.alignment, _Alignof(probe));
    assert_int_equal(probe_type.traits, TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE);
    assert_int_equal(probe_traits, TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE);
    assert_int_equal(probe_type.part_count, 0);
    assert_null(probe_type.parts);
    _Static_assert(__builtin_types_compatible_p(probe_value, probe), "");
}

static void every_move_that_goes_somewhere_calls_once(void **state) {
    (void)state;
    ta_move moves[] = {far_move(NULL), near_move(NULL),
                       ta_move_between(TA_AFFINITY_UNKNOWN, place(AWAY), NULL)};
    for (uint32_t i = 0; i < 3; i++) {
        probe value = probe_make(i);
        probes_reset();
        assert_int_equal(ta_relocate(&probe_type, &value, &moves[i]), TA_OK);
        assert_int_equal(probes.relocate_calls, 1);
        assert_int_equal(value.moves, 1);
        assert_int_equal(probes.damaged, 0);
    }
}

static void a_move_to_the_same_place_calls_nothing(void **state) {
    (void)state;
    probes_reset();
    for (uint32_t at = 0; at < PLACES; at++) {
        ta_move move = ta_move_between(place(at), place(at), &empty_allocator);
        probe value = probe_make(at), out;
        assert_int_equal(ta_relocate(&probe_type, &value, &move), TA_OK);
        assert_int_equal(ta_relocate_into(&probe_type, &out, &value, &move), TA_OK);
        assert_int_equal(out.id, at);
        assert_int_equal(out.moves, 0);
    }
    assert_int_equal(probes.relocate_calls, 0);
}

static void by_value_is_in_place_and_then_elsewhere(void **state) {
    (void)state;
    ta_move move = far_move(NULL);
    probe value = probe_make(7), out = {0};
    probes_reset();
    assert_int_equal(ta_relocate_into(&probe_type, &value, &value, &move), TA_OK);
    assert_int_equal(value.moves, 1);
    assert_int_equal(ta_relocate_into(&probe_type, &out, &value, &move), TA_OK);
    assert_int_equal(out.id, 7);
    assert_int_equal(out.moves, 2);
    assert_int_equal(probes.relocate_calls, 2);
    assert_int_equal(probes.destroyed + probes.cloned, 0);
}

static void a_failure_leaves_the_value_where_it_was(void **state) {
    (void)state;
    ta_move move = far_move(NULL);
    probe value = probe_make(7), out = {0};
    probes_reset();
    probes.relocate_fails_at = 1;
    assert_int_equal(ta_relocate_into(&probe_type, &out, &value, &move), TA_E_SYSTEM);
    assert_int_equal(out.state, 0);
    assert_int_equal(value.state, PROBE_ALIVE);
    assert_int_equal(ta_relocate_into(&probe_type, &out, &value, &move), TA_OK);
    assert_int_equal(out.id, 7);
    assert_int_equal(out.moves, 1);
}

static void cloning_and_destroying_call_once(void **state) {
    (void)state;
    probe value = probe_make(7), out = {0};
    probes_reset();
    assert_int_equal(ta_clone(&probe_type, &value, &out, NULL), TA_OK); /* never told NULL */
    assert_int_equal(out.id, 7);
    assert_int_equal(probes.cloned, 1);
    probes.clone_fails_at = 2;
    assert_int_equal(ta_clone(&probe_type, &value, &out, NULL), TA_E_RANGE);
    assert_int_equal(probes.destroyed, 0);
    ta_destroy(&probe_type, &value);
    assert_int_equal(probes.destroyed, 1);
    assert_int_equal(value.state, PROBE_GONE);
    assert_int_equal(probes.damaged, 0);
}

/* ---- functions that are not there ------------------------------------------------------------ */

typedef struct pair {
    uint64_t a, b;
} pair;

static ta_status pair_relocate(pair *value, const ta_move *move) {
    (void)move;
    value->a++;
    return TA_OK;
}

static size_t pairs_destroyed;
static void pair_destroy(pair *value) {
    (void)value;
    pairs_destroyed++;
}

TA_TYPE(nothing, pair, NULL, NULL, NULL);
TA_TYPE(mover, pair, pair_relocate, NULL, NULL);
TA_TYPE(single, pair, NULL, NULL, pair_destroy);

static void functions_that_are_not_there_do_nothing(void **state) {
    (void)state;
    ta_move move = far_move(NULL);
    pair value = {1, 2}, out;
    assert_int_equal(nothing_type.traits, 0); /* trivial, then */
    assert_int_equal(nothing_traits, 0);
    assert_true(nothing_type.relocate == NULL && nothing_type.clone == NULL);
    assert_true(nothing_type.destroy == NULL);
    assert_int_equal(mover_type.traits, TA_TRAIT_RELOCATES);
    assert_int_equal(mover_traits, TA_TRAIT_RELOCATES);
    assert_int_equal(ta_relocate(&nothing_type, &value, &move), TA_OK);
    assert_int_equal(ta_clone(&nothing_type, &value, &out, NULL), TA_OK);
    assert_memory_equal(&out, &value, sizeof value);
    ta_destroy(&nothing_type, &value);
    assert_int_equal(value.a, 1);

    assert_int_equal(ta_relocate(&mover_type, &value, &move), TA_OK);
    assert_int_equal(value.a, 2);
    assert_int_equal(ta_clone(&mover_type, &value, &out, NULL), TA_OK);
    assert_memory_equal(&out, &value, sizeof value);
    ta_destroy(&mover_type, &value);
}

/* What must be destroyed once cannot be copied bit by bit. */
static void a_type_with_a_destroy_function_alone_is_not_cloneable(void **state) {
    (void)state;
    ta_move move = far_move(NULL);
    pair value = {1, 2}, out = {0, 0};
    pairs_destroyed = 0;
    assert_int_equal(single_type.traits, TA_TRAIT_RESOURCE);
    assert_int_equal(single_traits, TA_TRAIT_RESOURCE);
    assert_int_equal(ta_relocate(&single_type, &value, &move), TA_OK);
    assert_int_equal(ta_clone(&single_type, &value, &out, NULL), TA_E_NOT_CLONEABLE);
    assert_non_null(strstr(ta_last_error(), "has no clone function"));
    assert_int_equal(pairs_destroyed, 0);
    ta_destroy(&single_type, &value);
    assert_int_equal(pairs_destroyed, 1);
}

/* ---- hand-written descriptors ---------------------------------------------------------------- */

static size_t forbidden_calls;

static ta_status forbidden_relocate(const ta_type *type, void *value, const ta_move *move) {
    (void)type, (void)value, (void)move;
    forbidden_calls++;
    return TA_E_SYSTEM;
}

static ta_status forbidden_clone(const ta_type *type, const void *value, void *out,
                                 const ta_allocator *allocator) {
    (void)type, (void)value, (void)out, (void)allocator;
    forbidden_calls++;
    return TA_E_SYSTEM;
}

static void forbidden_destroy(const ta_type *type, void *value) {
    (void)type, (void)value;
    forbidden_calls++;
}

static void a_trivial_type_is_copied_and_never_called(void **state) {
    (void)state;
    ta_type type = {"pair",
                    sizeof(pair),
                    _Alignof(pair),
                    0,
                    0,
                    NULL,
                    forbidden_relocate,
                    forbidden_clone,
                    forbidden_destroy,
                    NULL};
    ta_move moves[] = {far_move(NULL), near_move(NULL)};
    pair value = {1, 2}, out = {0, 0};
    forbidden_calls = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ta_relocate(&type, &value, &moves[i]), TA_OK);
        assert_int_equal(ta_relocate_into(&type, &out, &value, &moves[i]), TA_OK);
    }
    assert_memory_equal(&out, &value, sizeof value);
    assert_int_equal(ta_clone(&type, &value, &out, NULL), TA_OK);
    assert_memory_equal(&out, &value, sizeof value);
    ta_destroy(&type, &out);
    assert_int_equal(forbidden_calls, 0);
}

/* Each trait by itself: only what it stands for is called, and only where it may. */
static void traits_say_what_is_called(void **state) {
    (void)state;
    pair value = {1, 2}, out = {0, 0};
    ta_move far = far_move(NULL), near = near_move(NULL);
    ta_type type = {"pair", sizeof(pair),       _Alignof(pair),  TA_TRAIT_RELOCATES, 0,
                    NULL,   forbidden_relocate, forbidden_clone, forbidden_destroy,  NULL};
    forbidden_calls = 0;
    assert_int_equal(ta_relocate(&type, &value, &near), TA_E_SYSTEM);
    assert_int_equal(ta_relocate(&type, &value, &far), TA_E_SYSTEM);
    assert_int_equal(forbidden_calls, 2);
    assert_int_equal(ta_clone(&type, &value, &out, NULL), TA_OK);
    ta_destroy(&type, &out);
    assert_int_equal(forbidden_calls, 2);

    type.traits = TA_TRAIT_RESOURCE;
    assert_int_equal(ta_relocate(&type, &value, &near), TA_OK);
    assert_int_equal(ta_relocate(&type, &value, &far), TA_OK);
    assert_int_equal(forbidden_calls, 2);
    assert_int_equal(ta_clone(&type, &value, &out, NULL), TA_E_SYSTEM);
    ta_destroy(&type, &value);
    assert_int_equal(forbidden_calls, 4);

    type.traits = TA_TRAIT_OWNS; /* far moves alone */
    assert_int_equal(ta_relocate(&type, &value, &near), TA_OK);
    assert_int_equal(forbidden_calls, 4);
    assert_int_equal(ta_relocate(&type, &value, &far), TA_E_SYSTEM);
    assert_int_equal(forbidden_calls, 5);
}

static void traits_without_functions_are_no_harm(void **state) {
    (void)state;
    ta_type type = {"pair", sizeof(pair), _Alignof(pair), ALL_TRAITS, 0,
                    NULL,   NULL,         NULL,           NULL,       NULL};
    ta_move move = far_move(NULL);
    pair value = {1, 2}, out = {0, 0};
    assert_int_equal(ta_relocate(&type, &value, &move), TA_OK);
    assert_int_equal(ta_clone(&type, &value, &out, NULL), TA_OK);
    assert_memory_equal(&out, &value, sizeof value);
    ta_destroy(&type, &out);
    type.destroy = forbidden_destroy;
    assert_int_equal(ta_clone(&type, &value, &out, NULL), TA_E_NOT_CLONEABLE);
}

/* One function serves many types: it is told which. It sees the move that the caller made. */
static const ta_type *seen_type;
static ta_move seen_move;

static ta_status see(const ta_type *type, void *value, const ta_move *move) {
    seen_type = type;
    seen_move = *move;
    *(uint64_t *)value += *(const uint64_t *)type->data;
    return TA_OK;
}

static void a_function_is_told_its_type_and_the_move(void **state) {
    (void)state;
    static const uint64_t step = 40;
    ta_type type = {"counter", 8, 8, TA_TRAIT_RELOCATES, 0, NULL, see, NULL, NULL, &step};
    ta_move_figures figures = {0};
    ta_move move = ta_move_between(place(AWAY), place(HOME), &empty_allocator);
    uint64_t value = 2;
    move.figures = &figures;
    assert_int_equal(ta_relocate(&type, &value, &move), TA_OK);
    assert_int_equal(value, 42);
    assert_ptr_equal(seen_type, &type);
    assert_true(ta_affinity_equal(seen_move.source, place(AWAY)));
    assert_true(ta_affinity_equal(seen_move.destination, place(HOME)));
    assert_ptr_equal(seen_move.allocator, &empty_allocator);
    assert_ptr_equal(seen_move.figures, &figures);
    assert_true(ta_move_is_far(&seen_move));
}

/* ---- what can be cloned ---------------------------------------------------------------------- */

TA_POINTER(single_pointer, single);
TA_POINTER(single_pointer_pointer, single_pointer);

/* A value that happens to hold nothing of the kind is cloned all the same. */
static void not_cloneable_is_found_where_it_is(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator memory = ledger_allocator(&book);
    single_pointer_value empty = NULL, out = &(pair){0, 0};
    assert_int_equal(ta_clone(&single_pointer_type, &empty, &out, &memory), TA_OK);
    assert_null(out);

    pairs_destroyed = 0;
    single_pointer_value inner = single_pointer_make((pair){1, 2}, &memory);
    assert_non_null(inner);
    single_pointer_value *outer = single_pointer_pointer_make(inner, &memory), *clone;
    assert_non_null(outer);
    assert_int_equal(ta_clone(&single_pointer_pointer_type, &outer, &clone, &memory),
                     TA_E_NOT_CLONEABLE);
    assert_int_equal(blocks_of(&book), 2);
    assert_int_equal(pairs_destroyed, 0);
    ta_destroy(&single_pointer_pointer_type, &outer);
    assert_int_equal(pairs_destroyed, 1);
    assert_balanced(&book);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(a_type_by_functions_is_described),
        cmocka_unit_test(every_move_that_goes_somewhere_calls_once),
        cmocka_unit_test(a_move_to_the_same_place_calls_nothing),
        cmocka_unit_test(by_value_is_in_place_and_then_elsewhere),
        cmocka_unit_test(a_failure_leaves_the_value_where_it_was),
        cmocka_unit_test(cloning_and_destroying_call_once),
        cmocka_unit_test(functions_that_are_not_there_do_nothing),
        cmocka_unit_test(a_type_with_a_destroy_function_alone_is_not_cloneable),
        cmocka_unit_test(a_trivial_type_is_copied_and_never_called),
        cmocka_unit_test(traits_say_what_is_called),
        cmocka_unit_test(traits_without_functions_are_no_harm),
        cmocka_unit_test(a_function_is_told_its_type_and_the_move),
        cmocka_unit_test(not_cloneable_is_found_where_it_is),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
