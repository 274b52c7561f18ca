/* SPDX-License-Identifier: MIT
 *
 * ta/detail/block.h - owned blocks of trivial content, for inline functions that know its size: then
 * the compiler does, too, and creating, re-homing and giving back one costs what the allocator
 * does. Blocks of all kinds: src/block.h.
 */
#ifndef TA_DETAIL_BLOCK_H
#define TA_DETAIL_BLOCK_H

#include "ta/move.h"

TA_BEGIN_DECLS

/* Stands in front of the content, whose alignment is at most its size. */
typedef struct ta_block {
    const ta_allocator *allocator; /* never NULL */
    size_t size;                   /* bytes of content that were asked for */
} ta_block;

/* `size` bytes of content, uninitialised, from `allocator` (NULL: the default one); NULL without
 * memory. The sum does not overflow: `size` is that of a C type. */
TA_INLINE void *ta_block_make_(size_t size, const ta_allocator *allocator) {
    ta_block *block;
    if (allocator == NULL) allocator = ta_allocator_default();
    block =
        (ta_block *)allocator->allocate(allocator->context, sizeof *block + size, sizeof *block);
    if (block == NULL) return NULL;
    block->allocator = allocator;
    block->size = size;
    return block + 1;
}

TA_INLINE void ta_block_unmake_(void *content) {
    ta_block *block = (ta_block *)content - 1;
    block->allocator->release(block->allocator->context, block, sizeof *block + block->size,
                              sizeof *block);
}

/* Of a far move: the content in a block at the destination, or as it was when it is at home there
 * already, or there is no memory. `size`: that of the block. */
TA_INLINE void *ta_block_rehome_(void *content, size_t size, const ta_move *move) {
    const ta_block *block = (const ta_block *)content - 1;
    const ta_allocator *home = move->allocator == NULL ? ta_allocator_default() : move->allocator;
    void *there;
    if (block->allocator == home) return content;
    there = ta_block_make_(size, home);
    if (there == NULL) {
        if (move->figures != NULL) move->figures->kept++;
        return content;
    }
    __builtin_memcpy(there, content, size);
    ta_block_unmake_(content);
    if (move->figures != NULL) {
        move->figures->blocks++;
        move->figures->bytes += size;
    }
    return there;
}

TA_END_DECLS

#endif
