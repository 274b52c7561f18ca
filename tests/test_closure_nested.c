/* SPDX-License-Identifier: MIT
 *
 * Closures in other values and in one another, and long chains of continuations.
 */
#include "closure_checks.h"

#include <pthread.h>

/* ---- closures in other values ---------------------------------------------------------------- */

TA_VECTOR(fns, ta_fn_once);
TA_POINTER(fn_pointer, ta_fn);

static uint32_t sum_of(fns *self) { /* calls those that are there, leaves the others */
    uint32_t sum = 0, id = 0;
    for (size_t i = 0; i < self->length; i += 2)
        if (uint32_fn_call_once(&self->items[i], &id)) sum += id;
    return sum;
}
TA_FN_ONCE(summing, fns, ta_uint32, sum_of);

static ta_fn_once make_next(adder *self) {
    ta_fn_once next;
    assert_int_equal(probing_once(&next, probe_make((uint32_t)self->a), NULL), TA_OK);
    return next;
}
TA_FN_ONCE(making_next, adder, ta_fn_once, make_next);
TA_CALLS(next_fn, ta_fn_once);

static void closures_are_elements_and_captured_by_others(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    fns list = {NULL, 0, 0};
    ta_fn_once all, clone, element;
    uint32_t sum = 0;
    probes_reset();
    for (uint32_t id = 1; id <= 4; id++) {
        assert_made(probing_once(&element, probe_make(10 * id), here_memory));
        assert_true(fns_push(&list, element, here_memory));
    }
    assert_made(summing(&all, list, here_memory));
    assert_made(ta_fn_once_relocate(&all, &move));
    assert_balanced(&here);
    assert_order(10, 20, 30, 40);
    assert_made(ta_fn_once_clone(&all, &clone, here_memory));
    assert_int_equal(probes.cloned, 4);

    assert_true(uint32_fn_call_once(&all, &sum));
    assert_int_equal(sum, 11 + 31);
    assert_int_equal(probes.destroyed, 4);
    assert_balanced(&there);
    ta_fn_once_destroy(&clone);
    assert_int_equal(probes.destroyed, 8);
    assert_int_equal(probes.damaged, 0);
    assert_balanced(&here);
}

static void closures_are_pointed_to_and_are_results(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    ta_fn fn;
    uint32_t id = 0;
    probes_reset();
    assert_made(loading(&fn, load_make(5, "five", here_memory), here_memory));
    ta_fn *pointer = fn_pointer_make(fn, here_memory);
    assert_made(ta_relocate(&fn_pointer_type, &pointer, &move));
    assert_balanced(&here);
    fn = fn_pointer_take(pointer);
    assert_true(uint32_fn_call(&fn, &id) && id == 5);
    ta_fn_destroy(&fn);
    assert_balanced(&there);

    ta_fn_once maker, next = {{NULL, {0}}};
    assert_made(making_next(&maker, (adder){6, 0}, NULL));
    assert_made(next_fn_call_once_relocated(&maker, &next, &move));
    assert_order(5, 6);
    assert_true(uint32_fn_call_once(&next, &id) && id == 7);
    assert_int_equal(probes.destroyed, 2);
    assert_int_equal(probes.damaged, 0);
}

/* ---- chains ---------------------------------------------------------------------------------- */

#define LINKS UINT64_C(100000)

typedef struct step { /* a continuation: what to do, and what comes then */
    ta_fn_once next;
    uint64_t *total;
    probe mark;
} step;
static const ta_part step_parts[] = {
    TA_PART_INLINE_INIT("next", ta_fn_once_traits, &ta_fn_once_type, offsetof(step, next), 1),
    TA_PART_INLINE_INIT("mark", probe_traits, &probe_type, offsetof(step, mark), 1)};
TYPE_OF_PARTS(step, ALL_TRAITS);

static ta_fn_once make_step(step *self) {
    *self->total += self->mark.id;
    return ta_fn_once_take(&self->next);
}
TA_FN_ONCE(stepping, step, ta_fn_once, make_step);

/* Threads report; cmocka's assertions belong to the main thread. */
typedef struct chain_run {
    const ta_allocator *here, *there;
    ta_status status;
    uint64_t total;
    size_t steps;
} chain_run;

static void chain_status(chain_run *run, ta_status status) {
    if (run->status == TA_OK) run->status = status;
}

static void *run_chain(void *argument) {
    chain_run *run = argument;
    ta_move move = far_move(run->there);
    ta_fn_once chain = {{NULL, {0}}}, clone = {{NULL, {0}}};
    for (uint32_t i = 1; i <= LINKS; i++) {
        ta_fn_once longer;
        step link = {ta_fn_once_take(&chain), &run->total, probe_make(i)};
        chain_status(run, stepping(&longer, link, run->here));
        chain = longer;
    }
    chain_status(run, ta_fn_once_relocate(&chain, &move));
    chain_status(run, ta_fn_once_clone(&chain, &clone, run->here));
    ta_fn_once_destroy(&chain);
    while (next_fn_call_once(&clone, &chain)) { /* each returns the one that comes then */
        run->steps++;
        clone = ta_fn_once_take(&chain);
    }
    return NULL;
}

static void a_hundred_thousand_continuations_need_no_stack(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    chain_run run = {here_memory, there_memory, TA_OK, 0, 0};
    pthread_attr_t attributes;
    pthread_t thread;
    probes_reset();
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)64 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_chain, &run), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);

    assert_int_equal(run.status, TA_OK);
    assert_int_equal(run.steps, LINKS);
    assert_int_equal(run.total, LINKS * (LINKS + 1) / 2);
    assert_int_equal(probes.relocated, LINKS);
    assert_int_equal(probes.cloned, LINKS);
    assert_int_equal(probes.destroyed, 2 * LINKS);
    assert_int_equal(probes.damaged, 0);
    assert_balanced(&here);
    assert_balanced(&there);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(closures_are_elements_and_captured_by_others),
        cmocka_unit_test(closures_are_pointed_to_and_are_results),
        cmocka_unit_test(a_hundred_thousand_continuations_need_no_stack),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
