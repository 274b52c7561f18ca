/* SPDX-License-Identifier: MIT
 *
 * ta/move.h - a move between two affinities, as a relocation is told of it.
 *
 * A move says where a value comes from, where it goes, where memory comes from there, and which
 * parts of a value it has to visit. Make one per pair of affinities (or per message) and relocate
 * as many values with it as you like. It is a value of 48 bytes: copy it freely; what it points to
 * must live as long as it is used.
 *
 * Why a move knows only the destination's allocator: every owned block remembers the allocator that
 * it came from (ta/owned.h), so a source that was declared wrongly, or memory that stayed behind
 * because the destination had none, is never given back to the wrong place.
 */
#ifndef TA_MOVE_H
#define TA_MOVE_H

#include "ta/affinity.h"
#include "ta/memory.h"
#include "ta/registry.h"

TA_BEGIN_DECLS

/* What the relocations of a move did with owned memory. Plain counts: a move's figures belong to
 * one thread at a time. */
typedef struct ta_move_figures {
    uint64_t blocks; /* blocks that were allocated anew at the destination */
    uint64_t bytes;  /* the bytes copied for them */
    uint64_t kept;   /* blocks that ought to have moved and stayed, because the destination's
                        allocator had no memory: the value is whole, only farther away */
} ta_move_figures;

/* What a type has that somebody must look after; 0: trivial, a memcpy is enough for everything. A
 * struct has what its fields have. */
enum {
    TA_TRAIT_OWNS = 1u,      /* owns blocks: across regions they are allocated anew */
    TA_TRAIT_RELOCATES = 2u, /* has a relocate function, which every move calls */
    TA_TRAIT_RESOURCE = 4u   /* has a clone or destroy function */
};

/* Read by relocate functions; written by the functions below alone, and `figures` by anybody before
 * the first use. */
typedef struct ta_move {
    ta_affinity source;      /* may be unknown */
    ta_affinity destination; /* known, in every move that a relocate function sees */
    uint32_t visits;         /* the traits that this move looks at; 0: it visits nothing */
    int32_t outcome;         /* the status of a move that visits nothing, plus 1, so that a move
                                      which nobody made (all zero) is TA_E_INVALID */
    const ta_allocator *allocator; /* the destination's; NULL: the default one */
    ta_move_figures *figures;      /* NULL: not counted */
} ta_move;

/* The move from `source` to `destination`, where memory comes from `allocator` (NULL: the default
 * one). A wrong move is made all the same, and each relocation with it returns its status:
 * TA_E_UNKNOWN_AFFINITY for an unknown destination, TA_E_FOREIGN_AFFINITY for a known source of
 * another machine shape. Wait-free. */
TA_INLINE ta_move ta_move_between(ta_affinity source, ta_affinity destination,
                                  const ta_allocator *allocator) {
    ta_move move;
    ta_status status = TA_OK;
    move.source = source;
    move.destination = destination;
    move.visits = 0;
    if (ta_affinity_is_unknown(destination))
        status = TA_E_UNKNOWN_AFFINITY;
    else if (!ta_affinity_is_unknown(source) && !ta_affinity_same_shape(source, destination))
        status = TA_E_FOREIGN_AFFINITY;
    else if (!ta_affinity_same_region(source, destination))
        move.visits = TA_TRAIT_OWNS | TA_TRAIT_RELOCATES;
    else if (!ta_affinity_equal(source, destination))
        move.visits = TA_TRAIT_RELOCATES;
    move.outcome = (int32_t)status + 1;
    move.allocator = allocator;
    move.figures = NULL;
    return move;
}

/* The same with the registry's allocator for the destination: what a daemon wants. A destination
 * of another machine shape than the registry's is TA_E_FOREIGN_AFFINITY, a NULL registry
 * TA_E_INVALID. Wait-free. */
TA_API ta_move ta_registry_move(const ta_registry *registry, ta_affinity source,
                                ta_affinity destination);

/* TA_OK, or why every relocation with this move fails; TA_E_INVALID for a NULL. Wait-free. */
TA_INLINE ta_status ta_move_status(const ta_move *move) {
    return move == NULL ? TA_E_INVALID : (ta_status)(move->outcome - 1);
}

/* Does the move take memory to another region? Unknown sources count as another region. What a
 * relocate function that owns memory of its own asks first. Not for a NULL: false. Wait-free. */
TA_INLINE bool ta_move_is_far(const ta_move *move) {
    return move != NULL && (move->visits & TA_TRAIT_OWNS) != 0;
}

TA_END_DECLS

#endif
