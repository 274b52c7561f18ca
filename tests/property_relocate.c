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

/* Types and values, one of each at a time. A property returns the value that goes on. */
static void for_each_value(size_t count, void *(*property)(world *w, void *value, choices *from)) {
    uint64_t seed = seed_of_run();
    for (size_t i = 0; i < count; i++) {
        choices from = {NULL, NULL, seed + i * UINT64_C(0x123456789)};
        world w;
        world_open(&w, &from);
        void *value = world_value(&w, &from, 0);
        checked_drop(&w, property(&w, value, &from));
        world_close(&w);
    }
}

/* A move that succeeds. */
static void move(world *w, void *value, unsigned source, unsigned destination) {
    CHECK(checked_relocate(w, value, value, source, destination, &nothing_wrong) == TA_OK);
}

/* ---- what is made ----------------------------------------------------------------------------- */

static unsigned places_seen;

static void *look_around(world *w, void *value, choices *from) {
    (void)from;
    places_seen |= value_census(w->t, value, NULL).places;
    return value;
}

/* The other properties say nothing of what does not occur. */
static void probes_are_everywhere(void **state) {
    (void)state;
    places_seen = 0;
    for_each_value(3000, look_around);
    assert_int_equal(places_seen, PROBE_EVERYWHERE);
}

/* ---- moves ------------------------------------------------------------------------------------ */

static void *there_and_back(world *w, void *value, choices *from) {
    (void)from;
    move(w, value, 0, 0);
    move(w, value, 0, 1);
    move(w, value, 1, 3);
    CHECK(w->pools[0].blocks == 0);
    move(w, value, 3, 0);
    CHECK(w->pools[1].blocks == 0);
    return value;
}

static void there_and_back_is_where_it_was(void **state) {
    (void)state;
    for_each_value(3000, there_and_back);
}

/* A source that is not true, or unknown, breaks nothing. */
static void *from_anywhere(world *w, void *value, choices *from) {
    for (size_t i = 0; i < 12; i++) move(w, value, choose(from, PLACES + 1), choose(from, PLACES));
    return value;
}

static void a_false_source_breaks_nothing(void **state) {
    (void)state;
    for_each_value(800, from_anywhere);
}

/* ---- failures --------------------------------------------------------------------------------- */

/* Each allocation in turn, and all from each one on. */
static void *without_memory(world *w, void *value, choices *from) {
    move(w, value, 0, 2);
    (void)from;
    for (size_t n = 1, calls = w->pools[1].calls; n <= calls && n <= 40; n++)
        for (size_t count = 1; count <= 1000; count += 999) {
            failures wrong = {n, count, 0};
            CHECK(checked_relocate(w, value, value, 2, 0, &wrong) == TA_OK);
            move(w, value, 0, 2);
        }
    return value;
}

static void what_finds_no_memory_stays_whole(void **state) {
    (void)state;
    for_each_value(300, without_memory);
}

/* Everything that can be done with a value half of which is in one region, half in another. */
static void *go_on(world *w, void *value, choices *from) {
    void *clone;
    switch (choose(from, 6)) {
    case 0: /* the same move, again */
        move(w, value, 0, 3);
        break;
    case 1:
        move(w, value, 3, 0);
        break;
    case 2:
        move(w, value, PLACES, 1);
        break;
    case 3:
        checked_drop(w, checked_clone(w, value, choose(from, REGIONS), &nothing_wrong));
        break;
    case 4: /* the clone lives on */
        clone = checked_clone(w, value, choose(from, REGIONS), &nothing_wrong);
        checked_drop(w, value);
        return clone;
    default:
        checked_change(w, value, from, choose(from, REGIONS));
        break;
    }
    return value;
}

static void *with_failures(world *w, void *value, choices *from) {
    for (size_t n = 1; n <= 16; n++) {
        failures wrong = {n % 3, 1, n};
        (void)checked_relocate(w, value, value, 0, 3, &wrong);
        value = go_on(w, value, from);
    }
    /* Sometimes a failure is the last that it sees. */
    failures wrong = {choose(from, 12), 1 + choose(from, 3), 1 + choose(from, 6)};
    (void)checked_relocate(w, value, value, 1, 2, &wrong);
    return value;
}

static void what_fails_half_way_goes_on(void **state) {
    (void)state;
    for_each_value(1000, with_failures);
}

/* ---- clones ----------------------------------------------------------------------------------- */

static void *clone_in_every_way(world *w, void *value, choices *from) {
    (void)from;
    for (size_t n = 1, goes_on = 1; goes_on != 0 && n <= 60; n++) {
        failures no_memory = {n, 1, 0}, no_probe = {0, 0, n};
        void *one = checked_clone(w, value, 1, &no_memory);
        if (one != NULL) checked_drop(w, one);
        void *other = checked_clone(w, value, 1, &no_probe);
        if (other != NULL) checked_drop(w, other);
        goes_on = one == NULL || other == NULL;
    }
    move(w, value, 0, 1);
    void *clone = checked_clone(w, value, 1, &nothing_wrong);
    CHECK((w->pools[1].blocks == 0) == (w->pools[0].blocks == 0));
    checked_drop(w, clone);
    CHECK(w->pools[1].blocks == 0);
    return value;
}

static void a_clone_is_equal_and_owns_its_own(void **state) {
    (void)state;
    for_each_value(500, clone_in_every_way);
}

/* ---- changes ---------------------------------------------------------------------------------- */

static void *in_use(world *w, void *value, choices *from) {
    for (unsigned i = 0, at = 0; i < 12; i++) {
        unsigned next = choose(from, PLACES);
        move(w, value, at, next);
        at = next;
        for (unsigned changes = choose(from, 4); changes > 0; changes--)
            checked_change(w, value, from, choose(from, REGIONS));
        if (choose(from, 4) > 0) continue;
        void *clone = checked_clone(w, value, choose(from, REGIONS), &nothing_wrong);
        checked_change(w, clone, from, choose(from, REGIONS));
        checked_drop(w, value);
        value = clone;
    }
    return value;
}

static void what_moved_is_as_good_as_before(void **state) {
    (void)state;
    for_each_value(1000, in_use);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_are_everywhere),
        cmocka_unit_test(there_and_back_is_where_it_was),
        cmocka_unit_test(a_false_source_breaks_nothing),
        cmocka_unit_test(what_finds_no_memory_stays_whole),
        cmocka_unit_test(what_fails_half_way_goes_on),
        cmocka_unit_test(a_clone_is_equal_and_owns_its_own),
        cmocka_unit_test(what_moved_is_as_good_as_before),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
