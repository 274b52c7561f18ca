/* SPDX-License-Identifier: MIT
 *
 * Floors: a thread that sleeps on an eventfd, with nothing around it: in read(), which is all that
 * there can be; or in epoll_wait(), and then reads it, as event loops do.
 */
#include "floors.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct events {
    bool is_bare; /* it sleeps in read() */
    struct {
        _Alignas(2 * TA_CACHE_LINE) int event, epoll;
        uint64_t word; /* ordered by the event */
    } side[2];
} events;

static void destroy(void *memory) {
    events *self = memory;
    for (int i = 0; i < 2; i++) {
        if (self->side[i].event >= 0) close(self->side[i].event);
        if (self->side[i].epoll >= 0) close(self->side[i].epoll);
    }
    ta_release(pair_memory(), self, sizeof *self, _Alignof(events));
}

static events *create(bool is_bare) {
    events *self = ta_allocate_zeroed(pair_memory(), 1, sizeof *self, _Alignof(events));
    bool all = self != NULL;
    if (self != NULL) self->is_bare = is_bare;
    for (int i = 0; i < 2 && self != NULL; i++) {
        struct epoll_event wanted = {.events = EPOLLIN};
        self->side[i].event = eventfd(0, EFD_CLOEXEC | (is_bare ? 0 : EFD_NONBLOCK));
        self->side[i].epoll = is_bare ? -1 : epoll_create1(EPOLL_CLOEXEC);
        all &= self->side[i].event >= 0;
        if (is_bare) continue;
        all &= self->side[i].epoll >= 0 &&
               epoll_ctl(self->side[i].epoll, EPOLL_CTL_ADD, self->side[i].event, &wanted) == 0;
    }
    if (all || self == NULL) return self;
    destroy(self);
    return NULL;
}
static void *create_bare(void) { return create(true); }
static void *create_loops(void) { return create(false); }

static bool begin(events *self, unsigned side) {
    (void)self, (void)side;
    return true;
}
static void end(events *self, unsigned side) { (void)self, (void)side; }

static void send_to(events *self, unsigned side, uint64_t word) {
    self->side[1 - side].word = word;
    (void)eventfd_write(self->side[1 - side].event, 1);
}

/* Nothing ends a bare read() but a word; one always comes, since both sides begin (pair.c), and
 * neither gives up. */
static bool receive(events *self, unsigned side, uint64_t *word) {
    struct epoll_event ready;
    eventfd_t count;
    if (!self->is_bare && epoll_wait(self->side[side].epoll, &ready, 1, PAIR_SLEEP_MS) != 1)
        return false;
    if (eventfd_read(self->side[side].event, &count) != 0) return false;
    *word = self->side[side].word;
    return true;
}

#define WAKE_TYPE events
#define WAKE_NAME "eventfd"
#define WAKE_CREATE create_loops
#define WAKE_DESTROY destroy
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive

#include "wake.h"

/* clang-format off */
static const pair_contender entries[] = {
    WAKE_ENTRY,
    {"wake", "eventfd_bare", wake_ask, wake_answer, create_bare, destroy, PAIR_WAKES_WARM_UP,
     PAIR_WAKES, false, false, PAIR_SLEEPS},
};
/* clang-format on */

pair_list floor_wakes_by_eventfd(void) { return (pair_list){entries, 2}; }
