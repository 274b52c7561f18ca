/* SPDX-License-Identifier: MIT
 *
 * The trees of tests/forest.h from inside: for those who make types, and those who make and read
 * values.
 */
#ifndef TA_TESTS_FOREST_TREE_H
#define TA_TESTS_FOREST_TREE_H

#include "forest.h"

enum { DEPTH = 4, FIELDS = 4, CASES = 3 };

/* A COUNTED value: a pointer, and an integer of the tree's width behind it. */
enum { COUNTED_LENGTH = 8, COUNTED_SIZE = 16 };

typedef enum tree_kind {
    SCALAR,
    STRING,
    PROBE,
    STRUCT,  /* `count` fields */
    ARRAY,   /* `count` times the child */
    POINTER, /* to the child */
    COUNTED, /* as many of the child as an integer of `width` says */
    UNION,   /* one of `count` children, as a tag of `width` says */
    AGES,    /* a map */
    NAMES,   /* another */
    CLOSURE
} tree_kind;

struct tree {
    tree_kind kind;
    const ta_type *type; /* &own, or one that stands somewhere */
    ta_type own;
    ta_part parts[FIELDS];
    ta_case cases[CASES];
    const tree *child[FIELDS];
    size_t offset[FIELDS];
    size_t count, width;
    bool is_link; /* the child is a struct that this is a part of */
    tree *next;
};

enum { PROBE_TOKEN = 0xa5 };

struct probe {
    uint64_t value;
    unsigned char *token;
    ta_affinity home;
};

/* Memory for a probe that comes to life. */
unsigned char *probe_token(void);

TA_MAP(ages, ta_string, ta_int);
TA_MAP(names, ta_uint64, ta_string);

#endif
