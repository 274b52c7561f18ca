// SPDX-License-Identifier: MIT
//
// moodycamel's ReaderWriterQueue in the benchmark, by its call that never allocates.
#include <cstdint>

#include <readerwriterqueue/readerwriterqueue.h>

#include <new>

namespace {

using Queue = moodycamel::ReaderWriterQueue<uint64_t>;

void *Create() { return new (std::nothrow) Queue(1023); }
void Destroy(void *queue) { delete static_cast<Queue *>(queue); }
inline bool Push(Queue *queue, uint64_t word) { return queue->try_enqueue(word); }
inline bool Pop(Queue *queue, uint64_t *word) { return queue->try_dequeue(*word); }

} // namespace

#define PEER_TYPE Queue
#define PEER_NAME "peer: moodycamel::ReaderWriterQueue"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_POP Pop
#include "lane_peer.h"

static const lane_entry entries[] = {PEER_ENTRIES};

lane_entries lane_entries_moodycamel(void) { return {entries, sizeof entries / sizeof *entries}; }
