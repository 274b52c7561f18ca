/* SPDX-License-Identifier: MIT
 *
 * Storage whose values may be replaced: read by a pin, read through a counted reference, replaced;
 * beside a table under a lock. Each thread at its own slot, by one and by two at once.
 */
#include "bench_per_affinity.h"
#include "bench_per_affinity_value.h"
#include "peers/guarded_table.h"
#include "peers/peers.h"

#include "ta/storage.h"

#include <stdlib.h>

typedef struct stores {
    _Alignas(2 * TA_CACHE_LINE) ta_storage *storage;
    peer_guarded *table;
    struct {
        _Alignas(2 * TA_CACHE_LINE) ta_affinity place;
        uint32_t index;
        uint64_t number;
    } of[BENCH_THREADS];
} stores;

static uint64_t number_of(uint32_t index) { return bench_number_of(index); }

static void stores_destroy(void *state) {
    stores *s = state;
    ta_storage_destroy(s->storage);
    if (s->table != NULL) peer_guarded_destroy(s->table);
    free(s);
}

static void *stores_create(const bench_world *world) {
    stores *s = aligned_alloc(_Alignof(stores), sizeof *s);
    if (s == NULL) return NULL;
    *s = (stores){.table = peer_guarded_create(BENCH_FEW, number_of)};
    ta_per_affinity_options options = {.registry = world->few};
    bool whole =
        s->table != NULL && ta_storage_create(&options, &bench_number_type, &s->storage) == TA_OK;
    for (uint32_t i = 0; i < BENCH_THREADS && whole; i++) {
        s->of[i].place = ta_registry_affinity(world->few, i);
        s->of[i].index = i;
        s->of[i].number = bench_number_of(i);
        bench_value value = {s->of[i].number};
        whole = ta_storage_replace(s->storage, s->of[i].place, &value, NULL) == TA_OK;
    }
    if (whole) return s;
    stores_destroy(s);
    return NULL;
}

/* No reference is left, and nothing waits to be destroyed. */
static bool stores_finish(void *state) {
    stores *s = state;
    return ta_storage_stored_count(s->storage) == 0 && ta_storage_reclaim(s->storage) == 0;
}

/* A loop whose body counts in `wrong`; `mine` is the thread's place. */
#define STORES_LOOP_(NAME, BODY)                                                                   \
    static uint64_t NAME##_run(void *state, unsigned thread, uint64_t operations) {                \
        stores *s = state;                                                                         \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < operations; r++) {                                                \
            BODY;                                                                                  \
            BENCH_FENCE();                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }

static inline bool read_pinned(const stores *s, unsigned thread) {
    ta_pin pin = ta_pin_at(s->storage, s->of[thread].place);
    const bench_value *value = ta_pin_get(&pin);
    bool right = value != NULL && value->number == s->of[thread].number;
    ta_pin_drop(&pin);
    return right;
}

static inline bool read_stored(const stores *s, unsigned thread) {
    ta_stored stored;
    if (ta_stored_make(s->storage, s->of[thread].place, &stored) != TA_OK) return false;
    bool right = ((bench_value *)ta_stored_get(&stored))->number == s->of[thread].number;
    ta_stored_drop(&stored);
    return right;
}

static inline bool read_locked(const stores *s, unsigned thread) {
    bool right = *peer_guarded_read_begin(s->table, s->of[thread].index) == s->of[thread].number;
    peer_guarded_read_end(s->table);
    return right;
}

static inline bool read_shared(const stores *s, unsigned thread) {
    peer_shared *shared = peer_guarded_share(s->table, s->of[thread].index);
    bool right = peer_shared_value(shared) == s->of[thread].number;
    peer_shared_drop(shared);
    return right;
}

/* By the same number, so that readers know what to expect. */
static inline bool replace(const stores *s, unsigned thread) {
    bench_value value = {s->of[thread].number};
    return ta_storage_replace(s->storage, s->of[thread].place, &value, NULL) == TA_OK;
}

static inline bool replace_locked(const stores *s, unsigned thread) {
    return peer_guarded_replace(s->table, s->of[thread].index, s->of[thread].number);
}

STORES_LOOP_(pin, wrong += !read_pinned(s, thread))
STORES_LOOP_(stored, wrong += !read_stored(s, thread))
STORES_LOOP_(read_lock, wrong += !read_locked(s, thread))
STORES_LOOP_(mutex, wrong += !read_shared(s, thread))
STORES_LOOP_(replace, wrong += !replace(s, thread))
STORES_LOOP_(write_lock, wrong += !replace_locked(s, thread))

#define STORES_(NAME, RUN)                                                                         \
    {                                                                                              \
        .name = NAME, .create = stores_create, .run = RUN, .finish = stores_finish,                \
        .destroy = stores_destroy, .by_two = true                                                  \
    }

enum { OWN = 6, MOST = 7 };

const bench_group *bench_storage_group(void) {
    static bench_contender storage[MOST] = {
        STORES_("read_lock", read_lock_run),       STORES_("pin", pin_run),
        STORES_("mutex_shared", mutex_run),        STORES_("stored", stored_run),
        STORES_("replace_locked", write_lock_run), STORES_("replace", replace_run),
    };
    static bench_group group = {"storage", storage, OWN};
    group.count = OWN;
    if (PEER_URCU) storage[group.count++] = *peer_urcu_read();
    return &group;
}
