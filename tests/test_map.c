/* SPDX-License-Identifier: MIT
 *
 * Hash tables: keys, every operation, growth, much removing, iteration, failing memory.
 */
#include "map_checks.h"

#include "map.h"

TA_MAP(squares, ta_uint64, ta_uint64);
TA_MAP(names, ta_int, ta_string);
TA_MAP(tags, ta_uuid, ta_bool);

/* Entries that are stricter about their place than a node's header. */
TA_MAP(lengths, ta_char, ta_ldouble);

/* ---- keys ------------------------------------------------------------------------------------- */

/* Published vectors: the key is the bytes 0 to 15, message n the bytes 0 to n - 1. */
static void siphash_gives_the_published_values(void **state) {
    static const struct {
        size_t length;
        uint8_t hash[8];
    } vectors[] = {
        {0, {0xdc, 0xc4, 0x0f, 0x05, 0x58, 0x01, 0xac, 0xab}},
        {1, {0x93, 0xca, 0x57, 0x7d, 0xf3, 0x9b, 0xf4, 0xc9}},
        {7, {0x40, 0x11, 0xb1, 0x9b, 0x98, 0x7d, 0x92, 0xd3}},
        {8, {0x8e, 0x9a, 0x29, 0x8d, 0x11, 0x95, 0x90, 0x36}},
        {15, {0x56, 0x99, 0x51, 0x2a, 0x6d, 0xd8, 0x20, 0xd3}},
        {16, {0x66, 0x8b, 0x90, 0x7d, 0x1a, 0xdd, 0x4f, 0xcc}},
        {63, {0xa8, 0xb3, 0xbb, 0xb7, 0x62, 0x90, 0x19, 0x9d}},
    };
    uint8_t message[64];
    uint64_t key[2];
    (void)state;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    skip(); /* words are read in the machine's order */
#endif
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)i;
    memcpy(key, message, sizeof key);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint64_t hash = ta_siphash13(message, vectors[i].length, key);
        assert_memory_equal(&hash, vectors[i].hash, sizeof hash);
    }
}

/* Equal is equal; other values, and other seeds, hash differently. */
#define CHECK_INTEGER(word)                                                                        \
    do {                                                                                           \
        ta_##word##_value one = 1, another_one = 1, none = 0;                                      \
        assert_true(ta_##word##_equal(&one, &another_one));                                        \
        assert_false(ta_##word##_equal(&one, &none));                                              \
        assert_true(ta_##word##_hash(&one, 5) == ta_##word##_hash(&another_one, 5));               \
        assert_true(ta_##word##_hash(&one, 5) != ta_##word##_hash(&none, 5));                      \
        assert_true(ta_##word##_hash(&one, 5) != ta_##word##_hash(&one, 6));                       \
    } while (0);
static void integers_are_keys(void **state) {
    (void)state;
    TA_INTEGER_KEY_LIST(CHECK_INTEGER)
}

static void texts_are_keys_by_content(void **state) {
    char a[] = "text", b[] = "text", c[] = "texts", *none = NULL, *same = a, *copy = b, *other = c;
    (void)state;
    assert_true(ta_string_equal(&same, &copy));
    assert_false(ta_string_equal(&same, &other));
    assert_true(ta_string_equal(&none, &none));
    assert_false(ta_string_equal(&same, &none));
    assert_false(ta_string_equal(&none, &same));
    assert_true(ta_string_hash(&same, 1) == ta_string_hash(&copy, 1));
    assert_true(ta_string_hash(&same, 1) != ta_string_hash(&other, 1));
    assert_true(ta_string_hash(&same, 1) != ta_string_hash(&same, 2));
    assert_true(ta_path_hash(&none, 3) == ta_path_hash(&none, 3));
    assert_true(ta_path_equal(&same, &copy));
    const char *literal = "text";
    assert_true(ta_static_string_hash(&literal, 1) == ta_string_hash(&same, 1));
}

static void uuids_are_keys(void **state) {
    tags map = {0};
    ta_uuid a = {{1, 2, 3}}, b = {{1, 2, 4}};
    (void)state;
    assert_true(tags_put(&map, a, true, NULL));
    assert_true(*tags_get(&map, a));
    assert_null(tags_get(&map, b));
    tags_clear(&map);
}

/* Every key in one place: the table grows until they fit, and each is found by comparison. */
static void keys_that_all_collide_are_found(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    pairs map = {0};
    (void)state;
    for (int i = 0; i < 200; i++) assert_true(pairs_put(&map, (pair){i, -i}, i, &allocator));
    for (int i = 0; i < 200; i += 2) assert_true(pairs_remove(&map, (pair){i, -i}, NULL));
    pair_comparisons = 0;
    for (int i = 0; i < 200; i++) {
        const int *value = pairs_get(&map, (pair){i, -i});
        assert_int_equal(value == NULL ? -1 : *value, i % 2 == 0 ? -1 : i);
    }
    assert_true(pair_comparisons > 100);
    pairs_clear(&map);
    assert_balanced(&book);
}

/* ---- operations ------------------------------------------------------------------------------- */

static void the_empty_map_has_no_memory(void **state) {
    ages map = {0};
    ta_map_cursor cursor = {0};
    (void)state;
    assert_int_equal(ages_count(&map), 0);
    assert_null(ages_get(&map, "x"));
    assert_false(ages_remove(&map, "x", NULL));
    assert_null(ages_next(&map, &cursor));
    assert_true(ages_reserve(&map, 0, NULL));
    assert_null(map.core);
    ages_clear(&map);
    ta_destroy(&ages_type, &map);
}

TA_MAP_BY_TEXT(ages);

/* Neither is copied, nor changed. */
static void keys_are_looked_up_by_const_text(void **state) {
    static const char line[] = "GET key number 3 HTTP"; /* as a parser has it */
    ages map = {0};
    int *age;
    (void)state;
    assert_null(ages_get_text(&map, line, 3));
    for (unsigned i = 0; i < 20; i++) assert_true(put_age(&map, i, NULL));
    age = ages_get(&map, "key number 3");
    assert_true(age != NULL && *age == 3);
    assert_ptr_equal(ages_get_text(&map, line + 4, 12), age);
    assert_null(ages_get_text(&map, line + 4, 11));       /* a beginning */
    assert_null(ages_get_text(&map, line + 4, 13));       /* and one more */
    assert_null(ages_get_text(&map, "key number 3", 13)); /* with a NUL */
    assert_null(ages_get_text(&map, NULL, 0));
    assert_null(ages_get_text(NULL, line, 3));
    assert_null(ages_get_text(&map, "", 0));
    assert_true(ages_put(&map, ta_string_make("", NULL), 99, NULL));
    age = ages_get_text(&map, line, 0);
    assert_true(age != NULL && *age == 99);
    assert_true(ages_remove(&map, "key number 3", NULL));
    assert_null(ages_get(&map, "key number 3"));
    ages_clear(&map);
}

static void a_map_that_is_null_holds_nothing(void **state) {
    ta_map_cursor cursor = {0};
    char *key = ta_string_make("key", NULL);
    ages map = {0};
    (void)state;
    assert_false(ages_put(NULL, key, 1, NULL)); /* and takes nothing */
    assert_null(ages_get(NULL, key));
    assert_false(ages_remove(NULL, key, NULL));
    assert_int_equal(ages_count(NULL), 0);
    assert_null(ages_next(NULL, &cursor));
    assert_null(ages_next(&map, NULL));
    assert_false(ages_reserve(NULL, 1, NULL));
    assert_false(ages_seed(NULL, 1, NULL));
    ages_clear(NULL);
    ta_destroy(&ta_string_type, &key);
}

static void put_get_replace_and_remove(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    names map = {0};
    struct names_entry out;
    (void)state;
    assert_true(names_put(&map, -4, ta_string_make("four", &allocator), &allocator));
    assert_true(names_put(&map, 5, ta_string_make("five", &allocator), &allocator));
    assert_string_equal(*names_get(&map, -4), "four");

    /* A key that is there: the old value is destroyed. */
    assert_true(names_put(&map, -4, ta_string_make("fourth", &allocator), &allocator));
    assert_string_equal(*names_get(&map, -4), "fourth");
    assert_int_equal(names_count(&map), 2);

    assert_true(names_remove(&map, -4, &out));
    assert_int_equal(out.key, -4);
    assert_string_equal(out.value, "fourth");
    ta_destroy(&names_entry_type, &out);
    assert_null(names_get(&map, -4));
    assert_false(names_remove(&map, -4, &out));
    assert_true(names_remove(&map, 5, NULL));
    assert_int_equal(names_count(&map), 0);
    names_clear(&map);
    assert_null(map.core);
    assert_balanced(&book);
}

/* The map's own key stays, the given one is destroyed, and no memory is needed. */
static void replacing_keeps_the_key(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    ages map = {0};
    ta_map_cursor cursor = {0};
    (void)state;
    char *key = ta_string_make("Ada", &allocator), *again = ta_string_make("Ada", &allocator);
    assert_true(ages_put(&map, key, 1, &allocator));
    size_t calls = book.calls;
    assert_true(ages_put(&map, again, 2, &allocator));
    assert_int_equal(book.calls, calls);
    assert_ptr_equal(ages_next(&map, &cursor)->key, key);
    assert_int_equal(*ages_get(&map, "Ada"), 2);
    ages_clear(&map);
    assert_balanced(&book);
}

static void growth_to_100000_keeps_entries_in_place(void **state) {
    enum { COUNT = 100000 };
    static uint64_t *places[COUNT];
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    squares map = {0};
    (void)state;
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_true(squares_put(&map, i, i * i, &allocator));
        places[i] = squares_get(&map, i);
    }
    assert_int_equal(squares_count(&map), COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(squares_get(&map, i), places[i]);
        assert_int_equal(*places[i], i * i);
        assert_null(squares_get(&map, i + COUNT));
    }
    ta_map_cursor cursor = {0};
    for (uint64_t i = 0; i < COUNT; i++) {
        const struct squares_entry *entry = squares_next(&map, &cursor);
        assert_int_equal(entry->key, i); /* in the order of putting */
    }
    assert_null(squares_next(&map, &cursor));
    assert_null(squares_next(&map, &cursor));
    squares_clear(&map);
    assert_balanced(&book);
}

/* A window of 100 keys slides over 200,000: memory stays what it was, and so does the number of
 * tombstones that a lookup may have to wade through. */
static void removing_much_keeps_the_map_small(void **state) {
    enum { WINDOW = 100, COUNT = 200000 };
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    squares map = {0};
    size_t bytes = 0;
    (void)state;
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_true(squares_put(&map, i, i, &allocator));
        if (i >= WINDOW) assert_true(squares_remove(&map, i - WINDOW, NULL));
        if (i == 1000) bytes = book.bytes;
        assert_true(map.core->tombstones <= map.core->capacity / 2 + 1);
    }
    assert_int_equal(book.bytes, bytes);
    assert_int_equal(squares_count(&map), WINDOW);
    for (uint64_t i = 0; i < WINDOW; i++) {
        assert_int_equal(*squares_get(&map, COUNT - 1 - i), COUNT - 1 - i);
        assert_null(squares_get(&map, i));
    }
    squares_clear(&map);
    assert_balanced(&book);
}

/* The same without memory for tidying up: slower, and right. */
static void removing_much_needs_no_memory(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    squares map = {0};
    (void)state;
    for (uint64_t i = 0; i < 100; i++) assert_true(squares_put(&map, i, i, &allocator));
    for (uint64_t i = 100; i < 20000; i++) {
        assert_true(squares_remove(&map, i - 100, NULL));
        book.fail_at = book.calls + 1;
        assert_true(squares_put(&map, i, i, &allocator));
        assert_int_equal(*squares_get(&map, i - 99), i - 99);
        assert_null(squares_get(&map, i - 100));
    }
    assert_int_equal(squares_count(&map), 100);
    squares_clear(&map);
    assert_balanced(&book);
}

/* Against a plain array: random puts, removals and lookups. */
static void a_map_agrees_with_an_array(void **state) {
    enum { KEYS = 500, STEPS = 200000 };
    static uint64_t values[KEYS]; /* 0: not there */
    uint64_t seed = 20261, random = seed;
    squares map = {0};
    size_t count = 0;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < STEPS; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t key = (random >> 33) % KEYS;
        if ((random >> 60) < 7) {
            count += values[key] == 0;
            values[key] = i + 1;
            assert_true(squares_put(&map, key, i + 1, NULL));
        } else {
            count -= values[key] != 0;
            assert_int_equal(squares_remove(&map, key, NULL), values[key] != 0);
            values[key] = 0;
        }
        assert_int_equal(squares_count(&map), count);
        key = (random >> 20) % KEYS;
        const uint64_t *value = squares_get(&map, key);
        assert_int_equal(value == NULL ? 0 : *value, values[key]);
    }
    squares_clear(&map);
}

static void iteration_allows_changes(void **state) {
    squares map = {0};
    bool seen[200] = {false};
    ta_map_cursor cursor = {0};
    (void)state;
    for (uint64_t i = 0; i < 100; i++) assert_true(squares_put(&map, i, 0, NULL));
    /* Removes the odd ones on the way, puts others in their places and behind. */
    for (const struct squares_entry *entry; (entry = squares_next(&map, &cursor)) != NULL;) {
        uint64_t key = entry->key;
        assert_false(seen[key]);
        seen[key] = true;
        if (key >= 100) continue;
        if (key % 2 == 1) assert_true(squares_remove(&map, key, NULL));
        if (key % 4 == 1) assert_true(squares_put(&map, 100 + key, 0, NULL));
    }
    for (uint64_t i = 0; i < 100; i++) assert_true(seen[i]);
    assert_int_equal(squares_count(&map), 75);
    squares_clear(&map);
}

static void reserved_room_needs_no_memory(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    squares map = {0};
    (void)state;
    assert_true(squares_reserve(&map, 1000, &allocator));
    size_t calls = book.calls;
    for (uint64_t i = 0; i < 1000; i++) assert_true(squares_put(&map, i, i, &allocator));
    assert_true(squares_reserve(&map, 10, &allocator));
    assert_int_equal(book.calls, calls);

    assert_true(squares_reserve(&map, 1500, &allocator)); /* and again, with nothing in between */
    assert_true(squares_reserve(&map, 5000, &allocator));
    calls = book.calls;
    for (uint64_t i = 1000; i < 5000; i++) assert_true(squares_put(&map, i, i, &allocator));
    assert_int_equal(book.calls, calls);
    for (uint64_t i = 0; i < 5000; i++) assert_int_equal(*squares_get(&map, i), i);

    assert_false(squares_reserve(&map, SIZE_MAX, &allocator));
    assert_false(squares_reserve(&map, ((size_t)1 << 30) + 1, &allocator));
    assert_int_equal(squares_count(&map), 5000);
    squares_clear(&map);
    assert_balanced(&book);
}

static void a_table_that_grew_by_itself_has_room(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    squares map = {0};
    (void)state;
    for (uint64_t i = 0; i < 100; i++) assert_true(squares_put(&map, i, i, &allocator));
    size_t calls = book.calls;
    assert_true(squares_reserve(&map, 60, &allocator));
    assert_int_equal(book.calls, calls);
    squares_clear(&map);
    assert_balanced(&book);
}

static void a_seed_is_given_once_and_kept(void **state) {
    squares map = {0}, plain = {0}, clone;
    (void)state;
    assert_true(squares_seed(&map, 42, NULL));
    assert_false(squares_seed(&map, 43, NULL));
    assert_int_equal(map.core->seed, 42);
    assert_true(squares_put(&map, 1, 2, NULL));
    assert_int_equal(ta_clone(&squares_type, &map, &clone, NULL), TA_OK);
    assert_int_equal(clone.core->seed, 42);

    /* Other maps at the same time have other seeds. */
    assert_true(squares_put(&plain, 1, 2, NULL));
    assert_true(plain.core->seed != ta_map_default_seed(map.core));
    squares_clear(&map);
    squares_clear(&clone);
    squares_clear(&plain);
}

static void entries_are_aligned(void **state) {
    lengths map = {0};
    ta_move move = far_move(NULL);
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    (void)state;
    for (char c = 'a'; c <= 'z'; c++) assert_true(lengths_put(&map, c, c, &allocator));
    assert_int_equal(ta_relocate(&lengths_type, &map, &move), TA_OK);
    assert_balanced(&book);
    for (char c = 'a'; c <= 'z'; c++) {
        assert_int_equal((uintptr_t)lengths_get(&map, c) % _Alignof(long double), 0);
        assert_true(*lengths_get(&map, c) == c);
    }
    lengths_clear(&map);
}

/* ---- failing memory --------------------------------------------------------------------------- */

/* 300 puts, of which one finds no memory: it changes nothing, and later ones go on. */
static void a_put_without_memory_takes_nothing(void **state) {
    bool reached = true;
    (void)state;
    for (size_t n = 1; reached; n++) {
        ledger book = {.fail_at = n};
        ta_allocator allocator = ledger_allocator(&book);
        ages map = {0};
        for (unsigned i = 0; i < 300; i++) {
            if (put_age(&map, i, &allocator)) continue;
            assert_ages(&map, i);
            assert_int_equal(map.core != NULL, i != 0);
            assert_true(put_age(&map, i, &allocator));
        }
        assert_ages(&map, 300);
        reached = book.calls >= n;
        ages_clear(&map);
        assert_balanced(&book);
    }
}

static void a_reserve_without_memory_changes_nothing(void **state) {
    bool reached = true;
    (void)state;
    for (size_t n = 1; reached; n++) {
        ledger book = {0};
        ta_allocator allocator = ledger_allocator(&book);
        ages map = {0};
        if (n % 2 == 0) /* every other time there is something already */
            for (unsigned i = 0; i < 20; i++) assert_true(put_age(&map, i, &allocator));
        size_t before = book.calls;
        book.fail_at = before + (n + 1) / 2;
        bool done = ages_reserve(&map, 500, &allocator);
        reached = !done;
        assert_ages(&map, n % 2 == 0 ? 20 : 0);
        assert_true(ages_reserve(&map, 500, &allocator));
        ages_clear(&map);
        assert_balanced(&book);
    }
}

/* Keys that all collide want a larger table before they can be put; without memory they are not. */
static void a_table_that_cannot_grow_refuses(void **state) {
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    pairs map = {0};
    int refused = 0;
    (void)state;
    assert_true(pairs_reserve(&map, 200, &allocator)); /* so that entries have memory */
    for (int i = 0; i < 200; i++) {
        book.fail_at = book.calls + 1;
        if (pairs_put(&map, (pair){i, i}, i, &allocator)) continue;
        refused++;
        assert_null(pairs_get(&map, (pair){i, i}));
        book.fail_at = 0;
        assert_true(pairs_put(&map, (pair){i, i}, i, &allocator));
    }
    assert_true(refused > 0);
    for (int i = 0; i < 200; i++) assert_int_equal(*pairs_get(&map, (pair){i, i}), i);
    pairs_clear(&map);
    assert_balanced(&book);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_gives_the_published_values),
        cmocka_unit_test(integers_are_keys),
        cmocka_unit_test(texts_are_keys_by_content),
        cmocka_unit_test(uuids_are_keys),
        cmocka_unit_test(keys_that_all_collide_are_found),
        cmocka_unit_test(the_empty_map_has_no_memory),
        cmocka_unit_test(keys_are_looked_up_by_const_text),
        cmocka_unit_test(a_map_that_is_null_holds_nothing),
        cmocka_unit_test(put_get_replace_and_remove),
        cmocka_unit_test(replacing_keeps_the_key),
        cmocka_unit_test(growth_to_100000_keeps_entries_in_place),
        cmocka_unit_test(removing_much_keeps_the_map_small),
        cmocka_unit_test(removing_much_needs_no_memory),
        cmocka_unit_test(a_map_agrees_with_an_array),
        cmocka_unit_test(iteration_allows_changes),
        cmocka_unit_test(reserved_room_needs_no_memory),
        cmocka_unit_test(a_table_that_grew_by_itself_has_room),
        cmocka_unit_test(a_seed_is_given_once_and_kept),
        cmocka_unit_test(entries_are_aligned),
        cmocka_unit_test(a_put_without_memory_takes_nothing),
        cmocka_unit_test(a_reserve_without_memory_changes_nothing),
        cmocka_unit_test(a_table_that_cannot_grow_refuses),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
