/* SPDX-License-Identifier: MIT
 *
 * Which peers there are. PEER_X is 1 where X was found (CMakeLists.txt).
 */
#include "peers.h"

const peer_queue peer_queues[] = {
    {"ck_ring", "libck-dev", peer_ck_ring},
    {"boost", "libboost-dev", PEER_BOOST ? peer_boost : NULL},
    {"readerwriterqueue", "libreaderwriterqueue-dev",
     PEER_READERWRITERQUEUE ? peer_readerwriterqueue : NULL},
    {"concurrentqueue", "libconcurrentqueue-dev",
     PEER_CONCURRENTQUEUE ? peer_concurrentqueue : NULL},
    {"dpdk", "libdpdk-dev", PEER_DPDK ? peer_dpdk : NULL},
    {"wfcqueue", "liburcu-dev", PEER_URCU ? peer_urcu : NULL},
    {"tbb", "libtbb-dev", PEER_TBB ? peer_tbb : NULL},
    {"glib", "libglib2.0-dev", PEER_GLIB ? peer_glib : NULL},
    {"uv_async", "libuv1-dev", PEER_UV ? peer_uv : NULL},
    {"mutex", "libc6-dev", peer_mutex},
};
const size_t peer_queues_count = BENCH_COUNT(peer_queues);

const peer_state peer_states[] = {
    {"tbb_ets", "libtbb-dev", PEER_TBB},
    {"urcu_split", "liburcu-dev", PEER_URCU},
    {"urcu_read", "liburcu-dev", PEER_URCU},
};
const size_t peer_states_count = BENCH_COUNT(peer_states);
