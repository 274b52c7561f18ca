/* SPDX-License-Identifier: MIT
 *
 * What tests of ports share: a mesh over an invented machine of two regions with two processors
 * each, all of whose ports one thread polls; closures and words that write down what happened.
 */
#ifndef TA_TESTS_PORT_CHECKS_H
#define TA_TESTS_PORT_CHECKS_H

#include "relocate_checks.h"

#include "ta/derive.h"
#include "ta/port.h"

/* Ports 0 and 1 are in one region, 2 and 3 in the other. */
enum { PORTS = 4, NEAR = 1, FAR = 2, GUESTS = 2, LANE_CELLS = 16, CALLS = 4 };
/* Closures that a lane takes; the rest is kept for replies. */
enum { ROOM = LANE_CELLS - CALLS };

/* What happened, in order. */
typedef enum event_kind { RAN, WORD, FAILED, RETURNED, RETURNED_WORD, ROOM_AGAIN } event_kind;

typedef struct happening {
    event_kind kind;
    uint32_t port, peer; /* where; from whom, or to whom */
    uint64_t value;      /* of a word or a closure; a status */
} happening;

enum { EVENTS = 4096 };

typedef struct mesh_world {
    ledger book;
    ta_registry *registry;
    ta_mesh *mesh;
    ta_port *ports[PORTS + GUESTS];
    happening events[EVENTS];
    size_t count, read;
    bool takes; /* hooks keep the closures that they are given: */
    ta_fn_once taken[64];
    size_t taken_count;
    ta_port_figures pairs; /* the sum of what the end told of each */
} mesh_world;

/* The one that the running test made: closures have no room for more than themselves. */
static mesh_world *here;

static inline void note(event_kind kind, const ta_port *port, uint32_t peer, uint64_t value) {
    assert_true(here->count < EVENTS);
    here->events[here->count++] = (happening){kind, ta_port_index(port), peer, value};
}

/* ---- hooks ------------------------------------------------------------------------------------ */

static inline void take(ta_fn_once *closure) {
    if (!here->takes) return;
    assert_true(here->taken_count < sizeof here->taken / sizeof *here->taken);
    here->taken[here->taken_count++] = ta_fn_once_take(closure);
}

static inline void note_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                              uint32_t count) {
    assert_ptr_equal(context, here);
    assert_true(count >= 1 && count <= 7);
    for (uint32_t i = 0; i < count; i++) note(WORD, port, from, words[i]);
}

static inline void note_failed(void *context, ta_port *port, uint32_t from, ta_status status,
                               ta_fn_once *closure) {
    assert_ptr_equal(context, here);
    assert_false(ta_fn_once_is_empty(closure));
    note(FAILED, port, from, (uint64_t)-status);
    take(closure);
}

static inline void note_returned(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    assert_ptr_equal(context, here);
    assert_false(ta_fn_once_is_empty(closure));
    note(RETURNED, port, to, closure->closure.storage[0]);
    take(closure);
}

static inline void note_returned_words(void *context, ta_port *port, uint32_t to,
                                       const uint64_t words[], uint32_t count) {
    assert_ptr_equal(context, here);
    for (uint32_t i = 0; i < count; i++) note(RETURNED_WORD, port, to, words[i]);
}

static inline void note_room(void *context, ta_port *port, uint32_t to) {
    assert_ptr_equal(context, here);
    note(ROOM_AGAIN, port, to, 0);
}

static inline ta_port_hooks all_hooks(mesh_world *world) {
    return (ta_port_hooks){.context = world,
                           .words = note_words,
                           .failed = note_failed,
                           .returned = note_returned,
                           .returned_words = note_returned_words,
                           .room = note_room};
}

/* Numbers in a row, up to the histogram and with it. */
static inline void add_figures(ta_port_figures *sum, const ta_port_figures *more) {
    uint64_t high = sum->high_water > more->high_water ? sum->high_water : more->high_water;
    uint64_t to[sizeof *sum / sizeof(uint64_t)], from[sizeof *sum / sizeof(uint64_t)];
    memcpy(to, sum, sizeof to);
    memcpy(from, more, sizeof from);
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) to[i] += from[i];
    memcpy(sum, to, sizeof to);
    sum->high_water = high;
}

static inline void add_pair(void *context, uint32_t from, uint32_t to,
                            const ta_port_figures *figures) {
    mesh_world *world = context;
    ta_port_figures now;
    assert_true(from == TA_NO_PORT || from < PORTS + GUESTS);
    assert_true(to < PORTS + GUESTS);
    assert_true(ta_mesh_read_figures(world->mesh, from, to, &now));
    assert_memory_equal(&now, figures, sizeof now);
    assert_int_equal(now.sent, now.run + now.failed + now.returned + now.destroyed);
    assert_int_equal(now.staged, 0);
    add_figures(&world->pairs, figures);
}

/* ---- worlds ----------------------------------------------------------------------------------- */

/* `changes` (may be NULL) may fill in what it likes. */
static inline void make_world(mesh_world *world, void (*changes)(ta_mesh_options *options)) {
    static const uint32_t counts[] = {2, 2};
    ta_allocator allocator = ledger_allocator(&world->book);
    const ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                         .processors = TA_PROCESSORS_ALL,
                                         .counts = counts,
                                         .counts_length = 2,
                                         .allocator = &allocator};
    const ta_port_hooks hooks = all_hooks(world);
    here = world;
    probes_reset();
    assert_int_equal(ta_registry_create(&machine, &world->registry), TA_OK);
    ta_mesh_options options = {.registry = world->registry,
                               .guests = GUESTS,
                               .lane_cells = LANE_CELLS,
                               .calls = CALLS,
                               .inbox_cells = 8,
                               .ended = add_pair,
                               .ended_context = world};
    if (changes != NULL) changes(&options);
    assert_int_equal(ta_mesh_create(&options, &world->mesh), TA_OK);
    for (uint32_t i = 0; i < PORTS; i++) {
        world->ports[i] = ta_mesh_port(world->mesh, i);
        assert_int_equal(ta_port_attach(world->ports[i], &hooks), TA_OK);
    }
}

static inline ta_port *new_guest(mesh_world *world) {
    const ta_port_hooks hooks = all_hooks(world);
    ta_port *guest = NULL;
    assert_int_equal(ta_mesh_attach_guest(world->mesh, &hooks, &guest), TA_OK);
    for (uint32_t i = PORTS; i < PORTS + GUESTS; i++)
        if (world->ports[i] == NULL) {
            world->ports[i] = guest;
            return guest;
        }
    fail_msg("more guests than places");
    return NULL;
}

static inline void dismiss(mesh_world *world, ta_port *guest) {
    for (uint32_t i = PORTS; i < PORTS + GUESTS; i++)
        if (world->ports[i] == guest) world->ports[i] = NULL;
    ta_port_close(guest);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    assert_int_equal(ta_port_detach(guest), TA_OK);
}

/* Polls all until nothing comes any more: twice nothing, since the last poll may have flushed. */
static inline void pump(mesh_world *world) {
    for (unsigned quiet = 0; quiet < 2; quiet++)
        for (uint32_t i = 0; i < PORTS + GUESTS; i++)
            if (world->ports[i] != NULL && ta_port_poll(world->ports[i], UINT32_MAX) != 0)
                quiet = 0;
}

/* Polls in vain for so long that all lanes rest. */
static inline void let_rest(ta_port *port) {
    for (int i = 0; i < 2000; i++) assert_int_equal(ta_port_poll(port, 100), 0);
}

/* What is left of the world; the sums come out even, and so does the memory. */
static inline ta_port_figures end_world(mesh_world *world) {
    ta_port_figures sums;
    for (size_t i = 0; i < world->taken_count; i++) ta_fn_once_destroy(&world->taken[i]);
    for (uint32_t i = PORTS; i < PORTS + GUESTS; i++)
        if (world->ports[i] != NULL) dismiss(world, world->ports[i]);
    for (uint32_t i = 0; i < PORTS; i++)
        if (world->ports[i] != NULL) assert_int_equal(ta_port_detach(world->ports[i]), TA_OK);
    assert_int_equal(ta_mesh_destroy(world->mesh, &sums), TA_OK);
    assert_int_equal(sums.sent, sums.run + sums.failed + sums.returned + sums.destroyed);
    /* What is a port's own, no pair has. */
    world->pairs.flushes = sums.flushes;
    world->pairs.sleeps = sums.sleeps;
    world->pairs.polls = sums.polls;
    world->pairs.idle_polls = sums.idle_polls;
    assert_memory_equal(&world->pairs, &sums, sizeof sums);
    ta_registry_destroy(world->registry);
    assert_balanced(&world->book);
    assert_int_equal(probes.damaged, 0);
    return sums;
}

/* The next thing that happened. */
#define assert_next(kind_, port_, peer_, value_)                                                   \
    do {                                                                                           \
        assert_true(here->read < here->count);                                                     \
        const happening *event_ = &here->events[here->read++];                                     \
        assert_int_equal(event_->kind, kind_);                                                     \
        assert_int_equal(event_->port, port_);                                                     \
        assert_int_equal(event_->peer, peer_);                                                     \
        assert_int_equal(event_->value, value_);                                                   \
    } while (0)
#define assert_no_more() assert_int_equal(here->read, here->count)

/* ta_last_error() begins with the function's name. */
static inline void check_text(const char *function) {
    size_t length = strlen(function);
    if (strncmp(ta_last_error(), function, length) != 0 || ta_last_error()[length] != ':')
        fail_msg("'%s' does not begin with '%s:'", ta_last_error(), function);
}

/* ---- closures --------------------------------------------------------------------------------- */

/* Writes its number down. */
typedef struct ticket {
    uint64_t value;
} ticket;
TA_UNAWARE_TYPE(ticket, ticket);

static inline void run_number(ticket *self) { note(RAN, ta_port_running(), 0, self->value); }
TA_FN_ONCE_VOID(numbered, ticket, run_number);

static inline ta_fn_once closure_of(uint64_t value) {
    ta_fn_once closure;
    assert_int_equal(numbered(&closure, (ticket){value}, NULL), TA_OK);
    return closure;
}

static inline ta_status send(ta_port *port, uint32_t to, uint64_t value) {
    ta_fn_once closure = closure_of(value);
    return ta_port_send(port, to, &closure);
}

static inline ta_status send_urgent(ta_port *port, uint32_t to, uint64_t value) {
    ta_fn_once closure = closure_of(value);
    return ta_port_send_urgent(port, to, &closure);
}

static inline ta_status post(mesh_world *world, uint32_t to, uint64_t value) {
    ta_fn_once closure = closure_of(value);
    return ta_mesh_post(world->mesh, to, &closure);
}

/* Has a number, an element that is told of moves, and owned text. */
typedef struct goods {
    uint64_t value;
    probe mark;
    char *text;
} goods;
TA_DERIVE(goods, goods, value, TA_AS(mark, probe), TA_AS(text, ta_string));

/* Where the text's memory came from, when it ran. */
static const ta_allocator *memory_of_text;

static inline void run_goods(goods *self) {
    assert_int_equal(self->mark.state, PROBE_ALIVE);
    assert_string_equal(self->text, "text");
    memory_of_text = ta_block_allocator(self->text);
    note(RAN, ta_port_running(), self->mark.moves, self->value);
}
TA_FN_ONCE_VOID(selling, goods, run_goods);

static inline ta_fn_once goods_of(uint64_t value, const ta_allocator *memory) {
    ta_fn_once closure;
    goods made = {value, probe_make((uint32_t)value), ta_string_make("text", memory)};
    assert_non_null(made.text);
    assert_int_equal(selling(&closure, made, memory), TA_OK);
    return closure;
}

#endif
