/* SPDX-License-Identifier: MIT
 *
 * Streams over C-only rings, for bench_lane.cc: ck_ring.h is not C++. The loops stand on the C side
 * so that every message is an inlined operation and not a call.
 *
 * Message k of a stream is the word ta_shim_word(k), or a line of 8 such words. A receiver returns
 * how many messages were not what they should be.
 */
#ifndef TA_BENCH_LANE_SHIM_H
#define TA_BENCH_LANE_SHIM_H

#include "ta/base.h"

TA_BEGIN_DECLS

static inline uint64_t ta_shim_word(uint64_t k) { return k * UINT64_C(0x9e3779b97f4a7c15) | 1; }

/* What a stuck end does: wait on the processor, and now and then give it away. */
void ta_shim_wait(unsigned *turns);

typedef struct ta_shim_ring ta_shim_ring;

/* The lane, and ck's ring of pointers. `bytes` is the size of the buffer; NULL when there is no
 * memory. */
ta_shim_ring *ta_shim_lane_create(uint32_t bytes);
ta_shim_ring *ta_shim_ck_create(uint32_t bytes);
void ta_shim_destroy(ta_shim_ring *ring);

/* One message a cell: 64 bytes. */
void ta_shim_lane64_send(ta_shim_ring *ring, uint64_t count);
uint64_t ta_shim_lane64_receive(ta_shim_ring *ring, uint64_t count);
/* Eight messages a cell, 8 bytes each; count is a multiple of 8. */
void ta_shim_lane8_send(ta_shim_ring *ring, uint64_t count);
uint64_t ta_shim_lane8_receive(ta_shim_ring *ring, uint64_t count);
/* One pointer a message. */
void ta_shim_ck_send(ta_shim_ring *ring, uint64_t count);
uint64_t ta_shim_ck_receive(ta_shim_ring *ring, uint64_t count);

TA_END_DECLS

#endif
