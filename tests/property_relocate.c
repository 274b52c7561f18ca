/* SPDX-License-Identifier: MIT
 *
 * Properties of relocation, for random types and values. The seed is printed; TA_SEED repeats a
 * run.
 */
#include "harness.h"

#include "forest_checks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static const failures nothing_wrong = {0};

static uint64_t seed_of_run(void) {
    const char *text = getenv("TA_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    print_message("TA_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* Types and values, one of each at a time. */
static void for_each_value(size_t count, void (*property)(world *w, void *value, choices *from)) {
    uint64_t seed = seed_of_run();
    for (size_t i = 0; i < count; i++) {
        choices from = {NULL, NULL, seed + i * UINT64_C(0x123456789)};
        world w;
        world_open(&w, &from);
        void *value = value_storage(w.t);
        value_fill(w.t, value, &from, &w.pools[0].allocator);
        property(&w, value, &from);
        ta_destroy(tree_type(w.t), value);
        ta_release(NULL, value, tree_type(w.t)->size, tree_type(w.t)->alignment);
        world_close(&w);
    }
}

static void there_and_back(world *w, void *value, choices *from) {
    (void)from;
    checked_relocate(w, value, value, 0, 0, &nothing_wrong, true);
    checked_relocate(w, value, value, 0, 1, &nothing_wrong, true);
    checked_relocate(w, value, value, 1, 3, &nothing_wrong, true);
    CHECK(w->pools[0].blocks == 0);
    checked_relocate(w, value, value, 3, 0, &nothing_wrong, true);
    CHECK(w->pools[1].blocks == 0);
}

static void there_and_back_is_where_it_was(void **state) {
    (void)state;
    for_each_value(3000, there_and_back);
}

/* Each allocation in turn, and all from each one on. */
static void without_memory(world *w, void *value, choices *from) {
    size_t calls = checked_relocate(w, value, value, 0, 2, &nothing_wrong, true);
    (void)from;
    for (size_t n = 1; n <= calls && n <= 40; n++)
        for (size_t count = 1; count <= 1000; count += 999) {
            failures wrong = {n, count, 0};
            checked_relocate(w, value, value, 2, 0, &wrong, true);
            checked_relocate(w, value, value, 0, 2, &nothing_wrong, false);
        }
}

static void what_finds_no_memory_stays_whole(void **state) {
    (void)state;
    for_each_value(400, without_memory);
}

static void with_failing_probes(world *w, void *value, choices *from) {
    (void)from;
    for (size_t n = 1; n <= 20; n++) {
        failures wrong = {n % 3, 1, n};
        checked_relocate(w, value, value, 0, 3, &wrong, false);
        checked_relocate(w, value, value, 3, 0, &nothing_wrong, false);
    }
}

static void what_fails_half_way_can_be_moved_again(void **state) {
    (void)state;
    for_each_value(400, with_failing_probes);
}

static void destroy_clone(world *w, void *clone) { ta_destroy(tree_type(w->t), clone); }

static void clone_in_every_way(world *w, void *value, choices *from) {
    void *clone = value_storage(w->t);
    (void)from;
    for (size_t n = 1, goes_on = 1; goes_on != 0 && n <= 60; n++) {
        failures no_memory = {n, 1, 0}, no_probe = {0, 0, n};
        bool cloned = checked_clone(w, value, clone, 1, &no_memory);
        if (cloned) destroy_clone(w, clone);
        bool cloned_too = checked_clone(w, value, clone, 1, &no_probe);
        if (cloned_too) destroy_clone(w, clone);
        goes_on = !cloned || !cloned_too;
    }
    CHECK(checked_clone(w, value, clone, 1, &nothing_wrong));
    CHECK((w->pools[1].blocks == 0) == (w->pools[0].blocks == 0));
    destroy_clone(w, clone);
    CHECK(w->pools[1].blocks == 0);
    ta_release(NULL, clone, tree_type(w->t)->size, tree_type(w->t)->alignment);
}

static void a_clone_is_equal_and_owns_its_own(void **state) {
    (void)state;
    for_each_value(800, clone_in_every_way);
}

/* A source that is not true, or unknown, breaks nothing. */
static void from_anywhere(world *w, void *value, choices *from) {
    for (size_t i = 0; i < 12; i++)
        checked_relocate(w, value, value, choose(from, PLACES + 1), choose(from, PLACES),
                         &nothing_wrong, false);
}

static void a_false_source_breaks_nothing(void **state) {
    (void)state;
    for_each_value(800, from_anywhere);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back_is_where_it_was),
        cmocka_unit_test(what_finds_no_memory_stays_whole),
        cmocka_unit_test(what_fails_half_way_can_be_moved_again),
        cmocka_unit_test(a_clone_is_equal_and_owns_its_own),
        cmocka_unit_test(a_false_source_breaks_nothing),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
