/* SPDX-License-Identifier: MIT
 *
 * The ways to ask where the calling thread is. What they have in common is the processor's index.
 * `word` is the same loop around a word in memory: nothing that reads can be faster.
 */
#include "bench_affinity.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* Not static, so that the compiler must reckon with others writing it. */
extern __thread ta_affinity bench_affinity_here;
__thread ta_affinity bench_affinity_here;

typedef struct asking {
    uint64_t expected, word;
    pthread_key_t key;
    ta_affinity place;
    ta_affinity (*called)(void);
} asking;

static void asking_destroy(void *state) {
    asking *self = state;
    pthread_key_delete(self->key);
    free(self);
}

static void *asking_create(const bench_world *world) {
    asking *self = calloc(1, sizeof *self);
    (void)world;
    if (self == NULL) return NULL;
    if (pthread_key_create(&self->key, NULL) != 0) {
        free(self);
        return NULL;
    }
    return self;
}

/* The thread is pinned, but others may have been at another place in name before. */
static void asking_prepare(void *state) {
    asking *self = state;
    self->place = bench_affinity_here = ta_current_affinity();
    self->word = self->expected = ta_affinity_processor(self->place);
    self->called = ta_current_affinity;
    (void)pthread_setspecific(self->key, &self->place);
}

#define ASK_LOOP_(NAME, EXPECTED, ASK)                                                             \
    static uint64_t NAME##_run(void *state, unsigned thread, uint64_t operations) {                \
        const asking *self = state;                                                                \
        uint64_t sum = 0, expected = EXPECTED;                                                     \
        (void)self, (void)thread;                                                                  \
        for (uint64_t r = 0; r < operations; r++) {                                                \
            sum += (uint64_t)(ASK);                                                                \
            BENCH_FENCE();                                                                         \
        }                                                                                          \
        return sum != operations * expected;                                                       \
    }

ASK_LOOP_(word, self->expected, self->word)
ASK_LOOP_(current, self->expected, ta_affinity_processor(ta_current_affinity()))
ASK_LOOP_(called, self->expected, ta_affinity_processor(self->called()))
ASK_LOOP_(thread_local, self->expected, ta_affinity_processor(bench_affinity_here))
ASK_LOOP_(getspecific, self->expected,
          ta_affinity_processor(*(const ta_affinity *)pthread_getspecific(self->key)))
ASK_LOOP_(getcpu, (uint64_t)sched_getcpu(), sched_getcpu())

#define ASK_(NAME, RUN)                                                                            \
    {                                                                                              \
        .name = NAME, .create = asking_create, .prepare = asking_prepare, .run = RUN,              \
        .destroy = asking_destroy                                                                  \
    }

static const bench_contender here[] = {
    ASK_("word", word_run),
    ASK_("current", current_run),
    ASK_("called", called_run),
    ASK_("thread_local", thread_local_run),
    ASK_("getspecific", getspecific_run),
    ASK_("getcpu", getcpu_run),
};

const bench_group bench_affinity_groups[1] = {{"here", here, BENCH_COUNT(here)}};
