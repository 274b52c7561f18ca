/* SPDX-License-Identifier: MIT
 *
 * The inbox on ck's ring.
 */
#include "inbox.h"

#include "atomic_ck.h"
#include "os/event.h"
#include "tsan.h"

#include "ta/port.h"

#include <stddef.h>

/* What a cell of a timed inbox holds. The stamp travels in it, since a poster does not learn which
 * cell was its own. */
typedef struct ta_posted {
    ta_fn_once closure;
    uint64_t stamp;
} ta_posted;

CK_RING_PROTOTYPE(ta_fn_once, ta_fn_once)
CK_RING_PROTOTYPE(ta_posted, ta_posted)

static ta_posted *timed_cells(ta_inbox *inbox) { return (ta_posted *)(void *)inbox->closures; }

static size_t size_of(uint32_t cells, bool is_timed) {
    if (!is_timed) return sizeof(ta_inbox) + cells * sizeof(ta_fn_once);
    return sizeof(ta_inbox) + cells * sizeof(ta_posted) +
           TA_PORT_QUEUEING_BUCKETS * sizeof(uint64_t);
}

ta_status ta_inbox_create(uint32_t cells, bool is_timed, const ta_allocator *allocator,
                          ta_inbox **out) {
    ta_inbox *inbox =
        ta_allocate_zeroed(allocator, 1, size_of(cells, is_timed), _Alignof(ta_inbox));
    if (inbox == NULL) return TA_E_NOMEM;
    ck_ring_init(&inbox->ring, cells);
    inbox->allocator = *allocator;
    inbox->rest = TA_REST_RESTING;
    if (is_timed) inbox->queueing = (uint64_t *)(void *)(timed_cells(inbox) + cells);
    *out = inbox;
    return TA_OK;
}

void ta_inbox_destroy(ta_inbox *inbox) {
    if (inbox == NULL) return;
    ta_allocator allocator = inbox->allocator;
    size_t size = size_of(inbox->ring.size, inbox->queueing != NULL);
    ta_release(&allocator, inbox, size, _Alignof(ta_inbox));
}

/* Q1. */
static __attribute__((noinline)) bool enqueue_timed(ta_inbox *inbox, const ta_fn_once *closure) {
    ta_posted posted = {*closure, ta_os_clock()};
    return ck_ring_enqueue_mpsc_ta_posted(&inbox->ring, timed_cells(inbox), &posted);
}

static inline bool enqueue(ta_inbox *inbox, ta_fn_once *closure) {
    if (__builtin_expect(inbox->queueing != NULL, 0)) return enqueue_timed(inbox, closure);
    return ck_ring_enqueue_mpsc_ta_fn_once(&inbox->ring, inbox->closures, closure); /* Q1 */
}

bool ta_inbox_post(ta_inbox *inbox, ta_fn_once *closure, bool *ring) {
    bool is_dead;
    ta_tsan_release(inbox);
    ta_tsan_ignore_begin();
    /* What the poster last read of what it gives away, is done: ck orders its stores alone. */
    ta_ck_release_before_commit();
    bool sent = enqueue(inbox, closure);
    ta_tsan_ignore_end();
    if (!sent) {
        ta_fetch_add_relaxed_u64(&inbox->refused, 1);
        return false;
    }
    closure->closure.callable = NULL;
    ta_fetch_add_relaxed_u64(&inbox->sent, 1);
    *ring = ta_rest_published(&inbox->rest, &is_dead);
    return true;
}

/* Q2. */
static __attribute__((noinline)) bool dequeue_timed(ta_inbox *inbox, ta_fn_once *out) {
    ta_posted posted;
    if (!ck_ring_dequeue_mpsc_ta_posted(&inbox->ring, timed_cells(inbox), &posted)) return false;
    *out = posted.closure;
    inbox->stamp = posted.stamp;
    return true;
}

static inline bool dequeue(ta_inbox *inbox, ta_fn_once *out) {
    if (__builtin_expect(inbox->queueing != NULL, 0)) return dequeue_timed(inbox, out);
    return ck_ring_dequeue_mpsc_ta_fn_once(&inbox->ring, inbox->closures, out); /* Q2 */
}

bool ta_inbox_receive(ta_inbox *inbox, ta_fn_once *out) {
    ta_tsan_ignore_begin();
    bool received = dequeue(inbox, out);
    ta_tsan_ignore_end();
    if (received) {
        ta_tsan_acquire(inbox);
        ta_tsan_write(out, sizeof *out);
    }
    return received;
}

bool ta_inbox_rest(ta_inbox *inbox) {
    (void)ta_rest_begin(&inbox->rest);
    ta_tsan_ignore_begin();
    bool is_empty = ck_ring_size(&inbox->ring) == 0;
    ta_tsan_ignore_end();
    return is_empty || !ta_rest_end(&inbox->rest);
}
