/* SPDX-License-Identifier: MIT
 *
 * Explicit storage used wrongly, and without memory: each function answers, and nothing changes.
 */
#include "storage_checks.h"

/* An affinity of a machine of another shape. */
static ta_affinity foreign(void) {
    ta_affinity made;
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 0, 1, &made), TA_OK);
    return made;
}

/* An index that is not below its count: no function makes one. */
static ta_affinity out_of_range(void) {
    ta_affinity made = place(0);
    made.processor = PLACES;
    return made;
}

/* ---- making ----------------------------------------------------------------------------------- */

static void expect_no_storage(const ta_per_affinity_options *options, ta_status status,
                              const char *text) {
    leaves storage;
    storage.storage = (ta_storage *)(uintptr_t)1;
    assert_int_equal(leaves_create(&storage, options), status);
    assert_null(storage.storage);
    check_text("ta_storage_create", text);
}

static uint32_t none(ta_affinity any, void *context) {
    (void)any, (void)context;
    return 0;
}

static void wrong_options_make_no_storage(void **state) {
    (void)state;
    ta_per_affinity_options options = {.shape = place(0)};
    ta_storage *storage;
    assert_int_equal(leaves_create(NULL, &options), TA_E_INVALID);
    assert_int_equal(ta_storage_create(&options, NULL, &storage), TA_E_INVALID);
    assert_null(storage);
    expect_no_storage(NULL, TA_E_INVALID, "NULL");
    expect_no_storage(&(ta_per_affinity_options){0}, TA_E_INVALID, "either a registry or a shape");
    options.source = place(1);
    expect_no_storage(&options, TA_E_INVALID, "source");
    options.source = TA_AFFINITY_UNKNOWN;
    options.strategy.per = (ta_per)(TA_PER_CUSTOM + 1);
    expect_no_storage(&options, TA_E_INVALID, "strategy");
    options.strategy.per = TA_PER_CUSTOM;
    expect_no_storage(&options, TA_E_INVALID, "functions");
    options.strategy.index = options.strategy.count = none;
    expect_no_storage(&options, TA_E_RANGE, "0 slots");
    options.strategy.per = TA_PER_CORE;
    options.reserved[3] = 1;
    expect_no_storage(&options, TA_E_INVALID, "reserved");
}

/* ---- affinities ------------------------------------------------------------------------------- */

static void expect_refused(leaves storage, ta_affinity affinity, ta_status status,
                           const char *text) {
    leaf value = leaf_of(1, NULL, NULL), clone;
    leaves_stored previous;
    leaves_pin pin;
    memset(&previous, 0xff, sizeof previous);
    memset(&pin, 0xff, sizeof pin);
    assert_int_equal(leaves_replace(storage, affinity, value, &previous), status);
    check_text("ta_storage_replace", text);
    assert_null(previous.untyped.storage);
    assert_string_equal(value.text, "leaf"); /* still the caller's */
    ta_destroy(&leaf_type, &value);
    memset(&previous, 0xff, sizeof previous);
    assert_int_equal(leaves_remove(storage, affinity, &previous), status);
    check_text("ta_storage_remove", text);
    assert_null(previous.untyped.storage);
    assert_int_equal(leaves_pin_make(storage, affinity, &pin), status);
    check_text("ta_pin_make", text);
    assert_null(leaves_pin_get(&pin));
    assert_null(pin.untyped.record);
    pin = leaves_pin_at(storage, affinity);
    assert_null(leaves_pin_get(&pin));
    assert_int_equal(leaves_get_clone(storage, affinity, &clone, NULL), status);
    check_text("ta_storage_get_clone", text);
    assert_int_equal(leaves_index_of(storage, affinity), TA_NO_SLOT);
    assert_int_equal(leaves_ready_count(storage), 1);
    if (status == TA_E_UNKNOWN_AFFINITY) return; /* that makes an unplaced one */
    assert_int_equal(leaves_stored_make(storage, affinity, &previous), status);
    check_text("ta_stored_make", text);
    assert_null(previous.untyped.storage);
}

static void wrong_affinities_are_refused(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    put(storage, 0, 1, NULL);
    expect_refused(storage, TA_AFFINITY_UNKNOWN, TA_E_UNKNOWN_AFFINITY, "unknown");
    expect_refused(storage, foreign(), TA_E_FOREIGN_AFFINITY, "of 2 processors");
    expect_refused(storage, out_of_range(), TA_E_RANGE, "out of range");
    assert_int_equal(number_at(storage, 0), 1);
    leaves_destroy(&storage);
}

/* To find the slot one index is enough, but not to ask for memory. */
static void a_value_is_put_in_at_places_of_the_registry_alone(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3};
    ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = 2};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    ta_per_affinity_options options = {.registry = registry};
    leaves storage;
    assert_int_equal(leaves_create(&storage, &options), TA_OK);
    leaf value = leaf_of(1, NULL, NULL);
    ta_affinity wrong = ta_registry_affinity(registry, 1);
    wrong.region = 1 - wrong.region;
    assert_int_equal(ta_storage_replace(storage.storage, wrong, &value, NULL),
                     TA_E_FOREIGN_AFFINITY);
    check_text("ta_storage_replace", "is not of this registry");
    wrong.region = wrong.region_count;
    assert_int_equal(ta_storage_replace(storage.storage, wrong, &value, NULL), TA_E_RANGE);
    assert_int_equal(leaves_ready_count(storage), 0);
    destroy_leaf(&value);
    leaves_destroy(&storage);
    ta_registry_destroy(registry);
}

static uint32_t too_large(ta_affinity affinity, void *context) {
    (void)context;
    return ta_affinity_processor(affinity) == 0 ? 0 : UINT32_MAX;
}

static uint32_t one(ta_affinity any, void *context) {
    (void)any, (void)context;
    return 1;
}

static void an_index_of_ones_own_is_checked(void **state) {
    (void)state;
    leaves storage;
    ta_per_affinity_options options = {.shape = place(0),
                                       .strategy = {TA_PER_CUSTOM, too_large, one, NULL}};
    assert_int_equal(leaves_create(&storage, &options), TA_OK);
    put(storage, 0, 1, NULL);
    expect_refused(storage, place(1), TA_E_RANGE, "out of range");
    leaves_destroy(&storage);
}

static void an_empty_slot_says_so(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL);
    leaves_pin pin;
    leaves_stored stored;
    leaf clone;
    assert_int_equal(leaves_pin_make(storage, place(1), &pin), TA_E_EMPTY);
    check_text("ta_pin_make", "no value");
    assert_null(pin.untyped.record);
    assert_int_equal(leaves_stored_make(storage, place(1), &stored), TA_E_EMPTY);
    check_text("ta_stored_make", "no value");
    assert_null(stored.untyped.storage);
    assert_int_equal(leaves_get_clone(storage, place(1), &clone, NULL), TA_E_EMPTY);
    check_text("ta_storage_get_clone", "no value");
    assert_int_equal(leaves_stored_count(storage), 0);
    leaves_destroy(&storage);
}

/* ---- NULL ------------------------------------------------------------------------------------- */

static void null_is_answered(void **state) {
    (void)state;
    leaves storage = make_leaves(TA_PER_CORE, NULL), nothing = {NULL};
    leaf clone;
    ta_move move = to(0);
    put(storage, 0, 1, NULL);
    assert_int_equal(ta_storage_replace(NULL, place(0), &clone, NULL), TA_E_INVALID);
    assert_int_equal(ta_storage_replace(storage.storage, place(0), NULL, NULL), TA_E_INVALID);
    assert_int_equal(leaves_remove(nothing, place(0), NULL), TA_E_INVALID);
    assert_int_equal(leaves_get_clone(nothing, place(0), &clone, NULL), TA_E_INVALID);
    assert_int_equal(leaves_get_clone(storage, place(0), NULL, NULL), TA_E_INVALID);
    assert_int_equal(leaves_pin_make(storage, place(0), NULL), TA_E_INVALID);
    assert_int_equal(leaves_stored_make(storage, place(0), NULL), TA_E_INVALID);
    assert_int_equal(leaves_stored_relocate(NULL, &move), TA_E_INVALID);
    leaves_pin pin = leaves_pin_at(nothing, place(0));
    assert_null(leaves_pin_get(&pin));
    leaves_pin_drop(&pin);
    leaves_pin_drop(NULL);
    assert_null(leaves_pin_get(NULL));
    assert_false(leaves_each(nothing, NULL, NULL));
    assert_false(leaves_each(storage, NULL, NULL));
    assert_false(ta_storage_each(storage.storage, NULL, NULL));
    assert_int_equal(leaves_reclaim(nothing), 0);
    assert_int_equal(leaves_slot_count(nothing), 0);
    assert_int_equal(leaves_ready_count(nothing), 0);
    assert_int_equal(leaves_stored_count(nothing), 0);
    assert_int_equal(leaves_index_of(nothing, place(0)), TA_NO_SLOT);
    leaves_stored empty = leaves_stored_clone(NULL);
    assert_null(empty.untyped.storage);
    assert_int_equal(leaves_stored_relocate(&empty, NULL), TA_E_INVALID);
    assert_int_equal(leaves_stored_relocate(&empty, &move), TA_OK); /* empty: without effect */
    leaves_stored_drop(&empty);
    leaves_stored_drop(NULL);
    empty = leaves_stored_take(NULL);
    assert_null(leaves_stored_get(&empty));
    assert_null(leaves_stored_get(NULL));
    assert_int_equal(leaves_stored_slot(NULL), TA_NO_SLOT);
    leaves_destroy(&nothing);
    leaves_destroy(NULL);
    leaves_destroy(&storage);
}

/* ---- cloning ---------------------------------------------------------------------------------- */

typedef struct sealed {
    int number;
} sealed;
static void destroy_sealed(sealed *value) { (void)value; }
TA_TYPE(sealed, sealed, NULL, NULL, destroy_sealed);
TA_STORAGE(safes, sealed);

static void what_cannot_be_cloned_says_so(void **state) {
    (void)state;
    safes storage;
    ta_per_affinity_options options = {.shape = place(0)};
    sealed value = {4}, clone;
    assert_int_equal(safes_create(&storage, &options), TA_OK);
    assert_int_equal(safes_replace(storage, place(0), value, NULL), TA_OK);
    assert_int_equal(safes_get_clone(storage, place(0), &clone, NULL), TA_E_NOT_CLONEABLE);
    check_text("ta_storage_get_clone", "sealed");
    assert_int_equal(safes_remove(storage, place(0), NULL), TA_OK); /* no pin was left behind */
    assert_int_equal(safes_reclaim(storage), 0);
    safes_destroy(&storage);
}

/* ---- memory ----------------------------------------------------------------------------------- */

/* All that allocates, in turn; how many values were destroyed is checked by who calls. */
static ta_status do_all(const ta_allocator *allocator, unsigned *made, unsigned *destroyed) {
    ta_per_affinity_options options = {.shape = place(0), .allocator = allocator};
    leaves storage;
    leaves_stored stored = {{NULL, NULL}};
    leaves_pin pins[3] = {{{NULL, NULL}}};
    ta_status status = leaves_create(&storage, &options);
    if (status != TA_OK) return status;
    for (uint32_t i = 0; i < 3 && status == TA_OK; i++) {
        leaf value = leaf_of(i, destroyed, NULL);
        ++*made;
        uint32_t ready = leaves_ready_count(storage);
        status = leaves_replace(storage, place(i % 2), value, NULL);
        if (status != TA_OK) {
            assert_int_equal(leaves_ready_count(storage), ready);
            ta_destroy(&leaf_type, &value);
        }
    }
    for (uint32_t i = 0; i < 3 && status == TA_OK; i++)
        status = leaves_pin_make(storage, place(0), &pins[i]);
    if (status == TA_OK) status = leaves_stored_make(storage, place(1), &stored);
    if (status == TA_OK) status = leaves_remove(storage, place(0), NULL);
    leaf clone;
    if (status == TA_OK) status = leaves_get_clone(storage, place(1), &clone, allocator);
    if (status == TA_OK) ta_destroy(&leaf_type, &clone);
    for (uint32_t i = 0; i < 3; i++) leaves_pin_drop(&pins[i]);
    leaves_destroy(&storage);
    leaves_stored_drop(&stored);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    size_t calls = SIZE_MAX;
    for (size_t fail_at = 1; fail_at <= calls + 1; fail_at++) {
        ledger memory = {.fail_at = fail_at};
        ta_allocator allocator = ledger_allocator(&memory);
        unsigned made = 0, destroyed = 0;
        ta_status status = do_all(&allocator, &made, &destroyed);
        assert_int_equal(destroyed, made);
        assert_balanced(&memory);
        if (status == TA_OK && memory.calls < fail_at) calls = memory.calls;
        assert_true(status == TA_OK || status == TA_E_NOMEM);
        assert_true(fail_at < 100);
    }
    assert_true(calls >= 9); /* block, 3 values, 4 records, a text */
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_make_no_storage),
        cmocka_unit_test(wrong_affinities_are_refused),
        cmocka_unit_test(a_value_is_put_in_at_places_of_the_registry_alone),
        cmocka_unit_test(an_index_of_ones_own_is_checked),
        cmocka_unit_test(an_empty_slot_says_so),
        cmocka_unit_test(null_is_answered),
        cmocka_unit_test(what_cannot_be_cloned_says_so),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
