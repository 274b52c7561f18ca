/* SPDX-License-Identifier: MIT
 *
 * GLib's GAsyncQueue of pointers: any number of threads on either side, here one each. It has no
 * bound of its own.
 */
#include "peers.h"
#include "window.h"

#include <glib.h>

typedef struct async {
    GAsyncQueue *queue;
    window bound;
} async;

static void destroy(void *memory) {
    async *self = memory;
    g_async_queue_unref(self->queue);
    ta_release(pair_memory(), self, sizeof *self, _Alignof(async));
}
static void *create(void) {
    async *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, _Alignof(async));
    if (made != NULL) made->queue = g_async_queue_new();
    return made;
}

/* It takes no NULL; no word is the largest one. */
static inline gpointer to_pointer(uint64_t word) { return (gpointer)(uintptr_t)(word + 1); }
static inline uint64_t to_word(gpointer pointer) { return (uint64_t)(uintptr_t)pointer - 1; }

static inline bool push(async *self, uint64_t word) {
    if (!window_has_room(&self->bound, 1)) return false;
    self->bound.sender.taken++;
    g_async_queue_push(self->queue, to_pointer(word));
    return true;
}
static inline bool pop(async *self, uint64_t *word) {
    gpointer pointer = g_async_queue_try_pop(self->queue);
    if (pointer == NULL) return false;
    *word = to_word(pointer);
    window_release(&self->bound);
    return true;
}

#define PEER_TYPE async
#define PEER_NAME "glib"
#define PEER_CREATE create
#define PEER_DESTROY destroy
#define PEER_PUSH push
#define PEER_MESSAGES PAIR_FEW_MESSAGES
#define PEER_SLEEP PAIR_MAY_SLEEP
#define PEER_POP pop
#include "queue.h"

/* ---- asleep ---------------------------------------------------------------------------------- */

typedef struct sleepers {
    GAsyncQueue *to[2]; /* the side that receives */
} sleepers;

static void *create_sleepers(void) {
    sleepers *made = ta_allocate_zeroed(pair_memory(), 1, sizeof *made, _Alignof(max_align_t));
    for (int i = 0; made != NULL && i < 2; i++) made->to[i] = g_async_queue_new();
    return made;
}
static void destroy_sleepers(void *memory) {
    sleepers *self = memory;
    for (int i = 0; i < 2; i++) g_async_queue_unref(self->to[i]);
    ta_release(pair_memory(), self, sizeof *self, _Alignof(max_align_t));
}

static bool begin(sleepers *self, unsigned side) {
    (void)self, (void)side;
    return true;
}
static void end(sleepers *self, unsigned side) { (void)self, (void)side; }

static void send_to(sleepers *self, unsigned side, uint64_t word) {
    g_async_queue_push(self->to[1 - side], to_pointer(word));
}

static bool receive(sleepers *self, unsigned side, uint64_t *word) {
    gpointer pointer = g_async_queue_timeout_pop(self->to[side], PAIR_SLEEP_MS * 1000);
    if (pointer != NULL) *word = to_word(pointer);
    return pointer != NULL;
}

#define WAKE_TYPE sleepers
#define WAKE_NAME "glib"
#define WAKE_CREATE create_sleepers
#define WAKE_DESTROY destroy_sleepers
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive
#include "../wake.h"

static const pair_contender entries[] = {PEER_ENTRIES, WAKE_ENTRY};

pair_list peer_glib(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
