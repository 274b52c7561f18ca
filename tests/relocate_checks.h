/* SPDX-License-Identifier: MIT
 *
 * What tests of relocation share: places, an element that records what is done to it, and an
 * allocator that is empty.
 */
#ifndef TA_TESTS_RELOCATE_CHECKS_H
#define TA_TESTS_RELOCATE_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/owned.h"

/* ---- places ---------------------------------------------------------------------------------- */

/* Processors of an invented machine with two regions, of two and of three processors. */
enum { HOME = 0, NEIGHBOUR = 1, AWAY = 2, AWAY_NEIGHBOUR = 3, PLACES = 5 };

static inline ta_affinity place(uint32_t processor) {
    static const uint32_t counts[] = {2, 3};
    ta_affinity places[PLACES];
    assert_int_equal(ta_affinity_create_manual(counts, 2, places, PLACES, NULL), TA_OK);
    return places[processor];
}

/* Of a machine of another shape: as many processors, all in one region. */
static inline ta_affinity foreign_place(void) {
    static const uint32_t counts[] = {PLACES};
    ta_affinity places[PLACES];
    assert_int_equal(ta_affinity_create_manual(counts, 1, places, PLACES, NULL), TA_OK);
    return places[0];
}

/* To another region; to another processor of the same region. */
static inline ta_move far_move(const ta_allocator *allocator) {
    return ta_move_between(place(HOME), place(AWAY), allocator);
}

static inline ta_move near_move(const ta_allocator *allocator) {
    return ta_move_between(place(HOME), place(NEIGHBOUR), allocator);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static inline void *nothing_left(void *context, size_t size, size_t alignment) {
    (void)context;
    (void)size;
    (void)alignment;
    return NULL;
}

static inline void never_released(void *context, void *memory, size_t size, size_t alignment) {
    (void)context;
    (void)memory;
    (void)size;
    (void)alignment;
    fail_msg("memory went to an allocator that never gave any out");
}

static const ta_allocator empty_allocator
    __attribute__((unused)) = {nothing_left, never_released, NULL};

static inline size_t blocks_of(ledger *book) { return atomic_load(&book->blocks); }
static inline size_t calls_of(ledger *book) { return atomic_load(&book->calls); }

/* LEDGER(name): a ledger `name`, and name_memory, the pointer to its allocator. */
static inline const ta_allocator *ledgers(ledger *book, ta_allocator *memory) {
    *book = (ledger){0};
    *memory = ledger_allocator(book);
    return memory;
}

#define LEDGER(name)                                                                               \
    ledger name;                                                                                   \
    ta_allocator name##_allocator;                                                                 \
    const ta_allocator *name##_memory = ledgers(&name, &name##_allocator)

/* ---- probes ---------------------------------------------------------------------------------- */

enum { PROBE_ALIVE = 0x5afe, PROBE_GONE = 0xdead, PROBE_ORDER = 64 };

/* An element with functions of its own. */
typedef struct probe {
    uint32_t state; /* PROBE_ALIVE while it is a value */
    uint32_t id;
    uint32_t moves; /* how many moves it was told of */
} probe;

/* What happened to all of them since probes_reset(). */
typedef struct probe_log {
    size_t relocated, cloned, destroyed; /* cloned: clones that were made, destroyed in total */
    size_t relocate_calls, clone_calls;
    size_t relocate_fails_at, clone_fails_at; /* the call that fails, counted from 1; 0: none */
    size_t damaged;                           /* calls on what was no value, or for no real move */
    uint32_t order[PROBE_ORDER];              /* the ids of the first that were relocated */
} probe_log;

static probe_log probes;

static inline void probes_reset(void) { probes = (probe_log){0}; }

static inline probe probe_make(uint32_t id) { return (probe){PROBE_ALIVE, id, 0}; }

/* No cmocka assertion in here: they run on threads, too. */
static inline ta_status probe_relocate(probe *value, const ta_move *move) {
    if (value->state != PROBE_ALIVE || ta_affinity_is_unknown(move->destination) ||
        ta_affinity_equal(move->source, move->destination))
        probes.damaged++;
    if (++probes.relocate_calls == probes.relocate_fails_at) return TA_E_SYSTEM;
    if (probes.relocated < PROBE_ORDER) probes.order[probes.relocated] = value->id;
    probes.relocated++;
    value->moves++;
    return TA_OK;
}

static inline ta_status probe_clone(const probe *value, probe *out, const ta_allocator *allocator) {
    if (value->state != PROBE_ALIVE || allocator == NULL) probes.damaged++;
    if (++probes.clone_calls == probes.clone_fails_at) return TA_E_RANGE;
    probes.cloned++;
    *out = *value;
    return TA_OK;
}

static inline void probe_destroy(probe *value) {
    if (value->state != PROBE_ALIVE) probes.damaged++;
    value->state = PROBE_GONE;
    probes.destroyed++;
}

TA_TYPE(probe, probe, probe_relocate, probe_clone, probe_destroy);

/* The ids of all that was relocated, in its order. */
#define assert_order(...)                                                                          \
    do {                                                                                           \
        static const uint32_t expected_[] = {__VA_ARGS__};                                         \
        assert_int_equal(probes.relocated, sizeof expected_ / sizeof *expected_);                  \
        assert_memory_equal(probes.order, expected_, sizeof expected_);                            \
        assert_int_equal(probes.damaged, 0);                                                       \
    } while (0)

/* What hand-written tables may claim of any part. */
enum { ALL_TRAITS = (int)(TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE) };

/* A hand-written descriptor NAME of the C type NAME with the part table NAME_parts. */
#define TYPE_OF_PARTS(NAME, TRAITS)                                                                \
    typedef NAME NAME##_value;                                                                     \
    enum { NAME##_traits = (int)(TRAITS) };                                                        \
    static const ta_type NAME##_type = {#NAME,                                                     \
                                        sizeof(NAME),                                              \
                                        _Alignof(NAME),                                            \
                                        NAME##_traits,                                             \
                                        sizeof NAME##_parts / sizeof *NAME##_parts,                \
                                        NAME##_parts,                                              \
                                        NULL,                                                      \
                                        NULL,                                                      \
                                        NULL,                                                      \
                                        NULL}

#define PART_VARIANT_INIT(name, traits, offset, width, cases)                                      \
    {                                                                                              \
        name, TA_PART_VARIANT, (uint32_t)(traits), NULL, offset, sizeof(cases) / sizeof *(cases),  \
            0, width, cases, NULL                                                                  \
    }

#endif
