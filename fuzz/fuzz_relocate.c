/* SPDX-License-Identifier: MIT
 *
 * Any value of any type survives any moves, failures, clones and drops.
 *
 * The bytes choose a type tree, two values and what is done with them. Each step is checked against
 * what could be seen in the value before it (tests/forest_checks.h), and at the end nothing is
 * left.
 */
#include "forest_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 3, STEPS = 24 };

typedef struct life {
    world w;
    choices from;
    void *values[VALUES]; /* NULL: none */
} life;

static size_t count_values(const life *l) {
    size_t count = 0;
    for (size_t i = 0; i < VALUES; i++) count += l->values[i] != NULL;
    return count;
}

static void give_back(life *l, void *storage) {
    ta_release(NULL, storage, tree_type(l->w.t)->size, tree_type(l->w.t)->alignment);
}

static void drop(life *l, size_t which) {
    ta_destroy(tree_type(l->w.t), l->values[which]);
    give_back(l, l->values[which]);
    l->values[which] = NULL;
}

static failures choose_failures(life *l) {
    failures wrong = {0};
    if (choose(&l->from, 2) == 0) return wrong;
    wrong.memory_at = choose(&l->from, 12);
    wrong.memory_count = 1 + choose(&l->from, 3) * 7;
    wrong.probe_at = choose(&l->from, 6);
    return wrong;
}

static void relocate(life *l, size_t which) {
    unsigned source = choose(&l->from, PLACES + 1), destination = choose(&l->from, PLACES);
    bool elsewhere = choose(&l->from, 2) == 1;
    failures wrong = choose_failures(l);
    void *value = l->values[which], *out = elsewhere ? value_storage(l->w.t) : value;
    checked_relocate(&l->w, out, value, source, destination, &wrong, count_values(l) == 1);
    l->values[which] = out;
    if (elsewhere) give_back(l, value);
}

static void clone(life *l, size_t which, size_t to) {
    unsigned region = choose(&l->from, REGIONS);
    failures wrong = choose_failures(l);
    void *out = value_storage(l->w.t);
    if (checked_clone(&l->w, l->values[which], out, region, &wrong))
        l->values[to] = out;
    else
        give_back(l, out);
}

static void fill(life *l, size_t which) {
    l->values[which] = value_storage(l->w.t);
    value_fill(l->w.t, l->values[which], &l->from,
               &l->w.pools[choose(&l->from, REGIONS)].allocator);
}

static void step(life *l) {
    size_t which = choose(&l->from, VALUES), to = choose(&l->from, VALUES);
    if (l->values[which] == NULL) {
        fill(l, which);
        return;
    }
    switch (choose(&l->from, 8)) {
    case 0:
        drop(l, which);
        break;
    case 1:
    case 2:
        if (l->values[to] == NULL) clone(l, which, to);
        break;
    default:
        relocate(l, which);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    life l = {.from = {data, data + size, 0}};
    if (size == 0) return 0;
    world_open(&l.w, &l.from);
    fill(&l, 0);
    for (size_t i = 0; i < STEPS && l.from.next < l.from.end; i++) step(&l);
    for (size_t i = 0; i < VALUES; i++)
        if (l.values[i] != NULL) drop(&l, i);
    world_close(&l.w);
    return 0;
}
