/* SPDX-License-Identifier: MIT
 *
 * Calls and fan-outs: each is over once, with a status that something explains.
 */
#include "mesh_model.h"

/* ---- calls ------------------------------------------------------------------------------------ */

bool call_may_end(const call *c) {
    const message *m = &w.messages[c->message];
    return c->is_cancelled || c->is_expired || m->fails || w.failures > 0;
}

typedef struct asked {
    tag tag;
    uint32_t call, then;
} asked;
TA_DERIVE(asked, asked, TA_AS(tag, tag), call, then);

static ta_affinity request_place(const message *m) {
    return ta_affinity_is_unknown(m->to->place) ? m->from->place : m->to->place;
}

/* At the receiver. */
static message *serve(small *request) {
    message *m = &w.messages[request->tag.message];
    const call *c = &w.calls[m->call];
    small_check(request, CARGO, request_place(m));
    CHECK(m->kind == REQUEST && ta_port_running() == m->to->port);
    CHECK(!c->is_over && !c->is_cancelled && !c->is_expired && !m->fails);
    message_ends(request->tag.message, RAN);
    act(m->to, request->then);
    return m;
}

/* A result without memory for its text has none: NULL is a string, too. */
static void make_result(small *out, const tag *request, const message *m) {
    if (small_make(out, RESULT, request->message, m->to->place, ta_port_allocator(m->to->port)))
        return;
    *out = (small){.tag = tag_make(RESULT, request->message, m->to->place)};
    CHECK(w.failures > 0);
}

static small serve_small(small *request) {
    small result;
    message *m = serve(request);
    make_result(&result, &request->tag, m);
    return result;
}

static large serve_medium(medium *request) {
    large result;
    more_check(&request->small, request->more, 3);
    message *m = serve(&request->small);
    make_result(&result.small, &request->small.tag, m);
    memset(result.more, 7, sizeof result.more);
    return result;
}

static small serve_large(large *request) {
    more_check(&request->small, request->more, 9);
    return serve_small(&request->small);
}

/* At the caller again: why there is no result. */
static void check_status(const call *c, ta_status status) {
    const message *m = &w.messages[c->message];
    switch (status) {
    case TA_OK:
        CHECK(m->fate == RAN && !c->result_fails);
        break;
    case TA_E_SYSTEM:
        CHECK(m->fate == RAN ? c->result_fails : m->fails);
        break;
    case TA_E_CANCELLED:
        CHECK(c->is_cancelled && (m->fate == DESTROYED || m->fate == RETURNED));
        break;
    case TA_E_EXPIRED:
        CHECK(c->is_expired && (m->fate == DESTROYED || m->fate == RETURNED));
        break;
    case TA_E_CLOSED:
        CHECK(w.is_ending || c->to->is_drained);
        break;
    default:
        CHECK(status == TA_E_NOMEM && w.failures > 0);
    }
}

/* A result that is not relocated, to a guest or within a place, is where it was made. */
static ta_affinity result_place(const call *c) {
    return ta_affinity_is_unknown(c->from->place) ? c->to->place : c->from->place;
}

static void hear(asked *context, ta_status status, const small *result) {
    call *c = &w.calls[context->call];
    CHECK(!c->is_over);
    CHECK(w.is_ending || ta_port_running() == c->from->port);
    check_status(c, status);
    CHECK((result != NULL) == (status == TA_OK));
    if (result != NULL) {
        CHECK(result->tag.message == c->message);
        if (result->text != NULL) small_check(result, RESULT, result_place(c));
    }
    c->is_over = true;
    if (!w.is_ending) act(c->from, context->then);
}

static void hear_small(asked *context, ta_status status, small *result) {
    hear(context, status, result);
}

static void hear_large(asked *context, ta_status status, large *result) {
    if (result != NULL)
        for (size_t i = 0; i < 9; i++) CHECK(result->more[i] == UINT64_C(0x0707070707070707));
    hear(context, status, result == NULL ? NULL : &result->small);
}

TA_CALL(ask_small, small, small, serve_small, asked, hear_small);
TA_CALL(ask_medium, medium, large, serve_medium, asked, hear_large);
TA_CALL(ask_large, large, small, serve_large, asked, hear_small);

/* Makes the call with a request of some size; TA_E_BUSY: there was no memory for the request. */
static ta_status ask(call *c, uint32_t number, asked context, const ta_call_options *options) {
    const ta_allocator *memory =
        choose(2) == 0 ? &pool : ta_port_returning_allocator(c->from->port);
    ta_affinity at = c->from->place;
    ta_status status;
    medium middle;
    large big;
    switch (choose(3)) {
    case 0:
        if (!small_make(&middle.small, CARGO, number, at, memory)) return TA_E_BUSY;
        middle.small.then = choose(8);
        status = ask_small(c->from->port, c->to->index, middle.small, context, options, &c->id);
        if (status != TA_OK) small_destroy(&middle.small);
        return status;
    case 1:
        if (!medium_make(&middle, CARGO, number, at, memory)) return TA_E_BUSY;
        status = ask_medium(c->from->port, c->to->index, middle, context, options, &c->id);
        if (status != TA_OK) medium_destroy(&middle);
        return status;
    default:
        if (!large_make(&big, CARGO, number, at, memory)) return TA_E_BUSY;
        status = ask_large(c->from->port, c->to->index, big, context, options, &c->id);
        if (status != TA_OK) large_destroy(&big);
        return status;
    }
}

ta_status make_call(station *from, station *to, way_kind way) {
    uint32_t number = w.call_count == MOST_CALLS ? 0 : message_make(REQUEST, from, to, way);
    if (number == 0) return TA_E_BUSY;
    call *c = &w.calls[w.call_count];
    unsigned how = choose(16);
    *c = (call){.from = from, .to = to, .message = number};
    c->is_cancellable = how % 2 == 0;
    c->is_expired = how == 5;
    c->result_fails = how == 7 && is_relocated(to, from);
    w.messages[number].fails = how == 9 && is_relocated(from, to);
    w.messages[number].call = w.call_count;
    ta_call_options options = {.deadline = c->is_expired ? 1
                                           : how == 6    ? INT64_MAX
                                                         : 0,
                               .is_urgent = way == URGENT,
                               .is_cancellable = c->is_cancellable};
    asked context = {tag_make(CONTEXT, number, from->place), w.call_count++, choose(8)};
    ta_status status = ask(c, number, context, &options);
    if (status == TA_OK) {
        message_sent(number);
        CHECK(!from->is_closed && !to->is_closed && c->id != 0);
        return TA_OK;
    }
    if (status != TA_E_BUSY) check_refusal(status, from->is_closed ? from : to);
    if (status == TA_E_FULL) want_room(from, to, way);
    c->is_over = true;
    tag_destroy(&context.tag);
    return status;
}

void cancel_call(void) {
    if (w.call_count == 0) return;
    call *c = &w.calls[choose(w.call_count)];
    if (c->id == 0 || c->from->port == NULL || !c->from->is_attached) return;
    ta_status status = ta_call_cancel(c->from->port, c->id);
    const message *m = &w.messages[c->message];
    if (c->is_over)
        CHECK(status == TA_E_INVALID);
    else if (!c->is_cancellable)
        CHECK(status == TA_E_BUSY);
    else if (c->is_cancelled)
        CHECK(status == TA_OK);
    else
        CHECK(status == (m->fate == WAITING ? TA_OK : TA_E_BUSY) || m->fate == RETURNED);
    if (status == TA_OK) c->is_cancelled = true;
}

/* ---- fan-outs --------------------------------------------------------------------------------- */

static void serve_clone(const small *value) {
    const station *here = station_of(ta_port_running());
    fan *f = &w.fans[w.messages[value->tag.message].fan];
    uint32_t at = (uint32_t)(here - w.stations);
    CHECK(!f->is_over && f->ran_at[at] < f->named[at]);
    small_check(value, CARGO, here->place);
    f->ran_at[at]++;
    f->ran++;
}

static void tell(const small *value) { serve_clone(value); }

static uint64_t count(const small *value) {
    serve_clone(value);
    return value->tag.message;
}

typedef struct sum {
    tag tag;
    uint32_t fan;
} sum;
TA_DERIVE(sum, sum, TA_AS(tag, tag), fan);

static void add(sum *context, uint32_t from, ta_status status, uint64_t *result) {
    fan *f = &w.fans[context->fan];
    CHECK(!f->is_over && f->reduced < f->targets);
    CHECK(from < w.port_count && f->named[from] > 0);
    CHECK((result != NULL) == (status == TA_OK));
    if (result != NULL) CHECK(*result == f->message);
    if (status != TA_OK) {
        CHECK(status == TA_E_CLOSED || (status == TA_E_NOMEM && w.failures > 0) ||
              (status == TA_E_SYSTEM && w.messages[f->message].fails));
        f->saw_failure = true;
    }
    f->reduced++;
}

static void finish(sum *context, ta_status status) {
    fan *f = &w.fans[context->fan];
    CHECK(!f->is_over && (w.is_ending || ta_port_running() == f->from->port));
    if (f->reduces) {
        CHECK(f->reduced == f->targets && (status == TA_OK) == !f->saw_failure);
    } else if (status == TA_OK) {
        CHECK(f->ran == f->targets);
    } else {
        CHECK(status == TA_E_CLOSED || (status == TA_E_NOMEM && w.failures > 0) ||
              (status == TA_E_SYSTEM && w.messages[f->message].fails));
    }
    f->is_over = true;
}

TA_FN_VOID(tell_all, small, tell);
TA_CONTINUATION_VOID(told_all, sum, finish);
TA_MAP_REDUCE(count_all, small, ta_uint64, count, sum, add, finish);

/* Some ports, some of them twice; or all. */
static uint32_t choose_targets(fan *f, uint32_t targets[]) {
    uint32_t count = choose(2 * MOST_PORTS);
    f->targets = count == 0 ? w.port_count : count;
    for (uint32_t i = 0; i < f->targets; i++) {
        targets[i] = count == 0 ? i : choose(w.port_count);
        f->named[targets[i]]++;
    }
    return count;
}

static ta_status tell_them(fan *f, const uint32_t targets[], uint32_t count, const small *value,
                           sum context) {
    ta_fn closure;
    ta_continuation done = told_all(context);
    CHECK(tell_all(&closure, *value, NULL) == TA_OK); /* in place */
    ta_status status =
        ta_port_broadcast(f->from->port, count == 0 ? NULL : targets, count, &closure, &done);
    return status;
}

void fan_out(station *from) {
    uint32_t targets[2 * MOST_PORTS];
    uint32_t number = w.fan_count == MOST_FANS ? 0 : message_make(CLONE, from, NULL, ORDINARY);
    if (number == 0) return;
    fan *f = &w.fans[w.fan_count];
    *f = (fan){.from = from, .message = number, .reduces = choose(2) == 0};
    uint32_t count = choose_targets(f, targets);
    message *m = &w.messages[number];
    m->to = &w.stations[0];
    m->fan = w.fan_count;
    m->fails = choose(8) == 0;
    small value;
    if (!small_make(&value, CARGO, number, from->place, &pool)) return;
    sum context = {tag_make(CONTEXT, number, from->place), w.fan_count++};
    ta_status status =
        f->reduces ? count_all(from->port, count == 0 ? NULL : targets, count, value, context)
                   : tell_them(f, targets, count, &value, context);
    if (!f->reduces || status != TA_OK) small_destroy(&value); /* else it was taken */
    if (status == TA_OK) return;
    CHECK(from->is_closed ? status == TA_E_CLOSED : status == TA_E_NOMEM && w.failures > 0);
    f->is_over = true;
    tag_destroy(&context.tag);
}
