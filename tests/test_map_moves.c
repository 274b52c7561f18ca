/* SPDX-License-Identifier: MIT
 *
 * Hash tables: what relocation, cloning and destruction make of them, also deep inside each other,
 * and without memory.
 */
#include "map_checks.h"

TA_MAP(towns, ta_static_string, ages); /* maps of maps */

/* ---- relocation ------------------------------------------------------------------------------- */

static void a_far_move_takes_everything_along(void **state) {
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    ta_move_figures figures = {0};
    ta_move move = far_move(&to);
    ages map = {0};
    (void)state;
    move.figures = &figures;
    for (unsigned i = 0; i < 1000; i++) assert_true(put_age(&map, i, &from));
    for (unsigned i = 500; i < 1000; i++) assert_true(ages_remove(&map, text_of(i), NULL));

    assert_int_equal(ta_relocate(&ages_type, &map, &move), TA_OK);
    assert_balanced(&here);
    assert_int_equal(figures.blocks, 500 + 3); /* the keys; core, table, one chunk */
    assert_int_equal(figures.kept, 0);
    assert_int_equal(there.blocks, 500 + 3);
    assert_ages(&map, 500);

    /* It lives on there; what is there already stays. */
    for (unsigned i = 500; i < 2000; i++) assert_true(put_age(&map, i, NULL));
    size_t calls = there.calls;
    struct ta_map_core *core = map.core;
    memset(&figures, 0, sizeof figures);
    assert_int_equal(ta_relocate(&ages_type, &map, &move), TA_OK);
    assert_ptr_equal(map.core, core);
    assert_int_equal(figures.blocks, 1500); /* the keys that came from the default allocator */
    assert_int_equal(there.calls, calls + 1500);
    assert_ages(&map, 2000);
    ages_clear(&map);
    assert_balanced(&there);
}

static void a_near_move_keeps_memory(void **state) {
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    ta_move move = near_move(&to);
    ages map = {0};
    (void)state;
    for (unsigned i = 0; i < 10; i++) assert_true(put_age(&map, i, &from));
    const int *place = get_age(&map, 3);
    assert_int_equal(ta_relocate(&ages_type, &map, &move), TA_OK);
    assert_ptr_equal(get_age(&map, 3), place);
    assert_int_equal(there.calls, 0);
    ages_clear(&map);
    assert_balanced(&here);
}

/* For every allocation: what it was for stays where it is, and is counted; a second move takes
 * the rest along. */
static void a_far_move_without_memory_keeps_the_map_whole(void **state) {
    (void)state;
    for (size_t n = 1;; n++) {
        ledger here = {0}, there = {.fail_at = n};
        ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
        ta_move_figures figures = {0};
        ta_move move = far_move(&to);
        ages map = {0};
        move.figures = &figures;
        for (unsigned i = 0; i < 40; i++) assert_true(put_age(&map, i, &from));
        size_t blocks = here.blocks - 40; /* the map's own */

        assert_int_equal(ta_relocate(&ages_type, &map, &move), TA_OK);
        assert_ages(&map, 40);
        bool reached = there.calls >= n;
        assert_int_equal(figures.kept, !reached ? 0 : n <= 3 ? blocks : 1);
        assert_int_equal(figures.kept, here.blocks);
        assert_int_equal(figures.blocks, there.blocks);
        there.fail_at = 0;
        for (unsigned i = 40; i < 100; i++) assert_true(put_age(&map, i, &from));
        assert_int_equal(ta_relocate(&ages_type, &map, &move), TA_OK);
        assert_balanced(&here);
        assert_ages(&map, 100);
        ages_clear(&map);
        assert_balanced(&there);
        if (!reached) break;
    }
}

/* Keys that all collide need a larger table than most: when it cannot grow, all that was made at
 * the destination is given back. */
static void a_table_that_cannot_grow_there_stays(void **state) {
    ledger here = {0};
    ta_allocator from = ledger_allocator(&here);
    pairs map = {0}, clone;
    bool moved = false;
    (void)state;
    for (int i = 0; i < 200; i++) assert_true(pairs_put(&map, (pair){i, i}, i, &from));
    for (size_t n = 1; !moved; n++) {
        ledger there = {.fail_at = n};
        ta_allocator to = ledger_allocator(&there);
        ta_move_figures figures = {0};
        ta_move move = far_move(&to);
        move.figures = &figures;
        ta_status status = ta_clone(&pairs_type, &map, &clone, &to);
        if (n <= 4) assert_int_equal(status, TA_E_NOMEM); /* core, table, chunk, larger table */
        if (status == TA_OK) pairs_clear(&clone);
        assert_balanced(&there);

        there.calls = 0;
        size_t blocks = here.blocks;
        assert_int_equal(ta_relocate(&pairs_type, &map, &move), TA_OK);
        for (int i = 0; i < 200; i++) assert_int_equal(*pairs_get(&map, (pair){i, i}), i);
        moved = there.blocks != 0;
        assert_int_equal(figures.kept, moved ? 0 : blocks);
        assert_int_equal(here.blocks, moved ? 0 : blocks);
        assert_false(moved && n <= 4);
        if (moved) pairs_clear(&map);
        assert_balanced(&there);
    }
    assert_balanced(&here);
}

/* A value whose relocation fails at the third one. */
static unsigned moodies_relocated;
static ta_status moody_relocate(int *value, const ta_move *move) {
    (void)value;
    (void)move;
    return ++moodies_relocated == 3 ? TA_E_SYSTEM : TA_OK;
}
TA_TYPE(moody, int, moody_relocate, NULL, NULL);
TA_MAP(moods, ta_string, moody);

static void a_failing_value_leaves_the_map_whole(void **state) {
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    ta_move move = far_move(&to);
    moods map = {0};
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(moods_put(&map, ta_string_make(text_of((unsigned)i), &from), i, &from));
    assert_int_equal(ta_relocate(&moods_type, &map, &move), TA_E_SYSTEM);
    for (int i = 0; i < 5; i++) assert_int_equal(*moods_get(&map, text_of((unsigned)i)), i);
    assert_int_equal(ta_relocate(&moods_type, &map, &move), TA_OK);
    assert_balanced(&here);
    assert_int_equal(moods_count(&map), 5);
    moods_clear(&map);
    assert_balanced(&there);
}

/* ---- cloning, nesting ------------------------------------------------------------------------- */

static void a_clone_is_another_map(void **state) {
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    ages map = {0}, clone;
    (void)state;
    for (unsigned i = 0; i < 1000; i++) assert_true(put_age(&map, i, &from));
    assert_int_equal(ta_clone(&ages_type, &map, &clone, &to), TA_OK);
    ages_clear(&map);
    assert_balanced(&here);
    assert_ages(&clone, 1000);
    for (unsigned i = 1000; i < 3000; i++) assert_true(put_age(&clone, i, NULL));
    assert_ages(&clone, 3000);
    ages_clear(&clone);
    assert_balanced(&there);

    assert_int_equal(ta_clone(&ages_type, &map, &clone, &to), TA_OK); /* of the empty map */
    assert_null(clone.core);
}

static towns make_towns(const ta_allocator *allocator) {
    towns map = {0};
    ages inner[2] = {{0}, {0}};
    for (unsigned i = 0; i < 3; i++) assert_true(put_age(&inner[0], i, allocator));
    for (unsigned i = 0; i < 30; i++) assert_true(put_age(&inner[1], i, allocator));
    assert_true(towns_put(&map, "small", inner[0], allocator));
    assert_true(towns_put(&map, "large", inner[1], allocator));
    assert_true(towns_put(&map, "empty", (ages){0}, allocator));
    return map;
}

static void assert_towns(const towns *map) {
    assert_int_equal(towns_count(map), 3);
    assert_ages(towns_get(map, "small"), 3);
    assert_ages(towns_get(map, "large"), 30);
    assert_ages(towns_get(map, "empty"), 0);
}

static void maps_of_maps_move_and_clone(void **state) {
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    ta_move move = far_move(&to);
    towns map = make_towns(&from), clone;
    (void)state;
    assert_int_equal(ta_clone(&towns_type, &map, &clone, NULL), TA_OK);
    assert_int_equal(ta_relocate(&towns_type, &map, &move), TA_OK);
    assert_balanced(&here);
    assert_towns(&map);
    assert_towns(&clone);
    ta_destroy(&towns_type, &map);
    ta_destroy(&towns_type, &clone);
    assert_balanced(&there);
}

static void a_clone_without_memory_leaves_nothing(void **state) {
    ledger here = {0};
    ta_allocator from = ledger_allocator(&here);
    towns map = make_towns(&from), clone;
    size_t n = 0;
    ta_status status;
    (void)state;
    do {
        ledger there = {.fail_at = ++n};
        ta_allocator to = ledger_allocator(&there);
        status = ta_clone(&towns_type, &map, &clone, &to);
        if (status == TA_OK) {
            assert_towns(&clone);
            towns_clear(&clone);
        } else {
            assert_int_equal(status, TA_E_NOMEM);
        }
        assert_balanced(&there);
    } while (status != TA_OK);
    assert_int_equal(n, 3 * 3 + 33 + 1);
    assert_towns(&map);
    towns_clear(&map);
    assert_balanced(&here);
}

static void drop_int(int *value) { (void)value; }
TA_TYPE(unique, int, NULL, NULL, drop_int);
TA_MAP(uniques, ta_string, unique);

static void a_map_of_what_cannot_be_cloned_cannot(void **state) {
    ledger there = {0};
    ta_allocator to = ledger_allocator(&there);
    uniques map = {0}, clone;
    (void)state;
    assert_true(uniques_put(&map, ta_string_make("x", NULL), 1, NULL));
    assert_int_equal(ta_clone(&uniques_type, &map, &clone, &to), TA_E_NOT_CLONEABLE);
    assert_balanced(&there);
    uniques_clear(&map);
}

/* Twenty maps, each inside the one before: deeper than the engine's recursion. */
TA_MAP(level0, ta_int, ta_string);
#define LEVEL(outer, inner)                                                                        \
    TA_MAP(outer, ta_int, inner);                                                                  \
    static outer outer##_make(const ta_allocator *allocator) {                                     \
        outer map = {0};                                                                           \
        assert_true(outer##_put(&map, 1, inner##_make(allocator), allocator));                     \
        assert_true(outer##_put(&map, 2, (inner){0}, allocator));                                  \
        return map;                                                                                \
    }                                                                                              \
    static const char *outer##_text(const outer *map) { return inner##_text(outer##_get(map, 1)); }
static level0 level0_make(const ta_allocator *allocator) {
    level0 map = {0};
    assert_true(level0_put(&map, 1, ta_string_make("deep", allocator), allocator));
    return map;
}
static const char *level0_text(const level0 *map) { return *level0_get(map, 1); }
LEVEL(level1, level0)
LEVEL(level2, level1)
LEVEL(level3, level2)
LEVEL(level4, level3)
LEVEL(level5, level4)
LEVEL(level6, level5)
LEVEL(level7, level6)
LEVEL(level8, level7)
LEVEL(level9, level8)
LEVEL(level10, level9)
LEVEL(level11, level10)
LEVEL(level12, level11)
LEVEL(level13, level12)
LEVEL(level14, level13)
LEVEL(level15, level14)
LEVEL(level16, level15)
LEVEL(level17, level16)
LEVEL(level18, level17)
LEVEL(level19, level18)

static void deep_maps_move_clone_and_go(void **state) {
    ledger here = {0};
    ta_allocator from = ledger_allocator(&here);
    level19 map = level19_make(&from), clone;
    ta_status status;
    size_t n = 0;
    (void)state;
    do {
        ledger there = {.fail_at = ++n};
        ta_allocator to = ledger_allocator(&there);
        status = ta_clone(&level19_type, &map, &clone, &to);
        if (status == TA_OK) {
            ledger beyond = {0};
            ta_allocator last = ledger_allocator(&beyond);
            ta_move move = far_move(&last);
            assert_int_equal(ta_relocate(&level19_type, &clone, &move), TA_OK);
            assert_balanced(&there);
            assert_string_equal(level19_text(&clone), "deep");
            level19_clear(&clone);
            assert_balanced(&beyond);
        }
        assert_balanced(&there);
    } while (status == TA_E_NOMEM);
    assert_int_equal(status, TA_OK);
    assert_int_equal(n, 20 * 3 + 1 + 1);
    level19_clear(&map);
    assert_balanced(&here);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_far_move_takes_everything_along),
        cmocka_unit_test(a_near_move_keeps_memory),
        cmocka_unit_test(a_far_move_without_memory_keeps_the_map_whole),
        cmocka_unit_test(a_table_that_cannot_grow_there_stays),
        cmocka_unit_test(a_failing_value_leaves_the_map_whole),
        cmocka_unit_test(a_clone_is_another_map),
        cmocka_unit_test(maps_of_maps_move_and_clone),
        cmocka_unit_test(a_clone_without_memory_leaves_nothing),
        cmocka_unit_test(a_map_of_what_cannot_be_cloned_cannot),
        cmocka_unit_test(deep_maps_move_clone_and_go),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
