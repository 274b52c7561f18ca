/* SPDX-License-Identifier: MIT
 *
 * Registries of this machine and of described ones: what they hold, and what they refuse.
 */
#include "harness.h"
#include "ledger.h"

#include "ta/registry.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY UINT32_MAX

/* ---- helpers ---------------------------------------------------------------------------------- */

static bool reads_descriptions(void) {
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

static ta_registry *create(ta_machine machine, const char *description, ta_processors processors,
                           uint32_t count) {
    ta_registry_options options = {
        .machine = machine, .description = description, .processors = processors, .count = count};
    ta_registry *registry = NULL;
    ta_status status = ta_registry_create(&options, &registry);
    if (status != TA_OK) print_error("%s\n", ta_last_error());
    assert_int_equal(status, TA_OK);
    assert_non_null(registry);
    return registry;
}

static ta_registry *synthetic(const char *description) {
    return create(TA_MACHINE_SYNTHETIC, description, TA_PROCESSORS_ALL, 0);
}

static uint32_t os_of(const ta_registry *registry, uint32_t processor) {
    uint32_t os = NOBODY;
    ta_affinity place = ta_registry_affinity(registry, processor);
    assert_int_equal(ta_registry_os_processor(registry, place, &os), TA_OK);
    return os;
}

static int32_t node_of(const ta_registry *registry, uint32_t processor) {
    int32_t node = -2;
    ta_affinity place = ta_registry_affinity(registry, processor);
    assert_int_equal(ta_registry_os_node(registry, place, &node), TA_OK);
    return node;
}

/* What holds for every registry. */
static void check_promises(const ta_registry *registry) {
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

static void check_counts(const ta_registry *registry, uint32_t processors, uint32_t caches,
                         uint32_t regions) {
    assert_int_equal(ta_registry_processor_count(registry), processors);
    assert_int_equal(ta_registry_cache_count(registry), caches);
    assert_int_equal(ta_registry_region_count(registry), regions);
    check_promises(registry);
}

/* Fails as told, with a message that names the function, nothing made and nothing leaked. */
static void expect_failure(ta_registry_options options, ta_status expected, const char *text) {
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

/* ---- described machines ------------------------------------------------------------------------ */

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

/* ---- refusals ---------------------------------------------------------------------------------- */

static void options_that_contradict_themselves(void **state) {
    (void)state;
    static const uint32_t counts[1] = {4};
    static const ta_allocator half = {ledger_allocate, NULL, NULL};
    static const ta_registry_options wrong[] = {
        {.machine = (ta_machine)9},
        {.machine = (ta_machine)-1},
        {.processors = (ta_processors)4},
        {.placement = (ta_placement)2},
        {.processors = TA_PROCESSORS_EXACTLY},
        {.processors = TA_PROCESSORS_AT_MOST},
        {.processors = TA_PROCESSORS_AT_MOST, .count = TA_AFFINITY_MAX + 1},
        {.processors = TA_PROCESSORS_ALL, .count = 1},
        {.count = 1},
        {.description = "pu:1"},
        {.counts = counts},
        {.counts_length = 1},
        {.machine = TA_MACHINE_SYNTHETIC},
        {.machine = TA_MACHINE_SYNTHETIC, .description = "pu:1", .counts = counts},
        {.machine = TA_MACHINE_XML},
        {.machine = TA_MACHINE_XML, .description = "x", .counts_length = 1},
        {.machine = TA_MACHINE_COUNTS},
        {.machine = TA_MACHINE_COUNTS, .counts = counts},
        {.machine = TA_MACHINE_COUNTS, .counts_length = 1},
        {.machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 1, .description = "x"},
        {.reserved = {0, 0, 0, 1}},
        {.allocator = &half},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_failure(wrong[i], TA_E_INVALID, "");
    assert_int_equal(ta_registry_create(NULL, NULL), TA_E_INVALID);
}

static void too_many_or_none(void **state) {
    (void)state;
    static const uint32_t counts[2] = {2, 3}, none[2] = {0, 0};
    ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_EXACTLY,
                                   .count = 6,
                                   .counts = counts,
                                   .counts_length = 2};
    expect_failure(options, TA_E_TOO_FEW, "asked for 6 processors, 5 are usable");
    options.counts = none;
    expect_failure(options, TA_E_TOO_FEW, "");
}

static void descriptions_that_make_no_machine(void **state) {
    (void)state;
    static const char *const nonsense[] = {"nonsense",     "",        "node:2 core:8", "pu:0",
                                           "core:2 pu:-1", "pu:2 x:", "pu:2(",         "node:2)"};
    NEEDS_HWLOC();
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        expect_failure(
            (ta_registry_options){.machine = TA_MACHINE_SYNTHETIC, .description = nonsense[i]},
            TA_E_FORMAT, "is no synthetic machine");
}

/* hwloc itself would take minutes and gigabytes over these. */
static void descriptions_of_too_many_processors(void **state) {
    (void)state;
    static const char *const large[] = {"pu:65536", "core:99999 99 9", "node:256 pu:256",
                                        "pack:18446744073709551615 2 pu:2"};
    NEEDS_HWLOC();
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        expect_failure(
            (ta_registry_options){.machine = TA_MACHINE_SYNTHETIC, .description = large[i]},
            TA_E_RANGE, "at most 65535");
}

static void write_file(const char *path, const char *text, size_t size) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void files_that_make_no_machine(void **state) {
    (void)state;
    static char whole[16384];
    char directory[] = "/tmp/ta-registry-XXXXXX", path[64];
    ta_registry_options options = {.machine = TA_MACHINE_XML, .description = path};
    NEEDS_HWLOC();
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s", directory);
    expect_failure(options, TA_E_SYSTEM, "directory");
    snprintf(path, sizeof path, "%s/machine.xml", directory);
    expect_failure(options, TA_E_NOT_FOUND, "machine.xml");
    write_file(path, "", 0);
    expect_failure(options, TA_E_FORMAT, "machine.xml");
    static const char empty[] = "<?xml version=\"1.0\"?><topology version=\"2.0\"></topology>";
    write_file(path, empty, sizeof empty - 1);
    expect_failure(options, TA_E_FORMAT, "machine.xml");
    static const char other[] = "<?xml version=\"1.0\"?><html><body>hello</body></html>";
    write_file(path, other, sizeof other - 1);
    expect_failure(options, TA_E_FORMAT, "machine.xml");

    FILE *good = fopen(TA_TEST_DATA "/two_memories.xml", "r");
    assert_non_null(good);
    size_t size = fread(whole, 1, sizeof whole, good);
    fclose(good);
    assert_in_range(size, 1000, sizeof whole - 1);
    for (size_t cut = 1; cut < size - 20; cut += 97) { /* cut short anywhere */
        write_file(path, whole, cut);
        expect_failure(options, TA_E_FORMAT, "machine.xml");
    }
    char *broken = strstr(whole, "complete_cpuset=\"0x3\""); /* in the machine itself */
    assert_non_null(broken);
    memcpy(broken, "complete_cpuset=\"0x8\"", 21);
    write_file(path, whole, size);
    ta_registry *registry;
    ta_status status = ta_registry_create(&options, &registry); /* hwloc may repair it */
    if (status == TA_OK) check_promises(registry);
    ta_registry_destroy(registry);
    unlink(path);
    rmdir(directory);
}

static void descriptions_without_hwloc(void **state) {
    (void)state;
    if (reads_descriptions()) skip();
    expect_failure((ta_registry_options){.machine = TA_MACHINE_XML, .description = "x"},
                   TA_E_UNSUPPORTED, "hwloc");
    expect_failure((ta_registry_options){.machine = TA_MACHINE_SYNTHETIC, .description = "pu:1"},
                   TA_E_UNSUPPORTED, "hwloc");
}

static void nothing_is_printed(void **state) {
    (void)state;
    FILE *seen = tmpfile();
    assert_non_null(seen);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(seen), STDERR_FILENO);
    static const char *const files[] = {TA_TEST_DATA "/offline_and_cpuset.xml",
                                        TA_TEST_DATA "/cost_sample.json", "/nowhere/at.all"};
    for (size_t i = 0; i < 3; i++) {
        ta_registry_options options = {.machine = TA_MACHINE_XML, .description = files[i]};
        ta_registry *registry;
        ta_registry_create(&options, &registry);
        ta_registry_destroy(registry);
    }
    ta_registry_options options = {.machine = TA_MACHINE_SYNTHETIC, .description = "a:b pu"};
    ta_registry *registry;
    ta_registry_create(&options, &registry);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fseek(seen, 0, SEEK_END);
    assert_int_equal(ftell(seen), 0);
    fclose(seen);
}

/* ---- memory runs out --------------------------------------------------------------------------- */

static void sweep(ta_registry_options options) {
    for (size_t fail_at = 1;; fail_at++) {
        ledger book = {.fail_at = fail_at};
        ta_allocator allocator = ledger_allocator(&book);
        ta_registry *registry;
        options.allocator = &allocator;
        ta_status status = ta_registry_create(&options, &registry);
        if (status == TA_OK) {
            assert_true(atomic_load(&book.calls) < fail_at);
            assert_true(fail_at > 5);
            check_promises(registry);
            ta_registry_destroy(registry);
            assert_balanced(&book);
            return;
        }
        assert_int_equal(status, TA_E_NOMEM);
        assert_null(registry);
        assert_balanced(&book);
        assert_true(fail_at < 1000);
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    static const uint32_t counts[] = {3, 4};
    sweep((ta_registry_options){.machine = TA_MACHINE_COUNTS,
                                .processors = TA_PROCESSORS_EXACTLY,
                                .placement = TA_PLACEMENT_SPREAD,
                                .count = 3,
                                .counts = counts,
                                .counts_length = 2});
    sweep((ta_registry_options){.processors = TA_PROCESSORS_ALL});
    if (!reads_descriptions()) return;
    sweep((ta_registry_options){.machine = TA_MACHINE_SYNTHETIC,
                                .description = "node:2 core:2 pu:2",
                                .one_per_core = true});
    sweep((ta_registry_options){.machine = TA_MACHINE_XML,
                                .description = TA_TEST_DATA "/offline_and_cpuset.xml"});
}

/* ---- this machine ------------------------------------------------------------------------------ */

static void this_machine_is_what_the_mask_says(void **state) {
    (void)state;
    cpu_set_t mask;
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    ta_registry *registry = create(TA_MACHINE_THIS, NULL, TA_PROCESSORS_ALL, 0);
    check_promises(registry);
    assert_false(ta_registry_is_described(registry));
    assert_int_equal(ta_registry_processor_count(registry), CPU_COUNT(&mask));
    for (uint32_t i = 0; i < ta_registry_processor_count(registry); i++)
        assert_true(CPU_ISSET(os_of(registry, i), &mask));
    assert_true(ta_registry_quota(registry) >= 0);
    ta_registry_destroy(registry);

    ta_registry *by_default;
    assert_int_equal(ta_registry_create(NULL, &by_default), TA_OK);
    check_promises(by_default);
    ta_registry_destroy(by_default);
}

static void a_narrow_mask_leaves_processors_out(void **state) {
    (void)state;
    cpu_set_t before, narrow;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    uint32_t last = 0;
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &before)) last = i;
    CPU_ZERO(&narrow);
    CPU_SET(last, &narrow);
    assert_int_equal(sched_setaffinity(0, sizeof narrow, &narrow), 0);
    ta_registry *registry = create(TA_MACHINE_THIS, NULL, TA_PROCESSORS_ALL, 0);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);

    check_counts(registry, 1, 1, 1);
    assert_int_equal(os_of(registry, 0), last);
    size_t masked = 0;
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++) {
        ta_left_out left = ta_registry_left_out(registry)[i];
        if (!CPU_ISSET(left.os_processor, &before)) continue;
        assert_int_equal(left.reason, TA_LEFT_OUT_MASK);
        masked++;
    }
    if (reads_descriptions()) assert_int_equal(masked, CPU_COUNT(&before) - 1);
    ta_registry_destroy(registry);
}

static void another_machine_through_hwlocs_environment(void **state) {
    (void)state;
    NEEDS_HWLOC();
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "node:3 pu:5", 1), 0);
    ta_registry *registry = create(TA_MACHINE_THIS, NULL, TA_PROCESSORS_ALL, 0);
    check_counts(registry, 15, 3, 3);
    assert_true(ta_registry_is_described(registry));
    assert_int_equal(ta_registry_pin(registry, ta_registry_affinity(registry, 0)), TA_E_DESCRIBED);
    ta_registry_destroy(registry);
    registry = synthetic("pu:7"); /* what the caller says comes first */
    check_counts(registry, 7, 1, 1);
    ta_registry_destroy(registry);
    unsetenv("HWLOC_SYNTHETIC");
}

/* ---- questions --------------------------------------------------------------------------------- */

static void null_is_answered(void **state) {
    (void)state;
    ta_affinity unknown = ta_affinity_unknown();
    uint32_t os;
    int32_t node;
    ta_placement_figures figures;
    assert_int_equal(ta_registry_processor_count(NULL), 0);
    assert_int_equal(ta_registry_cache_count(NULL), 0);
    assert_int_equal(ta_registry_region_count(NULL), 0);
    assert_null(ta_registry_affinities(NULL));
    assert_true(ta_affinity_is_unknown(ta_registry_affinity(NULL, 0)));
    assert_true(ta_affinity_is_unknown(ta_registry_find_os_processor(NULL, 0)));
    assert_false(ta_registry_is_described(NULL));
    assert_true(ta_registry_quota(NULL) == 0);
    assert_int_equal(ta_registry_left_out_count(NULL), 0);
    assert_null(ta_registry_left_out(NULL));
    assert_null(ta_registry_allocator(NULL, unknown));
    assert_false(ta_registry_is_bound(NULL, unknown));
    assert_int_equal(ta_registry_os_processor(NULL, unknown, &os), TA_E_INVALID);
    assert_int_equal(ta_registry_os_node(NULL, unknown, &node), TA_E_INVALID);
    assert_int_equal(ta_registry_placement(NULL, unknown, &figures), TA_E_INVALID);
    assert_int_equal(ta_registry_pin(NULL, unknown), TA_E_INVALID);
    assert_int_equal(ta_registry_adopt(NULL, unknown), TA_E_INVALID);
    assert_non_null(strstr(ta_last_error(), "ta_registry_adopt: "));
    ta_registry_destroy(NULL);
}

static void unknown_and_foreign_affinities(void **state) {
    (void)state;
    static const uint32_t counts[] = {2, 2};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    ta_affinity own = ta_registry_affinity(registry, 1), wrong[3];
    assert_int_equal(ta_affinity_make(1, 5, 0, 2, 0, 2, &wrong[0]), TA_OK);  /* another shape */
    assert_int_equal(ta_affinity_make(1, 4, 1, 2, 0, 2, &wrong[1]), TA_OK);  /* another cache */
    assert_int_equal(ta_affinity_make(9, 10, 0, 2, 0, 2, &wrong[2]), TA_OK); /* out of range */
    for (size_t i = 0; i < 4; i++) {
        ta_affinity which = i < 3 ? wrong[i] : ta_affinity_unknown();
        ta_status expected = i < 3 ? TA_E_FOREIGN_AFFINITY : TA_E_UNKNOWN_AFFINITY;
        uint32_t os = NOBODY;
        int32_t node = -2;
        ta_placement_figures figures = {77, 77};
        assert_int_equal(ta_registry_os_processor(registry, which, &os), expected);
        assert_int_equal(os, NOBODY);
        assert_non_null(strstr(ta_last_error(), "ta_registry_os_processor: "));
        assert_int_equal(ta_registry_os_node(registry, which, &node), expected);
        assert_int_equal(node, -2);
        assert_int_equal(ta_registry_placement(registry, which, &figures), expected);
        assert_int_equal(figures.placed, 77);
        assert_int_equal(ta_registry_pin(registry, which), expected);
        assert_int_equal(ta_registry_adopt(registry, which), expected);
        assert_false(ta_registry_is_bound(registry, which));
    }
    assert_int_equal(ta_registry_os_processor(registry, own, NULL), TA_E_INVALID);
    assert_int_equal(ta_registry_os_node(registry, own, NULL), TA_E_INVALID);
    assert_int_equal(ta_registry_placement(registry, own, NULL), TA_E_INVALID);
    assert_null(ta_registry_allocator(registry, wrong[0]));
    assert_non_null(ta_registry_allocator(registry, ta_affinity_unknown()));
    assert_true(ta_affinity_is_unknown(ta_registry_find_os_processor(registry, 4)));
    ta_registry_destroy(registry);
}

static void every_reason_has_a_name(void **state) {
    (void)state;
    static const char *const names[] = {"offline", "cpuset", "mask", "core", "quota", "count"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(ta_left_out_reason_name((ta_left_out_reason)i), names[i]);
    assert_non_null(ta_left_out_reason_name((ta_left_out_reason)6));
}

static void a_described_machine_falls_back(void **state) {
    (void)state;
    static const uint32_t counts[] = {1, 1};
    ledger book = {0};
    ta_allocator mine = ledger_allocator(&book);
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2, .allocator = &mine};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    ta_affinity place = ta_registry_affinity(registry, 1);
    const ta_allocator *allocator = ta_registry_allocator(registry, place);
    size_t before = atomic_load(&book.blocks);
    void *memory = ta_allocate(allocator, 100, 256);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % 256, 0);
    assert_int_equal(atomic_load(&book.blocks), before + 1);
    ta_placement_figures figures;
    assert_int_equal(ta_registry_placement(registry, place, &figures), TA_OK);
    assert_int_equal(figures.placed, 0);
    assert_int_equal(figures.fallback, 1);
    assert_int_equal(ta_registry_placement(registry, ta_registry_affinity(registry, 0), &figures),
                     TA_OK);
    assert_int_equal(figures.fallback, 0);
    ta_release(allocator, memory, 100, 256);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 2000 };

static void *ask(void *argument) {
    const ta_registry *registry = argument;
    uint32_t count = ta_registry_processor_count(registry);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        ta_affinity place = ta_registry_affinity(registry, i % count);
        const ta_allocator *allocator = ta_registry_allocator(registry, place);
        uint32_t os;
        void *memory = ta_allocate(allocator, 1 + i % 5000, 16);
        if (memory == NULL || ta_registry_os_processor(registry, place, &os) != TA_OK)
            return argument;
        memset(memory, (int)i, 1 + i % 5000);
        if (!ta_affinity_equal(ta_registry_find_os_processor(registry, os), place)) return argument;
        if (ta_registry_adopt(registry, place) != TA_OK) return argument;
        if (!ta_affinity_equal(ta_current_affinity(), place)) return argument;
        ta_release(allocator, memory, 1 + i % 5000, 16);
    }
    return NULL;
}

static void threads_share_a_registry(void **state) {
    (void)state;
    ta_registry *registry = create(TA_MACHINE_THIS, NULL, TA_PROCESSORS_ALL, 0);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, registry), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ta_registry_processor_count(registry); i++) {
        ta_affinity place = ta_registry_affinity(registry, i);
        bool first =
            i == 0 || !ta_affinity_same_region(place, ta_registry_affinity(registry, i - 1));
        ta_placement_figures figures;
        assert_int_equal(ta_registry_placement(registry, place, &figures), TA_OK);
        if (first) sum += figures.placed + figures.fallback;
    }
    assert_int_equal(sum, THREADS * ROUNDS);
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
        cmocka_unit_test(machines_from_counts),
        cmocka_unit_test(the_largest_machine_and_one_more),
        cmocka_unit_test(as_many_regions_as_processors),
        cmocka_unit_test(options_that_contradict_themselves),
        cmocka_unit_test(too_many_or_none),
        cmocka_unit_test(descriptions_that_make_no_machine),
        cmocka_unit_test(descriptions_of_too_many_processors),
        cmocka_unit_test(files_that_make_no_machine),
        cmocka_unit_test(descriptions_without_hwloc),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(this_machine_is_what_the_mask_says),
        cmocka_unit_test(a_narrow_mask_leaves_processors_out),
        cmocka_unit_test(another_machine_through_hwlocs_environment),
        cmocka_unit_test(null_is_answered),
        cmocka_unit_test(unknown_and_foreign_affinities),
        cmocka_unit_test(every_reason_has_a_name),
        cmocka_unit_test(a_described_machine_falls_back),
        cmocka_unit_test(threads_share_a_registry),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
