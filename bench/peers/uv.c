/* SPDX-License-Identifier: MIT
 *
 * libuv: a thread that sleeps in its loop, and is told by uv_async_send(). What libuv offers to
 * reach another thread's loop; the word travels beside it.
 */
#include "peers.h"

#include <stdlib.h>
#include <uv.h>

typedef struct loops {
    struct {
        _Alignas(2 * TA_CACHE_LINE) uv_loop_t loop;
        uv_async_t async;
        uv_timer_t timer;
        uint64_t given, taken; /* G0: given, release -> G1: acquire; since wakes may be merged */
        uint64_t word;         /* handed over by G0 G1 */
        bool was_rung;
    } side[2];
} loops;

static void note_ring(uv_async_t *async) { *(bool *)async->data = true; }
static void note_nothing(uv_timer_t *timer) { (void)timer; }

static void close_handle(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void destroy(void *memory) {
    loops *self = memory;
    for (int i = 0; i < 2; i++) {
        uv_walk(&self->side[i].loop, close_handle, NULL);
        (void)uv_run(&self->side[i].loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&self->side[i].loop);
    }
    ta_release(pair_memory(), self, sizeof *self, _Alignof(loops));
}

static void *create(void) {
    loops *self = ta_allocate_zeroed(pair_memory(), 1, sizeof *self, _Alignof(loops));
    for (int i = 0; self != NULL && i < 2; i++) {
        uv_loop_t *loop = &self->side[i].loop;
        if (uv_loop_init(loop) != 0 || uv_async_init(loop, &self->side[i].async, note_ring) != 0 ||
            uv_timer_init(loop, &self->side[i].timer) != 0)
            abort();
        self->side[i].async.data = &self->side[i].was_rung;
    }
    return self;
}

/* The timer ends a sleep in which nobody rings. */
static bool begin(loops *self, unsigned side) {
    return uv_timer_start(&self->side[side].timer, note_nothing, PAIR_SLEEP_MS, PAIR_SLEEP_MS) == 0;
}
static void end(loops *self, unsigned side) { (void)uv_timer_stop(&self->side[side].timer); }

static void send_to(loops *self, unsigned side, uint64_t word) {
    uint64_t *given = &self->side[1 - side].given;
    self->side[1 - side].word = word;
    ta_store_release_u64(given, ta_load_relaxed_u64(given) + 1); /* G0; relaxed: the only writer */
    (void)uv_async_send(&self->side[1 - side].async);
}

static bool receive(loops *self, unsigned side, uint64_t *word) {
    self->side[side].was_rung = false;
    (void)uv_run(&self->side[side].loop, UV_RUN_ONCE);
    if (!self->side[side].was_rung) return false;
    uint64_t given = ta_load_acquire_u64(&self->side[side].given); /* G1: pairs with G0 */
    if (given == self->side[side].taken) return false;
    self->side[side].taken = given;
    *word = self->side[side].word;
    return true;
}

#define WAKE_TYPE loops
#define WAKE_NAME "uv_async"
#define WAKE_CREATE create
#define WAKE_DESTROY destroy
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive
#include "../wake.h"

static const pair_contender entries[] = {WAKE_ENTRY};

pair_list peer_uv(void) { return (pair_list){entries, BENCH_COUNT(entries)}; }
