// SPDX-License-Identifier: MIT
//
// Boost's lock-free single-producer single-consumer queue.
#include "peers.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <new>

namespace {

using Queue = boost::lockfree::spsc_queue<uint64_t, boost::lockfree::capacity<PAIR_CAPACITY>>;

void *Create() {
    void *memory = ta_allocate(pair_memory(), sizeof(Queue), TA_CACHE_LINE);
    return memory != nullptr ? new (memory) Queue : nullptr;
}
void Destroy(void *queue) {
    static_cast<Queue *>(queue)->~Queue();
    ta_release(pair_memory(), queue, sizeof(Queue), TA_CACHE_LINE);
}
inline bool Push(Queue *queue, uint64_t word) { return queue->push(word); }
inline bool Pop(Queue *queue, uint64_t *word) { return queue->pop(*word); }
inline size_t PushBulk(Queue *queue, const uint64_t *words, size_t count) {
    return queue->push(words, count);
}
inline size_t PopBulk(Queue *queue, uint64_t *words, size_t count) {
    return queue->pop(words, count);
}

} // namespace

#define PEER_TYPE Queue
#define PEER_NAME "boost"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_POP Pop
#include "queue.h"
#define PEER_PUSH_BULK PushBulk
#define PEER_POP_BULK PopBulk
#include "bulk.h"

static const pair_contender entries[] = {PEER_ENTRIES, PEER_BULK_ENTRY};

pair_list peer_boost(void) { return {entries, BENCH_COUNT(entries)}; }
