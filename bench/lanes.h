/* SPDX-License-Identifier: MIT
 *
 * What bench_lane measures.
 */
#ifndef TA_BENCH_LANES_H
#define TA_BENCH_LANES_H

#include "pair_take.h"

TA_BEGIN_DECLS

/* Beside the library's lane (pair.h) two others, one and the same code; and what a barrier costs the
 * sender of the first. */
pair_list lanes_cached(void);
pair_list lanes_of_ck(void);
pair_list lanes_with_barrier(void);

/* One to three senders, and the calling thread as receiver: nanoseconds per message. */
#define LANE_SENDERS_MAX 3u
pair_outcome lane_take_many(bench_stage *stage, bool has_ring, unsigned senders, bool spread,
                            bool is_brief, double *ns);

/* membarrier(): the call while no other thread runs; while one does; what it takes from that. */
typedef enum lane_membarrier {
    LANE_MEMBARRIER_ALONE,
    LANE_MEMBARRIER_RUNNING,
    LANE_MEMBARRIER_TAKEN
} lane_membarrier;
pair_outcome lane_take_membarrier(bench_stage *stage, lane_membarrier what, pair_sample *sample);

TA_END_DECLS

#endif
