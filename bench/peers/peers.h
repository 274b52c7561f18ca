/* SPDX-License-Identifier: MIT
 *
 * The peers: what others offer for the same, each in a file of its own, built where it is found.
 */
#ifndef TA_BENCH_PEERS_H
#define TA_BENCH_PEERS_H

#include "../contender.h"
#include "pair.h"

TA_BEGIN_DECLS

/* ---- what passes between threads ------------------------------------------------------------- */

pair_list peer_boost(void);             /* boost::lockfree::spsc_queue */
pair_list peer_ck_ring(void);           /* ck_ring of pointers, single producer and consumer */
pair_list peer_concurrentqueue(void);   /* moodycamel::ConcurrentQueue with tokens */
pair_list peer_dpdk(void);              /* DPDK rte_ring, single producer and consumer */
pair_list peer_glib(void);              /* GAsyncQueue */
pair_list peer_mutex(void);             /* a ring under a mutex, with conditions to sleep on */
pair_list peer_readerwriterqueue(void); /* moodycamel::ReaderWriterQueue */
pair_list peer_tbb(void);               /* tbb::concurrent_bounded_queue */
pair_list peer_urcu(void);              /* liburcu's cds_wfcq */
pair_list peer_uv(void);                /* uv_async_send() between two loops */

typedef struct peer_queue {
    const char *name, *package;
    pair_list (*list)(void); /* NULL: not built */
} peer_queue;

extern const peer_queue peer_queues[];
extern const size_t peer_queues_count;

/* ---- state per thread or processor ----------------------------------------------------------- */

const bench_contender *peer_tbb_count(void);  /* tbb::enumerable_thread_specific, a counter */
const bench_contender *peer_urcu_count(void); /* counters per processor by liburcu's uatomic */
const bench_contender *peer_urcu_read(void);  /* a value that is replaced, read under RCU */

typedef struct peer_state {
    const char *name, *package;
    bool is_built;
} peer_state;

extern const peer_state peer_states[];
extern const size_t peer_states_count;

TA_END_DECLS

#endif
