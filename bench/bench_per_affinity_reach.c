/* SPDX-License-Identifier: MIT
 *
 * Reaching a value that is there: by a known affinity, and from here; beside what a thread keeps by
 * pthread_getspecific(), and by a shared object's __thread.
 */
#include "bench_per_affinity.h"
#include "bench_per_affinity_value.h"
#include "peers/tls_shared.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct reach {
    _Alignas(TA_CACHE_LINE) bench_numbers array;
    ta_affinity mine;  /* which is asked for again and again */
    pthread_key_t key; /* of the value, for the calling thread */
    bench_value *word; /* the same */
    void *(*get)(ta_per_affinity *array, ta_affinity affinity);
    void *(*get_here)(ta_per_affinity *array);
    uint64_t sum, expected; /* of what was found since it was prepared */
    const ta_registry *registry;
    ta_affinity order[BENCH_MANY]; /* all places, shuffled */
} reach;

static void reach_destroy(void *state) {
    reach *s = state;
    pthread_key_delete(s->key);
    bench_numbers_destroy(&s->array);
    free(s);
}

/* The same order each time. */
static void shuffle(ta_affinity *places, uint32_t count) {
    uint64_t random = 1;
    for (uint32_t i = count - 1; i > 0; i--) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t j = (uint32_t)(random >> 33) % (i + 1);
        ta_affinity place = places[i];
        places[i] = places[j];
        places[j] = place;
    }
}

static void *reach_create(const ta_registry *registry) {
    reach *s = aligned_alloc(TA_CACHE_LINE, sizeof *s);
    if (s == NULL) return NULL;
    *s = (reach){.array = bench_numbers_filled(registry), .registry = registry};
    if (s->array.array == NULL || pthread_key_create(&s->key, NULL) != 0) {
        bench_numbers_destroy(&s->array);
        free(s);
        return NULL;
    }
    uint32_t count = ta_registry_processor_count(registry);
    for (uint32_t i = 0; i < BENCH_MANY; i++)
        s->order[i] = ta_registry_affinity(registry, i % count);
    shuffle(s->order, BENCH_MANY);
    s->mine = ta_registry_affinity(registry, count - 1);
    s->word = bench_numbers_peek(s->array, s->mine);
    s->get = ta_per_affinity_get;
    s->get_here = ta_per_affinity_get_here;
    return s;
}

static void *reach_few(const bench_world *world) { return reach_create(world->few); }
static void *reach_many(const bench_world *world) { return reach_create(world->many); }

/* The calling thread is at `mine`, in name: it stays where it is pinned. */
static void reach_prepare(void *state) {
    reach *s = state;
    (void)ta_registry_adopt(s->registry, s->mine);
    (void)pthread_setspecific(s->key, s->word);
    peer_tls_set_value(&s->word->number);
    s->sum = s->expected = 0;
}

static bool reach_finish(void *state) {
    reach *s = state;
    return s->sum == s->expected;
}

/* A loop that adds up what `FIND` reaches in round r. */
#define REACH_LOOP_(NAME, FIND)                                                                    \
    static uint64_t NAME##_run(void *state, unsigned thread, uint64_t operations) {                \
        reach *s = state;                                                                          \
        uint64_t sum = 0;                                                                          \
        (void)thread;                                                                              \
        for (uint64_t r = 0; r < operations; r++) {                                                \
            sum += FIND;                                                                           \
            BENCH_FENCE();                                                                         \
        }                                                                                          \
        s->sum += sum;                                                                             \
        s->expected += operations * s->word->number;                                               \
        return 0;                                                                                  \
    }

static bench_value *resolved(reach *s) {
    bench_value *value;
    return bench_numbers_resolve(s->array, s->mine, &value) == TA_OK ? value : NULL;
}

REACH_LOOP_(word, s->word->number)
REACH_LOOP_(get, bench_numbers_get(s->array, s->mine)->number)
REACH_LOOP_(get_here, bench_numbers_get_here(s->array)->number)
REACH_LOOP_(get_called, ((bench_value *)s->get(s->array.array, s->mine))->number)
REACH_LOOP_(get_here_called, ((bench_value *)s->get_here(s->array.array))->number)
REACH_LOOP_(peek, bench_numbers_peek(s->array, s->mine)->number)
REACH_LOOP_(resolve, resolved(s)->number)
REACH_LOOP_(getspecific, ((bench_value *)pthread_getspecific(s->key))->number)
REACH_LOOP_(tls_shared, *peer_tls_value())

/* All slots, one after the other: what the machine's caches hold. */
static uint64_t get_walk_run(void *state, unsigned thread, uint64_t operations) {
    reach *s = state;
    uint64_t sum = 0, expected = 0;
    (void)thread;
    for (uint64_t r = 0; r < operations; r++) {
        sum += bench_numbers_get(s->array, s->order[r % BENCH_MANY])->number;
        BENCH_FENCE();
    }
    for (uint64_t r = 0; r < operations % BENCH_MANY; r++)
        expected += bench_number_of(ta_affinity_processor(s->order[r]));
    for (uint32_t i = 0; i < BENCH_MANY; i++)
        expected += operations / BENCH_MANY * bench_number_of(ta_affinity_processor(s->order[i]));
    s->sum += sum;
    s->expected += expected;
    return 0;
}

#define REACH_(NAME, RUN, CREATE)                                                                  \
    {                                                                                              \
        .name = NAME, .create = CREATE, .prepare = reach_prepare, .run = RUN,                      \
        .finish = reach_finish, .destroy = reach_destroy                                           \
    }

static const bench_contender by_affinity[] = {
    REACH_("getspecific", getspecific_run, reach_few),
    REACH_("get_2", get_run, reach_few),
    REACH_("get_1024", get_run, reach_many),
    REACH_("get_walk_1024", get_walk_run, reach_many),
    REACH_("get_called", get_called_run, reach_few),
    REACH_("peek_2", peek_run, reach_few),
    REACH_("peek_1024", peek_run, reach_many),
    REACH_("resolve_2", resolve_run, reach_few),
    REACH_("resolve_1024", resolve_run, reach_many),
    REACH_("word", word_run, reach_few),
};

static const bench_contender from_here[] = {
    REACH_("tls_shared", tls_shared_run, reach_few),
    REACH_("get_here_2", get_here_run, reach_few),
    REACH_("get_here_1024", get_here_run, reach_many),
    REACH_("get_here_called", get_here_called_run, reach_few),
    REACH_("word", word_run, reach_few),
};

const bench_group bench_reach_groups[] = {
    {"get", by_affinity, BENCH_COUNT(by_affinity)},
    {"get_here", from_here, BENCH_COUNT(from_here)},
};
const size_t bench_reach_group_count = BENCH_COUNT(bench_reach_groups);
