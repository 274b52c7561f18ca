/* SPDX-License-Identifier: MIT
 *
 * Affinities: accessors, the unknown place, equality, hash, machines made by hand.
 */
#include "harness.h"

#include "ta/affinity.h"

#include <stdlib.h>
#include <string.h>

static ta_affinity make(uint32_t p, uint32_t pn, uint32_t c, uint32_t cn, uint32_t r, uint32_t rn) {
    ta_affinity out;
    assert_int_equal(ta_affinity_make(p, pn, c, cn, r, rn, &out), TA_OK);
    return out;
}

static void accessors_give_back_what_was_made(void **state) {
    (void)state;
    ta_affinity a = make(5, 12, 2, 4, 1, 3);
    assert_int_equal(ta_affinity_processor(a), 5);
    assert_int_equal(ta_affinity_processor_count(a), 12);
    assert_int_equal(ta_affinity_cache(a), 2);
    assert_int_equal(ta_affinity_cache_count(a), 4);
    assert_int_equal(ta_affinity_region(a), 1);
    assert_int_equal(ta_affinity_region_count(a), 3);
    assert_false(ta_affinity_is_unknown(a));
}

static void the_largest_machine_fits(void **state) {
    (void)state;
    ta_affinity a = make(65534, 65535, 65534, 65535, 65534, 65535);
    assert_int_equal(ta_affinity_processor(a), 65534);
    assert_int_equal(ta_affinity_region_count(a), 65535);
}

static void unknown_is_all_zero(void **state) {
    (void)state;
    static ta_affinity initialised = TA_AFFINITY_UNKNOWN_INIT;
    static ta_affinity untouched;
    assert_true(ta_affinity_is_unknown(TA_AFFINITY_UNKNOWN));
    assert_true(ta_affinity_is_unknown(initialised));
    assert_true(ta_affinity_is_unknown(untouched));
    assert_true(ta_affinity_equal(TA_AFFINITY_UNKNOWN, untouched));
    assert_int_equal(ta_affinity_processor_count(untouched), 0);
}

static void unknown_is_nobodys_neighbour(void **state) {
    (void)state;
    ta_affinity a = make(0, 1, 0, 1, 0, 1);
    assert_false(ta_affinity_equal(a, TA_AFFINITY_UNKNOWN));
    assert_false(ta_affinity_same_shape(a, TA_AFFINITY_UNKNOWN));
    assert_false(ta_affinity_same_shape(TA_AFFINITY_UNKNOWN, TA_AFFINITY_UNKNOWN));
    assert_false(ta_affinity_same_region(TA_AFFINITY_UNKNOWN, TA_AFFINITY_UNKNOWN));
    assert_false(ta_affinity_same_cache(TA_AFFINITY_UNKNOWN, TA_AFFINITY_UNKNOWN));
}

/* Changing any one of the six numbers makes another affinity. */
static void equality_looks_at_every_number(void **state) {
    (void)state;
    ta_affinity a = make(2, 8, 1, 4, 1, 4);
    ta_affinity others[] = {
        make(3, 8, 1, 4, 1, 4), make(2, 9, 1, 4, 1, 4), make(2, 8, 2, 4, 1, 4),
        make(2, 8, 1, 5, 1, 4), make(2, 8, 1, 4, 2, 4), make(2, 8, 1, 4, 1, 5),
    };
    assert_true(ta_affinity_equal(a, make(2, 8, 1, 4, 1, 4)));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(ta_affinity_equal(a, others[i]));
        assert_true(ta_affinity_hash(a) != ta_affinity_hash(others[i]));
        /* Even entries change an index, odd ones a count: another machine. */
        assert_int_equal(ta_affinity_same_shape(a, others[i]), i % 2 == 0);
    }
}

static void neighbours_share_cache_or_region(void **state) {
    (void)state;
    ta_affinity a = make(0, 8, 0, 4, 0, 2);
    assert_true(ta_affinity_same_cache(a, make(1, 8, 0, 4, 0, 2)));
    assert_false(ta_affinity_same_cache(a, make(2, 8, 1, 4, 0, 2)));
    assert_true(ta_affinity_same_region(a, make(2, 8, 1, 4, 0, 2)));
    assert_false(ta_affinity_same_region(a, make(4, 8, 2, 4, 1, 2)));
    assert_false(ta_affinity_same_region(a, make(1, 9, 0, 4, 0, 2)));
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void hashes_of_a_large_machine_differ(void **state) {
    (void)state;
    static uint64_t hashes[65535];
    for (uint32_t i = 0; i < 65535; i++)
        hashes[i] = ta_affinity_hash(make(i, 65535, i / 16, 4096, i / 1024, 64));
    qsort(hashes, 65535, sizeof *hashes, compare_hashes);
    for (uint32_t i = 1; i < 65535; i++) assert_true(hashes[i - 1] != hashes[i]);
}

/* Low bits serve a table of a power of two: no bucket of 256 may hold over twice its share. */
static void low_bits_of_the_hash_are_even(void **state) {
    (void)state;
    unsigned buckets[256] = {0};
    for (uint32_t i = 0; i < 65535; i++)
        buckets[ta_affinity_hash(make(i, 65535, i / 16, 4096, i / 1024, 64)) & 255]++;
    for (size_t i = 0; i < 256; i++) assert_in_range(buckets[i], 128, 512);
}

static void make_refuses_what_is_no_place(void **state) {
    (void)state;
    ta_affinity out = make(1, 2, 0, 1, 0, 1), before = out;
    assert_int_equal(ta_affinity_make(0, 0, 0, 1, 0, 1, &out), TA_E_INVALID);
    assert_int_equal(ta_affinity_make(0, 1, 0, 0, 0, 1, &out), TA_E_INVALID);
    assert_int_equal(ta_affinity_make(0, 1, 0, 1, 0, 0, &out), TA_E_INVALID);
    assert_int_equal(ta_affinity_make(2, 2, 0, 1, 0, 1, &out), TA_E_RANGE);
    assert_int_equal(ta_affinity_make(0, 2, 1, 1, 0, 1, &out), TA_E_RANGE);
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 1, 1, &out), TA_E_RANGE);
    assert_int_equal(ta_affinity_make(0, 65536, 0, 1, 0, 1, &out), TA_E_RANGE);
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 0, 65536, &out), TA_E_RANGE);
    assert_int_equal(ta_affinity_make(0, 2, 0, 3, 0, 1, &out), TA_E_INVALID);
    assert_int_equal(ta_affinity_make(0, 2, 0, 1, 0, 1, NULL), TA_E_INVALID);
    assert_true(ta_affinity_equal(out, before));
}

static void manual_numbers_in_order(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3};
    ta_affinity out[5];
    size_t total = 0;
    assert_int_equal(ta_affinity_create_manual(counts, 2, out, 5, &total), TA_OK);
    assert_int_equal(total, 5);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t region = i < 2 ? 0 : 1;
        assert_true(ta_affinity_equal(out[i], make(i, 5, region, 2, region, 2)));
    }
}

static void manual_tells_the_size_first(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3};
    ta_affinity out[5];
    memset(out, 0xee, sizeof out);
    size_t total = 0;
    assert_int_equal(ta_affinity_create_manual(counts, 2, NULL, 0, &total), TA_E_NOSPACE);
    assert_int_equal(total, 5);
    assert_int_equal(ta_affinity_create_manual(counts, 2, out, 4, NULL), TA_E_NOSPACE);
    const unsigned char *bytes = (const unsigned char *)out;
    for (size_t i = 0; i < sizeof out; i++) assert_int_equal(bytes[i], 0xee);
}

static void an_empty_region_keeps_its_index(void **state) {
    (void)state;
    const uint32_t counts[] = {1, 0, 1};
    ta_affinity out[2];
    assert_int_equal(ta_affinity_create_manual(counts, 3, out, 2, NULL), TA_OK);
    assert_true(ta_affinity_equal(out[0], make(0, 2, 0, 2, 0, 3)));
    assert_true(ta_affinity_equal(out[1], make(1, 2, 1, 2, 2, 3)));
}

static void the_largest_manual_machine(void **state) {
    (void)state;
    static ta_affinity out[65535];
    static uint32_t ones[65536];
    const uint32_t one_region[] = {65535};
    for (size_t i = 0; i < 65536; i++) ones[i] = 1;
    assert_int_equal(ta_affinity_create_manual(one_region, 1, out, 65535, NULL), TA_OK);
    assert_int_equal(ta_affinity_processor(out[65534]), 65534);
    assert_int_equal(ta_affinity_create_manual(ones, 65535, out, 65535, NULL), TA_OK);
    assert_int_equal(ta_affinity_region(out[65534]), 65534);
    assert_int_equal(ta_affinity_create_manual(ones, 65536, out, 65535, NULL), TA_E_RANGE);
}

static void manual_refuses_what_is_no_machine(void **state) {
    (void)state;
    ta_affinity out[2];
    size_t total = 7;
    const uint32_t none[] = {0, 0}, much[] = {UINT32_MAX, UINT32_MAX}, over[] = {65535, 1};
    const uint32_t two[] = {2};
    assert_int_equal(ta_affinity_create_manual(NULL, 1, out, 2, &total), TA_E_INVALID);
    assert_int_equal(ta_affinity_create_manual(two, 0, out, 2, &total), TA_E_INVALID);
    assert_int_equal(ta_affinity_create_manual(none, 2, out, 2, &total), TA_E_INVALID);
    assert_int_equal(ta_affinity_create_manual(much, 2, out, 2, &total), TA_E_RANGE);
    assert_int_equal(ta_affinity_create_manual(over, 2, out, 2, &total), TA_E_RANGE);
    assert_int_equal(total, 7);
    assert_int_equal(ta_affinity_create_manual(two, 1, NULL, 2, &total), TA_E_INVALID);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(accessors_give_back_what_was_made),
        cmocka_unit_test(the_largest_machine_fits),
        cmocka_unit_test(unknown_is_all_zero),
        cmocka_unit_test(unknown_is_nobodys_neighbour),
        cmocka_unit_test(equality_looks_at_every_number),
        cmocka_unit_test(neighbours_share_cache_or_region),
        cmocka_unit_test(hashes_of_a_large_machine_differ),
        cmocka_unit_test(low_bits_of_the_hash_are_even),
        cmocka_unit_test(make_refuses_what_is_no_place),
        cmocka_unit_test(manual_numbers_in_order),
        cmocka_unit_test(manual_tells_the_size_first),
        cmocka_unit_test(an_empty_region_keeps_its_index),
        cmocka_unit_test(the_largest_manual_machine),
        cmocka_unit_test(manual_refuses_what_is_no_machine),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
