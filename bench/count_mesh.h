/* SPDX-License-Identifier: MIT
 *
 * Meshes for the rows of ports: all of their ports are attached to the one thread that there is.
 */
#ifndef TA_BENCH_COUNT_MESH_H
#define TA_BENCH_COUNT_MESH_H

#include "ta/port.h"

enum { COUNT_PORTS_MAX = 256, COUNT_BUDGET = 256 };

/* A mesh of so many ports of one region, attached with these hooks; NULL: it cannot be made. */
static inline ta_mesh *count_mesh(uint32_t ports, const ta_port_hooks *hooks) {
    static ta_affinity places[COUNT_PORTS_MAX];
    ta_mesh *mesh;
    ta_mesh_options options = {
        .affinities = places, .affinity_count = ports, .lane_cells = 1024, .inbox_cells = 256};
    if (ports > COUNT_PORTS_MAX ||
        ta_affinity_create_manual(&ports, 1, places, COUNT_PORTS_MAX, NULL) != TA_OK ||
        ta_mesh_create(&options, &mesh) != TA_OK)
        return NULL;
    for (uint32_t i = 0; i < ports; i++)
        if (ta_port_attach(ta_mesh_port(mesh, i), hooks) != TA_OK) return NULL;
    return mesh;
}

static inline void count_mesh_end(ta_mesh *mesh) {
    for (uint32_t i = 0; i < ta_mesh_port_count(mesh); i++)
        (void)ta_port_detach(ta_mesh_port(mesh, i));
    (void)ta_mesh_destroy(mesh, NULL);
}

#endif
