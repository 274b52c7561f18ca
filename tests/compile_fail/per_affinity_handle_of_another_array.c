/* must fail: incompatible pointer type|no matching function|cannot convert
 *
 * SPDX-License-Identifier: MIT
 * A handle of one array is relocated as one of another.
 */
#include "ta/derive.h"
#include "ta/per_affinity.h"

struct counter {
    uint64_t requests;
};
TA_DERIVE(counter, struct counter, requests);
TA_PER_AFFINITY(counters, counter);

struct cache {
    uint64_t hits;
};
TA_DERIVE(cache, struct cache, hits);
TA_PER_AFFINITY(caches, cache);

/* In C this is a warning of every compiler, and an error from gcc 14 on. */
#ifndef __cplusplus
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#endif

ta_status move_on(counters_handle *counted, caches_handle *cached, const ta_move *move);
ta_status move_on(counters_handle *counted, caches_handle *cached, const ta_move *move) {
#ifdef CORRECT
    ta_status status = caches_handle_relocate(cached, move);
#else
    ta_status status = caches_handle_relocate(counted, move);
    (void)cached;
#endif
    return status == TA_OK ? counters_handle_relocate(counted, move) : status;
}
