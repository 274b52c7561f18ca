/* SPDX-License-Identifier: MIT
 *
 * liburcu's wait-free queue of linked nodes, cds_wfcq: any number of producers and one consumer,
 * here one of each. In bulk: a queue of the sender's own is spliced in, and all that is there is
 * spliced out.
 */
#include "peers.h"
#include "window.h"

#define _LGPL_SOURCE /* its functions inline */
#include <urcu/wfcqueue.h>

typedef struct node {
    struct cds_wfcq_node node;
    uint64_t word;
} node;

typedef struct linked {
    struct {
        _Alignas(2 * TA_CACHE_LINE) struct cds_wfcq_tail tail;
    } producer;
    struct {
        _Alignas(2 * TA_CACHE_LINE) struct __cds_wfcq_head head;
    } consumer;
    struct {
        _Alignas(2 * TA_CACHE_LINE) struct __cds_wfcq_head head;
        struct cds_wfcq_tail tail;
    } local; /* the consumer's: what was spliced out */
    window bound;
    _Alignas(2 * TA_CACHE_LINE) node nodes[PAIR_CAPACITY]; /* one after the other, around */
} linked;

static void *create(void) {
    linked *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, _Alignof(linked));
    if (made == NULL) return NULL;
    __cds_wfcq_init(&made->consumer.head, &made->producer.tail);
    __cds_wfcq_init(&made->local.head, &made->local.tail);
    return made;
}
static void destroy(void *queue) {
    ta_release(pair_memory(), queue, sizeof(linked), _Alignof(linked));
}

static inline node *next_node(linked *self, uint64_t word) {
    node *next = &self->nodes[self->bound.sender.taken++ % PAIR_CAPACITY];
    next->word = word;
    cds_wfcq_node_init(&next->node);
    return next;
}

static inline bool push(linked *self, uint64_t word) {
    if (!window_has_room(&self->bound, 1)) return false;
    cds_wfcq_enqueue(&self->consumer.head, &self->producer.tail, &next_node(self, word)->node);
    return true;
}

static inline bool take(linked *self, cds_wfcq_head_ptr_t head, struct cds_wfcq_tail *tail,
                        uint64_t *word) {
    struct cds_wfcq_node *found = __cds_wfcq_dequeue_nonblocking(head, tail);
    if (found == NULL || found == CDS_WFCQ_WOULDBLOCK) return false;
    *word = caa_container_of(found, node, node)->word;
    window_release(&self->bound);
    return true;
}
static inline bool pop(linked *self, uint64_t *word) {
    return take(self, &self->consumer.head, &self->producer.tail, word);
}

static inline size_t push_bulk(linked *self, const uint64_t *words, size_t count) {
    struct __cds_wfcq_head head;
    struct cds_wfcq_tail tail;
    if (!window_has_room(&self->bound, count)) return 0;
    __cds_wfcq_init(&head, &tail);
    for (size_t i = 0; i < count; i++)
        cds_wfcq_enqueue(&head, &tail, &next_node(self, words[i])->node);
    (void)__cds_wfcq_splice_nonblocking(&self->consumer.head, &self->producer.tail, &head, &tail);
    return count;
}
static inline size_t pop_bulk(linked *self, uint64_t *words, size_t count) {
    size_t n = 0;
    if (cds_wfcq_empty(&self->local.head, &self->local.tail))
        (void)__cds_wfcq_splice_nonblocking(&self->local.head, &self->local.tail,
                                            &self->consumer.head, &self->producer.tail);
    while (n < count && take(self, &self->local.head, &self->local.tail, &words[n])) n++;
    return n;
}

#define PEER_TYPE linked
#define PEER_NAME "wfcqueue"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_POP pop
#include "queue.h"
#define PEER_PUSH_BULK push_bulk
#define PEER_POP_BULK pop_bulk
#include "bulk.h"

static const pair_contender entries[] = {PEER_ENTRIES, PEER_BULK_ENTRY};

pair_list peer_urcu(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
