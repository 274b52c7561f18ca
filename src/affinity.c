/* SPDX-License-Identifier: MIT
 *
 * Affinities made by hand, and the emitted symbols of the inline accessors.
 */
#include "ta/affinity.h"

#include "error.h"

_Static_assert(sizeof(ta_affinity) == 12, "the layout of ta_affinity is part of the ABI");

extern inline ta_affinity ta_affinity_unknown(void);
extern inline bool ta_affinity_is_unknown(ta_affinity affinity);
extern inline uint32_t ta_affinity_processor(ta_affinity affinity);
extern inline uint32_t ta_affinity_processor_count(ta_affinity affinity);
extern inline uint32_t ta_affinity_cache(ta_affinity affinity);
extern inline uint32_t ta_affinity_cache_count(ta_affinity affinity);
extern inline uint32_t ta_affinity_region(ta_affinity affinity);
extern inline uint32_t ta_affinity_region_count(ta_affinity affinity);
extern inline bool ta_affinity_equal(ta_affinity a, ta_affinity b);
extern inline bool ta_affinity_same_shape(ta_affinity a, ta_affinity b);
extern inline bool ta_affinity_same_cache(ta_affinity a, ta_affinity b);
extern inline bool ta_affinity_same_region(ta_affinity a, ta_affinity b);
extern inline uint64_t ta_affinity_hash(ta_affinity affinity);

ta_status ta_affinity_make(uint32_t processor, uint32_t processor_count, uint32_t cache,
                           uint32_t cache_count, uint32_t region, uint32_t region_count,
                           ta_affinity *out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    if (processor_count == 0 || cache_count == 0 || region_count == 0)
        return ta_fail(TA_E_INVALID, "a machine has at least 1 processor, 1 cache and 1 region");
    if (processor_count > TA_AFFINITY_MAX || region_count > TA_AFFINITY_MAX)
        return ta_fail(TA_E_RANGE, "%u processors, %u regions; at most %u of each", processor_count,
                       region_count, TA_AFFINITY_MAX);
    if (cache_count > processor_count)
        return ta_fail(TA_E_INVALID, "%u caches for %u processors", cache_count, processor_count);
    if (processor >= processor_count || cache >= cache_count || region >= region_count)
        return ta_fail(TA_E_RANGE, "index %u of %u processors, %u of %u caches, %u of %u regions",
                       processor, processor_count, cache, cache_count, region, region_count);
    out->processor = (uint16_t)processor;
    out->processor_count = (uint16_t)processor_count;
    out->cache = (uint16_t)cache;
    out->cache_count = (uint16_t)cache_count;
    out->region = (uint16_t)region;
    out->region_count = (uint16_t)region_count;
    return TA_OK;
}

ta_status ta_affinity_create_manual(const uint32_t counts[], size_t region_count, ta_affinity out[],
                                    size_t capacity, size_t *total) {
    uint64_t processors = 0;
    uint32_t caches = 0;

    if (counts == NULL || region_count == 0)
        return ta_fail(TA_E_INVALID, "no regions: counts[] needs at least one entry");
    if (region_count > TA_AFFINITY_MAX)
        return ta_fail(TA_E_RANGE, "%zu regions; at most %u", region_count, TA_AFFINITY_MAX);
    for (size_t r = 0; r < region_count; r++) {
        processors += counts[r]; /* 65,535 times 2^32 fits */
        caches += counts[r] != 0;
    }
    if (processors == 0) return ta_fail(TA_E_INVALID, "all %zu counts are 0", region_count);
    if (processors > TA_AFFINITY_MAX)
        return ta_fail(TA_E_RANGE, "%llu processors; at most %u", (unsigned long long)processors,
                       TA_AFFINITY_MAX);
    if (total != NULL) *total = (size_t)processors;
    if (capacity < processors)
        return ta_fail(TA_E_NOSPACE, "room for %zu affinities, %llu are needed", capacity,
                       (unsigned long long)processors);
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");

    uint32_t processor = 0, cache = 0;
    for (size_t r = 0; r < region_count; r++) {
        for (uint32_t i = 0; i < counts[r]; i++, processor++) {
            ta_affinity place = {(uint16_t)processor, (uint16_t)processors, (uint16_t)cache,
                                 (uint16_t)caches,    (uint16_t)r,          (uint16_t)region_count};
            out[processor] = place;
        }
        cache += counts[r] != 0;
    }
    return TA_OK;
}
