/* SPDX-License-Identifier: MIT
 *
 * Memory some cache lines further on. A line's address decides which part of the last-level cache
 * looks after it, and with a lane's few busy lines that makes a difference of a third. So every
 * sample is taken in another place, and a median is one of places, too. All within a page.
 */
#ifndef TA_SHIFTED_H
#define TA_SHIFTED_H

#include "ta/memory.h"

TA_BEGIN_DECLS

/* How many places there are. */
#define SHIFTED_PLACES 64u

typedef struct shifted_memory {
    const ta_allocator *from; /* NULL: the default one */
    size_t shift;             /* bytes; stays what it is while any block is in use */
} shifted_memory;

/* From now on `place` (modulo SHIFTED_PLACES) lines further on. */
void shifted_move(shifted_memory *memory, uint64_t place);

/* The allocator; `memory` outlives it. */
ta_allocator shifted_allocator(shifted_memory *memory);

TA_END_DECLS

#endif
