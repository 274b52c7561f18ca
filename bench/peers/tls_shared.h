/* SPDX-License-Identifier: MIT
 *
 * A peer: state per thread, kept by a shared object that hands out the calling thread's. What a
 * library does that has nothing but __thread.
 */
#ifndef TA_BENCH_PEERS_TLS_SHARED_H
#define TA_BENCH_PEERS_TLS_SHARED_H

#include "ta/base.h"

TA_BEGIN_DECLS

__attribute__((visibility("default"))) uint64_t *peer_tls_value(void);
__attribute__((visibility("default"))) void peer_tls_set_value(uint64_t *value);

TA_END_DECLS

#endif
