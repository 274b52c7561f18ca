/* SPDX-License-Identifier: MIT
 *
 * Any value of any type survives any moves, failures, clones, changes and drops.
 *
 * The bytes choose a type tree, values and what is done with them. Each step is checked against
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

static failures choose_failures(life *l) {
    failures wrong = {0};
    if (choose(&l->from, 2) == 0) return wrong;
    wrong.memory_at = choose(&l->from, 12);
    wrong.memory_count = 1 + choose(&l->from, 3) * 7;
    wrong.probe_at = choose(&l->from, 6);
    return wrong;
}

/* Within its storage, or into another. */
static void relocate(life *l, size_t which) {
    unsigned source = choose(&l->from, PLACES + 1), destination = choose(&l->from, PLACES);
    bool elsewhere = choose(&l->from, 2) == 1;
    failures wrong = choose_failures(l);
    void *value = l->values[which], *out = elsewhere ? value_storage(l->w.t) : value;
    bool moved = checked_relocate(&l->w, out, value, source, destination, &wrong) == TA_OK;
    if (elsewhere) value_storage_release(l->w.t, moved ? value : out);
    if (moved) l->values[which] = out;
}

static void step(life *l) {
    size_t which = choose(&l->from, VALUES), to = choose(&l->from, VALUES);
    unsigned region = choose(&l->from, REGIONS);
    failures wrong;
    if (l->values[which] == NULL) {
        l->values[which] = world_value(&l->w, &l->from, region);
        return;
    }
    switch (choose(&l->from, 10)) {
    case 0:
        checked_drop(&l->w, l->values[which]);
        l->values[which] = NULL;
        break;
    case 1:
    case 2:
        if (l->values[to] != NULL) break;
        wrong = choose_failures(l);
        l->values[to] = checked_clone(&l->w, l->values[which], region, &wrong);
        break;
    case 3:
    case 4:
        checked_change(&l->w, l->values[which], &l->from, region);
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
    l.values[0] = world_value(&l.w, &l.from, 0);
    for (size_t i = 0; i < STEPS && l.from.next < l.from.end; i++) step(&l);
    for (size_t i = 0; i < VALUES; i++)
        if (l.values[i] != NULL) checked_drop(&l.w, l.values[i]);
    world_close(&l.w);
    return 0;
}
