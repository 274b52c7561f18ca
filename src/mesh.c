/* SPDX-License-Identifier: MIT
 *
 * Meshes: their seats, who sits there, and the end of all.
 */
#include "port.h"

#include "error.h"
#include "inbox.h"
#include "os/event.h"

#include <string.h>

enum {
    CELLS_DEFAULT = 256,
    INBOX_CELLS_DEFAULT = 64,
    CELLS_MIN = 8,
    CELLS_MAX = 1 << 20,
    INBOX_CELLS_MIN = 4,
    GUESTS_MAX = 4096
};

static bool is_power_of_two(uint32_t number) { return number != 0 && (number & (number - 1)) == 0; }

/* ---- creation --------------------------------------------------------------------------------- */

/* The caller called ta_mesh_create(), whatever looks at its options. */
#define refuse(status, ...) ta_fail_((status), "ta_mesh_create", __VA_ARGS__)

/* The numbers of the options, with defaults in place of zeros. */
static ta_status read_numbers(ta_mesh *mesh, const ta_mesh_options *options) {
    mesh->lane_cells = options->lane_cells == 0 ? CELLS_DEFAULT : options->lane_cells;
    mesh->inbox_cells = options->inbox_cells == 0 ? INBOX_CELLS_DEFAULT : options->inbox_cells;
    mesh->calls = options->calls == 0 ? mesh->lane_cells / 2 : options->calls;
    mesh->timing = options->timing;
    mesh->ended = options->ended;
    mesh->ended_context = options->ended_context;
    if (!is_power_of_two(mesh->lane_cells) || !is_power_of_two(mesh->inbox_cells))
        return refuse(TA_E_INVALID, "a capacity that is no power of two: %u, %u", mesh->lane_cells,
                      mesh->inbox_cells);
    if (mesh->lane_cells < CELLS_MIN || mesh->lane_cells > CELLS_MAX)
        return refuse(TA_E_RANGE, "lanes of %u cells, where %u to %u would do", mesh->lane_cells,
                      CELLS_MIN, CELLS_MAX);
    if (mesh->inbox_cells < INBOX_CELLS_MIN || mesh->inbox_cells > CELLS_MAX)
        return refuse(TA_E_RANGE, "inboxes of %u cells, where %u to %u would do", mesh->inbox_cells,
                      INBOX_CELLS_MIN, CELLS_MAX);
    if (mesh->calls > mesh->lane_cells / 2)
        return refuse(TA_E_RANGE, "%u calls, where 1 to half of %u cells would do", mesh->calls,
                      mesh->lane_cells);
    if (options->guests > GUESTS_MAX)
        return refuse(TA_E_RANGE, "%u guests, where 0 to %u would do", options->guests, GUESTS_MAX);
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i] != 0) return refuse(TA_E_INVALID, "reserved words must be 0");
    return TA_OK;
}

/* Who gets a port: all known, all of one machine. */
static ta_status read_affinities(ta_mesh *mesh, const ta_mesh_options *options,
                                 const ta_affinity **affinities) {
    const ta_registry *registry = options->registry;
    *affinities = options->affinities;
    mesh->port_count = options->affinity_count;
    if (*affinities == NULL) {
        if (registry == NULL) return refuse(TA_E_INVALID, "neither a registry nor affinities");
        if (options->affinity_count != 0)
            return refuse(TA_E_INVALID, "a count of affinities, and none of them");
        *affinities = ta_registry_affinities(registry);
        mesh->port_count = ta_registry_processor_count(registry);
    }
    if (mesh->port_count == 0 || mesh->port_count > TA_AFFINITY_MAX)
        return refuse(TA_E_RANGE, "%u ports, where 1 to %u would do", mesh->port_count,
                      TA_AFFINITY_MAX);
    ta_affinity first = registry == NULL ? (*affinities)[0] : ta_registry_affinity(registry, 0);
    mesh->is_plain = mesh->port_count == ta_affinity_processor_count(first);
    for (uint32_t i = 0; i < mesh->port_count; i++) {
        ta_affinity affinity = (*affinities)[i];
        if (ta_affinity_is_unknown(affinity))
            return refuse(TA_E_UNKNOWN_AFFINITY, "affinity %u of %u is unknown", i,
                          mesh->port_count);
        if (!ta_affinity_same_shape(affinity, first))
            return refuse(TA_E_FOREIGN_AFFINITY, "affinity %u of %u is of another machine", i,
                          mesh->port_count);
        mesh->is_plain = mesh->is_plain && ta_affinity_processor(affinity) == i;
    }
    return TA_OK;
}

static uint32_t bell_words(const ta_mesh *mesh) { return (ta_bell_of_inbox(mesh) + 64) / 64; }

/* One seat. What fails stays zero, and is not freed. */
static ta_status make_seat(ta_mesh *mesh, ta_port *port, ta_affinity affinity) {
    port->mesh = mesh;
    port->affinity = affinity;
    port->seat = (uint32_t)(port - mesh->seats);
    port->is_guest = port->seat >= mesh->port_count;
    port->index = port->is_guest ? TA_NO_PORT : port->seat;
    port->accepts = port->index;
    port->allocator =
        mesh->registry == NULL ? mesh->for_values : ta_registry_allocator(mesh->registry, affinity);
    port->returning = ta_returning_allocator(port);
    port->fd = -1;
    port->inbox_rests = true;
    port->bells.words = bell_words(mesh);
    port->bells.bits =
        ta_allocate_zeroed(port->allocator, port->bells.words, sizeof(uint64_t), TA_CACHE_LINE);
    if (port->bells.bits == NULL) return TA_E_NOMEM;
    return ta_inbox_create(mesh->inbox_cells, mesh->timing, port->allocator, &port->inbox);
}

static ta_status make_seats(ta_mesh *mesh, const ta_affinity *affinities) {
    size_t count = mesh->seat_count;
    mesh->seats =
        ta_allocate_zeroed(&mesh->allocator, count, sizeof *mesh->seats, _Alignof(ta_port));
    mesh->links =
        ta_allocate_zeroed(&mesh->allocator, count * count, sizeof(ta_link *), TA_CACHE_LINE);
    if (mesh->seats == NULL || mesh->links == NULL) return TA_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        ta_affinity affinity = i < mesh->port_count ? affinities[i] : TA_AFFINITY_UNKNOWN;
        if (make_seat(mesh, &mesh->seats[i], affinity) != TA_OK) return TA_E_NOMEM;
    }
    return TA_OK;
}

void ta_mesh_release(ta_mesh *mesh) {
    size_t count = mesh->seat_count;
    for (uint32_t i = 0; mesh->seats != NULL && i < count; i++) {
        ta_port *port = &mesh->seats[i];
        ta_inbox_destroy(port->inbox);
        if (port->bells.bits != NULL)
            ta_release(port->allocator, port->bells.bits, port->bells.words * sizeof(uint64_t),
                       TA_CACHE_LINE);
        if (port->mesh != NULL) ta_os_event_destroy(port->fd);
    }
    ta_allocator allocator = mesh->allocator;
    if (mesh->links != NULL)
        ta_release(&allocator, mesh->links, count * count * sizeof(ta_link *), TA_CACHE_LINE);
    if (mesh->seats != NULL)
        ta_release(&allocator, mesh->seats, count * sizeof *mesh->seats, _Alignof(ta_port));
    ta_release(&allocator, mesh, sizeof *mesh, _Alignof(ta_mesh));
}

ta_status ta_mesh_create(const ta_mesh_options *options, ta_mesh **out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "NULL as the result");
    *out = NULL;
    if (options == NULL) return ta_fail(TA_E_INVALID, "NULL as the options");
    const ta_affinity *affinities;
    ta_mesh numbers = {.registry = options->registry};
    ta_status status = read_numbers(&numbers, options);
    if (status == TA_OK) status = read_affinities(&numbers, options, &affinities);
    if (status != TA_OK) return status;
    numbers.seat_count = numbers.port_count + options->guests;
    const ta_allocator *allocator = options->allocator;
    if (allocator == NULL)
        allocator = options->registry == NULL
                        ? ta_allocator_default()
                        : ta_registry_allocator(options->registry, TA_AFFINITY_UNKNOWN);
    numbers.allocator = *allocator;
    numbers.for_values = allocator;

    ta_mesh *mesh = ta_allocate(allocator, sizeof *mesh, _Alignof(ta_mesh));
    if (mesh == NULL) return ta_fail(TA_E_NOMEM, "no memory for a mesh");
    *mesh = numbers;
    status = make_seats(mesh, affinities);
    if (status != TA_OK) {
        ta_mesh_release(mesh);
        return ta_fail(TA_E_NOMEM, "no memory for a mesh of %u ports and guests",
                       numbers.seat_count);
    }
    *out = mesh;
    return TA_OK;
}

uint32_t ta_mesh_port_count(const ta_mesh *mesh) { return mesh == NULL ? 0 : mesh->port_count; }

ta_port *ta_mesh_port(ta_mesh *mesh, uint32_t index) {
    return mesh == NULL || index >= mesh->port_count ? NULL : &mesh->seats[index];
}

uint32_t ta_mesh_find(const ta_mesh *mesh, ta_affinity affinity) {
    if (mesh == NULL || ta_affinity_is_unknown(affinity) ||
        !ta_affinity_same_shape(affinity, mesh->seats[0].affinity))
        return TA_NO_PORT;
    if (mesh->is_plain) {
        uint32_t index = ta_affinity_processor(affinity);
        return index < mesh->port_count ? index : TA_NO_PORT;
    }
    for (uint32_t i = 0; i < mesh->port_count; i++)
        if (ta_affinity_equal(mesh->seats[i].affinity, affinity)) return i;
    return TA_NO_PORT;
}
