/* SPDX-License-Identifier: MIT
 *
 * A counter per affinity, counted up from here; beside a thread's own by __thread and by
 * pthread_getspecific(), one for all, and those of oneTBB and of liburcu. By one thread, and by two
 * at once.
 */
#include "bench_per_affinity.h"
#include "peers/peers.h"

#include "ta/derive.h"
#include "ta/detail/atomic.h"
#include "ta/per_affinity.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct tally {
    _Alignas(2 * TA_CACHE_LINE) uint64_t value;
    uint8_t unused[2 * TA_CACHE_LINE - sizeof(uint64_t)]; /* a pair of lines, on all sides */
} tally;
TA_UNAWARE_TYPE(bench_tally, tally);
TA_PER_AFFINITY(bench_tallies, bench_tally);

static ta_status make_tally(tally *out, const ta_site *site, void *context) {
    (void)site, (void)context;
    *out = (tally){0};
    return TA_OK;
}

typedef struct counting {
    tally own[BENCH_THREADS];      /* which getspecific() leads to */
    tally all;                     /* of both threads */
    tally expected[BENCH_THREADS]; /* how often each counted */
    bench_tallies array;
    const ta_registry *registry;
    pthread_key_t key;
} counting;

static __thread tally thread_tally;

static void counting_destroy(void *state) {
    counting *self = state;
    pthread_key_delete(self->key);
    bench_tallies_destroy(&self->array);
    free(self);
}

static void *counting_create(const bench_world *world) {
    counting *self = aligned_alloc(_Alignof(counting), sizeof *self);
    ta_per_affinity_options options = {.registry = world->few};
    if (self == NULL) return NULL;
    *self = (counting){.registry = world->few};
    if (pthread_key_create(&self->key, NULL) != 0) {
        free(self);
        return NULL;
    }
    if (bench_tallies_create(&self->array, &options, make_tally, NULL) == TA_OK) return self;
    counting_destroy(self);
    return NULL;
}

/* A loop that counts `WHAT` up; `VALUE` is what the thread's counter is in the end. The thread is at
 * an affinity of its own, in name: it stays where it is pinned. */
#define COUNT_LOOP_(NAME, WHAT, VALUE)                                                             \
    static uint64_t NAME##_run(void *state, unsigned thread, uint64_t operations) {                \
        counting *self = state;                                                                    \
        tally *own = &self->own[thread];                                                           \
        (void)ta_registry_adopt(self->registry, ta_registry_affinity(self->registry, thread));     \
        (void)pthread_setspecific(self->key, own);                                                 \
        thread_tally.value = self->expected[thread].value;                                         \
        for (uint64_t r = 0; r < operations; r++) {                                                \
            WHAT;                                                                                  \
            BENCH_FENCE();                                                                         \
        }                                                                                          \
        self->expected[thread].value += operations;                                                \
        return (VALUE) != self->expected[thread].value;                                            \
    }

COUNT_LOOP_(here, bench_tallies_get_here(self->array)->value++,
            bench_tallies_get_here(self->array)->value)
COUNT_LOOP_(tls, thread_tally.value++, thread_tally.value)
COUNT_LOOP_(getspecific, ((tally *)pthread_getspecific(self->key))->value++, own->value)
/* Relaxed: a count, and nothing else. */
COUNT_LOOP_(fetch_add, (void)ta_fetch_add_relaxed_u64(&self->all.value, 1),
            self->expected[thread].value)

static bool fetch_add_finish(void *state) {
    const counting *self = state;
    /* Relaxed: asked when nobody counts. */
    return ta_load_relaxed_u64(&self->all.value) ==
           self->expected[0].value + self->expected[1].value;
}

#define COUNT_(NAME, RUN, FINISH)                                                                  \
    {                                                                                              \
        .name = NAME, .create = counting_create, .run = RUN, .finish = FINISH,                     \
        .destroy = counting_destroy, .by_two = true                                                \
    }

enum { OWN = 4, MOST = 6 };

const bench_group *bench_count_group(void) {
    static bench_contender contenders[MOST] = {
        COUNT_("here", here_run, NULL),
        COUNT_("thread_local", tls_run, NULL),
        COUNT_("getspecific", getspecific_run, NULL),
        COUNT_("fetch_add", fetch_add_run, fetch_add_finish),
    };
    static bench_group group = {"count", contenders, OWN};
    group.count = OWN;
    if (PEER_TBB) contenders[group.count++] = *peer_tbb_count();
    if (PEER_URCU) contenders[group.count++] = *peer_urcu_count();
    return &group;
}
