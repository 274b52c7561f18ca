/* SPDX-License-Identifier: MIT
 *
 * A port's inbox: closures from threads that have no port, on ck's multi-producer ring. Any thread
 * posts; the port's owner receives.
 *
 * Progress: receiving is wait-free; posting is not lock-free, since ck's producers publish in the
 * order in which they took their places, and wait for each other.
 *
 * Edges: Q1 a post's publication -> Q2 the receive that returns it; ck's store and load fences, and
 * stated for ThreadSanitizer on the inbox as a whole (tsan.h), which makes every post an edge to
 * every later receive: more than is promised, and the price of ck's calls being unseen. Then the
 * rest word, as of a lane (bell.h).
 */
#ifndef TA_SRC_INBOX_H
#define TA_SRC_INBOX_H

#include "bell.h"

#include "ta/closure.h"

#include <ck_ring.h>

typedef struct ta_inbox {
    _Alignas(TA_CACHE_LINE) ck_ring_t ring;
    _Alignas(TA_CACHE_LINE) uint32_t rest;
    ta_allocator allocator;
    uint64_t sent, refused; /* figures: counted by any thread, by adding */
    _Alignas(TA_CACHE_LINE) uint64_t run, failed, destroyed, kept; /* figures: the receiver's */
    uint64_t *queueing; /* the receiver's figures, behind the cells; NULL: nobody asks */
    uint64_t stamp;     /* with these: when what was received last was posted */
    _Alignas(TA_CACHE_LINE) ta_fn_once closures[]; /* or, if timed, what inbox.c has for it */
} ta_inbox;

/* For cells - 1 closures; `cells` is a power of two. `is_timed`: it is to be known how long they wait.
 * TA_E_NOMEM. */
ta_status ta_inbox_create(uint32_t cells, bool is_timed, const ta_allocator *allocator,
                          ta_inbox **out);
/* NULL is allowed. What was not received is gone. */
void ta_inbox_destroy(ta_inbox *inbox);

/* Any thread: takes the closure; false: full. *ring: its bell must be rung. */
bool ta_inbox_post(ta_inbox *inbox, ta_fn_once *closure, bool *ring);

/* The owner: the oldest one, or false. */
bool ta_inbox_receive(ta_inbox *inbox, ta_fn_once *out);

/* The owner: looks no more until the bell is rung. False: there is something after all. */
bool ta_inbox_rest(ta_inbox *inbox);

#endif
