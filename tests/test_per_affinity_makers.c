/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: the ways in which values are made, what happens when one fails, and what is
 * destroyed when.
 */
#include "per_affinity_checks.h"

/* ---- a type that writes down what happens to it ----------------------------------------------- */

typedef struct traced {
    uint64_t id; /* of the original */
    uint32_t clones, moves;
    ta_affinity source, destination; /* of the latest move */
    char *text;
} traced;

static struct trace {
    unsigned clones, moves, destroyed;
    unsigned fail_clone, fail_move; /* this one fails, counted from 1; 0: none */
    uint64_t order[32];             /* ids of what was destroyed */
} trace;

static ta_status traced_relocate(traced *value, const ta_move *move) {
    if (++trace.moves == trace.fail_move) return TA_E_SYSTEM;
    value->moves++;
    value->source = move->source;
    value->destination = move->destination;
    return TA_OK;
}

static ta_status traced_clone(const traced *value, traced *out, const ta_allocator *allocator) {
    if (++trace.clones == trace.fail_clone) return TA_E_SYSTEM;
    *out = *value;
    out->text = ta_string_make(value->text, allocator);
    if (out->text == NULL) return TA_E_NOMEM;
    out->clones++;
    return TA_OK;
}

static void traced_destroy(traced *value) {
    ta_destroy(&ta_string_type, &value->text);
    if (trace.destroyed < sizeof trace.order / sizeof *trace.order)
        trace.order[trace.destroyed] = value->id;
    trace.destroyed++;
}

TA_TYPE(traced, traced, traced_relocate, traced_clone, traced_destroy);
TA_PER_AFFINITY(traced_array, traced);

static traced make_traced(uint64_t id, const ta_allocator *allocator) {
    return (traced){.id = id, .text = ta_string_make("traced", allocator)};
}

static ta_per_affinity_options options_of(const ta_allocator *allocator) {
    memset(&trace, 0, sizeof trace);
    return (ta_per_affinity_options){.shape = place(0), .source = place(1), .allocator = allocator};
}

/* ---- constructors ----------------------------------------------------------------------------- */

static ta_status check_site(void *context, const ta_site *site, void *out) {
    const ta_allocator *allocator = context;
    assert_ptr_equal(site->allocator, allocator);
    assert_int_equal(site->slot, 2);
    assert_true(ta_affinity_equal(site->affinity, place(5)));
    *(uint64_t *)out = 99;
    return TA_OK;
}

static void a_constructor_is_told_its_site(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = {
        .shape = place(3), .strategy.per = TA_PER_CACHE, .allocator = &allocator};
    ta_maker maker = {.construct = check_site, .context = &allocator};
    ta_per_affinity *array;
    assert_int_equal(ta_per_affinity_create(&options, &ta_uint64_type, &maker, &array), TA_OK);
    const uint64_t *value = ta_per_affinity_get(array, place(5));
    assert_non_null(value);
    assert_int_equal(*value, 99);
    ta_per_affinity_destroy(array);
    assert_balanced(&memory);
}

/* ---- a captured value --------------------------------------------------------------------------- */

/* Checks its clone, makes an item of it, and takes it apart half way. */
static ta_status make_of_traced(item *out, const ta_site *site, traced *captured) {
    assert_int_equal(captured->clones, 1);
    assert_int_equal(captured->moves, 1);
    assert_true(ta_affinity_equal(captured->source, place(1)));
    assert_true(ta_affinity_equal(captured->destination, site->affinity));
    assert_ptr_equal(ta_block_allocator(captured->text), site->allocator);
    *out = (item){.slot = site->slot, .text = captured->text};
    captured->text = NULL;
    captured->id += 1000;
    return TA_OK;
}
TA_PER_AFFINITY_WITH(items_of_traced, items, traced, make_of_traced);

static void captured_values_are_cloned_and_taken_along(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = options_of(&allocator);
    items array;
    assert_int_equal(items_of_traced(&array, &options, make_traced(5, &allocator)), TA_OK);
    assert_int_equal(trace.clones + trace.moves + trace.destroyed, 0);
    for (uint32_t i = 3; i < 6; i++) {
        item *value = items_get(array, place(i));
        assert_non_null(value);
        assert_int_equal(value->slot, i);
        assert_string_equal(value->text, "traced");
        assert_int_equal(trace.order[i - 3], 1005); /* what was left of the clone */
    }
    assert_int_equal(trace.clones, 3);
    assert_int_equal(trace.moves, 3);
    assert_int_equal(trace.destroyed, 3);
    items_destroy(&array);
    assert_int_equal(trace.destroyed, 4);
    assert_int_equal(trace.order[3], 5); /* the captured value itself */
    assert_balanced(&memory);
}

/* At the source itself there is nothing to relocate. */
static ta_status make_at_home(item *out, const ta_site *site, traced *captured) {
    assert_int_equal(captured->moves, ta_affinity_processor(site->affinity) == 1 ? 0 : 1);
    *out = (item){.slot = site->slot};
    return TA_OK;
}
TA_PER_AFFINITY_WITH(items_at_home, items, traced, make_at_home);

static void captured_values_stay_at_their_source(void **state) {
    (void)state;
    ta_per_affinity_options options = options_of(NULL);
    items array;
    assert_int_equal(items_at_home(&array, &options, make_traced(5, NULL)), TA_OK);
    for (uint32_t i = 0; i < PLACES; i++) assert_non_null(items_get(array, place(i)));
    assert_int_equal(trace.moves, PLACES - 1);
    items_destroy(&array);
}

static ta_status make_untyped_of_traced(void *captured, const ta_site *site, void *out) {
    assert_int_equal(((traced *)captured)->moves, 0);
    *(item *)out = (item){.slot = site->slot};
    return TA_OK;
}

static void clones_may_stay_as_they_are(void **state) {
    (void)state;
    ta_per_affinity_options options = options_of(NULL);
    traced captured = make_traced(5, NULL);
    ta_maker maker = {make_untyped_of_traced, &captured, &traced_type, true};
    ta_per_affinity *array;
    assert_int_equal(ta_per_affinity_create(&options, &item_type, &maker, &array), TA_OK);
    assert_non_null(ta_per_affinity_get(array, place(7)));
    assert_int_equal(trace.clones, 1);
    assert_int_equal(trace.moves, 0);
    ta_per_affinity_destroy(array);
    assert_int_equal(trace.destroyed, 2);
}

/* Two kinds of captured values that do not fit on the stack. */
typedef struct large {
    char bytes[5000];
    traced part;
} large;
TA_DERIVE(large, large, TA_ARRAY(bytes), TA_AS(part, traced));

typedef struct aligned {
    _Alignas(256) traced part;
} aligned;
TA_DERIVE(aligned, aligned, TA_AS(part, traced));

static ta_status make_of_large(item *out, const ta_site *site, large *captured) {
    assert_int_equal(captured->bytes[4999], 'z');
    return make_of_traced(out, site, &captured->part);
}

static ta_status make_of_aligned(void *captured, const ta_site *site, void *out) {
    assert_int_equal((uintptr_t)captured % 256, 0);
    return make_of_traced(out, site, &((aligned *)captured)->part);
}
TA_PER_AFFINITY_WITH(items_of_large, items, large, make_of_large);

static void captured_values_of_any_size_and_alignment(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = options_of(&allocator);
    items array;
    large first = {.part = make_traced(5, &allocator)};
    memset(first.bytes, 'z', sizeof first.bytes);
    assert_int_equal(items_of_large(&array, &options, first), TA_OK);
    assert_string_equal(items_get(array, place(4))->text, "traced");
    items_destroy(&array);
    aligned second = {make_traced(5, &allocator)};
    ta_maker maker = {make_of_aligned, &second, &aligned_type, false};
    assert_int_equal(ta_per_affinity_create(&options, &item_type, &maker, &array.array), TA_OK);
    assert_string_equal(items_get(array, place(4))->text, "traced");
    items_destroy(&array);
    assert_int_equal(trace.destroyed, 4);
    assert_balanced(&memory);
}

/* ---- a value for each slot -------------------------------------------------------------------- */

static void a_value_is_cloned_for_each_slot(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (int unaware = 0; unaware < 2; unaware++) {
        ta_per_affinity_options options = options_of(&allocator);
        traced original = make_traced(9, &allocator);
        traced_array array;
        assert_int_equal(unaware ? traced_array_create_from_unaware(&array, &options, original)
                                 : traced_array_create_from(&array, &options, original),
                         TA_OK);
        for (uint32_t i = 4; i < PLACES; i++) {
            const traced *value = traced_array_get(array, place(i));
            assert_non_null(value);
            assert_int_equal(value->clones, 1);
            assert_int_equal(value->moves, unaware ? 0 : 1);
            assert_true(unaware || ta_affinity_equal(value->destination, place(i)));
            assert_string_equal(value->text, "traced");
            assert_ptr_not_equal(value->text, original.text);
        }
        traced_array_destroy(&array);
        assert_int_equal(trace.destroyed, 5);
        assert_balanced(&memory);
    }
}

TA_POINTER(boxed, traced);
TA_PER_AFFINITY(boxes, boxed);

static void a_value_may_be_a_pointer(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = options_of(&allocator);
    boxes array;
    traced *original = boxed_make(make_traced(3, &allocator), &allocator);
    assert_int_equal(boxes_create_from(&array, &options, original), TA_OK);
    traced **value = boxes_get(array, place(2));
    assert_non_null(value);
    assert_ptr_not_equal(*value, original);
    assert_int_equal((*value)->id, 3);
    boxes_destroy(&array);
    assert_balanced(&memory);
}

/* ---- failures --------------------------------------------------------------------------------- */

static void a_failed_step_leaves_the_slot_empty(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (int step = 0; step < 2; step++) {
        ta_per_affinity_options options = options_of(&allocator);
        *(step == 0 ? &trace.fail_clone : &trace.fail_move) = 2;
        items array;
        item *value;
        assert_int_equal(items_of_traced(&array, &options, make_traced(5, &allocator)), TA_OK);
        assert_int_equal(items_resolve(array, place(0), &value), TA_OK);
        assert_int_equal(items_resolve(array, place(2), &value), TA_E_SYSTEM);
        assert_null(value);
        assert_null(items_peek(array, place(2)));
        assert_int_equal(items_ready_count(array), 1);
        assert_int_equal(items_resolve(array, place(2), &value), TA_OK);
        items_destroy(&array);
        assert_balanced(&memory);
    }
    for (int step = 0; step < 2; step++) {
        ta_per_affinity_options options = options_of(&allocator);
        *(step == 0 ? &trace.fail_clone : &trace.fail_move) = 2;
        traced_array array;
        assert_int_equal(traced_array_create_from(&array, &options, make_traced(5, &allocator)),
                         TA_OK);
        assert_non_null(traced_array_get(array, place(0)));
        assert_null(traced_array_get(array, place(2)));
        assert_non_null(traced_array_get(array, place(2)));
        traced_array_destroy(&array);
        assert_balanced(&memory);
    }
}

static void fail_to_destroy(traced *value) { traced_destroy(value); }
TA_TYPE(unique, traced, NULL, NULL, fail_to_destroy);
TA_PER_AFFINITY(uniques, unique);

static void what_cannot_be_cloned_is_told(void **state) {
    (void)state;
    ta_per_affinity_options options = options_of(NULL);
    uniques array;
    traced *value;
    assert_int_equal(uniques_create_from(&array, &options, make_traced(1, NULL)), TA_OK);
    assert_int_equal(uniques_resolve(array, place(0), &value), TA_E_NOT_CLONEABLE);
    assert_null(value);
    uniques_destroy(&array);
    assert_int_equal(trace.destroyed, 1);
}

static void a_failed_creation_takes_nothing(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = options_of(&allocator);
    traced captured = make_traced(5, &allocator);
    options.reserved[0] = 1;
    items array = {(ta_per_affinity *)&memory};
    assert_int_equal(items_of_traced(&array, &options, captured), TA_E_INVALID);
    assert_null(array.array);
    assert_int_equal(items_of_traced(NULL, &options, captured), TA_E_INVALID);
    options.reserved[0] = 0;
    memory.fail_at = memory.calls + 1;
    assert_int_equal(items_of_traced(&array, &options, captured), TA_E_NOMEM);
    assert_int_equal(trace.destroyed, 0);
    assert_string_equal(captured.text, "traced");
    traced_destroy(&captured);
    assert_balanced(&memory);
}

/* Creation, the value's memory, the box and the text of the clone. */
static void every_allocation_of_a_clone_may_fail(void **state) {
    (void)state;
    size_t failures = 0;
    for (size_t fail_at = 2;; fail_at++) { /* the first one is the original's text */
        ledger memory = {.fail_at = fail_at};
        ta_allocator allocator = ledger_allocator(&memory);
        ta_per_affinity_options options = options_of(&allocator);
        large captured = {.part = make_traced(5, &allocator)};
        memset(captured.bytes, 'z', sizeof captured.bytes);
        items array;
        bool failed = false;
        if (items_of_large(&array, &options, captured) != TA_OK) {
            assert_int_equal(items_of_large(&array, &options, captured), TA_OK);
            failed = true;
        }
        for (uint32_t i = 2; i < 4; i++) {
            item *value;
            ta_status status = items_resolve(array, place(i), &value);
            if (status != TA_OK) {
                assert_int_equal(status, TA_E_NOMEM);
                assert_int_equal(items_resolve(array, place(i), &value), TA_OK);
                failed = true;
            }
            assert_string_equal(value->text, "traced");
        }
        items_destroy(&array);
        assert_balanced(&memory);
        failures += failed;
        if (!failed) break;
    }
    assert_int_equal(failures, 1 + 2 * 3);
}

/* ---- constructors that ask for slots ---------------------------------------------------------- */

typedef struct asking {
    items array, other;
    uint32_t ask; /* which processor's slot */
    bool recovers;
    unsigned calls;
    ta_status seen;
} asking;

static ta_status ask(item *out, const ta_site *site, void *context) {
    asking *self = context;
    item *value = NULL;
    self->calls++;
    assert_true(self->calls < 10);
    *out = (item){.slot = site->slot};
    if (site->slot == 7) return TA_OK;
    self->seen = items_resolve(self->array, place(self->ask), &value);
    if (self->seen == TA_E_REENTERED) {
        assert_null(value);
        check_text("ta_per_affinity_resolve", "waits");
        assert_null(items_get(self->array, place(self->ask)));
        assert_null(items_peek(self->array, place(self->ask)));
    }
    return self->recovers ? TA_OK : self->seen;
}

static items make_asking(asking *self) {
    ta_per_affinity_options options = {.shape = place(0)};
    items array;
    assert_int_equal(items_create(&array, &options, ask, self), TA_OK);
    return array;
}

static void a_constructor_that_asks_for_its_own_slot_is_told(void **state) {
    (void)state;
    asking self = {.ask = 3};
    item *value;
    self.array = make_asking(&self);
    assert_int_equal(items_resolve(self.array, place(3), &value), TA_E_REENTERED);
    assert_int_equal(self.calls, 1);
    assert_null(items_peek(self.array, place(3)));
    self.recovers = true;
    assert_int_equal(items_resolve(self.array, place(3), &value), TA_OK);
    assert_int_equal(self.calls, 2);
    items_destroy(&self.array);
}

static void a_constructor_may_ask_for_another_slot(void **state) {
    (void)state;
    asking self = {.ask = 7};
    item *value;
    self.array = make_asking(&self);
    assert_int_equal(items_resolve(self.array, place(3), &value), TA_OK);
    assert_int_equal(self.calls, 2);
    assert_non_null(items_peek(self.array, place(7)));
    items_destroy(&self.array);
}

static void constructors_of_two_arrays_that_ask_each_other_are_told(void **state) {
    (void)state;
    asking one = {.ask = 3}, other = {.ask = 3};
    item *value;
    items first = make_asking(&one), second = make_asking(&other);
    one.array = second;
    other.array = first;
    assert_int_equal(items_resolve(first, place(3), &value), TA_E_REENTERED);
    assert_int_equal(items_ready_count(first) + items_ready_count(second), 0);
    other.recovers = true;
    assert_int_equal(items_resolve(first, place(3), &value), TA_OK);
    assert_int_equal(other.seen, TA_E_REENTERED);
    items_destroy(&first);
    items_destroy(&second);
}

/* ---- teardown --------------------------------------------------------------------------------- */

static void values_go_in_the_order_of_slots(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = options_of(&allocator);
    traced_array array;
    assert_int_equal(traced_array_create_from(&array, &options, make_traced(100, &allocator)),
                     TA_OK);
    static const uint32_t asked[] = {6, 2, 7, 0};
    for (int i = 0; i < 4; i++) traced_array_get(array, place(asked[i]))->id = asked[i];
    traced_array_destroy(&array);
    static const uint64_t expected[] = {0, 2, 6, 7, 100};
    assert_int_equal(trace.destroyed, 5);
    assert_memory_equal(trace.order, expected, sizeof expected);
    assert_balanced(&memory);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constructor_is_told_its_site),
        cmocka_unit_test(captured_values_are_cloned_and_taken_along),
        cmocka_unit_test(captured_values_stay_at_their_source),
        cmocka_unit_test(clones_may_stay_as_they_are),
        cmocka_unit_test(captured_values_of_any_size_and_alignment),
        cmocka_unit_test(a_value_is_cloned_for_each_slot),
        cmocka_unit_test(a_value_may_be_a_pointer),
        cmocka_unit_test(a_failed_step_leaves_the_slot_empty),
        cmocka_unit_test(what_cannot_be_cloned_is_told),
        cmocka_unit_test(a_failed_creation_takes_nothing),
        cmocka_unit_test(every_allocation_of_a_clone_may_fail),
        cmocka_unit_test(a_constructor_that_asks_for_its_own_slot_is_told),
        cmocka_unit_test(a_constructor_may_ask_for_another_slot),
        cmocka_unit_test(constructors_of_two_arrays_that_ask_each_other_are_told),
        cmocka_unit_test(values_go_in_the_order_of_slots),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
