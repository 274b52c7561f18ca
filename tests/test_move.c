/* SPDX-License-Identifier: MIT
 *
 * Moves: which are made from which places, what each visits, and what a wrong one answers.
 */
#include "relocate_checks.h"

#include "ta/move.h"

/* ---- between places -------------------------------------------------------------------------- */

static void a_move_says_what_it_was_made_from(void **state) {
    (void)state;
    ta_move move = ta_move_between(place(HOME), place(AWAY), &empty_allocator);
    _Static_assert(sizeof(ta_move) == 48, "part of the ABI");
    assert_true(ta_affinity_equal(move.source, place(HOME)));
    assert_true(ta_affinity_equal(move.destination, place(AWAY)));
    assert_ptr_equal(move.allocator, &empty_allocator);
    assert_null(move.figures);
    assert_null(ta_move_between(place(HOME), place(AWAY), NULL).allocator);
}

static void each_pair_of_places_makes_its_kind_of_move(void **state) {
    (void)state;
    for (uint32_t from = 0; from < PLACES; from++)
        for (uint32_t to = 0; to < PLACES; to++) {
            ta_move move = ta_move_between(place(from), place(to), NULL);
            bool is_far = (from < AWAY) != (to < AWAY); /* processors 0 and 1 are region 0 */
            uint32_t visits = is_far       ? TA_TRAIT_OWNS | TA_TRAIT_RELOCATES
                              : from != to ? TA_TRAIT_RELOCATES
                                           : 0;
            assert_int_equal(ta_move_status(&move), TA_OK);
            assert_int_equal(ta_move_is_far(&move), is_far);
            assert_int_equal(move.visits, visits);
        }
}

static void an_unknown_source_is_far(void **state) {
    (void)state;
    for (uint32_t to = 0; to < PLACES; to++) {
        ta_move move = ta_move_between(TA_AFFINITY_UNKNOWN, place(to), NULL);
        assert_int_equal(ta_move_status(&move), TA_OK);
        assert_true(ta_move_is_far(&move));
        assert_int_equal(move.visits, TA_TRAIT_OWNS | TA_TRAIT_RELOCATES);
    }
}

static void an_unknown_destination_is_refused(void **state) {
    (void)state;
    ta_move moves[] = {ta_move_between(place(HOME), TA_AFFINITY_UNKNOWN, NULL),
                       ta_move_between(TA_AFFINITY_UNKNOWN, TA_AFFINITY_UNKNOWN, NULL)};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ta_move_status(&moves[i]), TA_E_UNKNOWN_AFFINITY);
        assert_false(ta_move_is_far(&moves[i]));
        assert_int_equal(moves[i].visits, 0);
    }
}

static void a_source_of_another_shape_is_refused(void **state) {
    (void)state;
    ta_move there = ta_move_between(place(HOME), foreign_place(), NULL);
    ta_move here = ta_move_between(foreign_place(), place(HOME), NULL);
    assert_int_equal(ta_move_status(&there), TA_E_FOREIGN_AFFINITY);
    assert_int_equal(ta_move_status(&here), TA_E_FOREIGN_AFFINITY);
    assert_false(ta_move_is_far(&there));
    assert_false(ta_move_is_far(&here));
}

static void a_move_that_nobody_made_is_invalid(void **state) {
    (void)state;
    ta_move nobodys;
    memset(&nobodys, 0, sizeof nobodys);
    assert_int_equal(ta_move_status(&nobodys), TA_E_INVALID);
    assert_false(ta_move_is_far(&nobodys));
}

/* ---- relocating with them -------------------------------------------------------------------- */

/* Checks that relocating any value with the move answers `status` and touches nothing. */
static void check_refused(const ta_move *move, ta_status status) {
    probes_reset();
    int number = 17, other = 18;
    assert_int_equal(ta_relocate(&ta_int_type, &number, move), status);
    assert_int_equal(ta_relocate_into(&ta_int_type, &other, &number, move), status);
    assert_int_equal(number, 17);
    assert_int_equal(other, 18);

    probe value = probe_make(1), out = {0};
    assert_int_equal(ta_relocate(&probe_type, &value, move), status);
    assert_int_equal(ta_relocate_into(&probe_type, &out, &value, move), status);
    assert_int_equal(probes.relocate_calls, 0);
    assert_int_equal(value.state, PROBE_ALIVE);
    assert_int_equal(out.state, 0);

    ledger book = {0};
    ta_allocator memory = ledger_allocator(&book);
    char *text = ta_string_make("stays", &memory), *block = text, *empty = NULL;
    assert_non_null(text);
    assert_int_equal(ta_relocate(&ta_string_type, &text, move), status);
    assert_int_equal(ta_relocate(&ta_string_type, &empty, move), status);
    assert_ptr_equal(text, block);
    ta_destroy(&ta_string_type, &text);
    assert_balanced(&book);
}

static void each_relocation_with_a_wrong_move_says_what_is_wrong(void **state) {
    (void)state;
    ta_move nobodys;
    memset(&nobodys, 0, sizeof nobodys);
    check_refused(&nobodys, TA_E_INVALID);
    ta_move unknown = ta_move_between(place(HOME), TA_AFFINITY_UNKNOWN, NULL);
    check_refused(&unknown, TA_E_UNKNOWN_AFFINITY);
    unknown = ta_move_between(TA_AFFINITY_UNKNOWN, TA_AFFINITY_UNKNOWN, NULL);
    check_refused(&unknown, TA_E_UNKNOWN_AFFINITY);
    ta_move foreign = ta_move_between(foreign_place(), place(HOME), NULL);
    check_refused(&foreign, TA_E_FOREIGN_AFFINITY);
}

/* A copy of a move is a move, and both count into the same figures. */
static void no_move_is_invalid_and_near(void **state) {
    (void)state;
    assert_int_equal(ta_move_status(NULL), TA_E_INVALID);
    assert_false(ta_move_is_far(NULL));
}

static void moves_are_copied_freely(void **state) {
    (void)state;
    ta_move_figures figures = {0};
    ta_move move = far_move(NULL), copy;
    ledger book = {0};
    ta_allocator memory = ledger_allocator(&book);
    move.figures = &figures;
    copy = move;
    char *one = ta_string_make("one", &memory), *two = ta_string_make("two", &memory);
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(ta_relocate(&ta_string_type, &one, &move), TA_OK);
    assert_int_equal(ta_relocate(&ta_string_type, &two, &copy), TA_OK);
    assert_int_equal(figures.blocks, 2);
    assert_int_equal(figures.bytes, 8);
    assert_int_equal(figures.kept, 0);
    assert_balanced(&book);
    assert_ptr_equal(ta_block_allocator(one), ta_allocator_default());
    ta_destroy(&ta_string_type, &one);
    ta_destroy(&ta_string_type, &two);
}

/* ---- of a registry --------------------------------------------------------------------------- */

static ta_registry *registry_of_five(const ta_allocator *allocator) {
    static const uint32_t counts[] = {2, 3};
    ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = 2,
                                   .allocator = allocator};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    return registry;
}

static void a_registrys_move_takes_memory_from_the_destination(void **state) {
    (void)state;
    ta_registry *registry = registry_of_five(NULL);
    for (uint32_t from = 0; from < PLACES; from++)
        for (uint32_t to = 0; to < PLACES; to++) {
            ta_affinity source = ta_registry_affinity(registry, from);
            ta_affinity destination = ta_registry_affinity(registry, to);
            ta_move move = ta_registry_move(registry, source, destination);
            ta_move plain = ta_move_between(source, destination, NULL);
            assert_int_equal(ta_move_status(&move), TA_OK);
            assert_int_equal(move.visits, plain.visits);
            assert_true(ta_affinity_equal(move.source, source));
            assert_true(ta_affinity_equal(move.destination, destination));
            assert_non_null(move.allocator);
            assert_ptr_equal(move.allocator, ta_registry_allocator(registry, destination));
            assert_null(move.figures);
        }
    ta_move from_nowhere = ta_registry_move(registry, TA_AFFINITY_UNKNOWN, place(AWAY));
    assert_int_equal(ta_move_status(&from_nowhere), TA_OK);
    assert_true(ta_move_is_far(&from_nowhere));
    assert_ptr_equal(from_nowhere.allocator, ta_registry_allocator(registry, place(AWAY)));
    ta_registry_destroy(registry);
}

static void a_value_goes_from_one_region_of_a_registry_to_another(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator memory = ledger_allocator(&book);
    ta_registry *registry = registry_of_five(&memory);
    ta_affinity home = ta_registry_affinity(registry, HOME);
    ta_affinity away = ta_registry_affinity(registry, AWAY);
    size_t own_blocks = blocks_of(&book);

    char *text = ta_string_make("travels", ta_registry_allocator(registry, home));
    assert_non_null(text);
    ta_move move = ta_registry_move(registry, home, ta_registry_affinity(registry, NEIGHBOUR));
    char *before = text;
    assert_int_equal(ta_relocate(&ta_string_type, &text, &move), TA_OK);
    assert_ptr_equal(text, before);
    move = ta_registry_move(registry, home, away);
    assert_int_equal(ta_relocate(&ta_string_type, &text, &move), TA_OK);
    assert_string_equal(text, "travels");
    assert_ptr_equal(ta_block_allocator(text), ta_registry_allocator(registry, away));
    ta_destroy(&ta_string_type, &text);
    assert_int_equal(blocks_of(&book), own_blocks);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

static void a_registry_refuses_what_is_not_its_own(void **state) {
    (void)state;
    ta_registry *registry = registry_of_five(NULL);
    ta_move move = ta_registry_move(registry, TA_AFFINITY_UNKNOWN, foreign_place());
    check_refused(&move, TA_E_FOREIGN_AFFINITY);
    /* Of one shape with each other, but not with the registry. */
    move = ta_registry_move(registry, foreign_place(), foreign_place());
    check_refused(&move, TA_E_FOREIGN_AFFINITY);
    move = ta_registry_move(registry, foreign_place(), place(HOME));
    check_refused(&move, TA_E_FOREIGN_AFFINITY);
    move = ta_registry_move(registry, place(HOME), TA_AFFINITY_UNKNOWN);
    assert_string_equal(ta_last_error(), "ta_registry_move: the destination is unknown");
    check_refused(&move, TA_E_UNKNOWN_AFFINITY);
    assert_false(ta_move_is_far(&move));
    ta_registry_destroy(registry);
}

static void without_a_registry_there_is_no_move(void **state) {
    (void)state;
    ta_move far = ta_registry_move(NULL, place(HOME), place(AWAY));
    assert_string_equal(ta_last_error(), "ta_registry_move: NULL as the registry");
    check_refused(&far, TA_E_INVALID);
    ta_move near = ta_registry_move(NULL, place(HOME), place(NEIGHBOUR));
    check_refused(&near, TA_E_INVALID);
    ta_move nowhere = ta_registry_move(NULL, place(HOME), place(HOME));
    check_refused(&nowhere, TA_E_INVALID);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_says_what_it_was_made_from),
        cmocka_unit_test(each_pair_of_places_makes_its_kind_of_move),
        cmocka_unit_test(an_unknown_source_is_far),
        cmocka_unit_test(an_unknown_destination_is_refused),
        cmocka_unit_test(a_source_of_another_shape_is_refused),
        cmocka_unit_test(a_move_that_nobody_made_is_invalid),
        cmocka_unit_test(each_relocation_with_a_wrong_move_says_what_is_wrong),
        cmocka_unit_test(no_move_is_invalid_and_near),
        cmocka_unit_test(moves_are_copied_freely),
        cmocka_unit_test(a_registrys_move_takes_memory_from_the_destination),
        cmocka_unit_test(a_value_goes_from_one_region_of_a_registry_to_another),
        cmocka_unit_test(a_registry_refuses_what_is_not_its_own),
        cmocka_unit_test(without_a_registry_there_is_no_move),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
