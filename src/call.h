/* SPDX-License-Identifier: MIT
 *
 * The table of calls of one direction of a pair: made by the caller with its first call there, and
 * shared by the link and the urgent one beside it. Private.
 *
 * Who may touch what: the caller's thread everything but `spare`; the receiver's thread `spare`,
 * and the state of a call that may be cancelled.
 *
 * Labelled edges. What a receiver reads of the caller's it finds by a request (D0, D1 in lane.h),
 * which is written after it; replies go the same way back. Besides:
 *   K1 the caller's cancelling, PENDING -> CANCELLED, and K2 the receiver's claim, PENDING ->
 *      STARTED, are compare-and-swaps on one word: one of them finds PENDING, and that decides.
 *      Both are relaxed: the word is all that they exchange.
 */
#ifndef TA_SRC_CALL_H
#define TA_SRC_CALL_H

#include "port.h"

/* A call's name travels with the request and the reply: the seat of the receiver, the place in the
 * table, and how often that has been used; never 0. */
#define TA_CALL_INDEX_BITS 20
#define TA_CALL_GENERATION_BITS 27
_Static_assert(TA_SEAT_BITS + TA_CALL_INDEX_BITS + TA_CALL_GENERATION_BITS == 64, "one word");
#define TA_CALL_NONE UINT32_MAX

/* Bit of the deadline's word. */
#define TA_CALL_CANCELLABLE (UINT64_C(1) << 63)

/* A place's state: generation << 2, and one of these. A call that may not be cancelled is STARTED
 * from the beginning. */
enum { TA_CALL_FREE, TA_CALL_PENDING, TA_CALL_STARTED, TA_CALL_CANCELLED, TA_CALL_STATES = 3 };

typedef struct ta_call_place {
    uint32_t state; /* K1, K2; otherwise the caller's alone */
    uint32_t next;  /* in a list of places */
} ta_call_place;

/* Calls of fan-outs (fan.c) that wait for room, in the order in which they came. */
typedef struct ta_call_queue {
    ta_chore chore; /* makes them */
    struct ta_fan_call *first, *last;
    bool is_due; /* the chore is to be done */
} ta_call_queue;

typedef struct ta_calls {
    ta_chore chore; /* calls the continuations of `returned` */
    ta_port *port;
    ta_link *link; /* the ordinary one, whose table this is */
    ta_call_place *places;
    uint32_t count;
    uint32_t free;                          /* the list of free places, last freed first */
    uint32_t first_returned, last_returned; /* those whose requests came back */
    ta_call_queue waiting;

    /* The link for the replies, made by the caller, so that a reply never lacks memory. The
     * receiver takes it as its own with the first request, or destroys it if it has one; the mesh,
     * if there was no request. */
    _Alignas(TA_CACHE_LINE) ta_link *spare;

    _Alignas(TA_CACHE_LINE) ta_continuation continuations[];
} ta_calls;

static inline uint64_t ta_call_token(uint32_t seat, uint32_t index, uint32_t generation) {
    return (uint64_t)generation << (TA_SEAT_BITS + TA_CALL_INDEX_BITS) |
           (uint64_t)index << TA_SEAT_BITS | seat;
}

static inline uint32_t ta_call_index(uint64_t token) {
    return (uint32_t)(token >> TA_SEAT_BITS) & ((UINT32_C(1) << TA_CALL_INDEX_BITS) - 1);
}

static inline uint32_t ta_call_generation(uint64_t token) {
    return (uint32_t)(token >> (TA_SEAT_BITS + TA_CALL_INDEX_BITS));
}

/* From 1 to 2^27 - 1, and again. */
static inline uint32_t ta_call_next_generation(uint32_t generation) {
    return generation < (UINT32_C(1) << TA_CALL_GENERATION_BITS) - 1 ? generation + 1 : 1;
}

/* ---- call.c, for fan.c ------------------------------------------------------------------------ */

/* Would ta_port_call() with a request of this kind find room now? What it would say, and by which
 * link; then the call by that link, whose continuation takes the result. */
ta_status ta_call_room(ta_port *port, uint32_t to, const ta_callable *request, ta_link **link);
ta_status ta_call_by(ta_link *link, ta_fn_once *request, ta_continuation *continuation);
/* The queue for a target; NULL without memory. There is a link since TA_E_FULL, or somebody waits. */
ta_call_queue *ta_call_waiting(ta_port *port, uint32_t to);
/* Does somebody wait there? */
bool ta_call_is_waited(const ta_port *port, uint32_t to);

/* ---- fan.c ------------------------------------------------------------------------------------ */

/* The chore of a queue: makes the calls that wait there, as far as there is room. */
void ta_fan_go_on(ta_port *port, ta_chore *chore);

/* There may be room for those that wait, or an answer. */
static inline void ta_calls_go_on(ta_calls *calls) {
    ta_call_queue *waiting = &calls->waiting;
    if (__builtin_expect(waiting->first == NULL, 1) || waiting->is_due) return;
    waiting->is_due = true;
    ta_port_add_chore(calls->port, &waiting->chore);
}

#endif
