/* must fail: incompatible type|no matching function|no viable conversion|(could not|cannot) convert
 *
 * SPDX-License-Identifier: MIT
 * A value is asked of an array of another type.
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

uint64_t hits_here(counters counted, caches cached);
uint64_t hits_here(counters counted, caches cached) {
    (void)counted;
    (void)cached;
#ifdef CORRECT
    const struct cache *here = caches_get_here(cached);
#else
    const struct cache *here = caches_get_here(counted);
#endif
    return here == NULL ? 0 : here->hits;
}
