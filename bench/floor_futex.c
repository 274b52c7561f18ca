/* SPDX-License-Identifier: MIT
 *
 * A floor: a thread that sleeps in FUTEX_WAIT, with nothing around it.
 */
#include "floors.h"
#include "futex.h"

typedef struct words {
    struct {
        _Alignas(2 * TA_CACHE_LINE) atomic_uint given; /* a futex: how many words were given */
        unsigned taken;                                /* the side's own */
        uint64_t word;                                 /* handed over by G0 G1 */
    } side[2];
} words;

static void *create(void) {
    return ta_allocate_zeroed(pair_memory(), 1, sizeof(words), _Alignof(words));
}
static void destroy(void *memory) {
    ta_release(pair_memory(), memory, sizeof(words), _Alignof(words));
}

static bool begin(words *self, unsigned side) {
    (void)self, (void)side;
    return true;
}
static void end(words *self, unsigned side) { (void)self, (void)side; }

static void send_to(words *self, unsigned side, uint64_t word) {
    atomic_uint *given = &self->side[1 - side].given;
    self->side[1 - side].word = word;
    atomic_fetch_add_explicit(given, 1, memory_order_release); /* G0 */
    futex_wake(given);
}

static bool receive(words *self, unsigned side, uint64_t *word) {
    const struct timespec limit = {.tv_nsec = PAIR_SLEEP_MS * 1000000};
    atomic_uint *given = &self->side[side].given;
    unsigned taken = self->side[side].taken;
    if (atomic_load_explicit(given, memory_order_acquire) == taken) { /* G1: pairs with G0 */
        futex_wait(given, taken, &limit);
        if (atomic_load_explicit(given, memory_order_acquire) == taken) return false; /* G1 */
    }
    *word = self->side[side].word;
    self->side[side].taken++;
    return true;
}

#define WAKE_TYPE words
#define WAKE_NAME "futex"
#define WAKE_CREATE create
#define WAKE_DESTROY destroy
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive
#include "wake.h"

static const pair_contender entries[] = {WAKE_ENTRY};

pair_list floor_wakes_by_futex(void) { return (pair_list){entries, 1}; }
