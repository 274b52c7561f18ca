/* SPDX-License-Identifier: MIT
 *
 * What tests of explicit storage share: a machine of eight processors, and a value that knows
 * whether it is alive and is counted when it is destroyed.
 */
#ifndef TA_TESTS_STORAGE_CHECKS_H
#define TA_TESTS_STORAGE_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/derive.h"
#include "ta/storage.h"

#include <stdatomic.h>

/* Two processors under each cache, two caches in each region. */
enum { PLACES = 8, CACHES = 4, REGIONS = 2 };

static inline ta_affinity place(uint32_t processor) {
    ta_affinity made;
    assert_int_equal(
        ta_affinity_make(processor, PLACES, processor / 2, CACHES, processor / 4, REGIONS, &made),
        TA_OK);
    return made;
}

static inline ta_move to(uint32_t processor) {
    return ta_move_between(TA_AFFINITY_UNKNOWN, place(processor), NULL);
}

/* ---- a value ---------------------------------------------------------------------------------- */

#define ALIVE UINT64_C(0xa11fea11fea11fea)
#define DEAD UINT64_C(0xdeaddeaddeaddead)

typedef struct leaf {
    uint64_t canary;
    uint32_t number;
    unsigned *destroyed; /* counts ends; may be NULL */
    char *text;
} leaf;

static inline ta_status clone_leaf(const leaf *value, leaf *out, const ta_allocator *allocator) {
    *out = *value;
    out->destroyed = NULL;
    out->text = ta_string_make(value->text, allocator);
    return out->text == NULL ? TA_E_NOMEM : TA_OK;
}

static inline void destroy_leaf(leaf *value) {
    assert_true(value->canary == ALIVE);
    value->canary = DEAD;
    if (value->destroyed != NULL) ++*value->destroyed;
    ta_destroy(&ta_string_type, &value->text);
}

TA_TYPE(leaf, leaf, NULL, clone_leaf, destroy_leaf);
TA_STORAGE(leaves, leaf);

static inline leaf leaf_of(uint32_t number, unsigned *destroyed, const ta_allocator *allocator) {
    leaf made = {.canary = ALIVE,
                 .number = number,
                 .destroyed = destroyed,
                 .text = ta_string_make("leaf", allocator)};
    assert_non_null(made.text);
    return made;
}

static inline leaves make_leaves(ta_per per, const ta_allocator *allocator) {
    ta_per_affinity_options options = {
        .shape = place(0), .strategy.per = per, .allocator = allocator};
    leaves storage = {NULL};
    ta_status status = leaves_create(&storage, &options);
    if (status != TA_OK) print_error("%s\n", ta_last_error());
    assert_int_equal(status, TA_OK);
    return storage;
}

/* Puts a leaf in, which must do. */
static inline void put(leaves storage, uint32_t processor, uint32_t number, unsigned *destroyed) {
    assert_int_equal(
        leaves_replace(storage, place(processor), leaf_of(number, destroyed, NULL), NULL), TA_OK);
}

/* The number of the leaf in the processor's slot; 0 for none. */
static inline uint32_t number_at(leaves storage, uint32_t processor) {
    leaves_pin pin = leaves_pin_at(storage, place(processor));
    const leaf *value = leaves_pin_get(&pin);
    uint32_t number = value == NULL ? 0 : value->number;
    if (value != NULL) assert_true(value->canary == ALIVE);
    leaves_pin_drop(&pin);
    return number;
}

static inline leaves_stored refer(leaves storage, uint32_t processor) {
    leaves_stored made;
    assert_int_equal(leaves_stored_make(storage, place(processor), &made), TA_OK);
    return made;
}

/* ta_last_error() begins with the function's name and says `text`. */
static inline void check_text(const char *function, const char *text) {
    size_t length = strlen(function);
    if (strncmp(ta_last_error(), function, length) != 0 || ta_last_error()[length] != ':')
        fail_msg("'%s' does not begin with '%s:'", ta_last_error(), function);
    if (strstr(ta_last_error(), text) == NULL) fail_msg("'%s' in '%s'", text, ta_last_error());
}

#endif
