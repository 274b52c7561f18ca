/* SPDX-License-Identifier: MIT
 *
 * Closures that move: relocation and cloning of what is captured, results that come back.
 */
#include "closure_checks.h"

/* ---- relocation ------------------------------------------------------------------------------ */

static void a_move_to_the_same_place_calls_nothing(void **state) {
    (void)state;
    LEDGER(book);
    ta_move move = ta_move_between(place(AWAY), place(AWAY), &empty_allocator);
    ta_fn fn;
    probes_reset();
    assert_made(loading(&fn, load_make(1, "one", book_memory), book_memory));
    const void *box = ta_closure_captured(&fn.closure);
    assert_made(ta_fn_relocate(&fn, &move));
    assert_made(ta_relocate(&ta_fn_type, &fn, &move));
    assert_ptr_equal(ta_closure_captured(&fn.closure), box);
    assert_int_equal(probes.relocate_calls, 0);
    ta_fn_destroy(&fn);
    assert_balanced(&book);
}

static void a_near_move_tells_functions_and_keeps_memory(void **state) {
    (void)state;
    LEDGER(book);
    ta_move move = near_move(&empty_allocator);
    ta_fn in_place, boxed;
    ta_fn_once text;
    probes_reset();
    assert_made(probing(&in_place, probe_make(1), NULL));
    assert_made(loading(&boxed, load_make(2, "two", book_memory), book_memory));
    assert_made(text_later(&text, ta_string_make("three", book_memory), NULL));
    const load *box = ta_closure_captured(&boxed.closure);
    const char *inner = box->text;

    assert_made(ta_fn_relocate(&in_place, &move));
    assert_made(ta_fn_relocate(&boxed, &move));
    assert_made(ta_fn_once_relocate(&text, &move));
    assert_order(1, 2);
    assert_ptr_equal(ta_closure_captured(&boxed.closure), box);
    assert_ptr_equal(box->text, inner);

    ta_fn_destroy(&in_place);
    ta_fn_destroy(&boxed);
    ta_fn_once_destroy(&text);
    assert_int_equal(probes.destroyed, 2);
    assert_balanced(&book);
}

static void a_far_move_takes_all_memory_along(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move_figures figures = {0, 0, 0};
    ta_move move = far_move(there_memory);
    move.figures = &figures;
    ta_fn_once boxed, text;
    char *texts[2] = {NULL, NULL};
    probes_reset();
    assert_made(unloading(&boxed, load_make(1, "one", here_memory), here_memory));
    assert_made(text_later(&text, ta_string_make("two", here_memory), here_memory));
    assert_made(ta_fn_once_relocate(&boxed, &move));
    assert_made(ta_fn_once_relocate(&text, &move));
    assert_balanced(&here);
    assert_int_equal(blocks_of(&there), 3); /* a box and two texts */
    assert_int_equal(figures.blocks, 3);
    assert_int_equal(figures.bytes, sizeof(load) + sizeof "one" + sizeof "two");
    assert_int_equal(figures.kept, 0);
    assert_order(1);

    assert_true(string_fn_call_once(&boxed, &texts[0]));
    assert_true(string_fn_call_once(&text, &texts[1]));
    assert_string_equal(texts[0], "one");
    assert_string_equal(texts[1], "two");
    for (size_t i = 0; i < 2; i++) ta_destroy(&ta_string_type, &texts[i]);
    assert_balanced(&there);
}

static void without_memory_there_a_closure_stays_whole(void **state) {
    (void)state;
    LEDGER(here);
    for (size_t fail_at = 1; fail_at <= 3; fail_at++) { /* the box, its text, nothing */
        LEDGER(there);
        there.fail_at = fail_at;
        ta_move_figures figures = {0, 0, 0};
        ta_move move = far_move(there_memory);
        move.figures = &figures;
        ta_fn_once fn;
        char *text = NULL;
        probes_reset();
        assert_made(unloading(&fn, load_make(1, "text", here_memory), here_memory));
        assert_made(ta_fn_once_relocate(&fn, &move));
        assert_int_equal(figures.kept, fail_at <= 2);
        assert_int_equal(blocks_of(&here), fail_at <= 2);
        assert_int_equal(blocks_of(&there), fail_at <= 2 ? 1 : 2);
        assert_order(1); /* kept memory is visited all the same */
        assert_true(string_fn_call_once(&fn, &text));
        assert_string_equal(text, "text");
        ta_destroy(&ta_string_type, &text);
        assert_int_equal(probes.destroyed, 1);
        assert_balanced(&here);
        assert_balanced(&there);
    }
}

static void a_closure_whose_relocation_failed_is_whole(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    ta_fn fns[2];
    probes_reset();
    assert_made(probing(&fns[0], probe_make(1), here_memory));
    assert_made(loading(&fns[1], load_make(2, "two", here_memory), here_memory));
    for (size_t i = 0; i < 2; i++) {
        uint32_t id = 0;
        probes.relocate_fails_at = probes.relocate_calls + 1;
        assert_int_equal(ta_fn_relocate(&fns[i], &move), TA_E_SYSTEM);
        assert_true(uint32_fn_call(&fns[i], &id) && id == i + 1);
        assert_made(ta_fn_relocate(&fns[i], &move));
        assert_true(uint32_fn_call(&fns[i], &id) && id == i + 1);
    }
    assert_order(1, 2);
    assert_balanced(&here);
    for (size_t i = 0; i < 2; i++) ta_fn_destroy(&fns[i]);
    assert_int_equal(probes.destroyed, 2);
    assert_balanced(&there);
}

static void a_wrong_move_is_answered_whatever_is_captured(void **state) {
    (void)state;
    ta_move moves[] = {ta_move_between(place(HOME), TA_AFFINITY_UNKNOWN, NULL),
                       ta_move_between(place(HOME), foreign_place(), NULL)};
    ta_status statuses[] = {TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY};
    ta_fn fns[3];
    probes_reset();
    assert_made(adding(&fns[0], (adder){1, 2}, NULL));
    assert_made(probing(&fns[1], probe_make(1), NULL));
    assert_made(last_of_over(&fns[2], (over){{0}}, NULL));
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(ta_fn_relocate(&fns[i], &moves[j]), statuses[j]);
        ta_fn_destroy(&fns[i]);
    }
    assert_int_equal(probes.relocate_calls, 0);
}

/* ---- cloning --------------------------------------------------------------------------------- */

static void clones_are_independent(void **state) {
    (void)state;
    LEDGER(book);
    LEDGER(other);
    ta_fn_mut fn, fn_clone;
    ta_fn_once boxed, boxed_clone;
    uint32_t id = 0;
    char *texts[2] = {NULL, NULL};
    probes_reset();
    assert_made(probing_mut(&fn, probe_make(1), NULL));
    assert_made(unloading(&boxed, load_make(9, "text", book_memory), book_memory));
    assert_made(ta_fn_mut_clone(&fn, &fn_clone, &empty_allocator));
    assert_made(ta_fn_once_clone(&boxed, &boxed_clone, other_memory));
    assert_int_equal(probes.cloned, 2);
    assert_int_equal(blocks_of(&book), 2);
    assert_int_equal(blocks_of(&other), 2);

    assert_true(uint32_fn_call_mut(&fn, &id) && id == 2);
    assert_true(uint32_fn_call_mut(&fn, &id) && id == 3);
    ta_fn_mut_destroy(&fn);
    assert_true(uint32_fn_call_mut(&fn_clone, &id) && id == 2);
    ta_fn_mut_destroy(&fn_clone);

    assert_true(string_fn_call_once(&boxed, &texts[0]));
    assert_true(string_fn_call_once(&boxed_clone, &texts[1]));
    assert_string_equal(texts[0], texts[1]);
    assert_ptr_not_equal(texts[0], texts[1]);
    for (size_t i = 0; i < 2; i++) ta_destroy(&ta_string_type, &texts[i]);
    assert_int_equal(probes.destroyed, 4);
    assert_int_equal(probes.damaged, 0);
    assert_balanced(&book);
    assert_balanced(&other);
}

typedef struct guard { /* cannot be cloned */
    int handle;
} guard;
static int guards; /* alive */
static void guard_destroy(guard *value) {
    (void)value;
    guards--;
}
TA_TYPE(guard, guard, NULL, NULL, guard_destroy);

typedef struct guards_boxed {
    char *text;
    guard last;
    uint64_t words[6];
} guards_boxed;
static const ta_part guards_boxed_parts[] = {
    TA_PART_INLINE_INIT("text", ta_string_traits, &ta_string_type, offsetof(guards_boxed, text), 1),
    TA_PART_INLINE_INIT("last", guard_traits, &guard_type, offsetof(guards_boxed, last), 1)};
TYPE_OF_PARTS(guards_boxed, ALL_TRAITS);

static int handle_of(const guard *self) { return self->handle; }
TA_FN(guarding, guard, ta_int, handle_of);
static int handle_in_box(const guards_boxed *self) { return self->last.handle; }
TA_FN(guarding_boxed, guards_boxed, ta_int, handle_in_box);

static void what_cannot_be_cloned_says_so(void **state) {
    (void)state;
    LEDGER(book);
    LEDGER(other);
    ta_fn fns[2], clone;
    int handle = 0;
    guards = 2;
    guards_boxed boxed = {ta_string_make("text", book_memory), {7}, {0}};
    assert_made(guarding(&fns[0], (guard){7}, NULL));
    assert_made(guarding_boxed(&fns[1], boxed, book_memory));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ta_fn_clone(&fns[i], &clone, other_memory), TA_E_NOT_CLONEABLE);
        assert_balanced(&other);
        assert_int_equal(guards, 2 - (int)i);
        assert_true(int_fn_call(&fns[i], &handle) && handle == 7);
        ta_fn_destroy(&fns[i]);
    }
    assert_int_equal(guards, 0);
    assert_balanced(&book);
}

static void a_clone_that_fails_leaves_nothing_behind(void **state) {
    (void)state;
    LEDGER(book);
    ta_fn fn, clone;
    uint32_t id = 0;
    probes_reset();
    assert_made(loading(&fn, load_make(3, "text", book_memory), book_memory));
    for (size_t fail_at = 1; fail_at <= 3; fail_at++) {
        LEDGER(other);
        other.fail_at = fail_at;
        ta_status status = ta_fn_clone(&fn, &clone, other_memory);
        assert_int_equal(status, fail_at <= 2 ? TA_E_NOMEM : TA_OK);
        if (status == TA_OK) ta_fn_destroy(&clone);
        assert_balanced(&other);
    }
    probes.clone_fails_at = probes.clone_calls + 1;
    LEDGER(other);
    assert_int_equal(ta_fn_clone(&fn, &clone, other_memory), TA_E_RANGE);
    assert_balanced(&other);
    assert_int_equal(probes.destroyed, probes.cloned);
    assert_true(uint32_fn_call(&fn, &id) && id == 3);
    ta_fn_destroy(&fn);
    assert_int_equal(probes.damaged, 0);
    assert_balanced(&book);
}

/* ---- results that come back ------------------------------------------------------------------ */

static probe make_probe(const adder *self) { return probe_make((uint32_t)(self->a + self->b)); }
TA_FN(making_probe, adder, probe, make_probe);
static probe make_next_probe(adder *self) { return probe_make((uint32_t)(self->a += self->b)); }
TA_FN_MUT(making_probes, adder, probe, make_next_probe);
TA_CALLS(probe_fn, probe);

static void results_are_relocated_back(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move back = ta_move_between(place(AWAY), place(HOME), here_memory);
    ta_fn fn;
    ta_fn_mut mut;
    ta_fn_once once;
    probe result = {0, 0, 0};
    char *text = NULL;
    probes_reset();
    assert_made(making_probe(&fn, (adder){1, 2}, NULL));
    assert_made(probe_fn_call_relocated(&fn, &result, &back));
    assert_int_equal(result.id, 3);
    assert_int_equal(result.moves, 1);
    assert_made(making_probes(&mut, (adder){10, 10}, NULL));
    assert_made(probe_fn_call_mut_relocated(&mut, &result, &back));
    assert_made(probe_fn_call_mut_relocated(&mut, &result, &back));
    assert_int_equal(result.id, 30);
    assert_order(3, 20, 30);

    assert_made(unloading(&once, load_make(1, "answer", there_memory), there_memory));
    assert_made(string_fn_call_once_relocated(&once, &text, &back));
    assert_true(ta_fn_once_is_empty(&once));
    assert_string_equal(text, "answer");
    assert_ptr_equal(ta_block_allocator(text), here_memory);
    assert_balanced(&there);
    ta_destroy(&ta_string_type, &text);
    assert_balanced(&here);
}

static int notes;
static void note(void) { notes++; }
TA_FN_BARE_VOID(noting, note);

static void a_closure_without_result_sends_nothing_back(void **state) {
    (void)state;
    ta_move back = far_move(&empty_allocator);
    ta_fn fn = noting();
    notes = 0;
    assert_made(ta_fn_call_relocated(&fn, NULL, &back));
    ta_fn_mut mut = ta_fn_into_mut(&fn);
    assert_made(ta_fn_mut_call_relocated(&mut, NULL, &back));
    ta_fn_once once = ta_fn_mut_into_once(&mut);
    assert_made(ta_fn_once_call_relocated(&once, NULL, &back));
    assert_int_equal(notes, 3);
}

static void a_result_that_fails_to_relocate_is_whole(void **state) {
    (void)state;
    ta_move back = far_move(NULL);
    ta_fn fn;
    probe result = {0, 0, 0};
    probes_reset();
    probes.relocate_fails_at = 1;
    assert_made(making_probe(&fn, (adder){1, 2}, NULL));
    assert_int_equal(probe_fn_call_relocated(&fn, &result, &back), TA_E_SYSTEM);
    assert_int_equal(result.id, 3);
    assert_int_equal(result.moves, 0);
    assert_made(ta_relocate(&probe_type, &result, &back));
    assert_int_equal(result.moves, 1);
    assert_int_equal(probes.damaged, 0);
}

static void with_a_wrong_way_back_nothing_is_called(void **state) {
    (void)state;
    ta_move wrong = ta_move_between(place(HOME), TA_AFFINITY_UNKNOWN, NULL), unmade;
    memset(&unmade, 0, sizeof unmade);
    ta_fn_mut mut;
    ta_fn_once once;
    probe result = {0, 0, 0};
    int sum = 0;
    assert_made(making_probes(&mut, (adder){1, 1}, NULL));
    assert_int_equal(probe_fn_call_mut_relocated(&mut, &result, &wrong), TA_E_UNKNOWN_AFFINITY);
    assert_true(ta_fn_mut_call(&mut, &result));
    assert_int_equal(result.id, 2); /* the first call */

    ta_fn fn;
    assert_made(adding(&fn, (adder){1, 1}, NULL));
    once = ta_fn_into_once(&fn);
    assert_int_equal(int_fn_call_once_relocated(&once, &sum, &unmade), TA_E_INVALID);
    assert_false(ta_fn_once_is_empty(&once));
    assert_true(int_fn_call_once(&once, &sum) && sum == 2);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_to_the_same_place_calls_nothing),
        cmocka_unit_test(a_near_move_tells_functions_and_keeps_memory),
        cmocka_unit_test(a_far_move_takes_all_memory_along),
        cmocka_unit_test(without_memory_there_a_closure_stays_whole),
        cmocka_unit_test(a_closure_whose_relocation_failed_is_whole),
        cmocka_unit_test(a_wrong_move_is_answered_whatever_is_captured),
        cmocka_unit_test(clones_are_independent),
        cmocka_unit_test(what_cannot_be_cloned_says_so),
        cmocka_unit_test(a_clone_that_fails_leaves_nothing_behind),
        cmocka_unit_test(results_are_relocated_back),
        cmocka_unit_test(a_closure_without_result_sends_nothing_back),
        cmocka_unit_test(a_result_that_fails_to_relocate_is_whole),
        cmocka_unit_test(with_a_wrong_way_back_nothing_is_called),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
