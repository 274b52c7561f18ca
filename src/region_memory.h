/* SPDX-License-Identifier: MIT
 *
 * The memory of one region: an allocator that places on the region's NUMA node, or one that passes
 * on to the registry's own allocator and counts.
 *
 * Which of the two is decided once, by a trial page when the region is made, and holds for its
 * life. So release() knows where memory belongs without a header in front of it: in a placing
 * region everything is mapped here, in any other everything comes from the base allocator.
 *
 * A placing region, by max(size, alignment) rounded up to a power of two:
 *   up to TA_BLOCK_MAX  blocks of one size class, carved from chunks of TA_CHUNK_SIZE that are all of
 *                       that class, aligned to their own size; a released block goes to the front of its class's list
 *   above               a mapping of its own, in whole pages
 * Chunks stay until the region goes. Where a mapping later finds no more room on the node, its
 * pages come from another, and it counts as a fallback when the system said so at once. Out of
 * memory is NULL: with the base allocator as a second choice, release() could not tell.
 */
#ifndef TA_SRC_REGION_MEMORY_H
#define TA_SRC_REGION_MEMORY_H

#include "ta/memory.h"
#include "ta/registry.h"

#include <pthread.h>

#define TA_BLOCK_MIN ((size_t)16)
#define TA_BLOCK_CLASSES 12
#define TA_BLOCK_MAX (TA_BLOCK_MIN << (TA_BLOCK_CLASSES - 1)) /* 32 KiB */
#define TA_CHUNK_SIZE ((size_t)256 << 10)

typedef enum ta_region_rule {
    TA_REGION_NOTHING_TO_PLACE, /* one memory node: the base allocator, counted as placed */
    TA_REGION_CANNOT_PLACE,     /* a described machine: the base allocator, counted as fallback */
    TA_REGION_PLACE             /* try to; if the trial fails, as TA_REGION_CANNOT_PLACE */
} ta_region_rule;

/* In front of the blocks that are free. */
typedef struct ta_free_block {
    struct ta_free_block *next;
} ta_free_block;

typedef struct ta_chunk {
    struct ta_chunk *next;
    unsigned char *memory; /* TA_CHUNK_SIZE bytes */
} ta_chunk;

/* One size class. [fresh, end) of the newest chunk was never given out. */
typedef struct ta_block_class {
    ta_free_block *free;
    unsigned char *fresh, *end;
} ta_block_class;

/* Threads share it: what follows the mutex is written under it, what stands before it is constant,
 * the counters are statistics that order nothing. */
typedef struct ta_region_memory {
    _Alignas(TA_CACHE_LINE) ta_allocator allocator; /* what users get; context: this region */
    ta_allocator base;
    size_t page_size;
    int32_t node;
    bool places; /* mapped here, or from the base allocator */
    bool counts_as_placed;
    uint64_t placed, fallback; /* relaxed atomics */
    pthread_mutex_t mutex;
    ta_chunk *chunks,
        *unplaced_chunks; /* those on the node, and those that the system refused it */
    ta_block_class classes[TA_BLOCK_CLASSES];
} ta_region_memory;

/* Cannot fail: a region that cannot place falls back. The region stays where it is until
 * destroyed. */
void ta_region_memory_init(ta_region_memory *region, const ta_allocator *base, int32_t node,
                           ta_region_rule rule);
/* Gives all chunks back. Nothing that the region gave out may be in use. */
void ta_region_memory_destroy(ta_region_memory *region);

ta_placement_figures ta_region_memory_figures(const ta_region_memory *region);

#endif
