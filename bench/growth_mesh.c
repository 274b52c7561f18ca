/* SPDX-License-Identifier: MIT
 *
 * A mesh all of whose ports belong to one thread: what a poll, a fan-out and the memory cost by
 * themselves, whatever the machine's processors do.
 */
#include "growth.h"

#include "ta/fan.h"

#include <time.h>

enum { BUDGET = 256, REST = 600 /* polls after which a quiet lane rests for certain */ };

struct growth_mesh {
    ta_mesh *mesh;
    ta_affinity *places;
    uint32_t ports;
    size_t bytes; /* from the allocator, now */
    ta_allocator allocator;
    uint64_t ran, reduced, completed;
};

double growth_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* it cannot fail */
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- closures -------------------------------------------------------------------------------- */

TA_UNAWARE_TYPE(mesh_pointer, growth_mesh *);

static void note(growth_mesh *const *mesh) { (*mesh)->ran++; }
TA_FN_VOID(noting, mesh_pointer, note);

static uint64_t count_one(growth_mesh *const *mesh) {
    (*mesh)->ran++;
    return 1;
}
static void add(growth_mesh **mesh, uint32_t from, ta_status status, uint64_t *counted) {
    (void)from;
    if (status == TA_OK) (*mesh)->reduced += *counted;
}
static void complete(growth_mesh **mesh, ta_status status) {
    if (status == TA_OK) (*mesh)->completed++;
}
TA_MAP_REDUCE(count_all, mesh_pointer, ta_uint64, count_one, mesh_pointer, add, complete);
TA_CONTINUATION_VOID(when_complete, mesh_pointer, complete);

static void drop_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    (void)context;
    (void)port;
    (void)from;
    (void)words;
    (void)count;
}

/* ---- the mesh -------------------------------------------------------------------------------- */

static void *count_allocate(void *context, size_t size, size_t alignment) {
    growth_mesh *self = context;
    void *memory = ta_allocate(NULL, size, alignment);
    if (memory != NULL) self->bytes += size;
    return memory;
}

static void count_release(void *context, void *memory, size_t size, size_t alignment) {
    growth_mesh *self = context;
    self->bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

static bool make(growth_mesh *self, uint32_t lane_cells) {
    const ta_port_hooks hooks = {.words = drop_words};
    ta_mesh_options options = {.affinities = self->places,
                               .affinity_count = self->ports,
                               .lane_cells = lane_cells,
                               .allocator = &self->allocator};
    if (self->places == NULL ||
        ta_affinity_create_manual(&self->ports, 1, self->places, self->ports, NULL) != TA_OK ||
        ta_mesh_create(&options, &self->mesh) != TA_OK)
        return false;
    for (uint32_t i = 0; i < self->ports; i++)
        if (ta_port_attach(ta_mesh_port(self->mesh, i), &hooks) != TA_OK) return false;
    return true;
}

growth_mesh *growth_mesh_create(uint32_t ports, uint32_t lane_cells) {
    growth_mesh *self = ta_allocate_zeroed(NULL, 1, sizeof *self, _Alignof(growth_mesh));
    if (self == NULL) return NULL;
    self->ports = ports;
    self->allocator = (ta_allocator){count_allocate, count_release, self};
    self->places = ta_allocate_zeroed(NULL, ports, sizeof *self->places, _Alignof(ta_affinity));
    if (make(self, lane_cells)) return self;
    growth_mesh_destroy(self);
    return NULL;
}

void growth_mesh_destroy(growth_mesh *mesh) {
    if (mesh == NULL) return;
    for (uint32_t i = 0; i < ta_mesh_port_count(mesh->mesh); i++)
        (void)ta_port_detach(ta_mesh_port(mesh->mesh, i));
    (void)ta_mesh_destroy(mesh->mesh, NULL);
    ta_release(NULL, mesh->places, mesh->ports * sizeof *mesh->places, _Alignof(ta_affinity));
    ta_release(NULL, mesh, sizeof *mesh, _Alignof(growth_mesh));
}

size_t growth_mesh_bytes(const growth_mesh *mesh) { return mesh->bytes; }

/* ---- polls ----------------------------------------------------------------------------------- */

bool growth_mesh_send_to_first(growth_mesh *mesh) {
    ta_port *first = ta_mesh_port(mesh->mesh, 0);
    for (uint32_t i = 1; i < mesh->ports; i++) {
        ta_port *port = ta_mesh_port(mesh->mesh, i);
        if (ta_port_send_word(port, 0, i) != TA_OK) return false;
        ta_port_flush(port);
    }
    uint32_t arrived = 0;
    for (uint32_t more; (more = ta_port_poll(first, BUDGET)) != 0;) arrived += more;
    return arrived == mesh->ports - 1;
}

void growth_mesh_let_rest(growth_mesh *mesh) {
    for (int i = 0; i < REST; i++) (void)ta_port_poll(ta_mesh_port(mesh->mesh, 0), BUDGET);
}

bool growth_mesh_poll(growth_mesh *mesh, uint32_t count) {
    ta_port *first = ta_mesh_port(mesh->mesh, 0);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) found += ta_port_poll(first, BUDGET);
    return found == 0;
}

/* ---- fan-outs -------------------------------------------------------------------------------- */

/* Polls all ports until the completion has come. More than a few rounds: it never will. */
static bool pump(growth_mesh *mesh, uint64_t completed) {
    for (uint32_t round = 0; mesh->completed != completed; round++) {
        if (round > mesh->ports) return false;
        for (uint32_t i = 1; i < mesh->ports && round == 0; i++)
            (void)ta_port_poll(ta_mesh_port(mesh->mesh, i), BUDGET);
        (void)ta_port_poll(ta_mesh_port(mesh->mesh, 0), BUDGET);
    }
    return true;
}

bool growth_mesh_broadcast(growth_mesh *mesh, double *calls) {
    ta_port *first = ta_mesh_port(mesh->mesh, 0);
    ta_continuation done = when_complete(mesh);
    const uint64_t completed = mesh->completed + 1, ran = mesh->ran + mesh->ports;
    ta_fn closure;
    if (noting(&closure, mesh, NULL) != TA_OK) return false;
    const double begin = growth_now();
    bool begun = ta_port_broadcast(first, NULL, 0, &closure, &done) == TA_OK;
    ta_port_flush(first);
    *calls += growth_now() - begin;
    ta_fn_destroy(&closure);
    return begun && pump(mesh, completed) && mesh->ran == ran;
}

bool growth_mesh_map_reduce(growth_mesh *mesh, double *calls) {
    ta_port *first = ta_mesh_port(mesh->mesh, 0);
    const uint64_t completed = mesh->completed + 1, reduced = mesh->reduced + mesh->ports;
    const double begin = growth_now();
    bool begun = count_all(first, NULL, 0, mesh, mesh) == TA_OK;
    ta_port_flush(first);
    *calls += growth_now() - begin;
    return begun && pump(mesh, completed) && mesh->reduced == reduced;
}
