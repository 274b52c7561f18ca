/* SPDX-License-Identifier: MIT
 *
 * What the tests of hash tables share: a map from owned strings to numbers, and moves.
 */
#ifndef TA_TESTS_MAP_CHECKS_H
#define TA_TESTS_MAP_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/map.h"

TA_MAP(ages, ta_string, ta_int);

/* A key type of the user's own, whose hash is as bad as can be. */
typedef struct pair {
    int a, b;
} pair;
TA_UNAWARE_TYPE(pair, pair);
static unsigned pair_comparisons;
static inline uint64_t pair_hash(const pair *key, uint64_t seed) {
    (void)key;
    (void)seed;
    return 7;
}
static inline bool pair_equal(const pair *x, const pair *y) {
    pair_comparisons++;
    return x->a == y->a && x->b == y->b;
}
TA_MAP(pairs, pair, ta_int);

static const char *text_of(unsigned i) {
    static char text[32];
    snprintf(text, sizeof text, "key number %u", i);
    return text;
}

static inline bool put_age(ages *map, unsigned i, const ta_allocator *allocator) {
    char *key = ta_string_make(text_of(i), allocator);
    if (key == NULL) return false;
    if (ages_put(map, key, (int)i, allocator)) return true;
    ta_destroy(&ta_string_type, &key);
    return false;
}

static inline int *get_age(const ages *map, unsigned i) { return ages_get(map, text_of(i)); }

static inline void assert_ages(const ages *map, unsigned count) {
    assert_int_equal(ages_count(map), count);
    for (unsigned i = 0; i < count; i++) {
        assert_non_null(get_age(map, i));
        assert_int_equal(*get_age(map, i), i);
    }
    assert_null(get_age(map, count));
    unsigned seen = 0;
    ta_map_cursor cursor = {0};
    for (const struct ages_entry *entry; (entry = ages_next(map, &cursor)) != NULL; seen++)
        assert_string_equal(entry->key, text_of((unsigned)entry->value));
    assert_int_equal(seen, count);
}

/* From the first of two regions to the second. */
static inline ta_move far_move(const ta_allocator *allocator) {
    ta_affinity all[2];
    assert_int_equal(ta_affinity_create_manual((uint32_t[]){1, 1}, 2, all, 2, NULL), TA_OK);
    return ta_move_between(all[0], all[1], allocator);
}

static inline ta_move near_move(const ta_allocator *allocator) {
    ta_affinity all[2];
    assert_int_equal(ta_affinity_create_manual((uint32_t[]){2}, 1, all, 2, NULL), TA_OK);
    return ta_move_between(all[0], all[1], allocator);
}

#endif
