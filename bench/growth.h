/* SPDX-License-Identifier: MIT
 *
 * What bench_growth measures at 2 to 1,024 affinities: meshes that one thread pumps, slot arrays,
 * and runtimes. Functions return false, or NULL, where something was not as it should be.
 */
#ifndef TA_BENCH_GROWTH_H
#define TA_BENCH_GROWTH_H

#include "ta/base.h"

TA_BEGIN_DECLS

/* A mesh of so many ports, all of them attached to the calling thread. Lanes of so many cells; 0:
 * the default. */
typedef struct growth_mesh growth_mesh;
growth_mesh *growth_mesh_create(uint32_t ports, uint32_t lane_cells);
/* NULL is allowed. */
void growth_mesh_destroy(growth_mesh *mesh);
/* What the mesh has from its allocator. */
size_t growth_mesh_bytes(const growth_mesh *mesh);

/* All other ports send a word to port 0, which gets it. */
bool growth_mesh_send_to_first(growth_mesh *mesh);
/* Port 0 polls until it looks at no lane any more. */
void growth_mesh_let_rest(growth_mesh *mesh);
/* So many polls of port 0, all of which find nothing. */
bool growth_mesh_poll(growth_mesh *mesh, uint32_t count);

/* From port 0 to all ports; all of them are polled until the completion has come. `calls`: what
 * the sender's call and flush took, in nanoseconds, which is added. */
bool growth_mesh_broadcast(growth_mesh *mesh, double *calls);
bool growth_mesh_map_reduce(growth_mesh *mesh, double *calls);

/* An array with so many slots, one per core, with a value in each of them; their sum. */
typedef struct growth_slots growth_slots;
growth_slots *growth_slots_create(uint32_t count);
void growth_slots_destroy(growth_slots *slots);
bool growth_slots_sum(const growth_slots *slots);

/* Starts a runtime of so many threads, which are not pinned, and stops it; nanoseconds are added. */
bool growth_runtime_run(uint32_t threads, double *start, double *stop);

double growth_now(void);

TA_END_DECLS

#endif
