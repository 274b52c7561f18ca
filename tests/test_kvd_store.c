/* SPDX-License-Identifier: MIT
 *
 * kvd's store: entries, exact accounting, the order of eviction, expiry, iteration under change.
 */
#include "harness.h"
#include "ledger.h"

#include "store.h"

#include <stdlib.h>

#define BEGIN INT64_C(1000000000000) /* the time at which tests begin */

typedef struct world {
    ledger book;
    ta_allocator allocator;
    kvd_store *store;
    uint64_t random;
} world;

static void open_world(world *w, size_t memory_max) {
    *w = (world){.random = 1};
    w->allocator = ledger_allocator(&w->book);
    w->store = kvd_store_create(&(kvd_store_options){memory_max, 7, &w->allocator});
    assert_non_null(w->store);
    kvd_store_set_time(w->store, BEGIN);
}

static void close_world(world *w) {
    kvd_store_destroy(w->store);
    assert_balanced(&w->book);
}

/* Every byte is accounted for. */
static void check_used(world *w) {
    assert_int_equal(kvd_store_used(w->store), atomic_load(&w->book.bytes));
}

static uint64_t next_random(world *w) {
    w->random += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = w->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static kvd_slice text(const char *bytes) { return (kvd_slice){bytes, strlen(bytes)}; }

static kvd_slice numbered(char buffer[32], const char *prefix, uint64_t number) {
    return (kvd_slice){buffer,
                       (size_t)snprintf(buffer, 32, "%s%llu", prefix, (unsigned long long)number)};
}

static kvd_entry *put(world *w, const char *key, const char *value, int64_t expiry) {
    return kvd_store_put(w->store, text(key), text(value), expiry);
}

static bool has(world *w, const char *key) {
    return kvd_store_find(w->store, text(key), KVD_PEEK) != NULL;
}

static void check_value(world *w, const char *key, const char *value) {
    kvd_entry *entry = kvd_store_find(w->store, text(key), KVD_PEEK);
    assert_non_null(entry);
    assert_true(kvd_slice_equal(kvd_entry_key(entry), text(key)));
    assert_true(kvd_slice_equal(kvd_entry_value(entry), text(value)));
}

/* ---- entries ---------------------------------------------------------------------------------- */

static void entries_are_put_found_and_removed(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    assert_null(kvd_store_find(w.store, text("a"), KVD_PEEK));
    assert_non_null(put(&w, "a", "1", KVD_NEVER));
    assert_non_null(put(&w, "b", "2", KVD_NEVER));
    check_value(&w, "a", "1");
    assert_non_null(put(&w, "a", "a longer value than before", KVD_NEVER));
    check_value(&w, "a", "a longer value than before");
    assert_non_null(put(&w, "a", "", KVD_NEVER));
    check_value(&w, "a", "");
    assert_int_equal(kvd_store_count(w.store), 2);
    kvd_store_remove(w.store, kvd_store_find(w.store, text("a"), KVD_PEEK));
    assert_false(has(&w, "a"));
    check_value(&w, "b", "2");
    assert_int_equal(kvd_store_count(w.store), 1);
    check_used(&w);
    close_world(&w);
}

static void keys_and_values_are_binary(void **state) {
    (void)state;
    world w;
    static const kvd_slice keys[] = {{"", 0},     {"\0", 1},           {"\0\0", 2}, {"a\0b", 3},
                                     {"a\0c", 3}, {"\xff\xfe\r\n", 4}, {"a", 1}};
    enum { KEYS = sizeof keys / sizeof *keys };
    open_world(&w, 0);
    for (size_t i = 0; i < KEYS; i++)
        assert_non_null(kvd_store_put(w.store, keys[i], keys[KEYS - 1 - i], KVD_NEVER));
    assert_int_equal(kvd_store_count(w.store), KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        kvd_entry *entry = kvd_store_find(w.store, keys[i], KVD_PEEK);
        assert_non_null(entry);
        assert_true(kvd_slice_equal(kvd_entry_value(entry), keys[KEYS - 1 - i]));
    }
    close_world(&w);
}

static void values_are_resized(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    kvd_entry *entry = put(&w, "k", "abc", BEGIN + 5000);
    entry = kvd_store_resize(w.store, entry, 1000);
    assert_non_null(entry);
    assert_memory_equal(kvd_entry_data(entry), "abc", 3);
    for (size_t i = 3; i < 1000; i++) assert_int_equal(kvd_entry_data(entry)[i], 0);
    assert_int_equal(kvd_entry_expiry(entry), BEGIN + 5000);
    memset(kvd_entry_data(entry), 'x', 1000);
    entry = kvd_store_resize(w.store, entry, 2);
    entry = kvd_store_resize(w.store, entry, 5);
    assert_memory_equal(kvd_entry_data(entry), "xx\0\0\0", 5);
    assert_int_equal(kvd_store_count(w.store), 1);
    assert_int_equal(kvd_store_timed(w.store), 1);
    check_used(&w);
    close_world(&w);
}

/* Whichever allocation fails, the call says so, and what was there is there. */
static void failing_memory_changes_nothing(void **state) {
    (void)state;
    bool succeeded = false;
    for (size_t fail = 1; !succeeded; fail += 1 + fail / 8) {
        world w;
        char buffer[32], other[32];
        open_world(&w, 0);
        for (uint64_t i = 0; i < 2000; i++)
            assert_non_null(kvd_store_put(w.store, numbered(buffer, "", i), text("v"), KVD_NEVER));
        w.book.fail_at = w.book.calls + fail;
        /* Enough for some tables to grow. */
        for (uint64_t i = 2000; i < 4000; i++) {
            kvd_slice key = numbered(buffer, "", i);
            size_t count = kvd_store_count(w.store);
            kvd_entry *entry = kvd_store_put(w.store, key, text("v"), BEGIN + 1);
            assert_int_equal(kvd_store_count(w.store), count + (entry != NULL));
            if (entry == NULL) assert_null(kvd_store_find(w.store, key, KVD_PEEK));
            entry = kvd_store_put(w.store, numbered(other, "", i - 2000),
                                  text("longer value"
                                       " that does not fit into the block of the first one, so that"
                                       " another one is needed"),
                                  KVD_NEVER);
            kvd_entry *found = kvd_store_find(w.store, numbered(other, "", i - 2000), KVD_PEEK);
            assert_ptr_equal(found == NULL, NULL);
            assert_int_equal(kvd_entry_value(found).length > 1, entry != NULL);
            check_used(&w);
            if (entry == NULL || w.book.calls >= w.book.fail_at) break;
        }
        succeeded = w.book.calls < w.book.fail_at;
        close_world(&w);
    }
}

static void without_memory_there_is_no_store(void **state) {
    (void)state;
    ledger book = {.fail_at = 1};
    ta_allocator allocator = ledger_allocator(&book);
    assert_null(kvd_store_create(&(kvd_store_options){0, 7, &allocator}));
    assert_balanced(&book);
}

static void a_resize_that_fails_changes_nothing(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    kvd_entry *entry = put(&w, "k", "abc", KVD_NEVER);
    for (size_t fail = 1; fail <= 2; fail++) {
        /* The first attempt asks for spare room as well. */
        w.book.fail_at = w.book.calls + fail;
        kvd_entry *grown = kvd_store_resize(w.store, entry, 1000 * fail);
        assert_non_null(grown);
        entry = grown;
    }
    w.book.fail_at = 0;
    world small;
    open_world(&small, kvd_store_used(w.store) + 2000);
    entry = put(&small, "k", "abc", KVD_NEVER);
    assert_null(kvd_store_resize(small.store, entry, 1000000));
    check_value(&small, "k", "abc");
    check_used(&small);
    close_world(&small);
    close_world(&w);
}

/* ---- the limit -------------------------------------------------------------------------------- */

/* A store that has room for about `entries` values of 1,000 bytes. */
static void open_limited(world *w, size_t entries) {
    world probe;
    open_world(&probe, 0);
    size_t empty = kvd_store_used(probe.store);
    close_world(&probe);
    open_world(w, empty + entries * 1500);
}

static const char *thousand(void) {
    static char value[1001];
    memset(value, 'v', sizeof value - 1);
    return value;
}

static void the_least_recently_used_goes_first(void **state) {
    (void)state;
    world w;
    open_limited(&w, 4);
    assert_non_null(put(&w, "a", thousand(), KVD_NEVER));
    assert_non_null(put(&w, "b", thousand(), KVD_NEVER));
    assert_non_null(put(&w, "c", thousand(), KVD_NEVER));
    (void)kvd_store_find(w.store, text("a"), KVD_TOUCH); /* from here on: b, c, a */
    (void)kvd_store_find(w.store, text("b"), KVD_PEEK);  /* is no use */
    static const char *const order[] = {"b", "c", "a"};
    char buffer[32];
    size_t gone = 0;
    for (uint64_t i = 0; gone < 3; i++) {
        assert_in_range(i, 0, 20);
        assert_non_null(
            kvd_store_put(w.store, numbered(buffer, "new", i), text(thousand()), KVD_NEVER));
        assert_true(kvd_store_used(w.store) <= kvd_store_limit(w.store));
        check_used(&w);
        while (gone < 3 && !has(&w, order[gone])) gone++;
        for (size_t j = gone; j < 3; j++) assert_true(has(&w, order[j]));
    }
    assert_int_equal(kvd_store_figures_of(w.store)->expired, 0);
    assert_true(kvd_store_figures_of(w.store)->evicted >= 3);
    close_world(&w);
}

static void writing_is_a_use(void **state) {
    (void)state;
    world w;
    open_limited(&w, 4);
    assert_non_null(put(&w, "a", thousand(), KVD_NEVER));
    assert_non_null(put(&w, "b", thousand(), KVD_NEVER));
    assert_non_null(put(&w, "a", thousand(), KVD_NEVER));
    char buffer[32];
    for (uint64_t i = 0; has(&w, "b"); i++) {
        assert_in_range(i, 0, 20);
        (void)kvd_store_put(w.store, numbered(buffer, "new", i), text(thousand()), KVD_NEVER);
    }
    assert_true(has(&w, "a"));
    close_world(&w);
}

static void what_cannot_fit_evicts_nothing(void **state) {
    (void)state;
    world w;
    static char large[100000];
    open_limited(&w, 4);
    assert_non_null(put(&w, "a", "1", KVD_NEVER));
    assert_non_null(put(&w, "b", "2", KVD_NEVER));
    assert_null(kvd_store_put(w.store, text("c"), (kvd_slice){large, sizeof large}, KVD_NEVER));
    assert_null(kvd_store_put(w.store, text("a"), (kvd_slice){large, sizeof large}, KVD_NEVER));
    check_value(&w, "a", "1");
    check_value(&w, "b", "2");
    assert_false(has(&w, "c"));
    assert_int_equal(kvd_store_figures_of(w.store)->evicted, 0);
    assert_false(kvd_store_make_room(w.store, sizeof large));
    assert_true(kvd_store_make_room(w.store, 100));
    close_world(&w);
}

/* An entry that grows is not evicted for itself. */
static void what_grows_stays(void **state) {
    (void)state;
    world w;
    open_limited(&w, 4);
    assert_non_null(put(&w, "grows", "1", KVD_NEVER));
    assert_non_null(put(&w, "b", thousand(), KVD_NEVER));
    assert_non_null(put(&w, "c", thousand(), KVD_NEVER));
    kvd_entry *entry = kvd_store_find(w.store, text("grows"), KVD_PEEK);
    assert_non_null(kvd_store_resize(w.store, entry, 4000));
    assert_true(has(&w, "grows"));
    assert_false(has(&w, "b"));
    assert_true(kvd_store_used(w.store) <= kvd_store_limit(w.store));
    check_used(&w);
    close_world(&w);
}

static void the_limit_holds_under_churn(void **state) {
    (void)state;
    world w;
    static char value[3000];
    char buffer[32];
    open_limited(&w, 100);
    for (size_t i = 0; i < 20000; i++) {
        kvd_slice key = numbered(buffer, "k", next_random(&w) % 1000);
        size_t length = next_random(&w) % sizeof value;
        assert_non_null(kvd_store_put(w.store, key, (kvd_slice){value, length}, KVD_NEVER));
        assert_true(kvd_store_used(w.store) <= kvd_store_limit(w.store));
        check_used(&w);
    }
    assert_true(kvd_store_figures_of(w.store)->evicted > 1000);
    close_world(&w);
}

/* ---- expiry ----------------------------------------------------------------------------------- */

static void what_has_expired_is_not_there(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    assert_non_null(put(&w, "a", "1", BEGIN + 10));
    kvd_store_set_time(w.store, BEGIN + 9);
    assert_true(has(&w, "a"));
    kvd_store_set_time(w.store, BEGIN + 10);
    assert_int_equal(kvd_store_count(w.store), 1);
    assert_false(has(&w, "a"));
    assert_int_equal(kvd_store_count(w.store), 0);
    assert_int_equal(kvd_store_figures_of(w.store)->expired, 1);
    assert_non_null(put(&w, "a", "2", KVD_NEVER));
    kvd_store_set_time(w.store, INT64_MAX - 1);
    assert_true(has(&w, "a"));
    close_world(&w);
}

static void expiries_are_set_and_taken_away(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    kvd_entry *entry = put(&w, "a", "1", KVD_NEVER);
    assert_int_equal(kvd_store_timed(w.store), 0);
    kvd_store_set_expiry(w.store, entry, BEGIN + 100);
    kvd_store_set_expiry(w.store, entry, BEGIN + 200);
    assert_int_equal(kvd_store_timed(w.store), 1);
    assert_int_equal(kvd_entry_expiry(entry), BEGIN + 200);
    assert_int_equal(kvd_store_expire(w.store, BEGIN + 150, 100, NULL), 0);
    kvd_store_set_expiry(w.store, entry, KVD_NEVER);
    assert_int_equal(kvd_store_timed(w.store), 0);
    assert_int_equal(kvd_store_expire(w.store, BEGIN + 1000000, 100, NULL), 0);
    assert_true(has(&w, "a"));
    close_world(&w);
}

/* Expiries from the past to several turns of the wheel ahead, and a clock that goes in steps of any
 * size: after each pass what has expired is gone and what has not is there. */
static void a_pass_removes_exactly_what_has_expired(void **state) {
    (void)state;
    enum { ENTRIES = 3000 };
    static int64_t expiry[ENTRIES];
    world w;
    char buffer[32];
    open_world(&w, 0);
    (void)kvd_store_expire(w.store, BEGIN, 0, NULL);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        int64_t span = i % 3 == 0 ? 2000 : i % 3 == 1 ? 1000000 : 10000000;
        expiry[i] = BEGIN - 100 + (int64_t)(next_random(&w) % (uint64_t)span);
        assert_non_null(kvd_store_put(w.store, numbered(buffer, "k", i), text("v"), expiry[i]));
    }
    size_t removed = 0;
    for (int64_t now = BEGIN; removed < ENTRIES;) {
        size_t left = 0;
        removed += kvd_store_expire(w.store, now, SIZE_MAX, NULL);
        for (size_t i = 0; i < ENTRIES; i++) left += expiry[i] > now;
        assert_int_equal(kvd_store_count(w.store), left);
        assert_int_equal(removed, ENTRIES - left);
        now += (int64_t)(next_random(&w) % (removed % 7 == 0 ? 3000000 : 20000));
    }
    assert_int_equal(kvd_store_timed(w.store), 0);
    assert_int_equal(kvd_store_figures_of(w.store)->expired, ENTRIES);
    close_world(&w);
}

static void a_pass_keeps_to_its_budget_and_goes_on(void **state) {
    (void)state;
    enum { ENTRIES = 1000, BUDGET = 7 };
    world w;
    char buffer[32];
    bool more = true;
    size_t removed = 0, passes = 0;
    open_world(&w, 0);
    (void)kvd_store_expire(w.store, BEGIN, 0, NULL);
    /* All in one slot, half of them for later: those must not stop the others. */
    for (uint64_t i = 0; i < ENTRIES; i++)
        assert_non_null(kvd_store_put(w.store, numbered(buffer, "k", i), text("v"),
                                      BEGIN + 1000 + (i % 2 == 0 ? 0 : 4096 * 256)));
    while (more) {
        size_t now_removed = kvd_store_expire(w.store, BEGIN + 1000, BUDGET, &more);
        assert_in_range(now_removed, 0, BUDGET);
        removed += now_removed;
        assert_in_range(++passes, 1, ENTRIES / BUDGET + 2);
    }
    assert_int_equal(removed, ENTRIES / 2);
    assert_int_equal(kvd_store_count(w.store), ENTRIES / 2);
    /* What is removed while a pass stands in its middle. */
    (void)kvd_store_expire(w.store, BEGIN + 1000 + 4096 * 256, BUDGET, &more);
    assert_true(more);
    kvd_store_clear(w.store);
    (void)kvd_store_expire(w.store, BEGIN + 1000 + 4096 * 256, BUDGET, &more);
    assert_false(more);
    check_used(&w);
    close_world(&w);
}

static void a_clock_may_go_back(void **state) {
    (void)state;
    world w;
    open_world(&w, 0);
    (void)kvd_store_expire(w.store, BEGIN, SIZE_MAX, NULL);
    assert_non_null(put(&w, "a", "1", BEGIN + 1000));
    (void)kvd_store_expire(w.store, BEGIN - 3600000, SIZE_MAX, NULL);
    assert_non_null(put(&w, "b", "1", BEGIN - 3600000 + 1000));
    assert_int_equal(kvd_store_expire(w.store, BEGIN - 3600000 + 1000, SIZE_MAX, NULL), 1);
    assert_true(has(&w, "a"));
    assert_int_equal(kvd_store_expire(w.store, BEGIN + 1000, SIZE_MAX, NULL), 1);
    close_world(&w);
}

/* ---- all of them ------------------------------------------------------------------------------ */

enum { STABLE = 3000 };

typedef struct visits {
    unsigned seen[STABLE];
    size_t all;
} visits;

static void count_visit(void *context, const kvd_entry *entry) {
    visits *v = context;
    kvd_slice key = kvd_entry_key(entry);
    char digits[32] = "";
    v->all++;
    if (*key.data != 's') return;
    memcpy(digits, key.data + 1, key.length - 1);
    v->seen[strtoul(digits, NULL, 10)]++;
}

static void put_stable(world *w) {
    char buffer[32];
    for (uint64_t i = 0; i < STABLE; i++)
        assert_non_null(kvd_store_put(w->store, numbered(buffer, "s", i), text("v"), KVD_NEVER));
}

static void a_scan_at_rest_visits_each_once(void **state) {
    (void)state;
    static const size_t counts[] = {1, 10, 100, SIZE_MAX};
    world w;
    open_world(&w, 0);
    put_stable(&w);
    for (size_t i = 0; i < 4; i++) {
        visits v = {{0}, 0};
        uint64_t cursor = 0;
        do {
            cursor = kvd_store_scan(w.store, cursor, counts[i], count_visit, &v);
            assert_true(cursor < UINT64_C(1) << 56);
        } while (cursor != 0);
        assert_int_equal(v.all, STABLE);
        for (size_t j = 0; j < STABLE; j++) assert_int_equal(v.seen[j], 1);
    }
    close_world(&w);
}

/* Tables grow, empty and begin anew between the steps; what stays is seen. */
static void a_scan_under_churn_misses_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        world w;
        visits v = {{0}, 0};
        char buffer[32];
        uint64_t cursor = 0, added = 0;
        open_world(&w, 0);
        w.random = seed;
        print_message("seed %llu\n", (unsigned long long)seed);
        put_stable(&w);
        do {
            cursor = kvd_store_scan(w.store, cursor, 1 + next_random(&w) % 50, count_visit, &v);
            bool grows = next_random(&w) % 4 != 0 && kvd_store_count(w.store) < 30000;
            for (uint64_t i = next_random(&w) % 400; i > 0; i--) {
                if (grows) {
                    kvd_slice key = numbered(buffer, "c", added++);
                    assert_non_null(kvd_store_put(w.store, key, text("v"), KVD_NEVER));
                } else if (added > 0) {
                    kvd_slice key = numbered(buffer, "c", next_random(&w) % added);
                    kvd_entry *entry = kvd_store_find(w.store, key, KVD_PEEK);
                    if (entry != NULL) kvd_store_remove(w.store, entry);
                }
            }
        } while (cursor != 0);
        for (size_t i = 0; i < STABLE; i++) assert_true(v.seen[i] >= 1);
        assert_true(kvd_store_count(w.store) > 2 * STABLE); /* tables did grow */
        close_world(&w);
    }
}

static void any_cursor_ends(void **state) {
    (void)state;
    world w;
    visits v = {{0}, 0};
    open_world(&w, 0);
    put_stable(&w);
    for (size_t i = 0; i < 100; i++) {
        uint64_t cursor = next_random(&w);
        size_t steps = 0;
        do {
            cursor = kvd_store_scan(w.store, cursor, 100, count_visit, &v);
            assert_in_range(++steps, 1, 1000);
        } while (cursor != 0);
    }
    close_world(&w);
}

static void a_scan_does_not_show_what_has_expired(void **state) {
    (void)state;
    world w;
    visits v = {{0}, 0};
    open_world(&w, 0);
    assert_non_null(put(&w, "s1", "v", BEGIN));
    assert_non_null(put(&w, "s2", "v", BEGIN + 1));
    assert_int_equal(kvd_store_scan(w.store, 0, 1000, count_visit, &v), 0);
    assert_int_equal(v.seen[1], 0);
    assert_int_equal(v.seen[2], 1);
    close_world(&w);
}

static void random_entries_come_from_everywhere(void **state) {
    (void)state;
    world w;
    char buffer[32];
    visits v = {{0}, 0};
    open_world(&w, 0);
    assert_null(kvd_store_random(w.store, 1));
    for (uint64_t i = 0; i < 100; i++)
        assert_non_null(kvd_store_put(w.store, numbered(buffer, "s", i), text("v"),
                                      i % 2 == 0 ? KVD_NEVER : BEGIN));
    for (size_t i = 0; i < 20000; i++) {
        kvd_entry *entry = kvd_store_random(w.store, next_random(&w));
        assert_non_null(entry);
        count_visit(&v, entry);
    }
    for (size_t i = 0; i < 100; i++) assert_int_equal(v.seen[i] > 0, i % 2 == 0);
    for (uint64_t i = 0; i < 100; i += 2)
        kvd_store_remove(w.store, kvd_store_find(w.store, numbered(buffer, "s", i), KVD_PEEK));
    assert_null(kvd_store_random(w.store, 1));
    close_world(&w);
}

/* ---- everything at once ----------------------------------------------------------------------- */

enum { MODEL_KEYS = 300, MODEL_STEPS = 60000 };

typedef struct model_value {
    bool is_there;
    uint8_t fill;
    size_t length;
    int64_t expiry;
} model_value;

static void check_model(world *w, const model_value *m, kvd_slice key, int64_t now) {
    kvd_entry *entry = kvd_store_find(w->store, key, KVD_TOUCH | KVD_COUNT);
    bool is_there = m->is_there && m->expiry > now;
    assert_int_equal(entry != NULL, is_there);
    if (!is_there) return;
    kvd_slice value = kvd_entry_value(entry);
    assert_int_equal(value.length, m->length);
    assert_int_equal(kvd_entry_expiry(entry), m->expiry);
    for (size_t i = 0; i < value.length; i++) assert_int_equal((uint8_t)value.data[i], m->fill);
}

/* One step of a random kind, the same in the store and in the model. */
static void step(world *w, model_value *m, kvd_slice key, int64_t now) {
    static uint8_t bytes[600];
    uint64_t random = next_random(w);
    kvd_entry *entry = kvd_store_find(w->store, key, KVD_PEEK);
    model_value wished = {true, (uint8_t)random, random >> 8 & 0xff,
                          random & 1 << 20 ? KVD_NEVER : now + (int64_t)(random >> 24 & 0x3fff)};
    if (random >> 40 & 1) wished.length += 300;
    switch (random >> 60) {
    case 0:
        kvd_store_clear(w->store);
        break;
    case 1:
    case 2:
    case 3:
        if (entry != NULL) kvd_store_remove(w->store, entry);
        m->is_there = false;
        break;
    case 4:
    case 5:
        if (entry == NULL) break;
        kvd_store_set_expiry(w->store, entry, wished.expiry);
        m->expiry = wished.expiry;
        break;
    case 6:
    case 7:
        if (entry == NULL) break;
        entry = kvd_store_resize(w->store, entry, wished.length);
        memset(kvd_entry_data(entry), wished.fill, wished.length);
        m->fill = wished.fill;
        m->length = wished.length;
        break;
    default:
        memset(bytes, wished.fill, wished.length);
        assert_non_null(
            kvd_store_put(w->store, key, (kvd_slice){(char *)bytes, wished.length}, wished.expiry));
        *m = wished;
    }
}

static void the_store_does_what_a_model_says(void **state) {
    (void)state;
    static model_value model[MODEL_KEYS];
    world w;
    char buffer[32];
    int64_t now = BEGIN;
    memset(model, 0, sizeof model);
    open_world(&w, 0);
    for (size_t i = 0; i < MODEL_STEPS; i++) {
        uint64_t key = next_random(&w) % MODEL_KEYS;
        bool was_empty = kvd_store_count(w.store) == 0;
        now += (int64_t)(next_random(&w) % 4);
        kvd_store_set_time(w.store, now);
        if (i % 16 == 0) (void)kvd_store_expire(w.store, now, 3, NULL);
        step(&w, &model[key], numbered(buffer, "k", key), now);
        if (kvd_store_count(w.store) == 0 && !was_empty) memset(model, 0, sizeof model);
        check_model(&w, &model[key], numbered(buffer, "k", key), now);
        uint64_t other = next_random(&w) % MODEL_KEYS;
        check_model(&w, &model[other], numbered(buffer, "k", other), now);
        check_used(&w);
    }
    close_world(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_put_found_and_removed),
        cmocka_unit_test(keys_and_values_are_binary),
        cmocka_unit_test(values_are_resized),
        cmocka_unit_test(failing_memory_changes_nothing),
        cmocka_unit_test(without_memory_there_is_no_store),
        cmocka_unit_test(a_resize_that_fails_changes_nothing),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(writing_is_a_use),
        cmocka_unit_test(what_cannot_fit_evicts_nothing),
        cmocka_unit_test(what_grows_stays),
        cmocka_unit_test(the_limit_holds_under_churn),
        cmocka_unit_test(what_has_expired_is_not_there),
        cmocka_unit_test(expiries_are_set_and_taken_away),
        cmocka_unit_test(a_pass_removes_exactly_what_has_expired),
        cmocka_unit_test(a_pass_keeps_to_its_budget_and_goes_on),
        cmocka_unit_test(a_clock_may_go_back),
        cmocka_unit_test(a_scan_at_rest_visits_each_once),
        cmocka_unit_test(a_scan_under_churn_misses_nothing),
        cmocka_unit_test(any_cursor_ends),
        cmocka_unit_test(a_scan_does_not_show_what_has_expired),
        cmocka_unit_test(random_entries_come_from_everywhere),
        cmocka_unit_test(the_store_does_what_a_model_says),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
