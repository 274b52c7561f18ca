/* SPDX-License-Identifier: MIT
 *
 * The peer of shared_count.h.
 */
#include "shared_count.h"

#include "ta/detail/atomic.h"

#include <stdlib.h>

struct peer_shared {
    _Alignas(TA_CACHE_LINE) uint64_t count;
    uint64_t value;
};

peer_shared *peer_shared_create(uint64_t value) {
    peer_shared *shared = aligned_alloc(TA_CACHE_LINE, sizeof *shared);
    if (shared == NULL) return NULL;
    shared->count = 1;
    shared->value = value;
    return shared;
}

peer_shared *peer_shared_clone(peer_shared *shared) {
    /* Relaxed: the caller holds a reference, which is dropped later. */
    ta_fetch_add_relaxed_u64(&shared->count, 1);
    return shared;
}

void peer_shared_drop(peer_shared *shared) {
    /* D1: release and acquire, pairs with itself: all uses happen before free. */
    if (ta_fetch_add_acq_rel_u64(&shared->count, UINT64_MAX) == 1) free(shared);
}

uint64_t peer_shared_value(const peer_shared *shared) { return shared->value; }

uint64_t peer_shared_count(const peer_shared *shared) {
    /* Relaxed: asked when no other thread counts. */
    return ta_load_relaxed_u64(&shared->count);
}
