// SPDX-License-Identifier: MIT
//
// moodycamel's ReaderWriterQueue, by its call that never allocates.
#include "peers.h"

#include <readerwriterqueue/readerwriterqueue.h>

#include <new>

namespace {

using Queue = moodycamel::ReaderWriterQueue<uint64_t>;

void *Create() { return new (std::nothrow) Queue(PAIR_CAPACITY - 1); }
void Destroy(void *queue) { delete static_cast<Queue *>(queue); }
inline bool Push(Queue *queue, uint64_t word) { return queue->try_enqueue(word); }
inline bool Pop(Queue *queue, uint64_t *word) { return queue->try_dequeue(*word); }

} // namespace

#define PEER_TYPE Queue
#define PEER_NAME "readerwriterqueue"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_POP Pop
#include "queue.h"

static const pair_contender entries[] = {PEER_ENTRIES};

pair_list peer_readerwriterqueue(void) { return {entries, BENCH_COUNT(entries)}; }
