/* SPDX-License-Identifier: MIT
 *
 * Two ports.
 */
#include "port_pair.h"

void port_pair_destroy(void *memory) {
    port_pair *self = memory;
    if (self != NULL) (void)ta_mesh_destroy(self->mesh, NULL);
    ta_release(pair_memory(), self, sizeof *self, _Alignof(port_pair));
}

port_pair *port_pair_create(uint32_t cells, uint32_t calls) {
    const ta_registry *registry;
    const ta_affinity *places = pair_places(&registry);
    bool is_one_region = ta_affinity_region(places[0]) == ta_affinity_region(places[1]);
    port_pair *self = ta_allocate_zeroed(pair_memory(), 1, sizeof *self, _Alignof(port_pair));
    if (self == NULL) return NULL;
    /* Near each of them; where that is the same, at another place each time. */
    ta_mesh_options options = {.registry = registry,
                               .affinities = places,
                               .affinity_count = 2,
                               .lane_cells = cells,
                               .calls = calls,
                               .allocator = is_one_region ? pair_memory() : NULL};
    if (ta_mesh_create(&options, &self->mesh) == TA_OK) return self;
    port_pair_destroy(self);
    return NULL;
}

ta_port *port_pair_attach(port_pair *self, uint32_t index, port_words *words) {
    ta_port_hooks hooks = {.context = self, .words = words};
    ta_port *port = ta_mesh_port(self->mesh, index);
    return ta_port_attach(port, &hooks) == TA_OK ? port : NULL;
}
