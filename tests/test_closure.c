/* SPDX-License-Identifier: MIT
 *
 * Closures: the three kinds and what they may do, where captured values stand, calls.
 */
#include "closure_checks.h"

typedef struct full { /* as much as stands in a closure */
    uint64_t words[7];
} full;
TA_UNAWARE_TYPE(full, full);

typedef struct wide {
    _Alignas(16) unsigned char byte;
} wide;
TA_UNAWARE_TYPE(wide, wide);

typedef struct line {
    _Alignas(64) unsigned char byte;
} line;
TA_UNAWARE_TYPE(line, line);

/* ---- what is called -------------------------------------------------------------------------- */

static int count_up(adder *self) { return self->a += self->b; }
TA_FN_MUT(counting, adder, ta_int, count_up);
TA_FN_ONCE(counting_once, adder, ta_int, count_up);

static uint64_t last_word(const full *self) { return self->words[6]; }
TA_FN(last_of_full, full, ta_uint64, last_word);
static uintptr_t wide_at(const wide *self) { return (uintptr_t)self; }
TA_FN(where_wide, wide, ta_uintptr, wide_at);
static uintptr_t line_at(const line *self) { return (uintptr_t)self; }
TA_FN(where_line, line, ta_uintptr, line_at);

static int seen; /* by functions that return nothing */
static void see(const adder *self) { seen += self->a; }
TA_FN_VOID(seeing, adder, see);
static void see_more(adder *self) { seen += self->a++; }
TA_FN_MUT_VOID(seeing_more, adder, see_more);
static void see_last(probe *self) { seen += (int)self->id; }
TA_FN_ONCE_VOID(seeing_last, probe, see_last);

static int forty_two(void) { return 42; }
TA_FN_BARE(bare, ta_int, forty_two);
static void note(void) { seen++; }
TA_FN_BARE_VOID(bare_void, note);

TA_CALLS(uint64_fn, ta_uint64);
TA_CALLS(address_fn, ta_uintptr);

/* ---- the three kinds ------------------------------------------------------------------------- */

static void every_closure_is_one_cache_line(void **state) {
    (void)state;
    const ta_type *types[] = {&ta_fn_type, &ta_fn_mut_type, &ta_fn_once_type};
    const char *names[] = {"ta_fn", "ta_fn_mut", "ta_fn_once"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(types[i]->name, names[i]);
        assert_int_equal(types[i]->size, 64);
        assert_int_equal(types[i]->alignment, 8);
        assert_int_equal(types[i]->traits, ALL_TRAITS);
    }
    assert_int_equal(sizeof(ta_fn_value), 64);
    assert_int_equal(sizeof(ta_fn_mut_value), 64);
    assert_int_equal(sizeof(ta_fn_once_value), 64);
}

static void a_fn_is_called_as_often_as_one_likes(void **state) {
    (void)state;
    ta_fn fn;
    assert_made(adding(&fn, (adder){2, 3}, &empty_allocator));
    const ta_fn *constant = &fn;
    for (int i = 0; i < 3; i++) {
        int sum = 0;
        assert_true(int_fn_call(constant, &sum));
        assert_int_equal(sum, 5);
    }
    ta_fn_destroy(&fn);
    assert_true(ta_fn_is_empty(&fn));
}

static void a_fn_mut_changes_what_it_captured(void **state) {
    (void)state;
    ta_fn_mut fn;
    assert_made(counting(&fn, (adder){0, 7}, &empty_allocator));
    for (int i = 1; i <= 3; i++) {
        int sum = 0;
        assert_true(int_fn_call_mut(&fn, &sum));
        assert_int_equal(sum, 7 * i);
    }
    ta_fn_mut_destroy(&fn);
    assert_true(ta_fn_mut_is_empty(&fn));
}

static void a_fn_once_is_called_once(void **state) {
    (void)state;
    ta_fn_once fn;
    uint32_t id = 0;
    probes_reset();
    assert_made(probing_once(&fn, probe_make(4), &empty_allocator));
    assert_true(uint32_fn_call_once(&fn, &id));
    assert_int_equal(id, 5);
    assert_int_equal(probes.destroyed, 1);
    assert_true(ta_fn_once_is_empty(&fn));
    assert_false(uint32_fn_call_once(&fn, &id));
    assert_false(ta_fn_once_call(&fn, &id));
    ta_fn_once_destroy(&fn);
    assert_int_equal(probes.destroyed, 1);
    assert_int_equal(probes.damaged, 0);
}

static void a_fn_once_that_is_not_called_destroys_its_data(void **state) {
    (void)state;
    LEDGER(book);
    ta_fn_once fns[2];
    probes_reset();
    assert_made(probing_once(&fns[0], probe_make(1), book_memory));
    assert_made(unloading(&fns[1], load_make(2, "two", book_memory), book_memory));
    assert_int_equal(blocks_of(&book), 2); /* box and text */
    for (size_t i = 0; i < 2; i++) ta_fn_once_destroy(&fns[i]);
    assert_int_equal(probes.destroyed, 2);
    assert_balanced(&book);
}

static void what_a_fn_once_takes_out_is_not_destroyed(void **state) {
    (void)state;
    LEDGER(book);
    ta_fn_once fns[2];
    char *texts[2] = {NULL, NULL};
    probes_reset();
    assert_made(text_later(&fns[0], ta_string_make("in place", book_memory), book_memory));
    assert_made(unloading(&fns[1], load_make(1, "in a box", book_memory), book_memory));
    for (size_t i = 0; i < 2; i++) assert_true(string_fn_call_once(&fns[i], &texts[i]));
    assert_string_equal(texts[0], "in place");
    assert_string_equal(texts[1], "in a box");
    assert_int_equal(blocks_of(&book), 2); /* the texts alone: the box is gone */
    assert_int_equal(probes.destroyed, 1); /* and so is what else was in it */
    for (size_t i = 0; i < 2; i++) ta_destroy(&ta_string_type, &texts[i]);
    assert_balanced(&book);
}

static void a_kind_serves_as_one_that_promises_less(void **state) {
    (void)state;
    uint32_t id = 0;
    probes_reset();

    ta_fn fn;
    assert_made(probing(&fn, probe_make(10), NULL));
    ta_fn_mut mut = ta_fn_into_mut(&fn);
    assert_true(ta_fn_is_empty(&fn));
    assert_true(uint32_fn_call_mut(&mut, &id) && id == 10);
    ta_fn_once once = ta_fn_mut_into_once(&mut);
    assert_true(ta_fn_mut_is_empty(&mut));
    assert_int_equal(probes.destroyed, 0);
    assert_true(uint32_fn_call_once(&once, &id) && id == 10);
    assert_int_equal(probes.destroyed, 1);

    assert_made(probing(&fn, probe_make(20), NULL));
    once = ta_fn_into_once(&fn);
    assert_true(ta_fn_is_empty(&fn));
    ta_fn_once_destroy(&once);
    assert_int_equal(probes.destroyed, 2);

    assert_made(probing_mut(&mut, probe_make(30), NULL));
    assert_true(uint32_fn_call_mut(&mut, &id) && id == 31);
    once = ta_fn_mut_into_once(&mut);
    assert_true(uint32_fn_call_once(&once, &id) && id == 32);
    assert_int_equal(probes.destroyed, 3);
    assert_int_equal(probes.damaged, 0);
}

static void functions_that_return_nothing_and_capture_nothing(void **state) {
    (void)state;
    ta_fn fn;
    ta_fn_mut mut;
    ta_fn_once once;
    int answer = 0;
    seen = 0;
    assert_made(seeing(&fn, (adder){1, 0}, NULL));
    assert_true(ta_fn_call(&fn, NULL));
    assert_made(seeing_more(&mut, (adder){10, 0}, NULL));
    assert_true(ta_fn_mut_call(&mut, NULL));
    assert_true(ta_fn_mut_call(&mut, NULL));
    assert_made(seeing_last(&once, probe_make(100), NULL));
    assert_true(ta_fn_once_call(&once, NULL));
    assert_int_equal(seen, 1 + 10 + 11 + 100);

    fn = bare_void();
    assert_true(ta_fn_call(&fn, NULL));
    assert_int_equal(seen, 123);
    fn = bare();
    once = ta_fn_into_once(&fn);
    ta_move move = far_move(&empty_allocator);
    assert_int_equal(ta_fn_once_relocate(&once, &move), TA_OK);
    assert_int_equal(ta_relocate(&ta_fn_once_type, &once, &move), TA_OK);
    ta_fn_once clone;
    assert_int_equal(ta_fn_once_clone(&once, &clone, NULL), TA_OK);
    assert_int_equal(ta_clone(&ta_fn_once_type, &once, &clone, NULL), TA_OK);
    assert_true(int_fn_call_once(&once, &answer) && answer == 42);
    ta_destroy(&ta_fn_once_type, &clone);
}

/* ---- where captured values stand ------------------------------------------------------------- */

static void up_to_56_bytes_stand_in_the_closure(void **state) {
    (void)state;
    ta_fn fn;
    uint64_t word = 0;
    assert_made(last_of_full(&fn, (full){{1, 2, 3, 4, 5, 6, UINT64_MAX}}, &empty_allocator));
    assert_false(ta_closure_is_boxed(fn.closure.callable));
    assert_ptr_equal(ta_closure_captured(&fn.closure), &fn.closure.storage);
    ta_fn moved = fn; /* a move is a copy of the bits */
    memset(&fn, 0, sizeof fn);
    assert_true(uint64_fn_call(&moved, &word));
    assert_true(word == UINT64_MAX);
    ta_fn_destroy(&moved);
}

static void more_stands_in_a_box(void **state) {
    (void)state;
    LEDGER(book);
    ta_fn fn;
    over value = {{0}};
    int byte = 0;
    value.bytes[56] = 99;
    assert_made(last_of_over(&fn, value, book_memory));
    assert_true(ta_closure_is_boxed(fn.closure.callable));
    assert_int_equal(blocks_of(&book), 1);
    assert_int_equal(ta_block_size(ta_closure_captured(&fn.closure)), 57);
    ta_fn moved = ta_fn_take(&fn);
    assert_true(ta_fn_is_empty(&fn));
    assert_true(int_fn_call(&moved, &byte));
    assert_int_equal(byte, 99);
    ta_fn_destroy(&moved);
    ta_fn_destroy(&moved);
    assert_balanced(&book);
}

static void boxes_are_aligned(void **state) {
    (void)state;
    LEDGER(book);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    ta_fn fns[2], clones[2];
    assert_made(where_wide(&fns[0], (wide){1}, book_memory));
    assert_made(where_line(&fns[1], (line){1}, book_memory));
    for (size_t i = 0; i < 2; i++) {
        uintptr_t alignment = i == 0 ? 16 : 64, at = 1;
        assert_true(address_fn_call(&fns[i], &at) && at % alignment == 0);
        assert_made(ta_fn_clone(&fns[i], &clones[i], book_memory));
        assert_true(address_fn_call(&clones[i], &at) && at % alignment == 0);
        assert_made(ta_fn_relocate(&fns[i], &move));
        assert_true(address_fn_call(&fns[i], &at) && at % alignment == 0);
        ta_fn_destroy(&fns[i]);
        ta_fn_destroy(&clones[i]);
    }
    assert_balanced(&book);
    assert_balanced(&there);
}

static void without_memory_for_a_box_the_caller_keeps_the_value(void **state) {
    (void)state;
    LEDGER(book);
    ta_fn_once fn;
    uint32_t id;
    probes_reset();
    load value = load_make(1, "kept", book_memory);
    assert_int_equal(unloading(&fn, value, &empty_allocator), TA_E_NOMEM);
    assert_true(ta_fn_once_is_empty(&fn));
    ta_fn_once_destroy(&fn);
    assert_false(uint32_fn_call_once(&fn, &id));
    assert_int_equal(probes.destroyed, 0);
    assert_string_equal(value.text, "kept");
    ta_destroy(&load_type, &value);
    assert_balanced(&book);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* The same C type under a descriptor of another name; an owned pointer that is no string. */
TA_CALLS(int32_fn, ta_int32);
TA_CALLS(path_fn, ta_path);
TA_CALLS(float_fn, ta_float);
TA_CALLS(char_fn, ta_char);

/* As if made in another source file: alike, and not the same. */
static const ta_type other_string_type = {
    "string", sizeof(char *), _Alignof(char *), TA_TRAIT_OWNS, 0, NULL, NULL, NULL, NULL, NULL};

static void a_typed_call_refuses_another_result(void **state) {
    (void)state;
    ta_move back = near_move(NULL);
    ta_fn fn;
    ta_fn_once once;
    int32_t same = 0;
    uint64_t larger = 0;
    char smaller = 0;
    char *path = NULL;
    assert_made(adding(&fn, (adder){2, 3}, NULL));
    assert_true(int32_fn_call(&fn, &same) && same == 5);
    assert_false(uint64_fn_call(&fn, &larger));
    assert_false(char_fn_call(&fn, &smaller));
    assert_int_equal(uint64_fn_call_relocated(&fn, &larger, &back), TA_E_INVALID);
    assert_false(path_fn_call(&fn, &path));

    assert_made(text_later(&once, ta_string_make("text", NULL), NULL));
    assert_true(ta_closure_returns(&once.closure, &other_string_type));
    assert_false(path_fn_call_once(&once, &path));     /* another name */
    assert_false(uint64_fn_call_once(&once, &larger)); /* owns nothing */
    assert_int_equal(path_fn_call_once_relocated(&once, &path, &back), TA_E_INVALID);
    assert_null(path);
    assert_false(ta_fn_once_is_empty(&once)); /* nothing was called */
    ta_fn_once_destroy(&once);

    assert_true(ta_closure_results_alike(&ta_long_type, &ta_int64_type));
    assert_false(ta_closure_results_alike(&ta_int64_type, &ta_timespec_type));   /* longer */
    assert_false(ta_closure_results_alike(&ta_ldouble_type, &ta_timespec_type)); /* less aligned */

    fn = bare_void();
    assert_false(int32_fn_call(&fn, &same)); /* no result at all */
    ta_fn_mut mut = ta_fn_into_mut(&fn);
    assert_false(float_fn_call_mut(&mut, NULL));
    once = ta_fn_mut_into_once(&mut);
    assert_false(float_fn_call_once(&once, NULL));
}

/* Of one size, and trivial. */
static unsigned halves;
static float half(void) {
    halves++;
    return 0.5f;
}
TA_FN_BARE(half_later, ta_float, half);

struct range {
    int low, high;
};
struct vector {
    float x, y;
};
TA_UNAWARE_TYPE(range, struct range);
TA_UNAWARE_TYPE(vector, struct vector);
static struct vector diagonal(void) { return (struct vector){1, 1}; }
TA_FN_BARE(diagonal_later, vector, diagonal);
TA_CALLS(range_fn, range);
TA_CALLS(vector_fn, vector);

static void types_of_one_size_are_not_one_type(void **state) {
    (void)state;
    ta_move back = near_move(NULL);
    ta_fn fn = half_later();
    int32_t whole = 7;
    float fraction = 0;
    assert_false(int32_fn_call(&fn, &whole));
    assert_int_equal(int32_fn_call_relocated(&fn, &whole, &back), TA_E_INVALID);
    assert_int_equal(whole, 7);
    assert_int_equal(halves, 0);
    assert_true(ta_fn_call(&fn, &fraction) && fraction == 0.5f);

    fn = diagonal_later();
    struct range range = {7, 7};
    struct vector vector;
    assert_false(range_fn_call(&fn, &range));
    assert_int_equal(range.low, 7);
    assert_true(vector_fn_call(&fn, &vector) && vector.y == 1);
}

static bool alike(const ta_type *one, const ta_type *other) {
    bool are = ta_closure_results_alike(one, other);
    assert_int_equal(ta_closure_results_alike(other, one), are);
    return are;
}

typedef double celsius;
TA_UNAWARE_TYPE(temperature, celsius);
TA_UNAWARE_TYPE(heat, celsius);
TA_UNAWARE_TYPE(number, int);
static const ta_type cxx_range_type = {
    "range", sizeof(struct range), _Alignof(struct range), 0, 0, NULL, NULL, NULL, NULL, NULL};

static void types_go_by_size_sign_and_name(void **state) {
    (void)state;
    assert_true(alike(&ta_long_type, &ta_int64_type));
    assert_true(alike(&ta_llong_type, &ta_ptrdiff_type));
    assert_true(alike(&ta_size_type, &ta_uint64_type));
    assert_true(alike(&ta_int_type, &number_type));
    assert_true(alike(&temperature_type, &heat_type));
    assert_true(alike(&range_type, &cxx_range_type));

    assert_false(alike(&ta_size_type, &ta_ptrdiff_type));
    assert_false(alike(&ta_bool_type, &ta_uint8_type));
    assert_false(alike(&ta_double_type, &ta_int64_type));
    assert_false(alike(&ta_double_type, &ta_static_string_type));
    assert_false(alike(&ta_size_type, &ta_static_string_type));
    assert_false(alike(&ta_function_type, &ta_static_string_type));
    assert_false(alike(&ta_timespec_type, &ta_timeval_type));
    assert_false(alike(&ta_double_type, &temperature_type)); /* one type, two names */
    assert_false(alike(&ta_int_type, NULL));
}

static void a_result_needs_storage(void **state) {
    (void)state;
    ta_fn fn = bare();
    assert_false(ta_fn_call(&fn, NULL));
    ta_fn_mut mut = ta_fn_into_mut(&fn);
    assert_false(ta_fn_mut_call(&mut, NULL));
    ta_fn_once once = ta_fn_mut_into_once(&mut);
    assert_false(ta_fn_once_call(&once, NULL));
    assert_false(ta_fn_once_is_empty(&once));
}

static void an_empty_closure_does_nothing(void **state) {
    (void)state;
    ta_move move = far_move(&empty_allocator);
    ta_move wrong = ta_move_between(place(HOME), foreign_place(), NULL);
    ta_fn fn = {{NULL, {0}}}, fn_clone;
    int result = 7;
    assert_true(ta_fn_is_empty(&fn));
    assert_false(ta_fn_call(&fn, &result));
    assert_false(int_fn_call(&fn, &result));
    assert_int_equal(ta_fn_call_relocated(&fn, &result, &move), TA_E_INVALID);
    assert_int_equal(ta_fn_relocate(&fn, &move), TA_OK);
    assert_int_equal(ta_fn_relocate(&fn, &wrong), TA_E_FOREIGN_AFFINITY);
    assert_int_equal(ta_relocate(&ta_fn_type, &fn, &move), TA_OK);
    assert_int_equal(ta_fn_clone(&fn, &fn_clone, &empty_allocator), TA_OK);
    assert_true(ta_fn_is_empty(&fn_clone));
    assert_int_equal(ta_clone(&ta_fn_type, &fn, &fn_clone, &empty_allocator), TA_OK);
    assert_true(ta_fn_is_empty(&fn_clone));
    ta_fn_destroy(&fn);
    ta_destroy(&ta_fn_type, &fn);

    ta_fn_mut mut = ta_fn_into_mut(&fn);
    assert_true(ta_fn_mut_is_empty(&mut));
    assert_false(ta_fn_mut_call(&mut, &result));
    assert_int_equal(ta_fn_mut_call_relocated(&mut, &result, &move), TA_E_INVALID);
    ta_fn_once once = ta_fn_mut_into_once(&mut);
    assert_true(ta_fn_once_is_empty(&once));
    assert_int_equal(ta_fn_once_relocate(&once, &move), TA_OK);
    assert_int_equal(ta_fn_once_call_relocated(&once, &result, &move), TA_E_INVALID);
    assert_int_equal(result, 7);
}

static void null_is_answered(void **state) {
    (void)state;
    ta_move move = near_move(NULL);
    ta_fn fn = bare();
    ta_fn_mut mut;
    ta_fn_once once;
    int result;
    assert_int_equal(adding(NULL, (adder){1, 2}, NULL), TA_E_INVALID);
    assert_int_equal(ta_fn_relocate(NULL, &move), TA_E_INVALID);
    assert_int_equal(ta_fn_relocate(&fn, NULL), TA_E_INVALID);
    assert_int_equal(ta_fn_clone(NULL, &fn, NULL), TA_E_INVALID);
    assert_int_equal(ta_fn_clone(&fn, NULL, NULL), TA_E_INVALID);
    assert_int_equal(ta_fn_call_relocated(NULL, &result, &move), TA_E_INVALID);
    assert_string_equal(ta_last_error(), "ta_fn_call_relocated: NULL or an empty closure");
    assert_int_equal(ta_fn_call_relocated(&fn, &result, NULL), TA_E_INVALID);
    assert_int_equal(ta_fn_mut_call_relocated(NULL, &result, &move), TA_E_INVALID);
    assert_int_equal(ta_fn_once_call_relocated(NULL, &result, &move), TA_E_INVALID);
    assert_int_equal(int_fn_call_relocated(NULL, &result, &move), TA_E_INVALID);
    assert_false(ta_fn_call(NULL, &result));
    assert_false(ta_fn_mut_call(NULL, &result));
    assert_false(ta_fn_once_call(NULL, &result));
    assert_false(int_fn_call(NULL, &result));
    assert_true(ta_fn_is_empty(NULL));
    mut = ta_fn_into_mut(NULL);
    once = ta_fn_mut_into_once(NULL);
    assert_true(ta_fn_mut_is_empty(&mut));
    assert_true(ta_fn_once_is_empty(&once));
    ta_fn_destroy(NULL);
    ta_fn_mut_destroy(NULL);
    ta_fn_once_destroy(NULL);
}

/* ---- a closure that meets itself ------------------------------------------------------------- */

static ta_fn_once own; /* what the function below runs for */
static bool own_was_empty, own_was_called;

static uint32_t meet_itself(probe *self) {
    uint32_t id = 0;
    own_was_empty = ta_fn_once_is_empty(&own);
    own_was_called = ta_fn_once_call(&own, &id);
    ta_fn_once_destroy(&own);
    return ++self->id;
}
TA_FN_ONCE(meeting_itself, probe, ta_uint32, meet_itself);

static void a_fn_once_is_empty_before_its_function_runs(void **state) {
    (void)state;
    uint32_t id = 0;
    probes_reset();
    assert_made(meeting_itself(&own, probe_make(8), NULL));
    assert_true(uint32_fn_call_once(&own, &id));
    assert_int_equal(id, 9);
    assert_true(own_was_empty);
    assert_false(own_was_called);
    assert_int_equal(probes.destroyed, 1);
    assert_int_equal(probes.damaged, 0);
}

static uint32_t follow_itself(probe *self) {
    assert_int_equal(probing_once(&own, probe_make(self->id + 100), NULL), TA_OK);
    return self->id;
}
TA_FN_ONCE(following_itself, probe, ta_uint32, follow_itself);

static void a_function_may_put_the_next_closure_into_its_place(void **state) {
    (void)state;
    uint32_t id = 0;
    probes_reset();
    assert_made(following_itself(&own, probe_make(8), NULL));
    assert_true(uint32_fn_call_once(&own, &id) && id == 8);
    assert_int_equal(probes.destroyed, 1);
    assert_false(ta_fn_once_is_empty(&own));
    assert_true(uint32_fn_call_once(&own, &id) && id == 109);
    assert_int_equal(probes.destroyed, 2);
    assert_int_equal(probes.damaged, 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_closure_is_one_cache_line),
        cmocka_unit_test(a_fn_is_called_as_often_as_one_likes),
        cmocka_unit_test(a_fn_mut_changes_what_it_captured),
        cmocka_unit_test(a_fn_once_is_called_once),
        cmocka_unit_test(a_fn_once_that_is_not_called_destroys_its_data),
        cmocka_unit_test(what_a_fn_once_takes_out_is_not_destroyed),
        cmocka_unit_test(a_kind_serves_as_one_that_promises_less),
        cmocka_unit_test(functions_that_return_nothing_and_capture_nothing),
        cmocka_unit_test(up_to_56_bytes_stand_in_the_closure),
        cmocka_unit_test(more_stands_in_a_box),
        cmocka_unit_test(boxes_are_aligned),
        cmocka_unit_test(without_memory_for_a_box_the_caller_keeps_the_value),
        cmocka_unit_test(a_typed_call_refuses_another_result),
        cmocka_unit_test(types_of_one_size_are_not_one_type),
        cmocka_unit_test(types_go_by_size_sign_and_name),
        cmocka_unit_test(a_result_needs_storage),
        cmocka_unit_test(an_empty_closure_does_nothing),
        cmocka_unit_test(null_is_answered),
        cmocka_unit_test(a_fn_once_is_empty_before_its_function_runs),
        cmocka_unit_test(a_function_may_put_the_next_closure_into_its_place),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
