/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: wrong use is answered.
 */
#include "per_affinity_checks.h"

#include <errno.h>

static uint32_t custom_index(ta_affinity affinity, void *context) {
    (void)affinity, (void)context;
    return 0;
}

static uint32_t custom_count(ta_affinity any, void *context) {
    (void)any, (void)context;
    return 1;
}

static bool visit(item *value, uint32_t slot, void *context) {
    (void)value, (void)slot, (void)context;
    return true;
}

static bool visit_untyped(void *context, uint32_t slot, void *value) {
    return visit(value, slot, context);
}

static void check_refusal(items array, ta_affinity wrong, ta_status expected, const char *text) {
    item *value = (item *)&array;
    assert_int_equal(items_resolve(array, wrong, &value), expected);
    assert_null(value);
    check_text("ta_per_affinity_resolve", text);
    assert_null(items_get(array, wrong));
    assert_null(items_peek(array, wrong));
    assert_int_equal(items_index_of(array, wrong), TA_NO_SLOT);
    assert_int_equal(items_fill(array, &wrong, 1), expected);
    check_text("ta_per_affinity_fill", text);
}

static ta_affinity foreign(uint32_t processors, uint32_t caches, uint32_t regions) {
    ta_affinity made;
    assert_int_equal(ta_affinity_make(0, processors, 0, caches, 0, regions, &made), TA_OK);
    return made;
}

/* While slots are empty, and when all of them have their values. */
static void wrong_affinities_are_answered(void **state) {
    (void)state;
    ta_affinity places[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) places[i] = place(i);
    for (int per = TA_PER_CORE; per <= TA_PER_PROCESS; per++) {
        log_book book = {0};
        items array = make_items((ta_per)per, &book, NULL);
        for (int filled = 0; filled < 2; filled++) {
            check_refusal(array, TA_AFFINITY_UNKNOWN, TA_E_UNKNOWN_AFFINITY, "unknown");
            check_refusal(array, foreign(PLACES + 1, CACHES, REGIONS), TA_E_FOREIGN_AFFINITY,
                          "9 processors, 4 caches and 2 regions");
            check_refusal(array, foreign(PLACES, CACHES - 1, REGIONS), TA_E_FOREIGN_AFFINITY,
                          "8, 4 and 2");
            check_refusal(array, foreign(PLACES, CACHES, REGIONS + 1), TA_E_FOREIGN_AFFINITY, "");
            assert_int_equal(book.calls, filled ? items_slot_count(array) : 0);
            assert_int_equal(items_fill(array, places, PLACES), TA_OK);
        }
        items_destroy(&array);
    }
}

/* Nobody makes such affinities, but a wild write or a foreign process may. */
static void indices_beyond_their_count_are_answered(void **state) {
    (void)state;
    ta_affinity places[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) places[i] = place(i);
    for (int per = TA_PER_CORE; per <= TA_PER_REGION; per++) {
        log_book book = {0};
        items array = make_items((ta_per)per, &book, NULL);
        for (int filled = 0; filled < 2; filled++) {
            ta_affinity wild = place(0);
            wild.processor = PLACES, wild.cache = CACHES, wild.region = REGIONS;
            check_refusal(array, wild, TA_E_RANGE, "0 to ");
            wild.processor = wild.cache = wild.region = UINT16_MAX;
            check_refusal(array, wild, TA_E_RANGE, "0 to ");
            assert_int_equal(book.calls, filled ? items_slot_count(array) : 0);
            assert_int_equal(items_fill(array, places, PLACES), TA_OK);
        }
        items_destroy(&array);
    }
}

/* Such an affinity finds a slot, but no memory belongs to its place. */
static void indices_that_the_strategy_does_not_use_are_looked_at(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3};
    ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = 2};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    log_book book = {0};
    items array;
    ta_per_affinity_options options = {.registry = registry};
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    ta_affinity wrong = ta_registry_affinity(registry, 1);
    wrong.region = wrong.region_count;
    check_refusal(array, wrong, TA_E_RANGE, "out of range");
    wrong = ta_registry_affinity(registry, 1);
    wrong.cache = wrong.cache_count;
    check_refusal(array, wrong, TA_E_RANGE, "out of range");
    assert_int_equal(book.calls, 0);
    items_destroy(&array);
    ta_registry_destroy(registry);
}

/* As many of everything, but elsewhere: made by hand, or by a registry of another machine. */
static void a_place_that_the_registry_does_not_have_is_refused(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3};
    ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = 2};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    ta_per_affinity_options options = {.registry = registry};
    for (int per = TA_PER_CORE; per <= TA_PER_PROCESS; per++) {
        log_book book = {0};
        items array;
        options.strategy.per = (ta_per)per;
        assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
        ta_affinity wrong = ta_registry_affinity(registry, 1);
        wrong.region = 1 - wrong.region;
        check_refusal(array, wrong, TA_E_FOREIGN_AFFINITY, "is not of this registry");
        assert_int_equal(book.calls, 0);
        items_destroy(&array);
    }
    ta_registry_destroy(registry);
}

static void null_is_answered(void **state) {
    (void)state;
    items none = {NULL};
    item *value = (item *)&none;
    ta_affinity somewhere = place(0);
    assert_null(items_get(none, somewhere));
    assert_null(items_get_here(none));
    assert_null(items_peek(none, somewhere));
    assert_null(items_at(none, 0));
    assert_int_equal(items_resolve(none, somewhere, &value), TA_E_INVALID);
    assert_null(value);
    check_text("ta_per_affinity_resolve", "NULL");
    assert_int_equal(items_fill(none, &somewhere, 1), TA_E_INVALID);
    check_text("ta_per_affinity_fill", "NULL");
    assert_false(items_each(none, visit, NULL));
    assert_false(ta_per_affinity_each(NULL, visit_untyped, NULL));
    assert_int_equal(items_slot_count(none), 0);
    assert_int_equal(items_ready_count(none), 0);
    assert_int_equal(items_handle_count(none), 0);
    assert_int_equal(items_index_of(none, somewhere), TA_NO_SLOT);
    items_destroy(&none);
    items_destroy(NULL);

    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    assert_int_equal(items_resolve(array, somewhere, NULL), TA_E_INVALID);
    assert_int_equal(items_fill(array, NULL, 1), TA_E_INVALID);
    assert_int_equal(book.calls, 0);
    items_destroy(&array);
}

static ta_status make_untyped(void *context, const ta_site *site, void *out) {
    return make_item(out, site, context);
}

static void refuse(const ta_per_affinity_options *options, const ta_type *type,
                   const ta_maker *maker, ta_status expected, const char *text) {
    ta_per_affinity *array = (ta_per_affinity *)&expected;
    errno = 12345;
    assert_int_equal(ta_per_affinity_create(options, type, maker, &array), expected);
    assert_int_equal(errno, 12345);
    assert_null(array);
    check_text("ta_per_affinity_create", text);
}

static void wrong_creations_are_answered(void **state) {
    (void)state;
    uint32_t counts[] = {2};
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 1};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    log_book book = {0};
    uint64_t number = 0;
    const ta_per_affinity_options right = {.shape = place(0)};
    const ta_maker maker = {.construct = make_untyped, .context = &book};
    const ta_maker neither = {.context = &book};
    const ta_maker no_value = {.construct = make_untyped, .captured = &item_type};
    const ta_maker another = {.context = &number, .captured = &ta_uint64_type};

    assert_int_equal(ta_per_affinity_create(&right, &item_type, &maker, NULL), TA_E_INVALID);
    refuse(NULL, &item_type, &maker, TA_E_INVALID, "NULL");
    refuse(&right, NULL, &maker, TA_E_INVALID, "NULL");
    refuse(&right, &item_type, NULL, TA_E_INVALID, "NULL");
    refuse(&right, &item_type, &neither, TA_E_INVALID, "neither");
    refuse(&right, &item_type, &no_value, TA_E_INVALID, "no value");
    refuse(&right, &item_type, &another, TA_E_INVALID, "of the array's type");

    ta_per_affinity_options wrong = {.registry = NULL};
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "either");
    wrong = right, wrong.registry = registry;
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "either");
    wrong = right, wrong.strategy.per = (ta_per)(TA_PER_CUSTOM + 1);
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "no such strategy");
    wrong = right, wrong.strategy.per = TA_PER_CUSTOM;
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "both");
    wrong.strategy.index = custom_index;
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "both");
    wrong.strategy.index = NULL, wrong.strategy.count = custom_count;
    refuse(&wrong, &item_type, &maker, TA_E_INVALID, "both");
    for (int i = 0; i < 4; i++) {
        wrong = right, wrong.reserved[i] = 1;
        refuse(&wrong, &item_type, &maker, TA_E_INVALID, "reserved");
    }
    wrong = right, wrong.source = ta_registry_affinity(registry, 1);
    refuse(&wrong, &item_type, &maker, TA_E_FOREIGN_AFFINITY, "source");

    items array = {(ta_per_affinity *)&book};
    assert_int_equal(items_create(&array, &right, NULL, NULL), TA_E_INVALID);
    assert_null(array.array);
    assert_int_equal(items_create(NULL, &right, make_item, NULL), TA_E_INVALID);
    assert_int_equal(items_create_from(NULL, &right, (item){0}), TA_E_INVALID);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_affinities_are_answered),
        cmocka_unit_test(indices_beyond_their_count_are_answered),
        cmocka_unit_test(indices_that_the_strategy_does_not_use_are_looked_at),
        cmocka_unit_test(a_place_that_the_registry_does_not_have_is_refused),
        cmocka_unit_test(null_is_answered),
        cmocka_unit_test(wrong_creations_are_answered),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
