/* SPDX-License-Identifier: MIT
 *
 * Handles to slots whose values are there: relocated, beside the same of a table under a
 * reader-writer lock; cloned and dropped, beside one atomic count. By two threads at once, too:
 * with an array for both, and with one for each, which is what the machine can do (`private`).
 */
#include "bench_per_affinity.h"
#include "bench_per_affinity_value.h"
#include "peers/rwlock_table.h"
#include "peers/shared_count.h"

#include <stdlib.h>

/* A struct that has a handle. */
typedef struct visitor {
    uint64_t id;
    bench_numbers_handle numbers;
    uint64_t visits;
} visitor;
TA_DERIVE(visitor, visitor, id, TA_AS(numbers, bench_numbers_handle), visits);

/* What a thread works with: its own pair of cache lines, beside whatever is there. */
typedef struct own {
    _Alignas(2 * TA_CACHE_LINE) bench_numbers array;
    ta_move go, come; /* between two slots; the same two for both threads */
    bench_numbers_handle handle, second;
    visitor visitor;
    peer_table *table;
    peer_handle peer;
    peer_shared *shared, *shared_too;
    uint64_t *known[2], *value;    /* where the values of `away` and `home` are; one of the two */
    uint64_t home, away;           /* numbers of the slots that `come` and `go` lead to */
    uint8_t unused[TA_CACHE_LINE]; /* no fetched pair has the next one's beginning */
} own;

typedef struct handles {
    own of[BENCH_THREADS];
    bool is_private;
} handles;

static uint64_t make_number(uint32_t processor) { return bench_number_of(processor); }

static void own_end(own *mine, bool is_owner) {
    bench_numbers_handle_drop(&mine->handle);
    visitor_destroy(&mine->visitor);
    if (mine->shared != NULL) peer_shared_drop(mine->shared);
    if (!is_owner) return;
    bench_numbers_destroy(&mine->array);
    if (mine->table != NULL) peer_table_destroy(mine->table);
}

/* Thread number `thread` begins at its own slot: 0, or the last one. */
static bool own_begin(own *mine, const own *from, const ta_registry *registry, unsigned thread) {
    uint32_t last = ta_registry_processor_count(registry) - 1;
    ta_affinity a = ta_registry_affinity(registry, 0), b = ta_registry_affinity(registry, last);
    ta_affinity home = thread == 0 ? a : b, away = thread == 0 ? b : a;
    mine->go = ta_registry_move(registry, home, away);
    mine->come = ta_registry_move(registry, away, home);
    mine->home = bench_number_of(ta_affinity_processor(home));
    mine->away = bench_number_of(ta_affinity_processor(away));
    mine->array = from == NULL ? bench_numbers_filled(registry) : from->array;
    mine->table = from == NULL ? peer_table_create(home, make_number) : from->table;
    mine->shared = from == NULL ? peer_shared_create(mine->home) : peer_shared_clone(from->shared);
    if (mine->array.array == NULL || mine->table == NULL || mine->shared == NULL) return false;
    mine->peer.table = mine->table;
    return bench_numbers_handle_make(mine->array, home, &mine->handle) == TA_OK &&
           bench_numbers_handle_make(mine->array, home, &mine->visitor.numbers) == TA_OK &&
           peer_relocate_by_write_lock(&mine->peer, &mine->go) == TA_OK &&
           (mine->known[0] = mine->peer.value) != NULL &&
           peer_relocate_by_write_lock(&mine->peer, &mine->come) == TA_OK &&
           (mine->known[1] = mine->peer.value) != NULL;
}

static void handles_destroy(void *state) {
    handles *s = state;
    for (unsigned i = BENCH_THREADS; i-- > 0;) own_end(&s->of[i], i == 0 || s->is_private);
    free(s);
}

static void *handles_create(const ta_registry *registry, bool is_private) {
    handles *s = aligned_alloc(_Alignof(handles), sizeof *s);
    if (s == NULL) return NULL;
    *s = (handles){.is_private = is_private};
    for (unsigned i = 0; i < BENCH_THREADS; i++)
        if (!own_begin(&s->of[i], i == 0 || is_private ? NULL : &s->of[0], registry, i)) {
            handles_destroy(s);
            return NULL;
        }
    return s;
}

static void *handles_few(const bench_world *world) { return handles_create(world->few, false); }
static void *handles_many(const bench_world *world) { return handles_create(world->many, false); }
static void *handles_private(const bench_world *world) { return handles_create(world->few, true); }

/* Everything is back at home, and no handle more or less than there were. */
static bool handles_finish(void *state) {
    handles *s = state;
    bool right = true;
    for (unsigned i = 0; i < BENCH_THREADS; i++) {
        own *mine = &s->of[i];
        right = right && bench_numbers_handle_get(&mine->handle)->number == mine->home &&
                bench_numbers_handle_get(&mine->visitor.numbers)->number == mine->home &&
                *mine->peer.value == mine->home &&
                bench_numbers_handle_count(mine->array) == (s->is_private ? 2u : 4u) &&
                peer_shared_count(mine->shared) == (s->is_private ? 1u : 2u);
    }
    return right;
}

/* There and back. The value is looked at once, at the end: reaching it is another row. */
#define RELOCATE_LOOP_(NAME, WHAT, RELOCATE, VALUE)                                                \
    static uint64_t NAME##_run(void *state, unsigned thread, uint64_t operations) {                \
        own *mine = &((handles *)state)->of[thread];                                               \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < operations / 2; r++) {                                            \
            wrong += RELOCATE(&mine->WHAT, &mine->go) != TA_OK;                                    \
            BENCH_FENCE();                                                                         \
            wrong += RELOCATE(&mine->WHAT, &mine->come) != TA_OK;                                  \
            BENCH_FENCE();                                                                         \
        }                                                                                          \
        wrong += RELOCATE(&mine->WHAT, &mine->go) != TA_OK || (VALUE) != mine->away;               \
        wrong += RELOCATE(&mine->WHAT, &mine->come) != TA_OK || (VALUE) != mine->home;             \
        return wrong;                                                                              \
    }

RELOCATE_LOOP_(relocate, handle, bench_numbers_handle_relocate,
               bench_numbers_handle_get(&mine->handle)->number)
RELOCATE_LOOP_(field, visitor, visitor_relocate,
               bench_numbers_handle_get(&mine->visitor.numbers)->number)
RELOCATE_LOOP_(write_lock, peer, peer_relocate_by_write_lock, *mine->peer.value)
RELOCATE_LOOP_(read_lock, peer, peer_relocate_by_read_lock, *mine->peer.value)
RELOCATE_LOOP_(no_lock, peer, peer_relocate_without_lock, *mine->peer.value)

/* What is left where each destination's value is known beforehand: a pointer, read and stored. */
static uint64_t pointer_run(void *state, unsigned thread, uint64_t operations) {
    own *mine = &((handles *)state)->of[thread];
    for (uint64_t r = 0; r < operations / 2; r++) {
        mine->value = mine->known[0];
        BENCH_FENCE();
        mine->value = mine->known[1];
        BENCH_FENCE();
    }
    return *mine->known[0] != mine->away || *mine->value != mine->home;
}

/* By the symbol, as another language calls it. */
static uint64_t called_run(void *state, unsigned thread, uint64_t operations) {
    own *mine = &((handles *)state)->of[thread];
    ta_status (*relocate)(ta_handle *, const ta_move *) = ta_handle_relocate;
    uint64_t wrong = 0;
    __asm__ volatile("" : "+r"(relocate));
    for (uint64_t r = 0; r < operations / 2; r++) {
        wrong += relocate(&mine->handle.untyped, &mine->go) != TA_OK;
        wrong += relocate(&mine->handle.untyped, &mine->come) != TA_OK;
    }
    return wrong;
}

static uint64_t clone_run(void *state, unsigned thread, uint64_t operations) {
    own *mine = &((handles *)state)->of[thread];
    uint64_t wrong = 0;
    for (uint64_t r = 0; r < operations; r++) {
        mine->second = bench_numbers_handle_clone(&mine->handle);
        BENCH_FENCE();
        wrong += bench_numbers_handle_get(&mine->second)->number != mine->home;
        bench_numbers_handle_drop(&mine->second);
        BENCH_FENCE();
    }
    return wrong;
}

static uint64_t shared_run(void *state, unsigned thread, uint64_t operations) {
    own *mine = &((handles *)state)->of[thread];
    uint64_t wrong = 0, expected = peer_shared_value(mine->shared);
    for (uint64_t r = 0; r < operations; r++) {
        mine->shared_too = peer_shared_clone(mine->shared);
        BENCH_FENCE();
        wrong += peer_shared_value(mine->shared_too) != expected;
        peer_shared_drop(mine->shared_too);
        BENCH_FENCE();
    }
    return wrong;
}

#define HANDLES_(NAME, RUN, CREATE, BY_TWO)                                                        \
    {                                                                                              \
        .name = NAME, .create = CREATE, .run = RUN, .finish = handles_finish,                      \
        .destroy = handles_destroy, .by_two = BY_TWO                                               \
    }

static const bench_contender relocate[] = {
    HANDLES_("write_lock", write_lock_run, handles_few, false),
    HANDLES_("relocate_2", relocate_run, handles_few, false),
    HANDLES_("relocate_1024", relocate_run, handles_many, false),
    HANDLES_("relocate_called", called_run, handles_few, false),
    HANDLES_("field_2", field_run, handles_few, false),
    HANDLES_("read_lock", read_lock_run, handles_few, false),
    HANDLES_("no_lock", no_lock_run, handles_few, false),
    HANDLES_("pointer", pointer_run, handles_few, false),
};

static const bench_contender relocate_by_two[] = {
    HANDLES_("relocate", relocate_run, handles_few, true),
    HANDLES_("private", relocate_run, handles_private, true),
    HANDLES_("write_lock", write_lock_run, handles_few, true),
    HANDLES_("read_lock", read_lock_run, handles_few, true),
};

static const bench_contender clone_by_two[] = {
    HANDLES_("clone", clone_run, handles_few, true),
    HANDLES_("private", clone_run, handles_private, true),
    HANDLES_("shared_count", shared_run, handles_few, true),
    HANDLES_("private_count", shared_run, handles_private, true),
};

const bench_group bench_handle_groups[] = {
    {"relocate", relocate, BENCH_COUNT(relocate)},
    {"relocate_by_two", relocate_by_two, BENCH_COUNT(relocate_by_two)},
    {"clone_drop", clone_by_two, BENCH_COUNT(clone_by_two)},
};
const size_t bench_handle_group_count = BENCH_COUNT(bench_handle_groups);
