// SPDX-License-Identifier: MIT
//
// moodycamel's ConcurrentQueue, which takes any number of producers and consumers: here one of
// each, with their tokens, by the calls that never allocate.
#include "peers.h"
#include "window.h"

#include <concurrentqueue/concurrentqueue.h>

#include <new>

namespace {

struct Tokened {
    // One producer; blocks that are not quite used up count, too, so twice the capacity is there,
    // and the window is the bound.
    moodycamel::ConcurrentQueue<uint64_t> queue{2 * PAIR_CAPACITY, 1, 0};
    moodycamel::ProducerToken producer{queue};
    moodycamel::ConsumerToken consumer{queue};
    window bound{};
};

void *Create() { return new (std::nothrow) Tokened; }
void Destroy(void *queue) { delete static_cast<Tokened *>(queue); }
inline bool Push(Tokened *self, uint64_t word) {
    if (!window_has_room(&self->bound, 1) || !self->queue.try_enqueue(self->producer, word))
        return false;
    self->bound.sender.taken++;
    return true;
}
inline bool Pop(Tokened *self, uint64_t *word) {
    if (!self->queue.try_dequeue(self->consumer, *word)) return false;
    window_release(&self->bound);
    return true;
}
inline size_t PushBulk(Tokened *self, const uint64_t *words, size_t count) {
    if (!window_has_room(&self->bound, count) ||
        !self->queue.try_enqueue_bulk(self->producer, words, count))
        return 0;
    self->bound.sender.taken += count;
    return count;
}
inline size_t PopBulk(Tokened *self, uint64_t *words, size_t count) {
    size_t taken = self->queue.try_dequeue_bulk(self->consumer, words, count);
    for (size_t i = 0; i < taken; i++) window_release(&self->bound);
    return taken;
}

} // namespace

#define PEER_TYPE Tokened
#define PEER_NAME "concurrentqueue"
#define PEER_CREATE Create
#define PEER_DESTROY Destroy
#define PEER_PUSH Push
#define PEER_POP Pop
#include "queue.h"
#define PEER_PUSH_BULK PushBulk
#define PEER_POP_BULK PopBulk
#include "bulk.h"

static const pair_contender entries[] = {PEER_ENTRIES, PEER_BULK_ENTRY};

pair_list peer_concurrentqueue(void) { return {entries, BENCH_COUNT(entries)}; }
