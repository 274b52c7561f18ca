/* SPDX-License-Identifier: MIT
 *
 * What tests of registries share: making one, and what holds for every one.
 */
#ifndef TA_TESTS_REGISTRY_CHECKS_H
#define TA_TESTS_REGISTRY_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/registry.h"

#include <errno.h>
#include <stdlib.h>

#define NOBODY UINT32_MAX

static inline bool reads_descriptions(void) {
    ta_registry_options options = {.machine = TA_MACHINE_SYNTHETIC, .description = "pu:1"};
    ta_registry *registry;
    ta_status status = ta_registry_create(&options, &registry);
    ta_registry_destroy(registry);
    return status != TA_E_UNSUPPORTED;
}

#define NEEDS_HWLOC()                                                                              \
    do {                                                                                           \
        if (!reads_descriptions()) skip();                                                         \
    } while (0)

static inline ta_registry *create(ta_machine machine, const char *description,
                                  ta_processors processors, uint32_t count) {
    ta_registry_options options = {
        .machine = machine, .description = description, .processors = processors, .count = count};
    ta_registry *registry = NULL;
    ta_status status = ta_registry_create(&options, &registry);
    if (status != TA_OK) print_error("%s\n", ta_last_error());
    assert_int_equal(status, TA_OK);
    assert_non_null(registry);
    return registry;
}

static inline ta_registry *synthetic(const char *description) {
    return create(TA_MACHINE_SYNTHETIC, description, TA_PROCESSORS_ALL, 0);
}

static inline uint32_t os_of(const ta_registry *registry, uint32_t processor) {
    uint32_t os = NOBODY;
    ta_affinity place = ta_registry_affinity(registry, processor);
    assert_int_equal(ta_registry_os_processor(registry, place, &os), TA_OK);
    return os;
}

static inline int32_t node_of(const ta_registry *registry, uint32_t processor) {
    int32_t node = -2;
    ta_affinity place = ta_registry_affinity(registry, processor);
    assert_int_equal(ta_registry_os_node(registry, place, &node), TA_OK);
    return node;
}

/* What holds for every registry. */
static inline void check_promises(const ta_registry *registry) {
    uint32_t count = ta_registry_processor_count(registry), caches = 0, regions = 0;
    const ta_affinity *places = ta_registry_affinities(registry);
    bool *region_left = calloc(TA_AFFINITY_MAX, sizeof *region_left);

    assert_in_range(count, 1, TA_AFFINITY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        ta_affinity made, place = places[i];
        assert_int_equal(
            ta_affinity_make(i, count, ta_affinity_cache(place), ta_registry_cache_count(registry),
                             ta_affinity_region(place), ta_registry_region_count(registry), &made),
            TA_OK);
        assert_true(ta_affinity_equal(made, place));
        assert_true(ta_affinity_equal(ta_registry_affinity(registry, i), place));
        uint32_t os = os_of(registry, i);
        assert_true(ta_affinity_equal(ta_registry_find_os_processor(registry, os), place));
        /* Dense, by first use; region by region. */
        assert_true(ta_affinity_cache(place) <= caches);
        assert_true(ta_affinity_region(place) <= regions);
        caches += ta_affinity_cache(place) == caches;
        regions += ta_affinity_region(place) == regions;
        assert_false(region_left[ta_affinity_region(place)]);
        if (i + 1 < count && !ta_affinity_same_region(place, places[i + 1]))
            region_left[ta_affinity_region(place)] = true;
    }
    assert_int_equal(caches, ta_registry_cache_count(registry));
    assert_int_equal(regions, ta_registry_region_count(registry));
    assert_true(ta_affinity_is_unknown(ta_registry_affinity(registry, count)));

    const ta_left_out *left = ta_registry_left_out(registry);
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++) {
        assert_true(i == 0 || left[i - 1].os_processor < left[i].os_processor);
        assert_true(
            ta_affinity_is_unknown(ta_registry_find_os_processor(registry, left[i].os_processor)));
    }
    free(region_left);
}

static inline void check_counts(const ta_registry *registry, uint32_t processors, uint32_t caches,
                                uint32_t regions) {
    assert_int_equal(ta_registry_processor_count(registry), processors);
    assert_int_equal(ta_registry_cache_count(registry), caches);
    assert_int_equal(ta_registry_region_count(registry), regions);
    check_promises(registry);
}

/* Fails as told, with a message that names the function, nothing made and nothing leaked. */
static inline void expect_failure(ta_registry_options options, ta_status expected,
                                  const char *text) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    ta_registry *registry = (ta_registry *)&book;
    if (options.allocator == NULL) options.allocator = &allocator;
    errno = 12345;
    ta_status status = ta_registry_create(&options, &registry);
    assert_int_equal(errno, 12345);
    if (status != expected)
        print_error("%s instead of %s: %s\n", ta_status_name(status), ta_status_name(expected),
                    ta_last_error());
    assert_int_equal(status, expected);
    assert_null(registry);
    assert_balanced(&book);
    assert_memory_equal(ta_last_error(), "ta_registry_create: ", 20);
    if (strstr(ta_last_error(), text) == NULL) fail_msg("'%s' in '%s'", text, ta_last_error());
}

#endif
