/* SPDX-License-Identifier: MIT
 *
 * Concurrency Kit's single-producer single-consumer ring of pointers, in the benchmark.
 */
#include "ta/memory.h"

#include <ck_ring.h>

typedef struct pointers {
    ck_ring_t ring;
    ck_ring_buffer_t buffer[1024];
} pointers;

static void *create(void) {
    pointers *made = ta_allocate_zeroed(NULL, 1, sizeof *made, TA_CACHE_LINE);
    if (made != NULL) ck_ring_init(&made->ring, 1024);
    return made;
}
static void destroy(void *ring) { ta_release(NULL, ring, sizeof(pointers), TA_CACHE_LINE); }

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
#define PEER_NAME "peer: ck_ring of pointers"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_POP pop
#include "lane_peer.h"

static const lane_entry entries[] = {PEER_ENTRIES};

lane_entries lane_entries_ck_pointers(void) {
    return (lane_entries){entries, sizeof entries / sizeof *entries};
}
