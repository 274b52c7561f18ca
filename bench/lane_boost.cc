// SPDX-License-Identifier: MIT
//
// Boost's lock-free single-producer single-consumer queue, in the benchmark.
#include <cstdint>

#include <boost/lockfree/spsc_queue.hpp>

#include <new>

namespace {

using Queue = boost::lockfree::spsc_queue<uint64_t, boost::lockfree::capacity<1024>>;

void *Create() { return new (std::nothrow) Queue; }
void Destroy(void *queue) { delete static_cast<Queue *>(queue); }
inline bool Push(Queue *queue, uint64_t word) { return queue->push(word); }
inline bool Pop(Queue *queue, uint64_t *word) { return queue->pop(*word); }

} // namespace

#define PEER_TYPE Queue
#define PEER_NAME "peer: boost::lockfree::spsc_queue"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_POP Pop
#include "lane_peer.h"

static void send_bulk(measure_duo *duo, lane_job *job) {
    auto *ring = static_cast<Queue *>(job->forth);
    for (uint64_t k = 0; k < job->count; k += 32) {
        if (k == job->warm_up) job->start_ns = duo_now();
        uint64_t words[32];
        for (uint64_t i = 0; i < 32; i++) words[i] = lane_word(k + i);
        size_t sent = 0;
        for (unsigned tries = 0; sent < 32;) {
            size_t more = ring->push(words + sent, 32 - sent);
            sent += more;
            if (more == 0 && !lane_wait(duo, &tries)) return;
        }
    }
}

static void receive_bulk(measure_duo *duo, lane_job *job) {
    auto *ring = static_cast<Queue *>(job->forth);
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count;) {
        uint64_t words[32];
        size_t n;
        for (unsigned tries = 0; (n = ring->pop(words, 32)) == 0;)
            if (!lane_wait(duo, &tries)) return;
        for (size_t i = 0; i < n; i++) bad += words[i] != lane_word(k++);
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static const lane_entry entries[] = {
    PEER_ENTRIES,
    {"8 bytes, 32 at once", "peer: boost::lockfree::spsc_queue", send_bulk, receive_bulk, Create,
     Destroy, LANE_SMALL_WARM_UP, LANE_SMALL_MESSAGES, false, false},
};

lane_entries lane_entries_boost(void) { return {entries, sizeof entries / sizeof *entries}; }
