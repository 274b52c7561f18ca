/* SPDX-License-Identifier: MIT
 *
 * A peer: a table of pointers to values, one for each processor, that may be replaced while threads
 * read them. All of it is under one pthread_rwlock, held while a value is read; or under a mutex,
 * held while a counted reference is taken, which is dropped after reading.
 */
#ifndef TA_BENCH_PEERS_GUARDED_TABLE_H
#define TA_BENCH_PEERS_GUARDED_TABLE_H

#include "shared_count.h"

TA_BEGIN_DECLS

typedef struct peer_guarded peer_guarded;

/* Entry i holds value_of(i); NULL without memory. */
peer_guarded *peer_guarded_create(uint32_t count, uint64_t (*value_of)(uint32_t index));
void peer_guarded_destroy(peer_guarded *table);

/* Reads under the lock: held between begin and end. */
const uint64_t *peer_guarded_read_begin(peer_guarded *table, uint32_t index);
void peer_guarded_read_end(peer_guarded *table);
/* Another value; false without memory. */
bool peer_guarded_replace(peer_guarded *table, uint32_t index, uint64_t value);

/* A counted reference, taken under the mutex. The caller drops it. */
peer_shared *peer_guarded_share(peer_guarded *table, uint32_t index);

TA_END_DECLS

#endif
