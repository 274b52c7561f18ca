/* SPDX-License-Identifier: MIT
 *
 * Registries that were given a list of processors: which lists there are, what they choose, and
 * what becomes of a listed processor that cannot be used.
 */
#include "registry_checks.h"

#include "processor_list.h"

#include <sched.h>

static const uint32_t two_regions[2] = {8, 8};

/* 16 processors in two regions, every one a core of its own. */
static ta_registry_options counted(const char *list) {
    return (ta_registry_options){.machine = TA_MACHINE_COUNTS,
                                 .processors = TA_PROCESSORS_ALL,
                                 .counts = two_regions,
                                 .counts_length = 2,
                                 .os_processors = list};
}

static ta_registry_options described(ta_machine machine, const char *text, const char *list) {
    return (ta_registry_options){.machine = machine,
                                 .processors = TA_PROCESSORS_ALL,
                                 .description = text,
                                 .os_processors = list};
}

/* Makes the registry; it took these numbers, in the machine's order. */
static void expect_taken(ta_registry_options options, const char *numbers) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    ta_registry *registry;
    char taken[512] = "";
    size_t used = 0;
    options.allocator = &allocator;
    ta_status status = ta_registry_create(&options, &registry);
    if (status != TA_OK) print_error("'%s': %s\n", options.os_processors, ta_last_error());
    assert_int_equal(status, TA_OK);
    check_promises(registry);
    for (uint32_t i = 0; i < ta_registry_processor_count(registry) && used < sizeof taken; i++)
        used += (size_t)snprintf(taken + used, sizeof taken - used, "%s%u", i == 0 ? "" : " ",
                                 os_of(registry, i));
    assert_string_equal(taken, numbers);
    ta_registry_destroy(registry);
    assert_balanced(&book);
}

/* The reasons of those that were left out: "0 list, 3 core". */
static void expect_reasons(ta_registry_options options, const char *reasons) {
    ta_registry *registry;
    char text[512] = "";
    size_t used = 0;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    for (size_t i = 0; i < ta_registry_left_out_count(registry) && used < sizeof text; i++) {
        ta_left_out left = ta_registry_left_out(registry)[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u %s", i == 0 ? "" : ", ",
                                 left.os_processor, ta_left_out_reason_name(left.reason));
    }
    assert_string_equal(text, reasons);
    ta_registry_destroy(registry);
}

/* ---- lists ------------------------------------------------------------------------------------- */

static void every_form_of_a_list(void **state) {
    (void)state;
    static const char *const lists[][2] = {
        {"0", "0"},
        {"15", "15"},
        {"0-0", "0"},
        {"3-5", "3 4 5"},
        {"0-2,7,12-14", "0 1 2 7 12 13 14"},
        {"9,1,4-5", "1 4 5 9"},
        {"007-0010", "7 8 9 10"},
        {"0-15", "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"},
        {"0-14:2", "0 2 4 6 8 10 12 14"},
        {"1-15:7,3-3:5,4-5:1000", "1 3 4 8 15"},
        /* listed twice */
        {"4,4,4", "4"},
        {"2-6,4-5,6,2", "2 3 4 5 6"},
        {"2-4,4-6", "2 3 4 5 6"},
        {"2-3,4-5", "2 3 4 5"},
        {"0-6:2,3-6:3,5", "0 2 3 4 5 6"},
        {"0-15,0-15,15", "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        expect_taken(counted(lists[i][0]), lists[i][1]);
}

static void text_that_is_no_list(void **state) {
    (void)state;
    static const char missing[] = "a number is missing", above[] = "the number is above 1048575",
                      backwards[] = "the range ends before it begins",
                      neither[] = "neither a comma nor the end";
    static const struct {
        const char *text;
        size_t character;
        const char *why;
    } cases[] = {
        {"", 1, missing},
        {"a", 1, missing},
        {",", 1, missing},
        {",1", 1, missing},
        {"-1", 1, missing},
        {"+1", 1, missing},
        {" 1", 1, missing},
        {"\t1", 1, missing},
        {"1,", 3, missing},
        {"1,,2", 3, missing},
        {"1, 2", 3, missing},
        {"0-", 3, missing},
        {"0--1", 3, missing},
        {"0-,1", 3, missing},
        {"0-a", 3, missing},
        {"3-1", 3, backwards},
        {"0,10-9", 6, backwards},
        {"1 ", 2, neither},
        {"1a", 2, neither},
        {"0x1", 2, neither},
        {"1;2", 2, neither},
        {"1\n", 2, neither},
        {"0:2", 2, neither},
        {"0-3:", 5, missing},
        {"0-3:-1", 5, missing},
        {"0-3:2:2", 6, neither},
        {"0-3:2-4", 6, neither},
        {"0-3:1048576", 5, above},
        {"1,0-3:0", 7, "the step is 0"},
        {"3-1:2", 3, backwards},
        {"0-3-5", 4, neither},
        {"1.5", 2, neither},
        {"1048576", 1, above},
        {"0-1048576", 3, above},
        {"4294967296", 1, above},
        {"5,4294967297", 3, above},
        {"18446744073709551616", 1, above},
        {"0,99999999999999999999999999999999999999999999999999999999999999999999", 3, above},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[160];
        size_t at;
        snprintf(expected, sizeof expected, "os_processors '%.60s%s', character %zu: %s; ",
                 cases[i].text, strlen(cases[i].text) > 60 ? "..." : "", cases[i].character,
                 cases[i].why);
        expect_failure(counted(cases[i].text), TA_E_FORMAT, expected);
        assert_string_equal(ta_processor_list_check(cases[i].text, &at), cases[i].why);
        assert_int_equal(at, cases[i].character - 1);
    }
    /* Where a list is and where the machine comes from does not matter to a bad one. */
    expect_failure((ta_registry_options){.os_processors = "0-"}, TA_E_FORMAT, "character 3");
    expect_failure(described(TA_MACHINE_XML, "/nowhere/at.all", "a"), TA_E_FORMAT, "character 1");
    ta_registry_options wrong = counted("a");
    wrong.count = 1;
    expect_failure(wrong, TA_E_INVALID, "count 1");
}

static void a_list_is_read_range_by_range(void **state) {
    (void)state;
    static const ta_processor_range expected[] = {{0, 3, 1}, {6, 6, 1}, {1048575, 1048575, 1},
                                                  {2, 2, 1}, {0, 7, 3}, {1, 1, 1048575}};
    static const char text[] = "0-3,6,1048575-1048575,2-2,0-7:3,1-1:1048575";
    enum { RANGES = sizeof expected / sizeof *expected };
    size_t at = 0;
    for (size_t i = 0; i < RANGES; i++) {
        ta_processor_range range;
        assert_null(ta_processor_list_next(text, &at, &range));
        assert_int_equal(range.first, expected[i].first);
        assert_int_equal(range.last, expected[i].last);
        assert_int_equal(range.step, expected[i].step);
        assert_int_equal(text[at] == 0, i == RANGES - 1);
    }
    assert_null(ta_processor_list_check(text, &at));
    assert_int_equal(at, sizeof text - 1);
}

/* A hundred thousand ranges: it takes as many searches, and no memory for them. */
static void a_long_list(void **state) {
    (void)state;
    enum { RANGES = 100000 };
    char *text = malloc(RANGES * 5 + 1);
    assert_non_null(text);
    for (size_t i = 0; i < RANGES; i++) memcpy(text + i * 5, "4-15,", 5);
    text[RANGES * 5 - 1] = 0;
    expect_taken(counted(text), "4 5 6 7 8 9 10 11 12 13 14 15");
    text[RANGES * 5 - 2] = '6'; /* ...,4-16 */
    expect_failure(counted(text), TA_E_TOO_FEW, "processor 16 of os_processors");
    text[RANGES * 5 - 2] = 'x'; /* 4-1x */
    expect_failure(counted(text), TA_E_FORMAT, "4-15,4-15,...', character 499998: the range ");
    free(text);
}

static void the_text_is_not_kept(void **state) {
    (void)state;
    char text[] = "1,3-4";
    ta_registry_options options = counted(text);
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    assert_string_equal(text, "1,3-4");
    memset(text, 'x', sizeof text);
    check_counts(registry, 3, 1, 1);
    assert_int_equal(os_of(registry, 2), 4);
    assert_int_equal(ta_registry_left_out_count(registry), 13);
    ta_registry_destroy(registry);
}

/* ---- the rules among them ---------------------------------------------------------------------- */

static void rules_work_among_the_listed(void **state) {
    (void)state;
    ta_registry_options options = counted("2-5,8-9");
    options.processors = TA_PROCESSORS_AUTO; /* described machines have no quota */
    expect_taken(options, "2 3 4 5 8 9");
    options.processors = TA_PROCESSORS_EXACTLY;
    options.count = 3;
    expect_taken(options, "2 3 4");
    options.placement = TA_PLACEMENT_SPREAD;
    expect_taken(options, "2 3 8");
    options.count = 5;
    expect_taken(options, "2 3 4 8 9");
    options.processors = TA_PROCESSORS_AT_MOST;
    expect_taken(options, "2 3 4 8 9");
    options.count = 50;
    expect_taken(options, "2 3 4 5 8 9");
    options.processors = TA_PROCESSORS_EXACTLY;
    options.count = 7;
    expect_failure(options, TA_E_TOO_FEW, "asked for 7 processors, 6 are listed");
}

/* Not whether a core's first processor is listed counts, but which of the listed comes first. */
static void one_per_core_chooses_among_the_listed(void **state) {
    (void)state;
    NEEDS_HWLOC();
    ta_registry_options options = described(TA_MACHINE_SYNTHETIC, "node:2 core:2 pu:2", "1-3,5,7");
    options.one_per_core = true;
    expect_taken(options, "1 2 5 7");
    expect_reasons(options, "0 list, 3 core, 4 list, 6 list");
    options.processors = TA_PROCESSORS_AT_MOST;
    options.placement = TA_PLACEMENT_SPREAD;
    options.count = 2;
    expect_taken(options, "1 5");
    expect_reasons(options, "0 list, 2 count, 3 core, 4 list, 6 list, 7 count");
    options.processors = TA_PROCESSORS_EXACTLY;
    options.count = 5;
    expect_failure(options, TA_E_TOO_FEW, "asked for 5 cores, 4 are listed");
    options = described(TA_MACHINE_SYNTHETIC, "node:2 core:2 pu:2", "1-3");
    options.processors = TA_PROCESSORS_EXACTLY;
    options.placement = TA_PLACEMENT_SPREAD;
    options.count = 2;
    expect_taken(options, "1 2"); /* a core each, where the unlisted 0 is no sibling any more */
}

static void numbers_are_the_operating_systems(void **state) {
    (void)state;
    NEEDS_HWLOC();
    expect_taken(
        described(TA_MACHINE_SYNTHETIC, "node:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)", "3-5"),
        "4 5 3");
    expect_taken(described(TA_MACHINE_SYNTHETIC, "pu:4(indexes=10,30,20,40)", "10,40,30"),
                 "10 30 40");
    expect_failure(described(TA_MACHINE_SYNTHETIC, "pu:4(indexes=10,30,20,40)", "10-30"),
                   TA_E_TOO_FEW, "processor 11 of os_processors");
}

/* ---- those that cannot be used ----------------------------------------------------------------- */

static void a_listed_processor_that_is_not_there(void **state) {
    (void)state;
    static const struct {
        const char *list;
        uint32_t missing; /* the lowest */
    } cases[] = {{"16", 16},          {"0-16", 16},
                 {"15-17", 16},       {"99,17,98", 17},
                 {"0-1048575", 16},   {"1048575", 1048575},
                 {"20-30,3,4-5", 20}, {"16-17,17-18", 16},
                 {"18-20,0-17", 16},  {"0,1048575-1048575", 1048575},
                 {"0-20:4", 16},      {"1-1048575:7,18", 18},
                 {"12-40:9", 21},     {"20-40:5,3-17:7", 17}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[120];
        snprintf(expected, sizeof expected,
                 "processor %u of os_processors is not usable: the machine has none",
                 cases[i].missing);
        expect_failure(counted(cases[i].list), TA_E_TOO_FEW, expected);
    }
}

/* Of the file, 0 to 3 are usable, 4 and 5 outside of the cpuset, 6 and 7 offline. */
static void a_listed_processor_that_is_offline_or_forbidden(void **state) {
    (void)state;
    static const char file[] = TA_TEST_DATA "/offline_and_cpuset.xml";
    NEEDS_HWLOC();
    expect_failure(described(TA_MACHINE_XML, file, "0,6"), TA_E_TOO_FEW,
                   "processor 6 of os_processors is not usable: it is offline");
    expect_failure(described(TA_MACHINE_XML, file, "5,0"), TA_E_TOO_FEW,
                   "processor 5 of os_processors is not usable: the cgroup's cpuset forbids it");
    expect_failure(described(TA_MACHINE_XML, file, "6-9,4"), TA_E_TOO_FEW, "processor 4 of");
    expect_failure(described(TA_MACHINE_XML, file, "7-9"), TA_E_TOO_FEW, "processor 7 of");
    expect_failure(described(TA_MACHINE_XML, file, "8-9"), TA_E_TOO_FEW, "processor 8 of");
    ta_registry_options options = described(TA_MACHINE_XML, file, "1-3");
    options.processors = TA_PROCESSORS_AT_MOST;
    options.count = 2;
    expect_taken(options, "1 2");
    /* What the system forbids comes before what the list leaves out. */
    expect_reasons(options, "0 list, 3 count, 4 cpuset, 5 cpuset, 6 offline, 7 offline");
}

/* ---- this machine ------------------------------------------------------------------------------ */

static uint32_t last_of(const cpu_set_t *mask) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, mask)) last = i;
    return last;
}

static void this_machine_takes_a_list(void **state) {
    (void)state;
    cpu_set_t mask;
    char text[40], number[16];
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    uint32_t last = last_of(&mask);
    snprintf(text, sizeof text, "%u,%u-%u", last, last, last);
    snprintf(number, sizeof number, "%u", last);
    for (int rule = TA_PROCESSORS_AUTO; rule <= TA_PROCESSORS_AT_MOST; rule++) {
        ta_registry_options options = {.processors = (ta_processors)rule, .os_processors = text};
        if (rule >= TA_PROCESSORS_EXACTLY) options.count = 1;
        expect_taken(options, number);
    }
    ta_registry_options options = {.os_processors = text};
    ta_registry *registry;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    assert_false(ta_registry_is_described(registry));
    size_t left = 0;
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++)
        left += ta_registry_left_out(registry)[i].reason == TA_LEFT_OUT_LIST;
    assert_int_equal(left, CPU_COUNT(&mask) - 1);
    assert_int_equal(ta_registry_pin(registry, ta_registry_affinity(registry, 0)), TA_OK);
    assert_true(ta_registry_is_bound(registry, ta_registry_affinity(registry, 0)));
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
    options.os_processors = "1048575";
    expect_failure(options, TA_E_TOO_FEW, "processor 1048575 of os_processors is not usable: ");
}

static void a_mask_that_lacks_a_listed_one(void **state) {
    (void)state;
    cpu_set_t before, narrow;
    char text[64], expected[120];
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    if (CPU_COUNT(&before) < 2) skip();
    uint32_t last = last_of(&before), other = 0;
    while (!CPU_ISSET(other, &before)) other++;
    CPU_ZERO(&narrow);
    CPU_SET(last, &narrow);
    snprintf(text, sizeof text, "%u,%u", last, other);
    snprintf(expected, sizeof expected,
             "processor %u of os_processors is not usable: the affinity mask of the thread lacks "
             "it",
             other);
    assert_int_equal(sched_setaffinity(0, sizeof narrow, &narrow), 0);
    expect_failure((ta_registry_options){.os_processors = text}, TA_E_TOO_FEW, expected);
    /* The mask's word comes before the list's. */
    snprintf(text, sizeof text, "%u", last);
    ta_registry_options options = {.os_processors = text};
    ta_registry *registry;
    ta_status status = ta_registry_create(&options, &registry);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(status, TA_OK);
    check_counts(registry, 1, 1, 1);
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++)
        assert_int_not_equal(ta_registry_left_out(registry)[i].reason, TA_LEFT_OUT_LIST);
    ta_registry_destroy(registry);
}

/* ---- memory runs out --------------------------------------------------------------------------- */

/* A list costs no allocation. */
static void a_list_needs_no_memory(void **state) {
    (void)state;
    ledger with = {0}, without = {0};
    ta_allocator allocator = ledger_allocator(&without);
    ta_registry_options options = counted(NULL);
    ta_registry *registry;
    options.allocator = &allocator;
    options.processors = TA_PROCESSORS_AT_MOST;
    options.count = 4;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    ta_registry_destroy(registry);
    allocator = ledger_allocator(&with);
    options.os_processors = "0-3,0-15,7";
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    ta_registry_destroy(registry);
    assert_int_equal(atomic_load(&with.calls), atomic_load(&without.calls));
    for (size_t fail_at = 1; fail_at <= atomic_load(&without.calls); fail_at++) {
        ledger book = {.fail_at = fail_at};
        allocator = ledger_allocator(&book);
        assert_int_equal(ta_registry_create(&options, &registry), TA_E_NOMEM);
        assert_null(registry);
        assert_balanced(&book);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_list),
        cmocka_unit_test(text_that_is_no_list),
        cmocka_unit_test(a_list_is_read_range_by_range),
        cmocka_unit_test(a_long_list),
        cmocka_unit_test(the_text_is_not_kept),
        cmocka_unit_test(rules_work_among_the_listed),
        cmocka_unit_test(one_per_core_chooses_among_the_listed),
        cmocka_unit_test(numbers_are_the_operating_systems),
        cmocka_unit_test(a_listed_processor_that_is_not_there),
        cmocka_unit_test(a_listed_processor_that_is_offline_or_forbidden),
        cmocka_unit_test(this_machine_takes_a_list),
        cmocka_unit_test(a_mask_that_lacks_a_listed_one),
        cmocka_unit_test(a_list_needs_no_memory),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
