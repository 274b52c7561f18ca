/* SPDX-License-Identifier: MIT
 *
 * Memory that goes home: blocks that a port's thread allocated for messages, and another port's
 * thread has done with. Who frees what another thread allocated meets that thread's locks and lines,
 * block by block; here the blocks are gathered, in a list that stands in the blocks themselves, and
 * given back many at once.
 *
 * The list of a pair is the freeing port's (ta_link.in, of the link by which messages come from the
 * owner). The list of what came back is a stack that anybody pushes to and the owner alone empties,
 * whole, so that no block can be pushed again while a push looks at it.
 *   V1 a push of a list, compare-and-swap, release -> V2 the owner's taking of all, exchange,
 *      acquire: the links and sizes in the blocks, and the end of all use of them
 */
#ifndef TA_SRC_RETURNS_H
#define TA_SRC_RETURNS_H

#include "ta/port.h"

struct ta_link;

/* A block on its way. */
typedef struct ta_returned {
    struct ta_returned *next;
    size_t size, alignment; /* as they were asked for of the owner's allocator */
} ta_returned;

/* Those of a pair that wait. */
typedef struct ta_return_list {
    ta_returned *first, *last;
    uint32_t count;
} ta_return_list;

/* A port's allocator, whose context it is. */
ta_allocator ta_returning_allocator(ta_port *port);

/* The receiver: gives back what waits, to the sender of the link. Lock-free. */
void ta_link_give_back(struct ta_link *link);

/* The owner, or exclusive: frees what came back. */
void ta_port_take_home(ta_port *port);

#endif
