/* SPDX-License-Identifier: MIT
 *
 * Descriptors that are made while the program runs, and values of them: what property tests and the
 * fuzz target of relocation share.
 *
 * A tree is a type: it has a descriptor for the library, and a description of its own by which the
 * tests read values independently of the library's engine. Both come from choices, which are bytes
 * of an input or of a generator.
 */
#ifndef TA_TESTS_FOREST_H
#define TA_TESTS_FOREST_H

#include "ta.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- choices --------------------------------------------------------------------------------- */

typedef struct choices {
    const uint8_t *next, *end; /* NULL: from the generator */
    uint64_t state;
} choices;

/* Below `below`, which is at most 256. Missing bytes read as 0. */
unsigned choose(choices *from, unsigned below);

/* ---- memory ---------------------------------------------------------------------------------- */

/* An allocator that counts what is out, and gives nothing to calls [fail_at, fail_at + fail_count),
 * counted from 1. */
typedef struct pool {
    ta_allocator allocator;
    size_t blocks, bytes, calls, fail_at, fail_count;
} pool;

void pool_init(pool *p);

/* ---- probes ---------------------------------------------------------------------------------- */

/* Values with functions of their own, which count, and fail when they are told to. In one operation
 * each is relocated or cloned once at most: who asks twice is found out on the spot. */
enum { PROBE_FAILED = -1000 };

typedef struct probe_book {
    size_t live;                              /* that have to be destroyed */
    size_t relocations, clones;               /* calls in this operation */
    size_t fail_relocation_at, fail_clone_at; /* the call that fails, counted from 1; 0: none */
    uint64_t operation;
} probe_book;
extern probe_book probes;

/* The next operation: no calls so far, and none fails. */
void probes_reset(void);
/* None may be alive. */
void probes_bury(void);

/* ---- types ----------------------------------------------------------------------------------- */

typedef struct tree tree;

/* All trees of one test. */
typedef struct forest {
    tree *trees;
} forest;

const tree *forest_grow(forest *wood, choices *from);
void forest_fell(forest *wood);
const ta_type *tree_type(const tree *t);

/* ---- values ---------------------------------------------------------------------------------- */

/* Storage for one value, of the size that the descriptor says, to the byte; all zero. */
void *value_storage(const tree *t);
void value_storage_release(const tree *t, void *storage);
/* Fills it, with memory of a pool's, which does not fail. */
void value_fill(const tree *t, void *value, choices *from, const ta_allocator *memory);
/* Changes something somewhere in it as its user would (appends, removes, replaces), and checks that
 * this is what happened. What needs memory gets it from a pool, which does not fail. */
void value_change(const tree *t, void *value, choices *from, const ta_allocator *memory);

/* What there is to see in a value, in a growing buffer. */
typedef struct picture {
    uint8_t *bytes;
    size_t size, room;
} picture;

typedef enum view {
    CONTENTS, /* what values mean: scalars, strings, entries of maps, results of closures */
    ADDRESSES /* where owned memory is */
} view;

picture value_picture(const tree *t, const void *value, view what);
bool picture_equal(const picture *a, const picture *b);
void picture_free(picture *p);

/* Where things stand that an engine may treat in a way of its own. */
enum {
    PROBE_IN_KEY = 1,
    PROBE_IN_ENTRY = 2,
    PROBE_IN_CLOSURE = 4,
    PROBE_IN_BOXED_CLOSURE = 8,
    PROBE_DEEP_IN_BOX = 16, /* so deep that the engine does not recurse; in what kind of block */
    PROBE_DEEP_IN_ARRAY = 32,
    PROBE_DEEP_IN_MAP = 64,
    PROBE_DEEP_IN_CLOSURE = 128,
    PROBE_EVERYWHERE = 255
};

/* What a value holds, in numbers. */
typedef struct census {
    size_t relocated, cloned, destroyed; /* probes with such a function */
    size_t blocks, bytes; /* owned, and not from `home`; their content that is in use */
    size_t maps;          /* the blocks of a map are counted as if it had just moved */
    size_t room;          /* of all maps, in entries */
    unsigned places;      /* PROBE_* */
} census;

/* `home`: NULL: all blocks are counted. */
census value_census(const tree *t, const void *value, const ta_allocator *home);

/* Are all probes of the value that relocate at home at `place`? */
bool value_is_at(const tree *t, const void *value, ta_affinity place);

#endif
