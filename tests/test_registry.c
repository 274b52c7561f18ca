/* SPDX-License-Identifier: MIT
 *
 * Registries: what they refuse, what they say of this machine, and how threads share them.
 */
#include "registry_checks.h"

#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

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
        {.reserved = {0, 0, 1}},
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
    sweep((ta_registry_options){.machine = TA_MACHINE_COUNTS,
                                .counts = counts,
                                .counts_length = 2,
                                .os_processors = "5,1-2"});
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
    static const char *const names[] = {"offline", "cpuset", "mask", "list",
                                        "core",    "quota",  "count"};
    for (int i = 0; i < 7; i++)
        assert_string_equal(ta_left_out_reason_name((ta_left_out_reason)i), names[i]);
    assert_non_null(ta_left_out_reason_name((ta_left_out_reason)7));
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

/* Each processor allocates for itself; a region's figures are those of all of its processors. */
static void processors_have_allocators_of_their_own(void **state) {
    (void)state;
    static const uint32_t counts[] = {2, 1};
    ta_registry *registry;
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    const ta_allocator *seen[3];
    void *memory[3];
    for (uint32_t i = 0; i < 3; i++) {
        seen[i] = ta_registry_allocator(registry, ta_registry_affinity(registry, i));
        for (uint32_t j = 0; j < i; j++) {
            ptrdiff_t apart = (const char *)seen[i] - (const char *)seen[j];
            assert_true(apart >= TA_CACHE_LINE || apart <= -TA_CACHE_LINE);
        }
        memory[i] = ta_allocate(seen[i], 100, 8);
        assert_non_null(memory[i]);
    }
    static const uint64_t expected[3] = {2, 2, 1};
    for (uint32_t i = 0; i < 3; i++) {
        ta_placement_figures figures;
        assert_int_equal(
            ta_registry_placement(registry, ta_registry_affinity(registry, i), &figures), TA_OK);
        assert_int_equal(figures.placed, 0);
        assert_int_equal(figures.fallback, expected[i]);
    }
    for (uint32_t i = 0; i < 3; i++) ta_release(seen[i], memory[i], 100, 8);
    ta_registry_destroy(registry);
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
        cmocka_unit_test(processors_have_allocators_of_their_own),
        cmocka_unit_test(threads_share_a_registry),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
