/* SPDX-License-Identifier: MIT
 *
 * One value with every kind of part under every kind of move, and under every failure: it is whole
 * after each, nothing leaks, and each block goes back to the allocator that it came from.
 */
#include "parcel.h"

static void check_figures(const ta_move_figures *figures, uint64_t blocks, uint64_t bytes,
                          uint64_t kept) {
    assert_int_equal(figures->blocks, blocks);
    assert_int_equal(figures->bytes, bytes);
    assert_int_equal(figures->kept, kept);
}

/* ---- moves that succeed ---------------------------------------------------------------------- */

static void far_moves_take_each_block_along_once(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        LEDGER(there);
        ta_move_figures figures = {0};
        ta_move moves[] = {far_move(there_memory),
                           ta_move_between(TA_AFFINITY_UNKNOWN, place(HOME), there_memory)};
        parcel value = parcel_from(kinds[k], here_memory), out;
        ta_move move = moves[k % 2];
        assert_int_equal(blocks_of(&here), blocks_in(kinds[k]));
        size_t calls = calls_of(&here);
        move.figures = &figures;
        assert_int_equal(ta_relocate_into(&parcel_type, &out, &value, &move), TA_OK);
        check_parcel(&out, kinds[k]);
        assert_balanced(&here);
        assert_int_equal(calls_of(&here), calls);
        assert_int_equal(blocks_of(&there), blocks_in(kinds[k]));
        assert_int_equal(calls_of(&there), blocks_in(kinds[k]));
        check_figures(&figures, blocks_in(kinds[k]), bytes_in(kinds[k]), 0);
        assert_int_equal(probes.relocated, probes_in(kinds[k]));
        destroy_parcel(&out);
        assert_balanced(&there);
    }
}

static void fields_are_visited_in_their_order(void **state) {
    (void)state;
    LEDGER(here);
    ta_move move = near_move(NULL);
    parcel value = parcel_from(KIND_INSERT, here_memory);
    assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
    assert_order(1, 2, 3, 4, 5, 6, 7);
    destroy_parcel(&value);
    assert_balanced(&here);
}

/* Every pointer is what it was, and no allocator is called; functions are, once. */
static void near_moves_keep_every_block(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        ta_move_figures figures = {0};
        ta_move move = near_move(&empty_allocator);
        parcel value = parcel_from(kinds[k], here_memory), before;
        size_t calls = calls_of(&here);
        memcpy(&before, &value, sizeof value);
        char *line = value.lines.items[1], *text = value.front->text;
        move.figures = &figures;
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        assert_int_equal(calls_of(&here), calls);
        assert_int_equal(blocks_of(&here), blocks_in(kinds[k]));
        check_figures(&figures, 0, 0, 0);
        assert_int_equal(probes.relocated, probes_in(kinds[k]));
        assert_int_equal(value.last.moves, 1);
        assert_ptr_equal(value.lines.items[1], line);
        assert_ptr_equal(value.front->text, text);
        value.first.moves = value.last.moves = 0; /* all else is as before, to the byte */
        if (kinds[k] == KIND_INSERT) value.body.insert.mark.moves = 0;
        assert_memory_equal(&value, &before, sizeof value);
        destroy_parcel(&value);
        assert_balanced(&here);
    }
}

static void a_move_to_the_same_place_touches_nothing(void **state) {
    (void)state;
    LEDGER(here);
    ta_move_figures figures = {0};
    ta_move move = ta_move_between(place(AWAY), place(AWAY), &empty_allocator);
    parcel value = parcel_from(KIND_INSERT, here_memory), before;
    size_t calls = calls_of(&here);
    memcpy(&before, &value, sizeof value);
    move.figures = &figures;
    assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
    assert_memory_equal(&value, &before, sizeof value);
    assert_int_equal(probes.relocate_calls, 0);
    assert_int_equal(calls_of(&here), calls);
    check_figures(&figures, 0, 0, 0);
    destroy_parcel(&value);
    assert_balanced(&here);
}

static void there_and_back_is_as_before(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    parcel value = parcel_from(KIND_INSERT, here_memory);
    size_t blocks = blocks_in(KIND_INSERT);
    for (size_t i = 1; i <= 10; i++) {
        ta_move forth = ta_move_between(place(HOME), place(AWAY), there_memory);
        ta_move back = ta_move_between(place(AWAY), place(HOME), here_memory);
        assert_int_equal(ta_relocate(&parcel_type, &value, &forth), TA_OK);
        assert_balanced(&here);
        assert_int_equal(ta_relocate(&parcel_type, &value, &back), TA_OK);
        assert_balanced(&there);
        check_parcel(&value, KIND_INSERT);
        assert_int_equal(blocks_of(&here), blocks);
        assert_int_equal(value.seal->moves, 2 * i);
    }
    destroy_parcel(&value);
    assert_balanced(&here);
}

/* Where blocks come from is known by the blocks, whatever the move declares as its source; those
 * of the destination's allocator are at home. */
static void blocks_go_back_where_they_came_from(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(one);
        LEDGER(two);
        LEDGER(there);
        ta_move_figures figures = {0};
        sources mixed = {{one_memory, there_memory, two_memory}, 3, 0};
        parcel value = parcel_make(kinds[k], &mixed);
        size_t at_home = blocks_of(&there), away = blocks_of(&one) + blocks_of(&two);
        assert_in_range(at_home, 4, 5);
        ta_move move = far_move(there_memory);
        move.figures = &figures;
        char *const lines = (char *)value.lines.items;
        assert_ptr_equal(ta_block_allocator(lines), there_memory);
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        assert_ptr_equal(value.lines.items, lines);
        check_parcel(&value, kinds[k]);
        assert_balanced(&one);
        assert_balanced(&two);
        assert_int_equal(blocks_of(&there), at_home + away);
        assert_int_equal(calls_of(&there), at_home + away);
        assert_int_equal(figures.blocks, away);
        assert_int_equal(figures.kept, 0);
        /* The same move again: all are at home. */
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        assert_int_equal(calls_of(&there), at_home + away);
        assert_int_equal(figures.blocks, away);
        destroy_parcel(&value);
        assert_balanced(&there);
    }
}

static void a_move_without_allocator_goes_to_the_default_one(void **state) {
    (void)state;
    LEDGER(here);
    ta_move_figures figures = {0};
    ta_move move = far_move(NULL);
    parcel value = parcel_from(KIND_NOTE, here_memory);
    move.figures = &figures;
    for (int i = 0; i < 2; i++) { /* the second time all are at home */
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        assert_int_equal(figures.blocks, blocks_in(KIND_NOTE));
    }
    assert_balanced(&here);
    check_parcel(&value, KIND_NOTE);
    assert_ptr_equal(ta_block_allocator(value.front->text), ta_allocator_default());
    destroy_parcel(&value);
}

/* ---- memory that is not there ---------------------------------------------------------------- */

static void without_memory_everything_stays(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        LEDGER(there);
        ta_move_figures figures = {0};
        ta_move move = far_move(&empty_allocator);
        parcel value = parcel_from(kinds[k], here_memory);
        size_t blocks = blocks_in(kinds[k]), calls = calls_of(&here);
        move.figures = &figures;
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        check_parcel(&value, kinds[k]);
        check_figures(&figures, 0, 0, blocks);
        assert_int_equal(blocks_of(&here), blocks);
        assert_int_equal(calls_of(&here), calls);
        assert_int_equal(probes.relocated, probes_in(kinds[k]));
        move.figures = NULL; /* not counted */
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        check_figures(&figures, 0, 0, blocks);

        move = far_move(there_memory); /* and with memory it goes */
        assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
        assert_balanced(&here);
        destroy_parcel(&value);
        assert_balanced(&there);
    }
}

static void each_allocation_of_a_move_may_fail(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        size_t blocks = blocks_in(kinds[k]);
        for (size_t n = 1; n <= blocks; n++) {
            LEDGER(here);
            LEDGER(there);
            ta_move_figures figures = {0};
            ta_move move = far_move(there_memory);
            parcel value = parcel_from(kinds[k], here_memory);
            move.figures = &figures;
            there.fail_at = n;
            assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
            check_parcel(&value, kinds[k]);
            assert_int_equal(figures.kept, 1);
            assert_int_equal(figures.blocks, blocks - 1);
            assert_int_equal(blocks_of(&here), 1);
            assert_int_equal(blocks_of(&there), blocks - 1);
            assert_int_equal(calls_of(&there), blocks);
            assert_int_equal(probes.relocated, probes_in(kinds[k]));
            if (n % 2 == 0) { /* what stayed follows the next time */
                assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
                assert_balanced(&here);
                check_figures(&figures, blocks, bytes_in(kinds[k]), 1);
            }
            destroy_parcel(&value);
            assert_balanced(&here);
            assert_balanced(&there);
        }
    }
}

/* ---- functions that fail --------------------------------------------------------------------- */

static void each_relocate_function_may_fail(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t n = 1; n <= probes_in(kinds[k]); n++) {
            LEDGER(here);
            LEDGER(there);
            ta_move_figures figures = {0};
            ta_move move = far_move(there_memory);
            size_t blocks = blocks_in(kinds[k]);
            parcel value = parcel_from(kinds[k], here_memory), out;
            memset(&out, 0x5a, sizeof out);
            move.figures = &figures;
            probes.relocate_fails_at = n;
            assert_int_equal(ta_relocate_into(&parcel_type, &out, &value, &move), TA_E_SYSTEM);
            assert_int_equal(out.number, 0x5a5a5a5a); /* untouched */
            assert_int_equal(probes.relocated, n - 1);
            check_parcel(&value, kinds[k]);
            assert_int_equal(blocks_of(&here) + blocks_of(&there), blocks);
            assert_int_equal(figures.kept, 0);
            if (n % 2 == 0) { /* again: each block has moved once in all */
                assert_int_equal(ta_relocate_into(&parcel_type, &out, &value, &move), TA_OK);
                check_parcel(&out, kinds[k]);
                assert_int_equal(calls_of(&there), blocks);
                check_figures(&figures, blocks, bytes_in(kinds[k]), 0);
                value = out;
            }
            destroy_parcel(&value);
            assert_balanced(&here);
            assert_balanced(&there);
        }
}

static void an_unknown_tag_fails_and_may_be_put_right(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    parcel value = parcel_from(KIND_INSERT, here_memory), clone;
    value.kind = KIND_NONE;
    assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_E_TAG);
    check_parcel(&value, KIND_NONE);
    assert_int_equal(blocks_of(&here) + blocks_of(&there), blocks_in(KIND_INSERT));
    size_t blocks = blocks_of(&there);
    assert_int_equal(ta_clone(&parcel_type, &value, &clone, there_memory), TA_E_TAG);
    assert_int_equal(blocks_of(&there), blocks);
    assert_int_equal(probes.destroyed, probes.cloned);
    value.kind = KIND_INSERT;
    assert_int_equal(ta_relocate(&parcel_type, &value, &move), TA_OK);
    check_parcel(&value, KIND_INSERT);
    destroy_parcel(&value);
    assert_balanced(&here);
    assert_balanced(&there);
}

/* ---- clones ---------------------------------------------------------------------------------- */

static void a_clone_is_equal_and_shares_nothing(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        LEDGER(there);
        parcel value = parcel_from(kinds[k], here_memory), clone;
        size_t calls = calls_of(&here);
        assert_int_equal(ta_clone(&parcel_type, &value, &clone, there_memory), TA_OK);
        assert_int_equal(calls_of(&here), calls);
        assert_int_equal(calls_of(&there), blocks_in(kinds[k]));
        assert_int_equal(probes.cloned, probes_in(kinds[k]));
        check_parcel(&value, kinds[k]);
        destroy_parcel(&value); /* what the clone shared would be gone */
        assert_balanced(&here);
        check_parcel(&clone, kinds[k]);
        destroy_parcel(&clone);
        assert_balanced(&there);
    }
}

static void a_clone_without_allocator_comes_from_the_default_one(void **state) {
    (void)state;
    LEDGER(here);
    parcel value = parcel_from(KIND_NOTE, here_memory), clone;
    assert_int_equal(ta_clone(&parcel_type, &value, &clone, NULL), TA_OK);
    assert_ptr_equal(ta_block_allocator(clone.title), ta_allocator_default());
    assert_ptr_equal(ta_block_allocator(clone.marks.items), ta_allocator_default());
    destroy_parcel(&value);
    destroy_parcel(&clone);
    assert_balanced(&here);
}

static void each_allocation_of_a_clone_may_fail(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        parcel value = parcel_from(kinds[k], here_memory), clone;
        for (size_t n = 1; n <= blocks_in(kinds[k]); n++) {
            LEDGER(there);
            there.fail_at = n;
            probes_reset();
            assert_int_equal(ta_clone(&parcel_type, &value, &clone, there_memory), TA_E_NOMEM);
            assert_int_equal(calls_of(&there), n); /* not one more */
            assert_balanced(&there);
            assert_int_equal(probes.destroyed, probes.cloned);
            check_parcel(&value, kinds[k]);
        }
        destroy_parcel(&value);
        assert_balanced(&here);
    }
}

static void each_clone_function_may_fail(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        LEDGER(here);
        parcel value = parcel_from(kinds[k], here_memory), clone;
        for (size_t n = 1; n <= probes_in(kinds[k]); n++) {
            LEDGER(there);
            probes_reset();
            probes.clone_fails_at = n;
            assert_int_equal(ta_clone(&parcel_type, &value, &clone, there_memory), TA_E_RANGE);
            assert_int_equal(probes.cloned, n - 1);
            assert_int_equal(probes.destroyed, n - 1);
            assert_balanced(&there);
            check_parcel(&value, kinds[k]);
        }
        destroy_parcel(&value);
        assert_balanced(&here);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_moves_take_each_block_along_once),
        cmocka_unit_test(fields_are_visited_in_their_order),
        cmocka_unit_test(near_moves_keep_every_block),
        cmocka_unit_test(a_move_to_the_same_place_touches_nothing),
        cmocka_unit_test(there_and_back_is_as_before),
        cmocka_unit_test(blocks_go_back_where_they_came_from),
        cmocka_unit_test(a_move_without_allocator_goes_to_the_default_one),
        cmocka_unit_test(without_memory_everything_stays),
        cmocka_unit_test(each_allocation_of_a_move_may_fail),
        cmocka_unit_test(each_relocate_function_may_fail),
        cmocka_unit_test(an_unknown_tag_fails_and_may_be_put_right),
        cmocka_unit_test(a_clone_is_equal_and_shares_nothing),
        cmocka_unit_test(a_clone_without_allocator_comes_from_the_default_one),
        cmocka_unit_test(each_allocation_of_a_clone_may_fail),
        cmocka_unit_test(each_clone_function_may_fail),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
