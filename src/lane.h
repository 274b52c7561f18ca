/* SPDX-License-Identifier: MIT
 *
 * A lane: a bounded first-in first-out queue of cache-line cells from one sender thread to one
 * receiver thread. Private; ports are built on it.
 *
 * Cells carry their own state: the lowest bit of a cell's head is the parity of the lap in which it
 * was written. The receiver learns of a message from the message's own line, one transfer, and
 * writes to no cell; what it has freed it publishes in batches, which the sender looks at only when
 * what it knows of is used up. docs/lane.md has what that is worth beside ck's ring, and beside the
 * same ring with cached indices.
 *
 * Thread rules: at any time at most one thread sends (room, reserve, commit) and at most one
 * receives (receive, is_empty, release); the two need no further agreement. Handing an end to
 * another thread needs an edge of the caller's own (a join, a message). Create and destroy: when
 * nobody else is in a call.
 *
 * Progress: all but create and destroy are wait-free, a bounded number of steps with no loop and
 * no system call. Full and empty are answers, not waits.
 *
 * Order: cells arrive in the order of their commits, each exactly once. Everything that the sender
 * did before a commit happens before the receive that returns that cell. In the other direction
 * only this much is promised: the receiver has finished reading a cell before reserve() gives it
 * out again.
 *
 * Labelled edges:
 *   D0 commit stores a cell's head, release -> D1 receive loads it, acquire: the cell is whole
 *   F0 the receiver stores `freed`, release -> F1 the sender loads it, acquire: the cells before it
 *      were read, and may be written again
 * All order is on these accesses. Everything else in a cell is plain, and only its owner's.
 */
#ifndef TA_SRC_LANE_H
#define TA_SRC_LANE_H

#include "ta/detail/atomic.h"
#include "ta/memory.h"

#define TA_LANE_CELLS_MIN 2u
#define TA_LANE_CELLS_MAX (1u << 20)

#define TA_CELL_WORDS_COUNT 7u

/* `head` is not written in place: the receiver is looking at it. commit() takes it, all bits but
 * the lowest, which is the lane's and 0 in what receive() returns. The words are the user's. */
typedef struct ta_cell {
    _Alignas(TA_CACHE_LINE) uint64_t head;
    uint64_t words[TA_CELL_WORDS_COUNT];
} ta_cell;

/* Memory that is all zero, but for `mask` and `shift` of both sides, is an empty lane.
 * Counters of cells, modulo 2^32, a multiple of every possible two laps:
 *   sender.tail      committed
 *   receiver.head    received; receiver.released, freed: of these, given back
 * Invariant: freed <= head <= tail <= freed + cells. The receiver owns the cells [freed, tail), the
 * sender all others. Each side has what it needs on a line of its own; `freed` alone is between. */
typedef struct ta_lane {
    _Alignas(TA_CACHE_LINE) struct {
        uint32_t tail;  /* written by the sender; read by it, and for figures by any */
        uint32_t seen;  /* of `freed` */
        uint32_t mask;  /* cells - 1 */
        uint32_t shift; /* log2 of cells */
    } sender;
    _Alignas(TA_CACHE_LINE) struct {
        uint32_t head;
        uint32_t released;
        uint32_t mask;
        uint32_t shift;
    } receiver;
    _Alignas(TA_CACHE_LINE) uint32_t freed; /* F0, F1 */
    ta_allocator allocator;                 /* immutable */
    ta_cell cells[];
} ta_lane;

/* A lane that holds `cells` cells: a power of two, TA_LANE_CELLS_MIN to TA_LANE_CELLS_MAX.
 * `allocator` (NULL: the default one) is copied and must outlive the lane. The caller owns *out. On
 * failure *out is NULL and nothing stays allocated:
 *   TA_E_INVALID  cells is not a power of two, or out is NULL;
 *   TA_E_RANGE    cells is out of range;
 *   TA_E_NOMEM.
 * Progress: that of the allocator. All of the memory is written, by the caller. */
ta_status ta_lane_create(uint32_t cells, const ta_allocator *allocator, ta_lane **out);

/* Frees the lane; NULL is allowed. Messages that were not received are gone: they are bytes to the
 * lane, and what they refer to is the caller's to drain first. */
void ta_lane_destroy(ta_lane *lane);

/* The lowest bit of the head of the cell with this number: 1 in the first lap, in which the cells
 * are still zero, then 0, and so on. */
static inline uint64_t ta_lane_parity_(uint32_t number, uint32_t shift) {
    return ~(number >> shift) & 1u;
}

/* ---- sender ---------------------------------------------------------------------------------- */

/* The cells that are free, at least; `freed` is looked at only if fewer than `wanted` are known of,
 * so more than `wanted` may be free and not counted. Wait-free. */
static inline uint32_t ta_lane_room(ta_lane *lane, uint32_t wanted) {
    uint32_t cells = lane->sender.mask + 1;
    uint32_t tail = ta_load_relaxed_u32(&lane->sender.tail); /* this thread's own */
    uint32_t room = cells - (tail - lane->sender.seen);
    if (__builtin_expect(room < wanted, 0)) {
        /* F1: pairs with F0 in ta_lane_release(). */
        lane->sender.seen = ta_load_acquire_u32(&lane->freed);
        room = cells - (tail - lane->sender.seen);
    }
    return room;
}

/* The next free cell, to be written in place; NULL when the lane is full. Its content is
 * indeterminate. Reserving again before a commit gives the same cell, so a reservation is given up
 * by doing nothing. Best written at one go: a receiver that polls has the line while it looks.
 * Wait-free. */
static inline ta_cell *ta_lane_reserve(ta_lane *lane) {
    if (__builtin_expect(ta_lane_room(lane, 1) < 1, 0)) return NULL;
    return &lane->cells[ta_load_relaxed_u32(&lane->sender.tail) & lane->sender.mask];
}

/* The cell behind the one that reserve() gives, for a message of two cells; NULL when there is no
 * room for both. Wait-free. */
static inline ta_cell *ta_lane_reserve_second(ta_lane *lane) {
    if (__builtin_expect(ta_lane_room(lane, 2) < 2, 0)) return NULL;
    return &lane->cells[(ta_load_relaxed_u32(&lane->sender.tail) + 1) & lane->sender.mask];
}

/* Marks one cell as written, whole. */
static inline void ta_lane_publish_(ta_lane *lane, uint32_t number, uint64_t head) {
    /* D0: pairs with D1 in ta_lane_receive(). */
    ta_store_release_u64(&lane->cells[number & lane->sender.mask].head,
                         (head & ~UINT64_C(1)) | ta_lane_parity_(number, lane->sender.shift));
}

/* Asks for the line of a cell that will be written soon. A store waits in the processor's store
 * buffer until its line has come from the receiver's cache, and those behind it wait with it.
 * docs/lane.md has what it is worth. In a lane that is nearly full it may take a line that has not
 * been read: a transfer more for one cell of many. */
static inline void ta_lane_prefetch_(const ta_lane *lane, uint32_t number) {
    const ta_cell *cell = &lane->cells[number & lane->sender.mask];
#if defined(__x86_64__)
    /* The builtin is compiled to a prefetch for reading there, unless a newer processor is asked
     * for; this instruction does nothing where it does not exist. */
    __asm__ __volatile__("prefetchw (%0)" : : "r"(cell));
#else
    __builtin_prefetch(cell, 1);
#endif
}
#define TA_LANE_PREFETCH_ 2u /* cells ahead */

/* Publishes the cell that the last reserve() gave, with this head; only after a reserve() that gave
 * one, and once. The cell is the receiver's from here on. Wait-free. */
static inline void ta_lane_commit(ta_lane *lane, uint64_t head) {
    uint32_t tail = ta_load_relaxed_u32(&lane->sender.tail);
    ta_lane_prefetch_(lane, tail + TA_LANE_PREFETCH_);
    ta_lane_publish_(lane, tail, head);
    ta_store_relaxed_u32(&lane->sender.tail, tail + 1); /* orders nothing: figures */
}

/* Publishes the cells that the last reserve() and reserve_second() gave. The second is visible no
 * later than the first: who received the first receives the second at once. Wait-free. */
static inline void ta_lane_commit_two(ta_lane *lane, uint64_t head, uint64_t second) {
    uint32_t tail = ta_load_relaxed_u32(&lane->sender.tail);
    /* The receiver does not look at it before it has found the first, whose D0 orders this one. */
    ta_lane_publish_(lane, tail + 1, second);
    ta_lane_publish_(lane, tail, head);
    ta_store_relaxed_u32(&lane->sender.tail, tail + 2);
}

/* ---- receiver -------------------------------------------------------------------------------- */

/* Whether a cell with this head is not the next message, but what is left of the lap before. */
static inline bool ta_lane_is_stale_(const ta_lane *lane, uint64_t head) {
    return (head & 1) != ta_lane_parity_(lane->receiver.head, lane->receiver.shift);
}

/* Gives back what was received so far. receive() does so for every quarter of the lane, and when it
 * finds the lane empty; whoever stops receiving before that does it by this. Wait-free. */
static inline void ta_lane_release(ta_lane *lane) {
    if (lane->receiver.released == lane->receiver.head) return;
    lane->receiver.released = lane->receiver.head;
    /* F0: pairs with F1 in ta_lane_room(). */
    ta_store_release_u32(&lane->freed, lane->receiver.head);
}

/* Is there nothing to receive? One load of the next cell's line, which stays in the receiver's
 * cache as long as nothing comes. Wait-free. */
static inline bool ta_lane_is_empty(const ta_lane *lane) {
    const ta_cell *cell = &lane->cells[lane->receiver.head & lane->receiver.mask];
    /* Relaxed: who finds a message has not read it yet. */
    return ta_lane_is_stale_(lane, ta_load_relaxed_u64(&cell->head));
}

/* Are there so many cells to receive, 1 up to all that the lane has left when what was received has
 * been released? One load of the last one's line. Wait-free. */
static inline bool ta_lane_holds(const ta_lane *lane, uint32_t count) {
    uint32_t number = lane->receiver.head + count - 1;
    /* Relaxed: nothing of it is read. */
    uint64_t head = ta_load_relaxed_u64(&lane->cells[number & lane->receiver.mask].head);
    return (head & 1) == ta_lane_parity_(number, lane->receiver.shift);
}

/* Copies the oldest cell to *out and frees it; false when the lane is empty, *out is then
 * untouched. Wait-free. */
static inline bool ta_lane_receive(ta_lane *lane, ta_cell *out) {
    const ta_cell *cell = &lane->cells[lane->receiver.head & lane->receiver.mask];
    /* D1: pairs with D0 in ta_lane_publish_(). */
    uint64_t head = ta_load_acquire_u64(&cell->head);
    if (ta_lane_is_stale_(lane, head)) {
        ta_lane_release(lane);
        return false;
    }
    *out = *cell; /* an assignment and not memcpy(), which gcc hides from ThreadSanitizer */
    out->head = head & ~UINT64_C(1);
    lane->receiver.head++;
    if (lane->receiver.head - lane->receiver.released > lane->receiver.mask / 4)
        ta_lane_release(lane);
    return true;
}

/* ---- any thread ------------------------------------------------------------------------------ */

/* How many cells were committed and not given back: an estimate, for figures, between 0 and the
 * lane's cells. Looks at both sides' lines. Wait-free. */
static inline uint32_t ta_lane_pending(const ta_lane *lane) {
    /* Relaxed, both, and `freed` first: so that it is rather too much than a wrap below 0. */
    uint32_t freed = ta_load_relaxed_u32(&lane->freed);
    uint32_t pending = ta_load_relaxed_u32(&lane->sender.tail) - freed;
    uint32_t cells = lane->sender.mask + 1; /* immutable */
    if (pending > UINT32_MAX / 2) return 0;
    return pending < cells ? pending : cells;
}

#endif
