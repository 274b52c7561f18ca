/* SPDX-License-Identifier: MIT
 *
 * Ports whose threads sleep: in poll() or epoll_wait() on the port's descriptor, as an event loop
 * does, or in ta_port_wait(). A closure goes there and one comes back.
 */
#include "port_pair.h"
#include "ports.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BUDGET = 256 };

typedef enum sleep_by { BY_WAIT, BY_POLL, BY_EPOLL } sleep_by;

typedef struct sleepers {
    port_pair *pair;
    sleep_by by;
    struct {
        _Alignas(2 * TA_CACHE_LINE) ta_port *port;
        int event, epoll; /* the port's descriptor, and what sleeps on it; -1 each: not */
        uint64_t word;
        bool is_there;
    } side[2];
} sleepers;

static void destroy(void *memory) {
    sleepers *self = memory;
    for (int i = 0; i < 2; i++)
        if (self->side[i].epoll >= 0) close(self->side[i].epoll);
    port_pair_destroy(self->pair);
    ta_release(pair_memory(), self, sizeof *self, _Alignof(sleepers));
}

static sleepers *create(sleep_by by) {
    sleepers *self = ta_allocate_zeroed(pair_memory(), 1, sizeof *self, _Alignof(sleepers));
    if (self == NULL) return NULL;
    self->by = by;
    self->side[0].epoll = self->side[1].epoll = -1;
    self->pair = port_pair_create(0, 0);
    if (self->pair != NULL) return self;
    destroy(self);
    return NULL;
}

static void *create_waiters(void) { return create(BY_WAIT); }
static void *create_pollers(void) { return create(BY_POLL); }

static void *create_loops(void) {
    sleepers *self = create(BY_EPOLL);
    bool all = self != NULL;
    for (uint32_t i = 0; i < 2 && self != NULL; i++)
        all &= (self->side[i].epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0;
    if (all || self == NULL) return self;
    destroy(self);
    return NULL;
}

static bool begin(sleepers *self, unsigned side) {
    struct epoll_event wanted = {.events = EPOLLIN};
    int *event = &self->side[side].event, epoll = self->side[side].epoll;
    ta_port *port = self->side[side].port = port_pair_attach(self->pair, side, NULL);
    if (port == NULL) return false;
    if (self->by == BY_WAIT) return true;
    if (ta_port_fd(port, event) == TA_OK &&
        (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, *event, &wanted) == 0))
        return true;
    (void)ta_port_detach(port);
    return false;
}
static void end(sleepers *self, unsigned side) { (void)ta_port_detach(self->side[side].port); }

/* ---- a word there ---------------------------------------------------------------------------- */

struct captured {
    sleepers *self;
    uint64_t side, word, unused[2]; /* 40 bytes, as in the streams */
};
TA_UNAWARE_TYPE(captured, struct captured);

static void run(struct captured *captured) {
    captured->self->side[captured->side].word = captured->word;
    captured->self->side[captured->side].is_there = true;
}
TA_FN_ONCE_VOID(running, captured, run);

static void send_to(sleepers *self, unsigned side, uint64_t word) {
    struct captured captured = {.self = self, .side = 1 - side, .word = word};
    ta_fn_once closure;
    (void)running(&closure, captured, NULL);                       /* in place: it cannot fail */
    (void)ta_port_send(self->side[side].port, 1 - side, &closure); /* there is room for one */
    ta_fn_once_destroy(&closure);
    ta_port_flush(self->side[side].port);
}

/* ---- asleep ---------------------------------------------------------------------------------- */

static void sleep_on_descriptor(const sleepers *self, unsigned side) {
    struct epoll_event ready;
    struct pollfd wanted = {.fd = self->side[side].event, .events = POLLIN};
    if (ta_port_prepare_sleep(self->side[side].port)) return;
    if (self->by == BY_EPOLL)
        (void)epoll_wait(self->side[side].epoll, &ready, 1, PAIR_SLEEP_MS);
    else
        (void)poll(&wanted, 1, PAIR_SLEEP_MS);
    ta_port_finish_sleep(self->side[side].port);
}

static bool receive(sleepers *self, unsigned side, uint64_t *word) {
    ta_port *port = self->side[side].port;
    if (self->by != BY_WAIT)
        sleep_on_descriptor(self, side);
    else
        (void)ta_port_wait(port, PAIR_SLEEP_MS * INT64_C(1000000));
    (void)ta_port_poll(port, BUDGET);
    if (!self->side[side].is_there) return false;
    self->side[side].is_there = false;
    *word = self->side[side].word;
    return true;
}

#define WAKE_TYPE sleepers
#define WAKE_NAME "port_epoll"
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
    {"wake", "port_poll", wake_ask, wake_answer, create_pollers, destroy, PAIR_WAKES_WARM_UP,
     PAIR_WAKES, false, false, PAIR_SLEEPS},
    {"wake", "port_wait", wake_ask, wake_answer, create_waiters, destroy, PAIR_WAKES_WARM_UP,
     PAIR_WAKES, false, false, PAIR_SLEEPS},
};
/* clang-format on */

pair_list port_wakes(void) { return (pair_list){entries, sizeof entries / sizeof *entries}; }
