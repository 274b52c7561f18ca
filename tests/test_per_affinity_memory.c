/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: where their memory and that of their values comes from, how much, and what happens
 * when there is none.
 */
#include "per_affinity_checks.h"

typedef struct byte {
    char c;
} byte;
TA_UNAWARE_TYPE(byte, byte);
TA_PER_AFFINITY(bytes, byte);

typedef struct wide {
    _Alignas(512) char c[513];
} wide;
TA_UNAWARE_TYPE(wide, wide);
TA_PER_AFFINITY(wides, wide);

static ta_status make_byte(byte *out, const ta_site *site, void *context) {
    (void)context;
    out->c = (char)site->slot;
    return TA_OK;
}

static ta_status make_wide(wide *out, const ta_site *site, void *context) {
    (void)context;
    memset(out, (char)site->slot, sizeof *out);
    return TA_OK;
}

static void values_share_no_cache_line(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
    bytes small;
    wides large;
    assert_int_equal(bytes_create(&small, &options, make_byte, NULL), TA_OK);
    assert_int_equal(wides_create(&large, &options, make_wide, NULL), TA_OK);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal((uintptr_t)bytes_get(small, place(i)) % TA_CACHE_LINE, 0);
        assert_int_equal((uintptr_t)wides_get(large, place(i)) % 512, 0);
        for (uint32_t j = 0; j < i; j++)
            assert_true(labs((char *)bytes_at(small, i) - (char *)bytes_at(small, j)) >=
                        TA_CACHE_LINE);
    }
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal(bytes_at(small, i)->c, i);
        assert_int_equal(wides_at(large, i)->c[512], i);
    }
    bytes_destroy(&small);
    wides_destroy(&large);
    assert_balanced(&memory);
}

static void an_unused_array_costs_its_cells(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_per_affinity_options options = {.allocator = &allocator};
    assert_int_equal(ta_affinity_make(0, 1024, 0, 1, 0, 1, &options.shape), TA_OK);
    log_book book = {0};
    items array;
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    assert_int_equal(memory.blocks, 1);
    assert_true(memory.bytes <= 1024 * sizeof(ta_slot_cell) + 1024);
    assert_int_equal((uintptr_t)array.array->cells % sizeof(ta_slot_cell), 0);
    items_destroy(&array);
    assert_balanced(&memory);

    options.shape = TA_AFFINITY_UNKNOWN;
    assert_int_equal(ta_affinity_make(0, TA_AFFINITY_MAX, 0, 1, 0, 1, &options.shape), TA_OK);
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    ta_affinity last;
    assert_int_equal(ta_affinity_make(TA_AFFINITY_MAX - 1, TA_AFFINITY_MAX, 0, 1, 0, 1, &last),
                     TA_OK);
    assert_int_equal(items_index_of(array, last), TA_AFFINITY_MAX - 1);
    items_destroy(&array);
    assert_balanced(&memory);
}

/* Each allocation fails in turn, the constructor's own too; the slot stays empty, the next attempt
 * succeeds, nothing leaks. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    size_t failures = 0;
    for (size_t fail_at = 1;; fail_at++) {
        ledger memory = {.fail_at = fail_at};
        ta_allocator allocator = ledger_allocator(&memory);
        ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
        log_book book = {0};
        items array;
        bool failed = false;
        ta_status status = items_create(&array, &options, make_item, &book);
        if (status != TA_OK) {
            assert_int_equal(status, TA_E_NOMEM);
            check_text("ta_per_affinity_create", "no memory");
            assert_balanced(&memory);
            assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
            failed = true;
        }
        for (uint32_t i = 0; i < 3; i++) {
            item *value;
            status = items_resolve(array, place(i), &value);
            if (status != TA_OK) {
                assert_int_equal(status, TA_E_NOMEM);
                check_text("ta_per_affinity_resolve", "memory"); /* ours, or the constructor's */
                assert_null(items_peek(array, place(i)));
                assert_int_equal(items_resolve(array, place(i), &value), TA_OK);
                failed = true;
            }
            assert_string_equal(value->text, "item");
        }
        assert_int_equal(book.made, 3);
        items_destroy(&array);
        assert_balanced(&memory);
        failures += failed;
        if (!failed) break;
    }
    assert_int_equal(failures, 1 + 3 * 2);
}

static void a_registry_knows_machine_and_memory(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    uint32_t counts[] = {2, 2};
    ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                   .counts = counts,
                                   .counts_length = 2,
                                   .allocator = &allocator};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&machine, &registry), TA_OK);
    size_t before = memory.blocks;
    ta_per_affinity_options options = {.registry = registry};
    log_book book = {0};
    items array;
    assert_int_equal(items_create(&array, &options, make_item, &book), TA_OK);
    assert_int_equal(memory.blocks, before + 1); /* from the registry's own allocator */
    assert_int_equal(items_slot_count(array), 4);

    assert_null(items_get_here(array));
    assert_int_equal(ta_registry_adopt(registry, ta_registry_affinity(registry, 3)), TA_OK);
    item *mine = items_get_here(array);
    assert_non_null(mine);
    assert_int_equal(mine->slot, 3);
    assert_ptr_equal(items_get_here(array), mine);
    assert_ptr_equal(ta_per_affinity_get_here(array.array), mine);
    ta_placement_figures figures;
    assert_int_equal(ta_registry_placement(registry, ta_current_affinity(), &figures), TA_OK);
    assert_int_equal(figures.fallback, 2); /* the value and its text, by that region's allocator */
    assert_int_equal(ta_registry_placement(registry, ta_registry_affinity(registry, 0), &figures),
                     TA_OK);
    assert_int_equal(figures.fallback, 0);
    assert_int_equal(ta_unpin(), TA_OK);
    assert_null(items_get_here(array));

    items_destroy(&array);
    assert_int_equal(memory.blocks, before);
    ta_registry_destroy(registry);
    assert_balanced(&memory);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_share_no_cache_line),
        cmocka_unit_test(an_unused_array_costs_its_cells),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_registry_knows_machine_and_memory),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
