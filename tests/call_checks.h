/* SPDX-License-Identifier: MIT
 *
 * What tests of calls and fan-outs share: a mesh over an invented machine of two regions with two
 * processors each, all of whose ports one thread polls, and values with a memory of their own.
 */
#ifndef TA_TESTS_CALL_CHECKS_H
#define TA_TESTS_CALL_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/call.h"
#include "ta/derive.h"

enum { PORTS = 4, NEAR = 1, FAR = 2, GUESTS = 2, CALLS = 4, CELLS = 16 };

typedef struct world {
    ledger book;
    ta_registry *registry;
    ta_mesh *mesh;
    ta_port *ports[PORTS]; /* attached; 0 and 1 are in one region, 2 and 3 in the other */
    ta_port *guests[GUESTS];
} world;

/* `changes` (may be NULL) may fill in what it likes. */
static inline void make_world(world *here, void (*changes)(ta_mesh_options *options)) {
    static const uint32_t counts[] = {2, 2};
    ta_allocator allocator = ledger_allocator(&here->book);
    const ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                         .processors = TA_PROCESSORS_ALL,
                                         .counts = counts,
                                         .counts_length = 2,
                                         .allocator = &allocator};
    assert_int_equal(ta_registry_create(&options, &here->registry), TA_OK);
    ta_mesh_options mesh = {
        .registry = here->registry, .guests = GUESTS, .lane_cells = CELLS, .calls = CALLS};
    if (changes != NULL) changes(&mesh);
    assert_int_equal(ta_mesh_create(&mesh, &here->mesh), TA_OK);
    for (uint32_t i = 0; i < PORTS; i++) {
        here->ports[i] = ta_mesh_port(here->mesh, i);
        assert_int_equal(ta_port_attach(here->ports[i], NULL), TA_OK);
    }
}

/* Polls all until nothing comes any more: twice nothing, since the last poll may have flushed. */
static inline void pump(world *here) {
    for (unsigned quiet = 0; quiet < 2; quiet++)
        for (uint32_t i = 0; i < PORTS + GUESTS; i++) {
            ta_port *port = i < PORTS ? here->ports[i] : here->guests[i - PORTS];
            if (port != NULL && ta_port_poll(port, UINT32_MAX) != 0) quiet = 0;
        }
}

static inline void detach_all(world *here) {
    for (uint32_t i = 0; i < GUESTS; i++) {
        if (here->guests[i] == NULL) continue;
        ta_port_close(here->guests[i]);
        assert_int_equal(ta_port_drain(here->guests[i]), TA_OK);
        assert_int_equal(ta_port_detach(here->guests[i]), TA_OK);
        here->guests[i] = NULL;
    }
    for (uint32_t i = 0; i < PORTS; i++)
        if (here->ports[i] != NULL) assert_int_equal(ta_port_detach(here->ports[i]), TA_OK);
}

/* What is left of the world; the sums come out even, and so does the memory. */
static inline ta_port_figures end_world(world *here) {
    ta_port_figures sums;
    detach_all(here);
    assert_int_equal(ta_mesh_destroy(here->mesh, &sums), TA_OK);
    assert_int_equal(sums.sent, sums.run + sums.failed + sums.returned + sums.destroyed);
    ta_registry_destroy(here->registry);
    assert_balanced(&here->book);
    return sums;
}

static inline const ta_allocator *memory_of(const world *here, uint32_t port) {
    return ta_port_allocator(here->ports[port]);
}

/* ---- values ----------------------------------------------------------------------------------- */

/* What a continuation saw. */
typedef struct record {
    unsigned count; /* of calls */
    ta_status status;
    long value;
    const ta_allocator *memory; /* of a result's */
    char text[32];
} record;
typedef record *record_pointer;
TA_UNAWARE_TYPE(record_pointer, record_pointer);

typedef struct sum {
    long a, b;
} sum;
TA_UNAWARE_TYPE(sum, sum);

/* How often functions ran, wherever. */
static unsigned runs;

static inline long add(sum *what) {
    runs++;
    return what->a + what->b;
}

static inline void note_long(record_pointer *out, ta_status status, long *result) {
    (*out)->count++;
    (*out)->status = status;
    assert_true((result != NULL) == (status == TA_OK));
    if (result != NULL) (*out)->value = *result;
}
TA_CALL(call_add, sum, ta_long, add, record_pointer, note_long);

/* Is it memory of the port's region? Each processor has an allocator of its own, and what moves
 * within a region keeps the one that it has. */
static inline void assert_at_home(const ta_port *port, const ta_allocator *memory) {
    ta_mesh *mesh = ta_port_mesh(port);
    for (uint32_t i = 0; i < ta_mesh_port_count(mesh); i++) {
        const ta_port *other = ta_mesh_port(mesh, i);
        if (ta_port_allocator(other) == memory &&
            ta_affinity_same_region(ta_port_affinity(other), ta_port_affinity(port)))
            return;
    }
    fail_msg("%s", "the memory is of another region");
}

static inline char *greet(char **name) {
    char text[64];
    runs++;
    ta_port *port = ta_port_running();
    /* What came has come home, unless this is a guest, who has none. */
    if (!ta_affinity_is_unknown(ta_port_affinity(port)))
        assert_at_home(port, ta_block_allocator(*name));
    (void)snprintf(text, sizeof text, "hello %s", *name);
    return ta_string_make(text, ta_port_allocator(port));
}

static inline void note_text(record_pointer *out, ta_status status, char **result) {
    (*out)->count++;
    (*out)->status = status;
    if (result == NULL) return;
    assert_non_null(*result);
    (*out)->memory = ta_block_allocator(*result);
    (void)snprintf((*out)->text, sizeof(*out)->text, "%s", *result);
}
TA_CALL(call_greet, ta_string, ta_string, greet, record_pointer, note_text);

#endif
