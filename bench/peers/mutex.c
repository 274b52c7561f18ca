/* SPDX-License-Identifier: MIT
 *
 * A ring under a mutex, with a condition for who sleeps: what a C program has without a library.
 */
#include "peers.h"

#include <pthread.h>
#include <time.h>

typedef struct locked {
    pthread_mutex_t mutex;
    pthread_cond_t filled; /* for sleepers */
    uint64_t head, tail;   /* under the mutex, as all the rest */
    uint64_t words[PAIR_CAPACITY];
} locked;

static void init(locked *self) {
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->filled, NULL);
}

static void *create(void) {
    locked *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, TA_CACHE_LINE);
    if (made != NULL) init(made);
    return made;
}
static void destroy(void *ring) { ta_release(pair_memory(), ring, sizeof(locked), TA_CACHE_LINE); }

static size_t push_bulk(locked *self, const uint64_t *words, size_t count) {
    size_t n = 0;
    pthread_mutex_lock(&self->mutex);
    for (; n < count && self->tail - self->head < PAIR_CAPACITY; n++)
        self->words[self->tail++ % PAIR_CAPACITY] = words[n];
    pthread_mutex_unlock(&self->mutex);
    return n;
}
static size_t pop_bulk(locked *self, uint64_t *words, size_t count) {
    size_t n = 0;
    pthread_mutex_lock(&self->mutex);
    for (; n < count && self->tail != self->head; n++)
        words[n] = self->words[self->head++ % PAIR_CAPACITY];
    pthread_mutex_unlock(&self->mutex);
    return n;
}
static inline bool push(locked *self, uint64_t word) { return push_bulk(self, &word, 1) == 1; }
static inline bool pop(locked *self, uint64_t *word) { return pop_bulk(self, word, 1) == 1; }

#define PEER_TYPE locked
#define PEER_NAME "mutex"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_MESSAGES PAIR_FEW_MESSAGES
#define PEER_SLEEP PAIR_MAY_SLEEP
#define PEER_POP pop
#include "queue.h"
#define PEER_PUSH_BULK push_bulk
#define PEER_POP_BULK pop_bulk
#include "bulk.h"

/* ---- asleep ---------------------------------------------------------------------------------- */

typedef struct sleepers {
    locked to[2]; /* the side that receives */
} sleepers;

static void *create_sleepers(void) {
    sleepers *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, TA_CACHE_LINE);
    for (int i = 0; made != NULL && i < 2; i++) init(&made->to[i]);
    return made;
}
static void destroy_sleepers(void *memory) {
    ta_release(pair_memory(), memory, sizeof(sleepers), TA_CACHE_LINE);
}

static bool begin(sleepers *self, unsigned side) {
    (void)self, (void)side;
    return true;
}
static void end(sleepers *self, unsigned side) { (void)self, (void)side; }

static void send_to(sleepers *self, unsigned side, uint64_t word) {
    locked *to = &self->to[1 - side];
    (void)push(to, word); /* there is room: one word is under way */
    pthread_cond_signal(&to->filled);
}

static bool receive(sleepers *self, unsigned side, uint64_t *word) {
    locked *from = &self->to[side];
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PAIR_SLEEP_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&from->mutex);
    if (from->tail == from->head) pthread_cond_timedwait(&from->filled, &from->mutex, &until);
    bool is_there = from->tail != from->head;
    if (is_there) *word = from->words[from->head++ % PAIR_CAPACITY];
    pthread_mutex_unlock(&from->mutex);
    return is_there;
}

#define WAKE_TYPE sleepers
#define WAKE_NAME "mutex"
#define WAKE_CREATE create_sleepers
#define WAKE_DESTROY destroy_sleepers
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive
#include "../wake.h"

static const pair_contender entries[] = {PEER_ENTRIES, PEER_BULK_ENTRY, WAKE_ENTRY};

pair_list peer_mutex(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
