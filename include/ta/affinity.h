/* SPDX-License-Identifier: MIT
 *
 * ta/affinity.h - a place: which processor, under which last-level cache, in which memory region,
 * and how many of each there are.
 *
 * An affinity is a 12-byte value: compare, hash, copy and store it freely. It is made by a
 * registry (ta/registry.h) for a real machine, or by hand for an invented one. Indices are dense
 * and count from 0; a count is at most TA_AFFINITY_MAX. All bytes zero is the unknown place: a
 * thread that was never pinned, the source of a value that came from nowhere. Unknown is accepted
 * as the source of a move and refused as its destination.
 *
 * Functions in this header take and return values: any thread, any time, wait-free.
 */
#ifndef TA_AFFINITY_H
#define TA_AFFINITY_H

#include "ta/base.h"

TA_BEGIN_DECLS

/* The most processors, caches or regions that one machine may have. */
#define TA_AFFINITY_MAX 65535u

/* Invariants: either all six are 0 (unknown), or 0 <= index < count for each of the three pairs,
 * cache_count <= processor_count and region_count <= TA_AFFINITY_MAX. Layout is part of the ABI;
 * read it through the accessors. */
typedef struct ta_affinity {
    uint16_t processor, processor_count;
    uint16_t cache, cache_count;
    uint16_t region, region_count;
} ta_affinity;

/* The unknown place, a constant of the language in C and in C++ (usable in static initialisers as
 * `static ta_affinity a = TA_AFFINITY_UNKNOWN_INIT;`). */
#define TA_AFFINITY_UNKNOWN_INIT                                                                   \
    { 0, 0, 0, 0, 0, 0 }
#define TA_AFFINITY_UNKNOWN (ta_affinity_unknown())

TA_INLINE ta_affinity ta_affinity_unknown(void) {
    ta_affinity unknown = TA_AFFINITY_UNKNOWN_INIT;
    return unknown;
}

/* A place is known exactly when its machine has processors. */
TA_INLINE bool ta_affinity_is_unknown(ta_affinity affinity) {
    return affinity.processor_count == 0;
}

/* Index of the processor, of its last-level cache, of its memory region; 0 when unknown. */
TA_INLINE uint32_t ta_affinity_processor(ta_affinity affinity) { return affinity.processor; }
TA_INLINE uint32_t ta_affinity_cache(ta_affinity affinity) { return affinity.cache; }
TA_INLINE uint32_t ta_affinity_region(ta_affinity affinity) { return affinity.region; }

/* How many of each the machine has; 0 when unknown. */
TA_INLINE uint32_t ta_affinity_processor_count(ta_affinity affinity) {
    return affinity.processor_count;
}
TA_INLINE uint32_t ta_affinity_cache_count(ta_affinity affinity) { return affinity.cache_count; }
TA_INLINE uint32_t ta_affinity_region_count(ta_affinity affinity) { return affinity.region_count; }

/* The same place of the same shape of machine. Unknown equals unknown. */
TA_INLINE bool ta_affinity_equal(ta_affinity a, ta_affinity b) {
    return a.processor == b.processor && a.processor_count == b.processor_count &&
           a.cache == b.cache && a.cache_count == b.cache_count && a.region == b.region &&
           a.region_count == b.region_count;
}

/* Both are known and their machines have the same counts; what tells an affinity of another
 * machine. */
TA_INLINE bool ta_affinity_same_shape(ta_affinity a, ta_affinity b) {
    return a.processor_count != 0 && a.processor_count == b.processor_count &&
           a.cache_count == b.cache_count && a.region_count == b.region_count;
}

/* Both are known, of one shape, and share the last-level cache; share the memory region. */
TA_INLINE bool ta_affinity_same_cache(ta_affinity a, ta_affinity b) {
    return ta_affinity_same_shape(a, b) && a.cache == b.cache;
}
TA_INLINE bool ta_affinity_same_region(ta_affinity a, ta_affinity b) {
    return ta_affinity_same_shape(a, b) && a.region == b.region;
}

/* Equal affinities hash equal; well mixed in all bits (the finaliser of SplitMix64, Steele et al.,
 * OOPSLA 2014). The value may change between versions of the library: do not store it. */
TA_INLINE uint64_t ta_affinity_hash(ta_affinity affinity) {
    uint64_t index = (uint64_t)affinity.processor | (uint64_t)affinity.cache << 16 |
                     (uint64_t)affinity.region << 32;
    uint64_t count = (uint64_t)affinity.processor_count | (uint64_t)affinity.cache_count << 16 |
                     (uint64_t)affinity.region_count << 32;
    uint64_t h = index + count * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* One affinity from its six numbers, checked: TA_E_INVALID when a count is 0, there are more
 * caches than processors, or `out` is NULL; TA_E_RANGE when an index is not below its count or a
 * count is above TA_AFFINITY_MAX. On failure *out is untouched. */
TA_API ta_status ta_affinity_make(uint32_t processor, uint32_t processor_count, uint32_t cache,
                                  uint32_t cache_count, uint32_t region, uint32_t region_count,
                                  ta_affinity *out);

/* The affinities of an invented machine: counts[r] is the number of processors of region r, and
 * each region is one cache. Processors, regions and caches are numbered in order, from 0. A region
 * of 0 processors keeps its index and has no affinity and no cache.
 *
 * Writes all of them to out[0..total) and the total to *total (which may be NULL). Errors:
 *   TA_E_INVALID  counts is NULL, region_count is 0, or there is no processor at all;
 *   TA_E_RANGE    more than TA_AFFINITY_MAX processors or regions;
 *   TA_E_NOSPACE  capacity is below the total; *total is set, so a call with capacity 0 (then out
 *                 may be NULL) asks for the size.
 * On failure `out` is untouched. Cost: O(regions + processors). */
TA_API ta_status ta_affinity_create_manual(const uint32_t counts[], size_t region_count,
                                           ta_affinity out[], size_t capacity, size_t *total);

TA_END_DECLS

#endif
