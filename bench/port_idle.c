/* SPDX-License-Identifier: MIT
 *
 * A poll that finds nothing, in a mesh of two ports and in one of 256, all of which have sent to the
 * port before. One thread owns them all.
 */
#include "ports.h"

#include "ta/port.h"

#include <stdlib.h>

enum { FEW_PORTS = 2, MANY_PORTS = 256, BUDGET = 256 };

typedef struct idle {
    ta_mesh *mesh;
    ta_port *port;
    uint64_t received, sum;
} idle;

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    idle *self = context;
    (void)port, (void)from;
    for (uint32_t i = 0; i < count; i++) self->sum += words[i];
    self->received += count;
}

static void destroy(void *state) {
    idle *self = state;
    for (uint32_t i = 0; self->mesh != NULL && i < ta_mesh_port_count(self->mesh); i++)
        (void)ta_port_detach(ta_mesh_port(self->mesh, i));
    (void)ta_mesh_destroy(self->mesh, NULL);
    free(self);
}

/* Each of the others sends a word to the first; true: all arrived. */
static bool send_to_first(idle *self, uint32_t ports) {
    uint64_t expected = 0;
    for (uint32_t i = 1; i < ports; i++) {
        ta_port *port = ta_mesh_port(self->mesh, i);
        if (ta_port_attach(port, NULL) != TA_OK || ta_port_send_word(port, 0, i) != TA_OK)
            return false;
        ta_port_flush(port);
        expected += i;
    }
    /* Until it finds nothing; senders that it visits in vain for a while rest. */
    for (unsigned i = 0; i < 4 * MANY_PORTS; i++) (void)ta_port_poll(self->port, BUDGET);
    return self->received == ports - 1 && self->sum == expected;
}

static void *create(uint32_t ports) {
    ta_affinity places[MANY_PORTS];
    idle *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    ta_mesh_options options = {.affinities = places, .affinity_count = ports, .lane_cells = 8};
    ta_port_hooks hooks = {.context = self, .words = take_words};
    bool all = ta_affinity_create_manual(&ports, 1, places, MANY_PORTS, NULL) == TA_OK &&
               ta_mesh_create(&options, &self->mesh) == TA_OK;
    if (all) {
        self->port = ta_mesh_port(self->mesh, 0);
        all = ta_port_attach(self->port, &hooks) == TA_OK && send_to_first(self, ports);
    }
    if (all) return self;
    destroy(self);
    return NULL;
}

static void *create_few(const bench_world *world) {
    (void)world;
    return create(FEW_PORTS);
}
static void *create_many(const bench_world *world) {
    (void)world;
    return create(MANY_PORTS);
}

/* Each finds nothing, and all are counted. */
static uint64_t poll_run(void *state, unsigned thread, uint64_t operations) {
    idle *self = state;
    ta_port_figures before, after;
    uint64_t found = 0;
    (void)thread;
    ta_port_read_figures(self->port, &before);
    for (uint64_t r = 0; r < operations; r++) found += ta_port_poll(self->port, BUDGET);
    ta_port_read_figures(self->port, &after);
    return found + (after.idle_polls - before.idle_polls != operations);
}

static const bench_contender polls[] = {
    {.name = "ports_2", .create = create_few, .run = poll_run, .destroy = destroy},
    {.name = "ports_256", .create = create_many, .run = poll_run, .destroy = destroy},
};

const bench_group port_polls = {"idle_poll", polls, BENCH_COUNT(polls)};
