/* SPDX-License-Identifier: MIT
 *
 * The memory of a mesh without traffic: of 1,024 ports, and what each further pair adds.
 */
#include "growth.h"
#include "ports.h"

static void *create(const bench_world *world) {
    static int nothing;
    (void)world;
    return &nothing;
}
static void destroy(void *state) { (void)state; }

/* All its ports have owners. Below 0: no memory. */
static double mesh_bytes(uint32_t ports) {
    growth_mesh *mesh = growth_mesh_create(ports, 0);
    double bytes = mesh != NULL ? (double)growth_mesh_bytes(mesh) : -1;
    growth_mesh_destroy(mesh);
    return bytes;
}

static double of_1024(void *state) {
    (void)state;
    return mesh_bytes(1024);
}

static double allowed(void *state) {
    (void)state;
    return 16 << 20;
}

/* A mesh of n ports is a constant, something for each port, and something for each of the n * n pairs:
 * of three sizes, each twice the last, the last of these is left. */
static double of_a_pair(void *state) {
    double small = mesh_bytes(256), middle = mesh_bytes(512), large = mesh_bytes(1024);
    (void)state;
    if (small < 0 || middle < 0 || large < 0) return -1;
    return ((large - middle) - 2 * (middle - small)) / (6 * 256.0 * 256.0);
}

static double pointer(void *state) {
    (void)state;
    return sizeof(void *);
}

static const bench_contender memory[] = {
    {.name = "mesh_1024", .create = create, .figure = of_1024, .unit = "bytes", .destroy = destroy},
    {.name = "mib_16", .create = create, .figure = allowed, .unit = "bytes", .destroy = destroy},
    {.name = "pair", .create = create, .figure = of_a_pair, .unit = "bytes", .destroy = destroy},
    {.name = "pointer", .create = create, .figure = pointer, .unit = "bytes", .destroy = destroy},
};

const bench_group port_mesh_memory = {"mesh_memory", memory, BENCH_COUNT(memory)};
