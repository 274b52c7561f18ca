/* SPDX-License-Identifier: MIT
 *
 * Registries of described machines: which places the descriptions make.
 */
#include "registry_checks.h"

static void the_smallest_machine(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("pu:1");
    check_counts(registry, 1, 1, 1);
    assert_int_equal(os_of(registry, 0), 0);
    assert_int_equal(ta_registry_left_out_count(registry), 0);
    assert_true(ta_registry_is_described(registry));
    assert_true(ta_registry_quota(registry) == 0);
    ta_registry_destroy(registry);
}

static void two_nodes(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("node:2 core:8 pu:2");
    check_counts(registry, 32, 2, 2); /* without caches, the region counts as one */
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(os_of(registry, i), i);
        assert_int_equal(ta_affinity_region(ta_registry_affinity(registry, i)), i / 16);
        assert_int_equal(node_of(registry, i), i / 16);
    }
    ta_registry_destroy(registry);
}

static void eight_nodes_in_two_packages(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("pack:2 node:4 core:32 pu:2");
    check_counts(registry, 512, 8, 8);
    assert_int_equal(node_of(registry, 511), 7);
    ta_registry_destroy(registry);
}

static void the_last_level_is_the_cache(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("node:2 l3:2 l2:2 core:2 pu:2");
    check_counts(registry, 32, 4, 2);
    assert_int_equal(ta_affinity_cache(ta_registry_affinity(registry, 8)), 1);
    ta_registry_destroy(registry);
    registry = synthetic("l2:2 node:2 pu:3"); /* one cache, several nodes */
    check_counts(registry, 12, 2, 4);
    ta_registry_destroy(registry);
}

static void four_thousand_processors(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("node:16 core:64 pu:4");
    check_counts(registry, 4096, 16, 16);
    ta_registry_destroy(registry);
}

static void numbers_of_the_system_may_be_shuffled(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry = synthetic("node:2(indexes=7,3) core:2 pu:2(indexes=0,4,1,5,2,6,3,7)");
    static const uint32_t expected[8] = {0, 4, 1, 5, 2, 6, 3, 7};
    check_counts(registry, 8, 2, 2);
    for (uint32_t i = 0; i < 8; i++) assert_int_equal(os_of(registry, i), expected[i]);
    /* hwloc orders by number of the processors, whatever the nodes' are. */
    assert_int_equal(node_of(registry, 0), 7);
    assert_int_equal(node_of(registry, 7), 3);
    ta_registry_destroy(registry);
}

static void spread_and_one_per_core(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry_options options = {.machine = TA_MACHINE_SYNTHETIC,
                                   .description = "node:2 core:2 pu:2",
                                   .processors = TA_PROCESSORS_EXACTLY,
                                   .placement = TA_PLACEMENT_SPREAD,
                                   .count = 3};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    check_counts(registry, 3, 2, 2);
    assert_int_equal(os_of(registry, 0), 0);
    assert_int_equal(os_of(registry, 1), 2);
    assert_int_equal(os_of(registry, 2), 4);
    ta_registry_destroy(registry);

    options.one_per_core = true;
    options.count = 4;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    check_counts(registry, 4, 2, 2);
    assert_int_equal(ta_registry_left_out_count(registry), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ta_registry_left_out(registry)[i].os_processor, 2 * i + 1);
        assert_int_equal(ta_registry_left_out(registry)[i].reason, TA_LEFT_OUT_CORE);
    }
    ta_registry_destroy(registry);
    options.count = 5;
    expect_failure(options, TA_E_TOO_FEW, "asked for 5 cores, 4 are usable");
}

static void a_node_without_processors_is_no_region(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry =
        create(TA_MACHINE_XML, TA_TEST_DATA "/node_without_processors.xml", TA_PROCESSORS_ALL, 0);
    check_counts(registry, 4, 2, 2);
    assert_int_equal(node_of(registry, 0), 2);
    assert_int_equal(node_of(registry, 3), 4);
    ta_registry_destroy(registry);
}

static void a_node_without_memory_is_a_region(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry =
        create(TA_MACHINE_XML, TA_TEST_DATA "/node_without_memory.xml", TA_PROCESSORS_ALL, 0);
    check_counts(registry, 2, 2, 2);
    assert_int_equal(node_of(registry, 1), 1);
    ta_registry_destroy(registry);
}

static void offline_and_forbidden_processors_are_told_apart(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry =
        create(TA_MACHINE_XML, TA_TEST_DATA "/offline_and_cpuset.xml", TA_PROCESSORS_ALL, 0);
    static const ta_left_out_reason expected[4] = {TA_LEFT_OUT_CPUSET, TA_LEFT_OUT_CPUSET,
                                                   TA_LEFT_OUT_OFFLINE, TA_LEFT_OUT_OFFLINE};
    check_counts(registry, 4, 2, 2);
    assert_int_equal(node_of(registry, 2), 0);
    assert_int_equal(node_of(registry, 3), 1); /* hidden by the cpuset, and still another place */
    assert_int_equal(ta_registry_left_out_count(registry), 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(ta_registry_left_out(registry)[i].os_processor, 4 + i);
        assert_int_equal(ta_registry_left_out(registry)[i].reason, expected[i]);
    }
    ta_registry_destroy(registry);
}

static void of_two_memories_the_normal_one_is_the_region(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry *registry =
        create(TA_MACHINE_XML, TA_TEST_DATA "/two_memories.xml", TA_PROCESSORS_ALL, 0);
    check_counts(registry, 2, 1, 1);
    assert_int_equal(node_of(registry, 0), 3);
    ta_registry_destroy(registry);
}

static void nested_nodes_still_make_whole_regions(void **state) {
    (void)state;
    NEEDS_HWLOC();
    static const uint32_t expected[4] = {0, 3, 1, 2};
    ta_registry *registry =
        create(TA_MACHINE_XML, TA_TEST_DATA "/nested_nodes.xml", TA_PROCESSORS_ALL, 0);
    check_counts(registry, 4, 2, 2);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(os_of(registry, i), expected[i]);
        assert_int_equal(node_of(registry, i), i / 2);
    }
    ta_registry_destroy(registry);
}

static void machines_from_counts(void **state) {
    (void)state;
    static const uint32_t counts[] = {2, 0, 3};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 3};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    check_counts(registry, 5, 2, 2); /* nobody is in the region of 0 */
    assert_int_equal(node_of(registry, 1), 0);
    assert_int_equal(node_of(registry, 2), 2);
    assert_true(ta_registry_is_described(registry));
    ta_registry_destroy(registry);
}

static void the_largest_machine_and_one_more(void **state) {
    (void)state;
    uint32_t counts[] = {TA_AFFINITY_MAX - 1000, 1000};
    ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = 2};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    check_counts(registry, TA_AFFINITY_MAX, 2, 2);
    ta_registry_destroy(registry);
    counts[1]++;
    expect_failure(options, TA_E_RANGE, "65536 processors");
    counts[0] = UINT32_MAX;
    expect_failure(options, TA_E_RANGE, "processors");
}

static void as_many_regions_as_processors(void **state) {
    (void)state;
    static uint32_t counts[3000];
    for (size_t i = 0; i < 3000; i++) counts[i] = 1;
    ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                   .placement = TA_PLACEMENT_SPREAD,
                                   .processors = TA_PROCESSORS_AT_MOST,
                                   .count = 2999,
                                   .counts = counts,
                                   .counts_length = 3000};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    check_counts(registry, 2999, 2999, 2999);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_machine),
        cmocka_unit_test(two_nodes),
        cmocka_unit_test(eight_nodes_in_two_packages),
        cmocka_unit_test(the_last_level_is_the_cache),
        cmocka_unit_test(four_thousand_processors),
        cmocka_unit_test(numbers_of_the_system_may_be_shuffled),
        cmocka_unit_test(spread_and_one_per_core),
        cmocka_unit_test(a_node_without_processors_is_no_region),
        cmocka_unit_test(a_node_without_memory_is_a_region),
        cmocka_unit_test(offline_and_forbidden_processors_are_told_apart),
        cmocka_unit_test(of_two_memories_the_normal_one_is_the_region),
        cmocka_unit_test(nested_nodes_still_make_whole_regions),
        cmocka_unit_test(machines_from_counts),
        cmocka_unit_test(the_largest_machine_and_one_more),
        cmocka_unit_test(as_many_regions_as_processors),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
