/* SPDX-License-Identifier: MIT
 *
 * Rows of values per affinity: reaching them, handles, storage. All values are there; each is 1, so
 * that the sum of what was reached is the number of operations.
 */
#include "count_rows.h"

#include "ta/per_affinity.h"
#include "ta/scalar.h"
#include "ta/storage.h"

typedef struct one {
    uint64_t value;
} one;
TA_UNAWARE_TYPE(ones, one);
TA_PER_AFFINITY(slots, ones);
TA_STORAGE(stores, ones);

enum { PLACES = 256 };

static struct {
    ta_registry *registry;
    ta_affinity here, there;
    ta_move move; /* from here to there, in another region */
    slots array;
    slots_handle handle;
    stores storage;
    stores_stored stored;
} at;

static ta_status make_one(one *out, const ta_site *site, void *context) {
    (void)site;
    (void)context;
    out->value = 1;
    return TA_OK;
}

static bool fill_storage(void) {
    for (uint32_t i = 0; i < PLACES; i++)
        if (stores_replace(at.storage, ta_registry_affinity(at.registry, i), (one){1}, NULL) !=
            TA_OK)
            return false;
    return stores_stored_make(at.storage, at.here, &at.stored) == TA_OK;
}

static bool begin(void) {
    const uint32_t counts[] = {PLACES / 2, PLACES / 2};
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    if (ta_registry_create(&machine, &at.registry) != TA_OK) return false;
    at.here = ta_registry_affinity(at.registry, 1);
    at.there = ta_registry_affinity(at.registry, PLACES - 1);
    at.move = ta_registry_move(at.registry, at.here, at.there);
    ta_per_affinity_options options = {.registry = at.registry};
    return ta_registry_adopt(at.registry, at.here) == TA_OK &&
           slots_create(&at.array, &options, make_one, NULL) == TA_OK &&
           slots_fill(at.array, ta_registry_affinities(at.registry), PLACES) == TA_OK &&
           slots_handle_make_here(at.array, &at.handle) == TA_OK &&
           stores_create(&at.storage, &options) == TA_OK && fill_storage();
}

static void end(void) {
    stores_stored_drop(&at.stored);
    stores_destroy(&at.storage);
    slots_handle_drop(&at.handle);
    slots_destroy(&at.array);
    (void)ta_unpin();
    ta_registry_destroy(at.registry);
}

/* A loop around an expression that is 1 when all is well; `array` and `storage` are at hand. */
#define REACH(NAME, EXPRESSION)                                                                    \
    static uint64_t NAME(uint64_t count) {                                                         \
        slots array = at.array;                                                                    \
        stores storage = at.storage;                                                               \
        uint64_t done = 0;                                                                         \
        (void)array;                                                                               \
        (void)storage;                                                                             \
        for (uint64_t i = 0; i < count; i++) {                                                     \
            COUNT_TOUCH();                                                                         \
            done += EXPRESSION;                                                                    \
        }                                                                                          \
        return done;                                                                               \
    }

REACH(current_affinity, ta_affinity_processor(ta_current_affinity()))
REACH(slot_get, slots_get(array, at.there)->value)
REACH(slot_get_here, slots_get_here(array)->value)
REACH(slot_peek, slots_peek(array, at.there)->value)
REACH(slot_at, slots_at(array, (uint32_t)i % PLACES)->value)
REACH(handle_get, slots_handle_get(&at.handle)->value)
REACH(handle_relocate, slots_handle_relocate(&at.handle, &at.move) == TA_OK)
REACH(stored_get, stores_stored_get(&at.stored)->value)

static uint64_t handle_clone_drop(uint64_t count) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        slots_handle clone = slots_handle_clone(&at.handle);
        COUNT_USE(clone);
        done += slots_handle_get(&clone)->value;
        slots_handle_drop(&clone);
    }
    return done;
}

static bool add(one *value, uint32_t slot, void *context) {
    uint64_t *sum = context;
    (void)slot;
    *sum += value->value;
    return true;
}

/* So many values, by visits of the whole array. */
static uint64_t slot_each(uint64_t count) {
    uint64_t sum = 0;
    while (sum < count && slots_each(at.array, add, &sum)) {
    }
    return sum;
}

static uint64_t storage_pin_here(uint64_t count) {
    const stores storage = at.storage;
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        stores_pin pin = stores_pin_here(storage);
        COUNT_USE(pin);
        done += stores_pin_get(&pin)->value;
        stores_pin_drop(&pin);
    }
    return done;
}

static uint64_t stored_clone_drop(uint64_t count) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        stores_stored clone = stores_stored_clone(&at.stored);
        COUNT_USE(clone);
        done += stores_stored_get(&clone)->value;
        stores_stored_drop(&clone);
    }
    return done;
}

/* To another slot and back: no relocation finds the reference there already. */
static uint64_t stored_relocate(uint64_t count) {
    const ta_move moves[] = {at.move, ta_registry_move(at.registry, at.there, at.here)};
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        COUNT_TOUCH();
        done += stores_stored_relocate(&at.stored, &moves[i % 2]) == TA_OK;
    }
    return done;
}

static uint64_t storage_replace(uint64_t count) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++)
        done += stores_replace(at.storage, at.there, (one){1}, NULL) == TA_OK;
    return done;
}

static const count_row rows[] = {
    {"current_affinity", 256, NULL, current_affinity, NULL},
    {"slot_get", 256, NULL, slot_get, NULL},
    {"slot_get_here", 256, NULL, slot_get_here, NULL},
    {"slot_peek", 256, NULL, slot_peek, NULL},
    {"slot_at", 256, NULL, slot_at, NULL},
    {"slot_each", PLACES, NULL, slot_each, NULL},
    {"handle_get", 256, NULL, handle_get, NULL},
    {"handle_relocate_hit", 256, NULL, handle_relocate, NULL},
    {"handle_clone_drop", 256, NULL, handle_clone_drop, NULL},
    {"storage_pin_here", 256, NULL, storage_pin_here, NULL},
    {"storage_replace", 256, NULL, storage_replace, NULL},
    {"stored_get", 256, NULL, stored_get, NULL},
    {"stored_clone_drop", 256, NULL, stored_clone_drop, NULL},
    {"stored_relocate", 256, NULL, stored_relocate, NULL},
};

const count_group count_reach = {rows, sizeof rows / sizeof *rows, begin, end};
