/* SPDX-License-Identifier: MIT
 *
 * Any operations on the ports of a mesh do what a sequential model says: messages arrive where they
 * were sent, in order, once, relocated; replies come home; what cannot run is told; sleepers are
 * woken, who waits for room hears of it, and at the end nothing is left.
 *
 * The bytes choose a mesh, then operations with what they work on. One thread owns all ports.
 */
#include "mesh_model.h"

#include <poll.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ROUNDS = 4096 }; /* of polls until nothing happens */

/* ---- operations ------------------------------------------------------------------------------- */

static way_kind choose_way(void) { return choose(4) == 0 ? URGENT : ORDINARY; }

static void one_closure(void) {
    station *from = choose_attached(), *to = choose_station();
    if (from != NULL) (void)send_closure(from, to, choose_way());
}

static void many_closures(void) {
    station *from = choose_attached(), *to = choose_station();
    way_kind way = choose_way();
    for (unsigned i = choose(24); from != NULL && i > 0; i--) (void)send_closure(from, to, way);
}

static void one_word(void) {
    station *from = choose_attached();
    if (from != NULL) send_word(from, choose_station());
}

static void many_words(void) {
    station *from = choose_attached();
    if (from != NULL) send_words(from, choose_station());
}

static void post_one(void) { post(choose_station()); }

static void one_call(void) {
    station *from = choose_attached(), *to = choose_station();
    if (from != NULL) (void)make_call(from, to, choose_way());
}

static void many_calls(void) {
    station *from = choose_attached(), *to = choose_station();
    for (unsigned i = choose(24); from != NULL && i > 0; i--) (void)make_call(from, to, ORDINARY);
}

static void one_fan(void) {
    station *from = choose_attached();
    if (from != NULL) fan_out(from);
}

static void flush(void) {
    station *s = choose_attached();
    if (s != NULL) ta_port_flush(s->port);
}

static void poll_one(void) {
    static const uint32_t budgets[] = {0, 1, 2, 4, 7, 64, 256};
    station *s = choose_attached();
    uint32_t budget = budgets[choose(7)];
    if (s != NULL) CHECK(ta_port_poll(s->port, budget) <= budget + 6);
}

/* ---- until nothing happens -------------------------------------------------------------------- */

static bool poll_all(void) {
    bool is_idle = true;
    for (uint32_t i = 0; i < w.station_count; i++)
        if (w.stations[i].is_attached && ta_port_poll(w.stations[i].port, 256) > 0) is_idle = false;
    return is_idle;
}

/* Of a fan-out: does somebody who must answer not poll? */
static bool is_held_up(const fan *f) {
    for (uint32_t i = 0; i < w.port_count; i++)
        if (f->named[i] > 0 && !w.stations[i].is_attached) return true;
    return !f->from->is_attached;
}

/* Then what was sent from attached ports to attached ports has arrived, and been answered. */
static void check_quiet(void) {
    for (uint32_t i = 1; i <= w.message_count; i++) {
        const message *m = &w.messages[i];
        if (m->fate != WAITING || !m->to->is_attached) continue;
        CHECK(m->from != NULL && !m->from->is_attached); /* it is staged there */
    }
    for (uint32_t i = 0; i < w.call_count; i++)
        CHECK(w.calls[i].is_over || !w.calls[i].to->is_attached || !w.calls[i].from->is_attached);
    for (uint32_t i = 0; i < w.fan_count; i++) CHECK(w.fans[i].is_over || is_held_up(&w.fans[i]));
    for (uint32_t i = 0; i < w.station_count; i++)
        for (uint32_t j = 0; j < w.station_count; j++)
            if (w.stations[i].is_attached && w.stations[j].is_attached && !w.stations[j].is_closed)
                CHECK(!w.wants_room[i][j][ORDINARY] && !w.wants_room[i][j][URGENT]);
}

static void settle(void) {
    unsigned quiet = 0, rounds = 0;
    while (quiet < 4 && rounds++ < MOST_ROUNDS) quiet = poll_all() ? quiet + 1 : 0;
    CHECK(quiet == 4);
    check_quiet();
    /* And there is room. */
    station *from = choose_attached(), *to = choose_station();
    if (from == NULL || !to->is_attached || to->is_guest || from->is_closed || to->is_closed)
        return;
    CHECK(send_closure(from, to, choose_way()) != TA_E_FULL);
    CHECK(make_call(from, to, choose_way()) != TA_E_FULL);
}

/* ---- sleeping --------------------------------------------------------------------------------- */

static bool is_readable(const station *s) {
    int fd;
    CHECK(ta_port_fd(s->port, &fd) == TA_OK);
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    CHECK(poll(&wanted, 1, 0) >= 0);
    return (wanted.revents & POLLIN) != 0;
}

/* A sleeper is woken by whatever comes, and by nothing else. */
static void sleep_once(void) {
    station *s = choose_attached(), *from = choose_attached();
    if (s == NULL || ta_port_prepare_sleep(s->port)) return;
    CHECK(!is_readable(s));
    uint64_t before = w.sent;
    switch (choose(5)) {
    case 0:
        if (from != s) send_word(from, s);
        break;
    case 1:
        if (from != s) (void)send_closure(from, s, choose_way());
        break;
    case 2:
        if (from != s) (void)make_call(from, s, choose_way());
        break;
    case 3:
        post(s);
        break;
    default:
        break;
    }
    bool has_sent = w.sent != before;
    if (has_sent) ta_port_flush(from->port);
    CHECK(!has_sent || is_readable(s));
    ta_port_finish_sleep(s->port);
    CHECK(!is_readable(s));
}

/* ---- owners come and go ----------------------------------------------------------------------- */

static void leave(void) {
    station *s = choose_attached();
    /* A port that is closed and not drained would leave calls unanswered for good. */
    if (s == NULL || (!s->is_guest && s->is_closed && !s->is_drained)) return;
    ta_status status = ta_port_detach(s->port);
    CHECK(status == (s->is_guest && !s->is_drained ? TA_E_BUSY : TA_OK));
    if (status != TA_OK) return;
    s->is_attached = false;
    if (!s->is_guest) return;
    s->port = NULL;
    w.guests--;
}

static void come(void) {
    station *s = choose_station();
    if (s->is_guest)
        (void)guest_attach();
    else
        station_attach(s);
}

static void close_one(void) {
    station *s = choose_attached();
    if (s == NULL || choose(3) != 0) return;
    ta_port_close(s->port);
    s->is_closed = true;
}

static void drain(station *s) {
    ta_status status = ta_port_drain(s->port);
    CHECK(s->is_closed ? status == TA_OK || status == TA_E_BUSY : status == TA_E_INVALID);
    if (status == TA_OK) s->is_drained = true;
}

static void drain_one(void) {
    station *s = choose_attached();
    if (s != NULL) drain(s);
}

/* ---- the rest --------------------------------------------------------------------------------- */

static void fail_memory(void) { w.fail_memory = 1 + choose(6); }

static void look(void) {
    ta_port_figures port, pair;
    const station *from = choose_station(), *to = choose_station();
    if (from->port == NULL || to->port == NULL) return;
    ta_port_read_figures(from->port, &port);
    (void)ta_mesh_read_figures(w.mesh, from->index, to->index, &pair);
    CHECK(pair.sent >= pair.run + pair.failed + pair.returned + pair.destroyed);
    CHECK(ta_port_calls_under_way(from->port) <= w.call_count + MOST_FANS * 2 * MOST_PORTS);
}

static void nulls(void) {
    station *s = choose_attached();
    ta_fn_once empty = {0};
    if (s == NULL) return;
    CHECK(ta_port_send(NULL, 0, &empty) == TA_E_INVALID);
    CHECK(ta_port_send(s->port, 0, &empty) == TA_E_INVALID);
    CHECK(ta_port_send_word(s->port, 77777, 1) == TA_E_RANGE);
    CHECK(ta_port_send_words(s->port, 0, NULL, 0) == 0);
    CHECK(ta_port_call(s->port, 0, &empty, NULL, NULL, NULL) == TA_E_INVALID);
    CHECK(ta_call_cancel(s->port, 0) == TA_E_INVALID);
    CHECK(ta_port_broadcast(s->port, NULL, 1, NULL, NULL) == TA_E_INVALID);
    CHECK(ta_mesh_post(w.mesh, 0, &empty) == TA_E_INVALID);
    CHECK(ta_port_poll(NULL, 1) == 0 && !ta_port_wait(NULL, 0));
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    {"send", one_closure},
    {"send many", many_closures},
    {"send a word", one_word},
    {"send words", many_words},
    {"send words", many_words},
    {"post", post_one},
    {"call", one_call},
    {"call", one_call},
    {"call many times", many_calls},
    {"cancel", cancel_call},
    {"fan out", one_fan},
    {"flush", flush},
    {"poll", poll_one},
    {"poll", poll_one},
    {"poll", poll_one},
    {"poll", poll_one},
    {"settle", settle},
    {"sleep", sleep_once},
    {"sleep", sleep_once},
    {"leave", leave},
    {"come", come},
    {"close", close_one},
    {"drain", drain_one},
    {"fail an allocation", fail_memory},
    {"look", look},
    {"nothing", nulls},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

/* ---- the end ---------------------------------------------------------------------------------- */

/* Closes all, or guests alone, and pumps until they are drained. */
static void drain_all(bool guests_alone) {
    bool is_over = false;
    for (uint32_t i = 0; i < w.station_count; i++) {
        station *s = &w.stations[i];
        if (!s->is_guest && !s->is_attached && !s->is_closed) station_attach(s);
        if (!s->is_attached || (guests_alone && !s->is_guest)) continue;
        ta_port_close(s->port);
        s->is_closed = true;
    }
    for (unsigned round = 0; !is_over; round++) {
        CHECK(round < MOST_ROUNDS);
        is_over = poll_all();
        for (uint32_t i = 0; i < w.station_count; i++) {
            station *s = &w.stations[i];
            if (!s->is_attached || !s->is_closed || s->is_drained) continue;
            drain(s);
            is_over &= s->is_drained;
        }
    }
}

/* Words are destroyed without a sound. */
static void drop_words(void) {
    for (uint32_t i = 1; i <= w.message_count; i++)
        if (w.messages[i].kind == WORD && w.messages[i].fate == WAITING)
            w.messages[i].fate = DESTROYED;
}

static void end(void) {
    ta_port_figures report;
    bool is_abrupt = choose(3) == 0;
    w.operation = "the end";
    w.fail_memory = 0;
    drain_all(is_abrupt);
    for (uint32_t i = 0; i < w.station_count; i++) {
        station *s = &w.stations[i];
        if (!s->is_attached) continue;
        CHECK(ta_port_detach(s->port) == TA_OK);
        s->is_attached = false;
        if (s->is_guest) s->port = NULL;
    }
    w.is_ending = true;
    CHECK(ta_mesh_destroy(w.mesh, &report) == TA_OK);
    CHECK(report.sent == report.run + report.failed + report.returned + report.destroyed);
    CHECK(report.sent >= w.sent);
    drop_words();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    world_open(data, size);
    while (!choose_is_over() && w.step < MOST_STEPS && w.message_count + 256 < MOST_MESSAGES &&
           w.life_count + 1024 < MOST_LIVES) {
        unsigned which = choose(OPERATIONS);
        w.step++;
        w.operation = operations[which].name;
        operations[which].run();
    }
    end();
    world_close();
    return 0;
}
