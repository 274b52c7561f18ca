/* SPDX-License-Identifier: MIT
 *
 * DPDK's rte_ring, single producer and single consumer, in the benchmark: one by one and in bursts
 * of 32. Without DPDK's environment: rte_ring_init() on memory of our own.
 */
#include "ta/memory.h"

#include <rte_ring.h>

static size_t ring_bytes(void) { return (size_t)rte_ring_get_memsize(1024); }

static void *create(void) {
    struct rte_ring *ring = ta_allocate_zeroed(NULL, 1, ring_bytes(), 2 * TA_CACHE_LINE);
    if (ring != NULL) rte_ring_init(ring, "lane", 1024, RING_F_SP_ENQ | RING_F_SC_DEQ);
    return ring;
}
static void destroy(void *ring) { ta_release(NULL, ring, ring_bytes(), 2 * TA_CACHE_LINE); }

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
#define PEER_NAME "peer: DPDK rte_ring"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_POP pop
#include "lane_peer.h"

#define BURST 32u

static void send_bursts(measure_duo *duo, lane_job *job) {
    struct rte_ring *ring = job->forth;
    for (uint64_t k = 0; k < job->count; k += BURST) {
        if (k == job->warm_up) job->start_ns = duo_now();
        void *words[BURST];
        for (uint64_t i = 0; i < BURST; i++) words[i] = (void *)(uintptr_t)lane_word(k + i);
        unsigned sent = 0;
        for (unsigned tries = 0; sent < BURST;) {
            unsigned more = rte_ring_sp_enqueue_burst(ring, words + sent, BURST - sent, NULL);
            sent += more;
            if (more == 0 && !lane_wait(duo, &tries)) return;
        }
    }
}

static void receive_bursts(measure_duo *duo, lane_job *job) {
    struct rte_ring *ring = job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count;) {
        void *words[BURST];
        unsigned n;
        for (unsigned tries = 0; (n = rte_ring_sc_dequeue_burst(ring, words, BURST, NULL)) == 0;)
            if (!lane_wait(duo, &tries)) return;
        for (unsigned i = 0; i < n; i++) bad += (uint64_t)(uintptr_t)words[i] != lane_word(k++);
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static const lane_entry entries[] = {
    PEER_ENTRIES,
    {"8 bytes, 32 at once", "peer: DPDK rte_ring, bursts", send_bursts, receive_bursts, create,
     destroy, LANE_SMALL_WARM_UP, LANE_SMALL_MESSAGES, false, false},
};

lane_entries lane_entries_dpdk(void) {
    return (lane_entries){entries, sizeof entries / sizeof *entries};
}
