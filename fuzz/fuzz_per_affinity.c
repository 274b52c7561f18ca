/* SPDX-License-Identifier: MIT
 *
 * Any operations on slot arrays and explicit storage, and on handles of both, do what a sequential
 * model says.
 *
 * The bytes choose a machine, then operations with what they work on: arrays of all strategies and
 * ways of making values, handles of all kinds, moves whose source is declared rightly, wrongly or
 * not at all, and constructors and allocations that fail. The model (per_affinity_model.h) predicts
 * statuses, slots, what is constructed, and what ends when; at the end nothing is left.
 */
#include "per_affinity_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_STEPS = 120, LIVES_PER_STEP = 256 };

static void get(void) {
    model *a = choose_array();
    if (a != NULL) array_get(a, choose_affinity(a));
}

static void get_here(void) {
    model *a = choose_array();
    if (a != NULL) array_get_here(a);
}

static void resolve(void) {
    model *a = choose_array();
    if (a != NULL) array_resolve(a, choose_affinity(a));
}

static void fill(void) {
    model *a = choose_array();
    if (a != NULL) array_fill(a);
}

static void look(void) {
    model *a = choose_array();
    if (a != NULL) array_read(a);
}

static void make_handle(void) {
    model *a = choose_array();
    if (a != NULL) holder_make(a);
}

static void destroy(void) {
    model *a = choose_array();
    if (a != NULL) array_destroy(a);
}

/* The thread moves, where it can: a thread is never at a place that a registry does not know. */
static void move_here(void) {
    ta_affinity place = choose_place();
    if (choose(4) == 0) {
        CHECK(ta_unpin() == TA_OK);
        place = TA_AFFINITY_UNKNOWN;
    } else if (w.machine->registry != NULL) {
        CHECK(ta_registry_adopt(w.machine->registry, place) == TA_OK);
    } else {
        return;
    }
    w.here = place;
}

static void fail_probe(void) { w.fail_probe = 1 + choose(6); }

static void fail_memory(void) { w.fail_memory = 1 + choose(6); }

static void nulls(void) {
    ta_handle handle = {NULL, NULL};
    ta_move move = ta_move_between(TA_AFFINITY_UNKNOWN, choose_place(), NULL);
    void *value = &handle;
    ta_per_affinity *array = (void *)&handle;
    CHECK(ta_per_affinity_create(NULL, NULL, NULL, &array) == TA_E_INVALID && array == NULL);
    CHECK(ta_per_affinity_fill(NULL, NULL, 0) == TA_E_INVALID);
    CHECK(ta_per_affinity_slot_count(NULL) == 0 && ta_per_affinity_handle_count(NULL) == 0);
    CHECK(!ta_per_affinity_each(NULL, NULL, NULL) && ta_per_affinity_at(NULL, 0) == NULL);
    CHECK(ta_per_affinity_get(NULL, choose_place()) == NULL);
    CHECK(ta_per_affinity_resolve(NULL, choose_place(), &value) == TA_E_INVALID && value == NULL);
    CHECK(ta_per_affinity_peek(NULL, choose_place()) == NULL);
    CHECK(ta_handle_make(NULL, choose_place(), &handle) == TA_E_INVALID);
    CHECK(ta_handle_relocate(NULL, &move) == TA_E_INVALID);
    CHECK(ta_handle_relocate(&handle, NULL) == TA_E_INVALID);
    CHECK(ta_handle_relocate(&handle, &move) == TA_OK);
    ta_handle_drop(&handle);
    ta_handle_drop(NULL);
    CHECK(ta_handle_clone(NULL).array == NULL && ta_handle_slot(NULL) == TA_NO_SLOT);
    ta_per_affinity_destroy(NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    /* arrays */
    {"create", array_create},
    {"create wrongly", array_create_wrongly},
    {"destroy", destroy},
    {"get", get},
    {"get here", get_here},
    {"resolve", resolve},
    {"fill", fill},
    {"look", look},
    {"make a handle", make_handle},
    {"make a handle", make_handle},
    {"clone", holder_clone},
    {"relocate", holder_relocate},
    {"relocate", holder_relocate},
    {"relocate", holder_relocate},
    {"drop", holder_drop},
    {"convert", holder_convert},
    {"compare", holder_compare},
    /* both */
    {"move the thread", move_here},
    {"fail a probe", fail_probe},
    {"fail an allocation", fail_memory},
    {"nothing", nulls},
    /* storage */
    {"create storage", storage_create},
    {"destroy storage", storage_destroy},
    {"replace", storage_replace},
    {"replace", storage_replace},
    {"remove", storage_remove},
    {"pin", storage_pin},
    {"unpin", storage_unpin},
    {"get a clone", storage_get_clone},
    {"look into storage", storage_look},
    {"reclaim", storage_reclaim},
    {"refer", stored_make},
    {"clone a reference", stored_clone},
    {"relocate a reference", stored_relocate},
    {"relocate a reference", stored_relocate},
    {"drop a reference", stored_drop},
    {"convert a reference", stored_convert},
};

enum {
    OPERATIONS = sizeof operations / sizeof *operations,
    OF_ARRAYS = 17, /* alone */
    OF_BOTH = 4
};

static void step(unsigned first, unsigned count) {
    unsigned which = first + choose(count);
    w.step++;
    w.operation = operations[which].name;
    operations[which].run();
    world_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    unsigned first = 0, count = OPERATIONS;
    world_open(data, size);
    switch (choose(3)) {
    case 0: /* arrays alone: more happens to each */
        count = OF_ARRAYS + OF_BOTH;
        array_create();
        break;
    case 1: /* storage alone */
        first = OF_ARRAYS;
        count -= OF_ARRAYS;
        storage_create();
        break;
    default:
        break;
    }
    while (!choose_is_over() && w.step < MOST_STEPS && w.life_count + LIVES_PER_STEP < MOST_LIVES)
        step(first, count);
    w.operation = "the end";
    w.fail_memory = w.fail_probe = 0;
    for (uint32_t i = 0; i < w.array_count; i++) array_destroy(&w.arrays[i]);
    holders_drop();
    world_close();
    return 0;
}
