// SPDX-License-Identifier: MIT
//
// oneTBB's bounded queue, which takes any number of producers and consumers: here one of each.
#include "peers.h"

#include <tbb/concurrent_queue.h>

#include <new>

namespace {

using Queue = tbb::concurrent_bounded_queue<uint64_t>;

void *Create() {
    Queue *made = new (std::nothrow) Queue;
    if (made != nullptr) made->set_capacity(PAIR_CAPACITY);
    return made;
}
void Destroy(void *queue) { delete static_cast<Queue *>(queue); }
inline bool Push(Queue *queue, uint64_t word) { return queue->try_push(word); }
inline bool Pop(Queue *queue, uint64_t *word) { return queue->try_pop(*word); }

} // namespace

#define PEER_TYPE Queue
#define PEER_NAME "tbb"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_MESSAGES PAIR_FEW_MESSAGES
#define PEER_SLEEP PAIR_MAY_SLEEP
#define PEER_POP Pop
#include "queue.h"

static const pair_contender entries[] = {PEER_ENTRIES};

pair_list peer_tbb(void) { return {entries, BENCH_COUNT(entries)}; }
