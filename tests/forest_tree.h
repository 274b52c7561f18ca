/* SPDX-License-Identifier: MIT
 *
 * The trees of tests/forest.h from inside: for those who make types, and those who make, read and
 * change values.
 */
#ifndef TA_TESTS_FOREST_TREE_H
#define TA_TESTS_FOREST_TREE_H

#include "forest.h"

enum { DEPTH = 4, FIELDS = 4, CASES = 3 };

/* A COUNTED value: a pointer, and an integer of the tree's width behind it. */
enum { COUNTED_LENGTH = 8, COUNTED_SIZE = 16 };

/* A captured value begins with its tree, so that the function that a closure calls can read it. */
enum { CAPTURED_TREE = 0 };

typedef enum tree_kind {
    SCALAR,
    STRING,
    PROBE,   /* relocates, is destroyed, or both, as its type says */
    STRUCT,  /* `count` fields */
    ARRAY,   /* `count` times the child */
    POINTER, /* to the child */
    COUNTED, /* as many of the child as an integer of `width` says */
    UNION,   /* one of `count` children, as a tag of `width` says */
    TABLE,   /* a map; the child is the entry, a struct of key and value */
    CLOSURE  /* that captures the child */
} tree_kind;

struct tree {
    tree_kind kind;
    const ta_type *type; /* &own, or one that stands somewhere */
    ta_type own;         /* CLOSURE: of what is captured */
    ta_part parts[FIELDS];
    ta_case cases[CASES];
    const tree *child[FIELDS];
    size_t offset[FIELDS];
    size_t count, width;
    bool is_link; /* the child is a struct that this is a part of */
    ta_map_class map;
    ta_callable callable;
    tree *next;
};

/* ---- probes ----------------------------------------------------------------------------------- */

/* What a probe owns; it outlives the probe, to tell of it. */
typedef struct token {
    bool is_alive;
    uint64_t cloned; /* the last operation in which it was */
    struct token *next;
} token;

struct probe {
    uint64_t value;
    token *own;         /* NULL in those that are never destroyed */
    uint64_t relocated; /* the last operation in which it was */
    ta_affinity home;
};

/* For a probe that comes to life. */
token *probe_token(void);

/* With all functions; with relocate alone, and otherwise a handful of bits; with all but that. */
enum { PROBE_TYPES = 3 };
extern const ta_type *const probe_types[PROBE_TYPES];

/* ---- closures --------------------------------------------------------------------------------- */

/* What all closures with something captured return: a hash of its contents. `call` for those in
 * place, and for those in a box. */
void captured_sum_in_place(void *storage, void *result);
void captured_sum_in_box(void *storage, void *result);
/* One without anything captured. */
ta_fn bare_closure(void);
/* Calls it for the last time: what it captured is destroyed, and it is empty. */
void call_closure_once(ta_fn *fn);

/* ---- values ----------------------------------------------------------------------------------- */

typedef struct filling {
    choices *from;
    const ta_allocator *memory;
    unsigned budget; /* of owned blocks; then pointers are NULL */
    unsigned chain;  /* so many links are followed whatever the budget */
} filling;

void fill(filling *f, const tree *t, char *value);
/* Puts an entry into a map, as NAME_put() of ta/map.h does, and checks that it is there. */
void fill_table_entry(filling *f, const tree *t, ta_map_core **core);

picture elements_picture(const tree *element, const void *elements, size_t count);
uint64_t picture_hash(const picture *p);
/* Of all entries, in whatever order. */
uint64_t table_digest(const tree *t, const ta_map_core *core);

#endif
