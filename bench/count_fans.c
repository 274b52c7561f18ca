/* SPDX-License-Identifier: MIT
 *
 * Rows of many ports: polls that find nothing, and fan-outs, whose operation is one port more.
 */
#include "count_mesh.h"
#include "count_rows.h"

#include "ta/fan.h"

struct tally {
    uint64_t *ran, *heard;
};
TA_UNAWARE_TYPE(tallies, struct tally);

static void note(const struct tally *self) { ++*self->ran; }
TA_FN_VOID(noting, tallies, note);

static uint64_t one(const struct tally *self) {
    ++*self->ran;
    return 1;
}
static void add(struct tally *self, uint32_t from, ta_status status, uint64_t *counted) {
    (void)from;
    if (status == TA_OK) *self->heard += *counted;
}
static void ended(struct tally *self, ta_status status) {
    if (status == TA_OK) ++*self->heard;
}
TA_MAP_REDUCE(count_ones, tallies, ta_uint64, one, tallies, add, ended);
TA_CONTINUATION_VOID(when_ended, tallies, ended);

enum { PORTS = COUNT_PORTS_MAX, REST = 600 /* polls after which a quiet lane rests for certain */ };

static struct {
    ta_mesh *two, *many;
    uint32_t targets[PORTS];
    uint64_t ran, heard;
} at;

static void drop_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    (void)context;
    (void)port;
    (void)from;
    (void)words;
    (void)count;
}

/* All others send a word to port 0, which gets it. */
static bool send_lately(ta_mesh *mesh) {
    for (uint32_t i = 1; i < ta_mesh_port_count(mesh); i++) {
        if (ta_port_send_word(ta_mesh_port(mesh, i), 0, 1) != TA_OK) return false;
        ta_port_flush(ta_mesh_port(mesh, i));
    }
    uint32_t got = 0;
    for (uint32_t more; (more = ta_port_poll(ta_mesh_port(mesh, 0), COUNT_BUDGET)) != 0;)
        got += more;
    return got == ta_mesh_port_count(mesh) - 1;
}

static void let_rest(ta_mesh *mesh) {
    for (int i = 0; i < REST; i++) (void)ta_port_poll(ta_mesh_port(mesh, 0), COUNT_BUDGET);
}

static bool begin(void) {
    const ta_port_hooks hooks = {.words = drop_words};
    at.two = count_mesh(2, &hooks);
    at.many = count_mesh(PORTS, &hooks);
    for (uint32_t i = 0; i < PORTS; i++) at.targets[i] = i;
    return at.two != NULL && at.many != NULL;
}

static void end(void) {
    count_mesh_end(at.two);
    count_mesh_end(at.many);
}

/* ---- polls that find nothing ----------------------------------------------------------------- */

static bool rest_two(uint64_t count) {
    (void)count;
    if (!send_lately(at.two)) return false;
    let_rest(at.two);
    return true;
}
static bool rest_many(uint64_t count) {
    (void)count;
    if (!send_lately(at.many)) return false;
    let_rest(at.many);
    return true;
}
static bool lately_two(uint64_t count) {
    (void)count;
    return send_lately(at.two);
}
static bool lately_many(uint64_t count) {
    (void)count;
    return send_lately(at.many);
}

static inline uint64_t poll_for_nothing(ta_mesh *mesh, uint64_t count) {
    ta_port *port = ta_mesh_port(mesh, 0);
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) done += ta_port_poll(port, COUNT_BUDGET) == 0;
    return done;
}

static uint64_t poll_two(uint64_t count) { return poll_for_nothing(at.two, count); }
static uint64_t poll_many(uint64_t count) { return poll_for_nothing(at.many, count); }

/* ---- fan-outs -------------------------------------------------------------------------------- */

/* All targets run theirs, and the sender hears of it. */
static uint64_t pump(uint64_t count, uint64_t answers) {
    ta_port *sender = ta_mesh_port(at.many, 0);
    for (uint32_t i = 1; i <= count; i++)
        (void)ta_port_poll(ta_mesh_port(at.many, i), COUNT_BUDGET);
    while (at.heard < answers && ta_port_poll(sender, COUNT_BUDGET) != 0) {
    }
    uint64_t ran = at.heard == answers ? at.ran : 0;
    at.ran = at.heard = 0;
    return ran;
}

static uint64_t broadcast(uint64_t count) {
    const struct tally tally = {&at.ran, &at.heard};
    ta_port *sender = ta_mesh_port(at.many, 0);
    ta_continuation done = when_ended(tally);
    ta_fn closure;
    (void)noting(&closure, tally, NULL); /* in place: it cannot fail */
    if (ta_port_broadcast(sender, at.targets + 1, (uint32_t)count, &closure, &done) != TA_OK)
        return 0;
    ta_port_flush(sender);
    ta_fn_destroy(&closure);
    return pump(count, 1);
}

static uint64_t map_reduce(uint64_t count) {
    const struct tally tally = {&at.ran, &at.heard};
    ta_port *sender = ta_mesh_port(at.many, 0);
    if (count_ones(sender, at.targets + 1, (uint32_t)count, tally, tally) != TA_OK) return 0;
    ta_port_flush(sender);
    return pump(count, count + 1);
}

static const count_row rows[] = {
    {"poll_idle_2_ports", 128, rest_two, poll_two, NULL},
    {"poll_idle_256_ports", 128, rest_many, poll_many, NULL},
    {"poll_1_sender_lately", 128, lately_two, poll_two, NULL},
    {"poll_255_senders_lately", 128, lately_many, poll_many, NULL},
    {"broadcast_per_port", 64, NULL, broadcast, NULL},
    {"map_reduce_per_port", 64, NULL, map_reduce, NULL},
};

const count_group count_fans = {rows, sizeof rows / sizeof *rows, begin, end};
