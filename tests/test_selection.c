/* SPDX-License-Identifier: MIT
 *
 * Choosing processors, against a slow and obvious oracle on random machines.
 */
#include "harness.h"
#include "ledger.h"

#include "selection.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define LARGEST 40

/* ---- random machines --------------------------------------------------------------------------- */

static uint64_t random_state;

static uint32_t below(uint32_t limit) {
    random_state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % limit);
}

/* TA_TEST_SEED repeats a run that failed. */
static void seed(void) {
    const char *text = getenv("TA_TEST_SEED");
    random_state = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    printf("TA_TEST_SEED=%" PRIu64 "\n", random_state);
}

/* Identities are as scattered as the contract allows. */
static ta_machine_units random_machine(ta_unit units[LARGEST]) {
    uint32_t count = 1 + below(LARGEST), cores = 1 + below(count), regions = 1 + below(5);
    uint32_t caches = 1 + below(8), offset = below(1000);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t state = below(8);
        units[i] = (ta_unit){.os_index = (i * 7 + 3) % 41 + offset,
                             .core = 1000 - below(cores),
                             .cache = 5000 - 3 * below(caches),
                             .region = 70 - 7 * below(regions),
                             .state = state < 5 ? TA_UNIT_USABLE : (ta_unit_state)(state - 4)};
    }
    return (ta_machine_units){units, count, 1, true, false};
}

static ta_registry_options random_options(void) {
    ta_registry_options options = {.processors = (ta_processors)below(4),
                                   .placement = (ta_placement)below(2),
                                   .one_per_core = below(2) != 0};
    if (options.processors >= TA_PROCESSORS_EXACTLY) options.count = 1 + below(LARGEST);
    return options;
}

/* Lists: which numbers are listed, and a text that says so in single numbers and ranges, in any
 * order and some of them twice. */
enum { NUMBERS = 1100, LIST_SIZE = 4096 };

typedef struct random_list {
    char text[LIST_SIZE];
    bool listed[NUMBERS];
} random_list;

static void list_numbers(random_list *list, uint32_t first, uint32_t last) {
    size_t used = strlen(list->text), room = sizeof list->text - used;
    const char *comma = used == 0 ? "" : ",";
    if (first == last && below(2) == 0)
        snprintf(list->text + used, room, "%s%u", comma, first);
    else
        snprintf(list->text + used, room, "%s%u-%u", comma, first, last);
    for (uint32_t i = first; i <= last; i++) list->listed[i] = true;
}

static bool is_usable(const ta_machine_units *machine, uint32_t number) {
    for (size_t i = 0; i < machine->count; i++)
        if (machine->units[i].os_index == number) return machine->units[i].state == TA_UNIT_USABLE;
    return false;
}

/* Now and then with a processor that is not usable. False: nothing is usable. */
static bool make_random_list(const ta_machine_units *machine, random_list *list) {
    *list = (random_list){.text = ""};
    for (uint32_t ranges = 1 + below(12); ranges > 0; ranges--) {
        uint32_t first = machine->units[below((uint32_t)machine->count)].os_index;
        if (!is_usable(machine, first) && below(40) != 0) continue;
        uint32_t last = first;
        while (is_usable(machine, last + 1) && below(4) != 0) last++;
        if (below(100) == 0) last += below(4);
        list_numbers(list, first, last);
    }
    return list->text[0] != 0;
}

/* The lowest number that is listed and not usable, or NUMBERS. */
static uint32_t lowest_wrong(const ta_machine_units *machine, const random_list *list) {
    uint32_t number = 0;
    while (number < NUMBERS && (!list->listed[number] || is_usable(machine, number))) number++;
    return number;
}

/* ---- the oracle -------------------------------------------------------------------------------- */

enum { UNDECIDED = 100, CHOSEN };

/* Not left out by the system, nor by the list. */
static bool is_candidate(const ta_machine_units *machine, const random_list *list, size_t unit) {
    return machine->units[unit].state == TA_UNIT_USABLE &&
           (list == NULL || list->listed[machine->units[unit].os_index]);
}

static uint32_t oracle_rank(const ta_machine_units *machine, const random_list *list, size_t unit) {
    uint32_t rank = 0;
    for (size_t i = 0; i < unit; i++)
        rank +=
            is_candidate(machine, list, i) && machine->units[i].core == machine->units[unit].core;
    return rank;
}

/* The one that the region gives away next, or the machine's count. */
static size_t oracle_next(const ta_machine_units *machine, const random_list *list, const int *fate,
                          uint32_t region) {
    size_t best = machine->count;
    for (size_t i = 0; i < machine->count; i++) {
        if (fate[i] != UNDECIDED || machine->units[i].region != region) continue;
        if (best == machine->count ||
            oracle_rank(machine, list, i) < oracle_rank(machine, list, best))
            best = i;
    }
    return best;
}

static void oracle_spread(const ta_machine_units *machine, const random_list *list, int *fate,
                          size_t take) {
    uint32_t regions[LARGEST];
    size_t region_count = 0;
    for (size_t i = 0; i < machine->count; i++) {
        bool known = fate[i] != UNDECIDED;
        for (size_t r = 0; r < region_count; r++) known |= regions[r] == machine->units[i].region;
        if (!known) regions[region_count++] = machine->units[i].region;
    }
    while (take > 0)
        for (size_t r = 0; r < region_count && take > 0; r++) {
            size_t next = oracle_next(machine, list, fate, regions[r]);
            if (next == machine->count) continue;
            fate[next] = CHOSEN;
            take--;
        }
}

/* Decides each unit's fate; false: too few. */
static bool oracle(const ta_machine_units *machine, const ta_registry_options *options,
                   const random_list *list, ta_os_quota quota, int fate[LARGEST]) {
    size_t open = 0, take;
    int reason = TA_LEFT_OUT_COUNT;
    for (size_t i = 0; i < machine->count; i++) {
        ta_unit_state unit = machine->units[i].state;
        fate[i] = UNDECIDED;
        if (unit == TA_UNIT_OFFLINE) fate[i] = TA_LEFT_OUT_OFFLINE;
        if (unit == TA_UNIT_CPUSET) fate[i] = TA_LEFT_OUT_CPUSET;
        if (unit == TA_UNIT_MASK) fate[i] = TA_LEFT_OUT_MASK;
        if (fate[i] == UNDECIDED && !is_candidate(machine, list, i)) fate[i] = TA_LEFT_OUT_LIST;
        if (fate[i] == UNDECIDED && options->one_per_core && oracle_rank(machine, list, i) > 0)
            fate[i] = TA_LEFT_OUT_CORE;
        open += fate[i] == UNDECIDED;
    }
    take = open;
    if (options->processors == TA_PROCESSORS_AUTO && quota.quota_us != 0) {
        size_t paid = 0;
        while (paid * quota.period_us < quota.quota_us) paid++;
        if (paid < take) {
            take = paid;
            reason = TA_LEFT_OUT_QUOTA;
        }
    }
    if (options->processors == TA_PROCESSORS_EXACTLY && open < options->count) return false;
    if (options->count != 0 && take > options->count) take = options->count;
    if (open == 0) return false;
    if (options->placement == TA_PLACEMENT_SPREAD) {
        oracle_spread(machine, list, fate, take);
    } else {
        for (size_t i = 0; i < machine->count && take > 0; i++)
            if (fate[i] == UNDECIDED) {
                fate[i] = CHOSEN;
                take--;
            }
    }
    for (size_t i = 0; i < machine->count; i++)
        if (fate[i] == UNDECIDED) fate[i] = reason;
    return true;
}

static void compare(const ta_machine_units *machine, const int *fate,
                    const ta_selection *selection) {
    size_t chosen = 0;
    assert_int_equal(selection->count + selection->left_count, machine->count);
    for (size_t i = 0; i < machine->count; i++) {
        if (fate[i] == CHOSEN) {
            assert_true(chosen < selection->count);
            assert_int_equal(selection->chosen[chosen++], i);
            continue;
        }
        bool found = false;
        for (size_t j = 0; j < selection->left_count; j++) {
            assert_true(j == 0 ||
                        selection->left[j - 1].os_processor < selection->left[j].os_processor);
            if (selection->left[j].os_processor != machine->units[i].os_index) continue;
            assert_int_equal(selection->left[j].reason, fate[i]);
            found = true;
        }
        assert_true(found);
    }
    assert_int_equal(chosen, selection->count);
}

/* Dense, by first use, and equal exactly where the identities are. */
static void compare_places(const ta_machine_units *machine, const ta_selection *selection,
                           const ta_affinity *places) {
    uint32_t caches = 0, regions = 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        const ta_unit *unit = &machine->units[selection->chosen[i]];
        assert_int_equal(places[i].processor, i);
        assert_int_equal(places[i].processor_count, selection->count);
        assert_true(places[i].cache <= caches && places[i].region <= regions);
        caches += places[i].cache == caches;
        regions += places[i].region == regions;
        for (uint32_t j = 0; j < i; j++) {
            const ta_unit *other = &machine->units[selection->chosen[j]];
            assert_int_equal(places[i].cache == places[j].cache, unit->cache == other->cache);
            assert_int_equal(places[i].region == places[j].region, unit->region == other->region);
        }
    }
    assert_int_equal(places[0].cache_count, caches);
    assert_int_equal(places[0].region_count, regions);
}

static void random_machines_agree_with_the_oracle(void **state) {
    (void)state;
    seed();
    uint32_t made = 0, made_of_lists = 0, refused_lists = 0;
    for (int round = 0; round < 6000; round++) {
        static random_list list;
        ta_unit units[LARGEST];
        int fate[LARGEST];
        ta_affinity places[LARGEST];
        ta_machine_units machine = random_machine(units);
        ta_registry_options options = random_options();
        ta_os_quota quota = {below(3) == 0 ? 0 : below(2000), 1 + below(100)};
        ledger book = {0};
        ta_allocator allocator = ledger_allocator(&book);
        ta_selection selection;
        bool has_list = below(2) == 0 && make_random_list(&machine, &list);
        uint32_t wrong = has_list ? lowest_wrong(&machine, &list) : NUMBERS;
        if (has_list) options.os_processors = list.text;
        bool enough =
            oracle(&machine, &options, has_list ? &list : NULL, quota, fate) && wrong == NUMBERS;
        ta_status status = ta_select(&machine, &options, quota, &allocator, &selection);
        assert_int_equal(status, enough ? TA_OK : TA_E_TOO_FEW);
        made += enough;
        made_of_lists += enough && has_list;
        if (wrong != NUMBERS) {
            char expected[64];
            snprintf(expected, sizeof expected, ": processor %u of os_processors ", wrong);
            if (strstr(ta_last_error(), expected) == NULL)
                fail_msg("'%s': %u: %s", list.text, wrong, ta_last_error());
            refused_lists++;
        }
        if (enough) {
            compare(&machine, fate, &selection);
            status = ta_selection_places(&machine, &selection, &allocator, places);
            assert_int_equal(status, TA_OK);
            compare_places(&machine, &selection, places);
            ta_selection_free(&selection, &allocator);
        }
        assert_null(selection.chosen);
        assert_balanced(&book);
    }
    /* Enough of each kind to have said something. */
    assert_true(made > 2000 && made_of_lists > 600 && refused_lists > 200);
}

/* ---- by hand ----------------------------------------------------------------------------------- */

static ta_selection choose(ta_machine_units *machine, ta_registry_options options,
                           ta_os_quota quota) {
    ta_selection selection;
    assert_int_equal(ta_select(machine, &options, quota, ta_allocator_default(), &selection),
                     TA_OK);
    return selection;
}

static ta_machine_units flat_machine(uint32_t count) {
    ta_machine_units machine = {calloc(count, sizeof(ta_unit)), count, 1, false, false};
    assert_non_null(machine.units);
    for (uint32_t i = 0; i < count; i++) {
        machine.units[i].os_index = i;
        machine.units[i].core = i;
    }
    return machine;
}

static void a_quota_is_rounded_up_exactly(void **state) {
    (void)state;
    static const struct {
        uint64_t quota, period;
        uint32_t taken;
    } cases[] = {
        {0, 0, 8},           {0, 100000, 8},      {1000, 100000, 1},           {100000, 100000, 1},
        {100001, 100000, 2}, {200000, 100000, 2}, {150000, 100000, 2},         {799999, 100000, 8},
        {1, 1000000, 1},     {UINT64_MAX, 1, 8},  {UINT64_MAX, UINT64_MAX, 1},
    };
    ta_machine_units machine = flat_machine(8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ta_selection selection = choose(&machine, (ta_registry_options){0},
                                        (ta_os_quota){cases[i].quota, cases[i].period});
        assert_int_equal(selection.count, cases[i].taken);
        for (size_t j = 0; j < selection.left_count; j++)
            assert_int_equal(selection.left[j].reason, TA_LEFT_OUT_QUOTA);
        ta_selection_free(&selection, ta_allocator_default());
    }
    free(machine.units);
}

static void a_quota_counts_for_auto_only(void **state) {
    (void)state;
    ta_machine_units machine = flat_machine(4);
    ta_selection selection =
        choose(&machine, (ta_registry_options){.processors = TA_PROCESSORS_AT_MOST, .count = 3},
               (ta_os_quota){1, 1});
    assert_int_equal(selection.count, 3);
    assert_int_equal(selection.left[0].reason, TA_LEFT_OUT_COUNT);
    ta_selection_free(&selection, ta_allocator_default());
    free(machine.units);
}

static void small_regions_do_not_stop_the_spread(void **state) {
    (void)state;
    /* Regions of 1, 4 and 2; cores of two. */
    ta_unit units[7] = {{0, 0, 0, 0, 0, TA_UNIT_USABLE}, {1, 1, 0, 1, 1, TA_UNIT_USABLE},
                        {2, 1, 0, 1, 1, TA_UNIT_USABLE}, {3, 2, 0, 1, 1, TA_UNIT_USABLE},
                        {4, 2, 0, 1, 1, TA_UNIT_USABLE}, {5, 3, 0, 2, 2, TA_UNIT_USABLE},
                        {6, 3, 0, 2, 2, TA_UNIT_USABLE}};
    ta_machine_units machine = {units, 7, 3, true, false};
    ta_registry_options options = {
        .processors = TA_PROCESSORS_EXACTLY, .placement = TA_PLACEMENT_SPREAD, .count = 6};
    static const uint32_t expected[] = {0, 1, 2, 3, 5, 6};
    ta_selection selection = choose(&machine, options, (ta_os_quota){0, 0});
    assert_int_equal(selection.count, 6);
    assert_memory_equal(selection.chosen, expected, sizeof expected);
    ta_selection_free(&selection, ta_allocator_default());
}

static void more_than_there_are_indices_for(void **state) {
    (void)state;
    ta_machine_units machine = flat_machine(TA_AFFINITY_MAX + 2);
    ta_registry_options options = {0};
    ta_selection selection = choose(&machine, options, (ta_os_quota){70000, 1});
    assert_int_equal(selection.count, TA_AFFINITY_MAX);
    assert_int_equal(selection.left_count, 2);
    assert_int_equal(selection.left[1].os_processor, TA_AFFINITY_MAX + 1);
    assert_int_equal(selection.left[1].reason, TA_LEFT_OUT_COUNT);
    ta_selection_free(&selection, ta_allocator_default());

    options.placement = TA_PLACEMENT_SPREAD;
    selection = choose(&machine, options, (ta_os_quota){0, 0});
    assert_int_equal(selection.count, TA_AFFINITY_MAX);
    ta_selection_free(&selection, ta_allocator_default());

    options.processors = TA_PROCESSORS_ALL;
    assert_int_equal(
        ta_select(&machine, &options, (ta_os_quota){0, 0}, ta_allocator_default(), &selection),
        TA_E_RANGE);
    assert_null(selection.chosen);
    free(machine.units);
}

static void a_machine_without_usable_processors(void **state) {
    (void)state;
    ta_machine_units machine = flat_machine(2);
    ta_registry_options options = {0};
    ta_selection selection;
    machine.units[0].state = TA_UNIT_OFFLINE;
    machine.units[1].state = TA_UNIT_MASK;
    assert_int_equal(
        ta_select(&machine, &options, (ta_os_quota){0, 0}, ta_allocator_default(), &selection),
        TA_E_TOO_FEW);
    machine.count = 0;
    assert_int_equal(
        ta_select(&machine, &options, (ta_os_quota){0, 0}, ta_allocator_default(), &selection),
        TA_E_TOO_FEW);
    free(machine.units);
}

static void keys_are_sorted(void **state) {
    (void)state;
    seed();
    for (uint32_t count = 0; count < 200; count++) {
        ta_sort_key keys[200];
        uint64_t sum = 0, sorted_sum = 0;
        for (uint32_t i = 0; i < count; i++) {
            keys[i] = (ta_sort_key){below(10), below(5), below(3)};
            sum += keys[i].major * 1000003u + keys[i].minor * 1009u + keys[i].index;
        }
        ta_sort_keys(keys, count);
        for (uint32_t i = 0; i < count; i++) {
            sorted_sum += keys[i].major * 1000003u + keys[i].minor * 1009u + keys[i].index;
            if (i > 0)
                assert_true(keys[i - 1].major * 100 + keys[i - 1].minor * 10 + keys[i - 1].index <=
                            keys[i].major * 100 + keys[i].minor * 10 + keys[i].index);
        }
        assert_int_equal(sum, sorted_sum);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_machines_agree_with_the_oracle),
        cmocka_unit_test(a_quota_is_rounded_up_exactly),
        cmocka_unit_test(a_quota_counts_for_auto_only),
        cmocka_unit_test(small_regions_do_not_stop_the_spread),
        cmocka_unit_test(more_than_there_are_indices_for),
        cmocka_unit_test(a_machine_without_usable_processors),
        cmocka_unit_test(keys_are_sorted),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
