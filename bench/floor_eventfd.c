/* SPDX-License-Identifier: MIT
 *
 * A floor: a thread that sleeps in epoll_wait() on an eventfd, with nothing around it. What event
 * loops do.
 */
#include "floors.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct events {
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

static void *create(void) {
    events *self = ta_allocate_zeroed(pair_memory(), 1, sizeof *self, _Alignof(events));
    bool all = self != NULL;
    for (int i = 0; i < 2 && self != NULL; i++) {
        struct epoll_event wanted = {.events = EPOLLIN};
        self->side[i].event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        self->side[i].epoll = epoll_create1(EPOLL_CLOEXEC);
        all &= self->side[i].event >= 0 && self->side[i].epoll >= 0 &&
               epoll_ctl(self->side[i].epoll, EPOLL_CTL_ADD, self->side[i].event, &wanted) == 0;
    }
    if (all || self == NULL) return self;
    destroy(self);
    return NULL;
}

static bool begin(events *self, unsigned side) {
    (void)self, (void)side;
    return true;
}
static void end(events *self, unsigned side) { (void)self, (void)side; }

static void send_to(events *self, unsigned side, uint64_t word) {
    self->side[1 - side].word = word;
    (void)eventfd_write(self->side[1 - side].event, 1);
}

static bool receive(events *self, unsigned side, uint64_t *word) {
    struct epoll_event ready;
    eventfd_t count;
    if (epoll_wait(self->side[side].epoll, &ready, 1, PAIR_SLEEP_MS) != 1) return false;
    if (eventfd_read(self->side[side].event, &count) != 0) return false;
    *word = self->side[side].word;
    return true;
}

#define WAKE_TYPE events
#define WAKE_NAME "eventfd"
#define WAKE_CREATE create
#define WAKE_DESTROY destroy
#define WAKE_BEGIN begin
#define WAKE_END end
#define WAKE_SEND send_to
#define WAKE_RECEIVE receive

#include "wake.h"

static const pair_contender entries[] = {WAKE_ENTRY};

pair_list floor_wakes_by_eventfd(void) { return (pair_list){entries, 1}; }
