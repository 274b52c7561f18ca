/* SPDX-License-Identifier: MIT
 *
 * The inbox on ck's ring.
 */
#include "inbox.h"

#include "atomic_ck.h"
#include "tsan.h"

#include <stddef.h>

CK_RING_PROTOTYPE(ta_fn_once, ta_fn_once)

static size_t size_of(uint32_t cells) { return sizeof(ta_inbox) + cells * sizeof(ta_fn_once); }

ta_status ta_inbox_create(uint32_t cells, const ta_allocator *allocator, ta_inbox **out) {
    ta_inbox *inbox = ta_allocate_zeroed(allocator, 1, size_of(cells), _Alignof(ta_inbox));
    if (inbox == NULL) return TA_E_NOMEM;
    ck_ring_init(&inbox->ring, cells);
    inbox->allocator = *allocator;
    inbox->rest = TA_REST_RESTING;
    *out = inbox;
    return TA_OK;
}

void ta_inbox_destroy(ta_inbox *inbox) {
    if (inbox == NULL) return;
    ta_allocator allocator = inbox->allocator;
    ta_release(&allocator, inbox, size_of(inbox->ring.size), _Alignof(ta_inbox));
}

bool ta_inbox_post(ta_inbox *inbox, ta_fn_once *closure, bool *ring) {
    bool is_dead;
    ta_tsan_release(inbox);
    ta_tsan_ignore_begin();
    /* What the poster last read of what it gives away, is done: ck orders its stores alone. */
    ta_ck_release_before_commit();
    bool sent = ck_ring_enqueue_mpsc_ta_fn_once(&inbox->ring, inbox->closures, closure); /* Q1 */
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

bool ta_inbox_receive(ta_inbox *inbox, ta_fn_once *out) {
    ta_tsan_ignore_begin();
    bool received = ck_ring_dequeue_mpsc_ta_fn_once(&inbox->ring, inbox->closures, out); /* Q2 */
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
