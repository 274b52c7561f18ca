/* SPDX-License-Identifier: MIT
 *
 * What the hand-written types of relocate_by_hand*.c own: blocks that know where they came from.
 */
#ifndef TA_BENCH_RELOCATE_BLOCK_H
#define TA_BENCH_RELOCATE_BLOCK_H

#include "ta/move.h"

#include <string.h>

/* A function of another file, as seen by the one that calls it. */
#define OTHER_FILE __attribute__((noinline))

typedef struct block {
    const ta_allocator *home;
    size_t size; /* of the content behind */
} block;

static inline block *block_of(const void *content) { return (block *)content - 1; }

static inline void *block_allocate(const ta_allocator *home, size_t size) {
    block *made = home->allocate(home->context, sizeof *made + size, 16);
    if (made == NULL) return NULL;
    made->home = home;
    made->size = size;
    return made + 1;
}

static inline void block_release(void *content) {
    block *old = block_of(content);
    old->home->release(old->home->context, old, sizeof *old + old->size, 16);
}

/* The block in the destination's memory, with its first `live` bytes; where there is none, as it
 * was. */
static inline void *block_rehome(void *content, size_t live, const ta_move *move) {
    block *old = block_of(content);
    if (old->home == move->allocator) return content;
    void *there = block_allocate(move->allocator, old->size);
    if (there == NULL) {
        if (move->figures != NULL) move->figures->kept++;
        return content;
    }
    memcpy(there, content, live);
    block_release(content);
    if (move->figures != NULL) {
        move->figures->blocks++;
        move->figures->bytes += live;
    }
    return there;
}

#endif
