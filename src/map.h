/* SPDX-License-Identifier: MIT
 *
 * Hash tables: what the engine needs of them. Public face: ta/map.h.
 */
#ifndef TA_SRC_MAP_H
#define TA_SRC_MAP_H

#include "ta/map.h"

#include <ck_hs.h>

typedef struct ta_map_chunk ta_map_chunk;

struct ta_map_core {
    /* Scratch of the engine, which threads its lists of what is still to be visited through it.
     * They mean nothing between calls, and are not taken along to another core. */
    struct ta_map_core *pending;
    const ta_part *part;
    const struct ta_map_core *source;

    const ta_allocator *allocator; /* of all three: this block, the table, the chunks; never NULL */

    ck_hs_t table;     /* of pointers to nodes; count of them below */
    uint64_t seed;     /* of the keys' hashes, for good: a clone and a moved map have the same */
    size_t count;      /* live nodes, all of them in the table */
    size_t table_room; /* for so many members it was made, or reserved; it may have grown since */
    size_t
        tombstones; /* removals since the table was last built; at least the table's tombstones */

    ta_map_chunk *first, *last; /* in the order of iteration */
    ta_map_chunk *open;         /* the first one with room that was never used, or NULL */
    void *vacant;               /* entries of nodes that were removed, a list */
    size_t capacity;            /* nodes in all chunks */

    /* Of a node, by its entry's type. */
    size_t alignment, stride, entry_offset;
};

/* Far move: takes core, table and nodes to move->allocator, and leaves what the entries own where
 * it is. All of the map moves or, when the destination has not the memory, none of it. Counts in
 * move->figures (may be NULL): blocks and bytes of what moved, or kept. Returns the core, which is
 * a new one when it moved. Does nothing for a map that is from that allocator already. */
ta_map_core *ta_map_rehome(ta_map_core *core, const ta_part *part, const ta_move *move);

/* The next run of live entries, values of part->type: the first one, and how many there are, each
 * core->stride bytes behind the one before. NULL at the end. Begin with a cursor of all zero. */
char *ta_map_next_run(const ta_map_core *core, ta_map_cursor *cursor, size_t *count);

/* An empty map with room for as many entries, and the same seed; NULL without memory. */
ta_map_core *ta_map_create_like(const ta_map_core *core, const ta_part *part,
                                const ta_allocator *allocator);

/* A map with the same entries, bit by bit; NULL without memory. For trivial entries. */
ta_map_core *ta_map_copy(const ta_map_core *core, const ta_part *part,
                         const ta_allocator *allocator);

/* Memory for an entry, uninitialised, which is no part of the map yet; NULL without memory. */
void *ta_map_entry_allocate(ta_map_core *core, const ta_part *part);

/* Gives back an entry that was not adopted; what it holds is left alone. */
void ta_map_entry_release(ta_map_core *core, const ta_part *part, void *entry);

/* Puts a filled entry, whose key is not in the map and equals that of `like_entry` (of a map with
 * the same seed), into the map; false without memory, which a map from ta_map_create_like()
 * reserved. */
bool ta_map_adopt(ta_map_core *core, const ta_part *part, void *entry, const void *like_entry);

/* The seed of a map at that address that was given none: src/map_hash.c. */
uint64_t ta_map_default_seed(const void *core);
/* ta_hash_bytes with a key of full length. */
uint64_t ta_siphash13(const void *bytes, size_t length, const uint64_t key[2]);

/* Gives back all memory. What the entries own is left alone. */
void ta_map_release(ta_map_core *core, const ta_part *part);

#endif
