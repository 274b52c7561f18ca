/* SPDX-License-Identifier: MIT
 *
 * The memory of one processor in its region: an allocator that places on the region's NUMA node, or
 * one that passes on to the registry's own allocator and counts. One for each processor, so that
 * threads which are pinned to theirs meet in no mutex and on no counter.
 *
 * Which of the two is decided once, by a trial page, and holds for its life. So release() knows where
 * memory belongs without a header in front of it: where memory is placed everything is mapped here,
 * otherwise everything comes from the base allocator.
 *
 * Where it is placed, by max(size, alignment) rounded up to a power of two:
 *   up to TA_BLOCK_MAX  blocks of one size class, carved from chunks of TA_CHUNK_SIZE that are all of
 *                       that class, aligned to their own size; a released block goes to the front of
 *                       its class's list
 *   above               a mapping of its own, in whole pages
 * Chunks stay until all goes. Where a mapping later finds no more room on the node, its
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
    TA_REGION_PLACE             /* on the node */
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

/* What was mapped. */
typedef struct ta_region_pool {
    size_t page_size;
    pthread_mutex_t mutex; /* what follows it is written under it */
    ta_chunk *chunks,
        *unplaced_chunks; /* those on the node, and those that the system refused it */
    ta_block_class classes[TA_BLOCK_CLASSES];
} ta_region_pool;

/* A line of its own. Threads share it: the counters are statistics that order nothing, all else is
 * constant. */
typedef struct ta_region_memory {
    _Alignas(TA_CACHE_LINE) ta_allocator allocator; /* what users get; context: this */
    const ta_allocator *base;                       /* outlives this */
    ta_region_pool *pool;      /* NULL: nothing is placed, all is from the base allocator */
    uint64_t placed, fallback; /* relaxed atomics */
    int32_t node;
    bool counts_as_placed;
} ta_region_memory;

/* Does the system place memory on that node? */
bool ta_region_can_place(int32_t node);

/* Cannot fail: where there is no memory for a pool, nothing is placed. It stays where it is until
 * destroyed. */
void ta_region_memory_init(ta_region_memory *region, const ta_allocator *base, int32_t node,
                           ta_region_rule rule);
/* Gives all chunks back. Nothing that the region gave out may be in use. */
void ta_region_memory_destroy(ta_region_memory *region);

ta_placement_figures ta_region_memory_figures(const ta_region_memory *region);

#endif
