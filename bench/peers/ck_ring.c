/* SPDX-License-Identifier: MIT
 *
 * Concurrency Kit's single-producer single-consumer ring of pointers.
 */
#include "peers.h"

#include <ck_ring.h>

typedef struct pointers {
    ck_ring_t ring;
    ck_ring_buffer_t buffer[PAIR_CAPACITY]; /* one less than that fits */
} pointers;

static void *create(void) {
    pointers *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, TA_CACHE_LINE);
    if (made != NULL) ck_ring_init(&made->ring, PAIR_CAPACITY);
    return made;
}
static void destroy(void *ring) {
    ta_release(pair_memory(), ring, sizeof(pointers), TA_CACHE_LINE);
}

static inline bool push(pointers *ring, uint64_t word) {
    return ck_ring_enqueue_spsc(&ring->ring, ring->buffer, (void *)(uintptr_t)word);
}
static inline bool pop(pointers *ring, uint64_t *word) {
    void *pointer;
    if (!ck_ring_dequeue_spsc(&ring->ring, ring->buffer, &pointer)) return false;
    *word = (uint64_t)(uintptr_t)pointer;
    return true;
}

#define PEER_TYPE pointers
#define PEER_NAME "ck_ring"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_POP pop
#include "queue.h"

static const pair_contender entries[] = {PEER_ENTRIES};

pair_list peer_ck_ring(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
