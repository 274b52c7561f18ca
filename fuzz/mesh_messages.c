/* SPDX-License-Identifier: MIT
 *
 * One-way messages, and the hooks of ports.
 */
#include "mesh_model.h"

#include "ta/port.h"

void check_refusal(ta_status status, const station *to) {
    if (status == TA_E_NOMEM) /* looked for before anything else, for a box; or for a lane */
        CHECK(w.failures > 0);
    else if (to->is_closed)
        CHECK(status == TA_E_CLOSED);
    else
        CHECK(status == TA_OK || status == TA_E_FULL);
}

void want_room(station *from, station *to, way_kind way) {
    if (choose(2) == 0) return;
    ta_status status = way == URGENT ? ta_port_want_room_urgent(from->port, to->index)
                                     : ta_port_want_room(from->port, to->index);
    CHECK(status == TA_OK);
    w.wants_room[from - w.stations][to - w.stations][way] = true;
}

/* ---- closures --------------------------------------------------------------------------------- */

/* Where its value must be: not relocated to a guest. */
static ta_affinity arrival_place(const message *m) {
    if (!ta_affinity_is_unknown(m->to->place)) return m->to->place;
    return m->from == NULL ? TA_AFFINITY_UNKNOWN : m->from->place;
}

static void arrive(small *value) {
    message *m = &w.messages[value->tag.message];
    small_check(value, CARGO, arrival_place(m));
    CHECK(ta_port_running() == m->to->port && !w.is_ending);
    message_ends(value->tag.message, RAN);
    act(m->to, value->then);
}

#define MORE_CHECK_(value)                                                                         \
    more_check(&(value)->small, (value)->more, sizeof(value)->more / sizeof *(value)->more)

static void run_small(small *value) { arrive(value); }
static void run_medium(medium *value) {
    MORE_CHECK_(value);
    arrive(&value->small);
}
static void run_large(large *value) {
    MORE_CHECK_(value);
    arrive(&value->small);
}
TA_FN_ONCE_VOID(small_message, small, run_small);
TA_FN_ONCE_VOID(medium_message, medium, run_medium);
TA_FN_ONCE_VOID(large_message, large, run_large);

/* A closure of some size. False: no memory. */
static bool make_closure(ta_fn_once *out, uint32_t number, const ta_allocator *allocator) {
    const message *m = &w.messages[number];
    ta_affinity at = m->from == NULL ? TA_AFFINITY_UNKNOWN : m->from->place;
    uint32_t then = choose(8);
    medium middle;
    large big;
    switch (choose(3)) {
    case 0:
        if (!small_make(&middle.small, CARGO, number, at, allocator)) return false;
        middle.small.then = then;
        CHECK(small_message(out, middle.small, allocator) == TA_OK);
        return true;
    case 1:
        if (!medium_make(&middle, CARGO, number, at, allocator)) return false;
        middle.small.then = then;
        CHECK(medium_message(out, middle, allocator) == TA_OK);
        return true;
    default:
        if (!large_make(&big, CARGO, number, at, allocator)) return false;
        big.small.then = then;
        if (large_message(out, big, allocator) == TA_OK) return true;
        CHECK(w.failures > 0);
        large_destroy(&big);
        return false;
    }
}

static const ta_allocator *choose_memory(const station *s) {
    return choose(2) == 0 ? &pool : ta_port_returning_allocator(s->port);
}

ta_status send_closure(station *from, station *to, way_kind way) {
    ta_fn_once closure;
    uint32_t number = message_make(CLOSURE, from, to, way);
    if (number == 0 || !make_closure(&closure, number, choose_memory(from))) return TA_E_BUSY;
    w.messages[number].fails = choose(8) == 0 && is_relocated(from, to);
    ta_status status = way == URGENT ? ta_port_send_urgent(from->port, to->index, &closure)
                                     : ta_port_send(from->port, to->index, &closure);
    check_refusal(status, to);
    if (status == TA_E_FULL) want_room(from, to, way);
    CHECK(ta_fn_once_is_empty(&closure) == (status == TA_OK));
    if (status == TA_OK) message_sent(number);
    ta_fn_once_destroy(&closure);
    return status;
}

void post(station *to) {
    ta_fn_once closure;
    uint32_t number = message_make(CLOSURE, NULL, to, ORDINARY);
    if (number == 0 || !make_closure(&closure, number, &pool)) return;
    w.messages[number].fails = choose(8) == 0 && is_relocated(NULL, to);
    ta_status status = ta_mesh_post(w.mesh, to->index, &closure);
    check_refusal(status, to);
    if (status == TA_OK) message_sent(number);
    ta_fn_once_destroy(&closure);
}

/* ---- words ------------------------------------------------------------------------------------ */

static uint32_t make_word(station *from, station *to) {
    uint32_t number = message_make(WORD, from, to, ORDINARY);
    if (number != 0) w.messages[number].word = ++w.last_word * UINT64_C(0x9e3779b97f4a7c15);
    return number;
}

/* Behind words that are gathered still, it is taken whether or not the port has closed meanwhile. */
static bool joins_others(const station *from, const station *to) {
    uint32_t last = w.last[from - w.stations][to - w.stations][ORDINARY];
    return last != 0 && w.messages[last].kind == WORD;
}

void send_word(station *from, station *to) {
    uint32_t number = make_word(from, to);
    if (number == 0) return;
    bool joins = joins_others(from, to);
    ta_status status = ta_port_send_word(from->port, to->index, w.messages[number].word);
    if (!(joins && status == TA_OK)) check_refusal(status, to);
    if (status == TA_E_FULL) want_room(from, to, ORDINARY);
    if (status == TA_OK) message_sent(number);
}

void send_words(station *from, station *to) {
    uint32_t numbers[40], count = 1 + choose(40);
    uint64_t words[40];
    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = make_word(from, to);
        if (numbers[i] == 0) return;
        words[i] = w.messages[numbers[i]].word;
    }
    bool joins = joins_others(from, to);
    size_t sent = ta_port_send_words(from->port, to->index, words, count);
    CHECK(sent <= count && (sent == 0 || !to->is_closed || (joins && sent < 7)));
    for (size_t i = 0; i < sent; i++) message_sent(numbers[i]);
}

/* ---- hooks ------------------------------------------------------------------------------------ */

static void words_end(station *from, station *to, const uint64_t words[], uint32_t count,
                      message_fate fate) {
    CHECK(count >= 1 && count <= 7);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = message_first(from, to, ORDINARY);
        CHECK(number != 0 && w.messages[number].kind == WORD);
        CHECK(w.messages[number].word == words[i]);
        message_ends(number, fate);
    }
}

/* A guest that has gone, and whose seat is another's, has no index any more. */
static station *sender_of(uint32_t from, const station *to, uint64_t word) {
    if (from != TA_NO_PORT) return station_at(from);
    for (uint32_t i = w.port_count; i < w.station_count; i++) {
        uint32_t number = message_first(&w.stations[i], to, ORDINARY);
        bool is_it = number != 0 && w.messages[number].kind == WORD &&
                     w.messages[number].word == word && w.stations[i].port == NULL;
        if (is_it) return &w.stations[i];
    }
    broken(__FILE__, __LINE__, "a guest that has gone");
}

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    station *to = station_of(port);
    CHECK(context == &w && ta_port_running() == port);
    words_end(sender_of(from, to, words[0]), to, words, count, RAN);
}

static void take_returned_words(void *context, ta_port *port, uint32_t to, const uint64_t words[],
                                uint32_t count) {
    CHECK(context == &w && station_at(to)->is_drained);
    words_end(station_of(port), station_at(to), words, count, RETURNED);
}

/* All that are sent begin with a small value, in place or in a box. */
static const small *value_of(ta_fn_once *closure) { return ta_closure_captured(&closure->closure); }

static void take_failed(void *context, ta_port *port, uint32_t from, ta_status status,
                        ta_fn_once *closure) {
    const small *value = value_of(closure);
    const message *m = &w.messages[value->tag.message];
    CHECK(context == &w && status == TA_E_SYSTEM && m->fails);
    bool has_gone = m->from == NULL || (from == TA_NO_PORT && m->from->port == NULL);
    CHECK(from == (has_gone ? TA_NO_PORT : m->from->index) && port == m->to->port);
    message_ends(value->tag.message, FAILED);
    if (choose(2) == 0) ta_fn_once_destroy(closure); /* whole: it may be used, and destroyed */
}

static void take_returned(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    const small *value = value_of(closure);
    const message *m = &w.messages[value->tag.message];
    CHECK(context == &w && port == m->from->port && to == m->to->index && m->to->is_drained);
    small_check(value, CARGO, m->from->place);
    message_ends(value->tag.message, RETURNED);
    if (choose(2) == 0) ta_fn_once_destroy(closure);
}

static void hear_of_room(void *context, ta_port *port, uint32_t to) {
    bool *wants = w.wants_room[station_of(port) - w.stations][station_at(to) - w.stations];
    CHECK(context == &w && (wants[ORDINARY] || wants[URGENT]));
    wants[ORDINARY] = wants[URGENT] = false;
}

const ta_port_hooks mesh_hooks = {.context = &w,
                                  .words = take_words,
                                  .failed = take_failed,
                                  .returned = take_returned,
                                  .returned_words = take_returned_words,
                                  .room = hear_of_room};

/* ---- what arrives, sends on ------------------------------------------------------------------- */

void act(station *here, uint32_t then) {
    station *to = &w.stations[then % w.station_count];
    if (!here->is_attached || here->port == NULL) return;
    switch (then) {
    case 1:
        send_word(here, to);
        break;
    case 2:
        (void)send_closure(here, to, ORDINARY);
        break;
    case 3:
        (void)make_call(here, to, ORDINARY);
        break;
    case 4:
        ta_port_flush(here->port);
        break;
    default:
        break;
    }
}
