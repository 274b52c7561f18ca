/* SPDX-License-Identifier: MIT
 *
 * A peer: an object with one atomic count of references, as std::shared_ptr and Rust's Arc have.
 */
#ifndef TA_BENCH_PEERS_SHARED_COUNT_H
#define TA_BENCH_PEERS_SHARED_COUNT_H

#include "ta/base.h"

TA_BEGIN_DECLS

typedef struct peer_shared peer_shared;

/* With one reference, the caller's; NULL without memory. */
peer_shared *peer_shared_create(uint64_t value);
peer_shared *peer_shared_clone(peer_shared *shared);
void peer_shared_drop(peer_shared *shared);
uint64_t peer_shared_value(const peer_shared *shared);
uint64_t peer_shared_count(const peer_shared *shared);

TA_END_DECLS

#endif
