/* SPDX-License-Identifier: MIT
 *
 * DPDK's rte_ring, single producer and single consumer, one by one and in bursts of 32. Without
 * DPDK's environment: rte_ring_init() on memory of our own.
 */
#include "peers.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

static size_t ring_bytes(void) { return (size_t)rte_ring_get_memsize(PAIR_CAPACITY); }

static void *create(void) {
    struct rte_ring *ring = ta_allocate_zeroed(pair_memory(), 1, ring_bytes(), 2 * TA_CACHE_LINE);
    if (ring != NULL) rte_ring_init(ring, "peer", PAIR_CAPACITY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    return ring;
}
static void destroy(void *ring) {
    ta_release(pair_memory(), ring, ring_bytes(), 2 * TA_CACHE_LINE);
}

static inline bool push(struct rte_ring *ring, uint64_t word) {
    return rte_ring_sp_enqueue(ring, (void *)(uintptr_t)word) == 0;
}
static inline bool pop(struct rte_ring *ring, uint64_t *word) {
    void *pointer;
    if (rte_ring_sc_dequeue(ring, &pointer) != 0) return false;
    *word = (uint64_t)(uintptr_t)pointer;
    return true;
}

#define PEER_TYPE struct rte_ring
#define PEER_NAME "dpdk"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_POP pop
#include "queue.h"

static inline size_t push_bulk(struct rte_ring *ring, const uint64_t *words, size_t count) {
    return rte_ring_sp_enqueue_burst_elem(ring, words, sizeof *words, (unsigned)count, NULL);
}
static inline size_t pop_bulk(struct rte_ring *ring, uint64_t *words, size_t count) {
    return rte_ring_sc_dequeue_burst_elem(ring, words, sizeof *words, (unsigned)count, NULL);
}

#define PEER_PUSH_BULK push_bulk
#define PEER_POP_BULK pop_bulk
#include "bulk.h"

static const pair_contender entries[] = {PEER_ENTRIES, PEER_BULK_ENTRY};

pair_list peer_dpdk(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
