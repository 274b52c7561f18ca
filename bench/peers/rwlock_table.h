/* SPDX-License-Identifier: MIT
 *
 * A peer: a table of values per processor under a pthread_rwlock. Relocating a handle finds the
 * destination's entry under the lock: taken for writing, as the crate `thread_aware` takes it on
 * each relocation, or for reading where the entry is there. Without the crate's counting of
 * references, which comes on top there.
 */
#ifndef TA_BENCH_PEERS_RWLOCK_TABLE_H
#define TA_BENCH_PEERS_RWLOCK_TABLE_H

#include "ta/move.h"

TA_BEGIN_DECLS

typedef struct peer_table peer_table;

typedef struct peer_handle {
    peer_table *table;
    uint64_t *value;
} peer_handle;

/* A table for the processors of the machine that `any` is of; NULL without memory. The values are
 * made by `make`, under the lock. */
peer_table *peer_table_create(ta_affinity any, uint64_t (*make)(uint32_t processor));
void peer_table_destroy(peer_table *table);

/* The handle at the destination's entry, which is made if need be. */
ta_status peer_relocate_by_write_lock(peer_handle *handle, const ta_move *move);
ta_status peer_relocate_by_read_lock(peer_handle *handle, const ta_move *move);
/* What is left without a lock: by one thread, of entries that are there. */
ta_status peer_relocate_without_lock(peer_handle *handle, const ta_move *move);

TA_END_DECLS

#endif
