/* SPDX-License-Identifier: MIT
 *
 * Who sits where: owners of ports, and guests.
 */
#include "port.h"

#include "error.h"

/* Its address names a thread, while that runs. */
static __thread char name_of_thread __attribute__((tls_model("initial-exec")));

bool ta_port_is_callers(const ta_port *port) {
    /* Relaxed: another thread's name is there, or not yet, or no more: never this one's. */
    const void *owner = TA_LOAD_RELAXED_(&port->owner);
    return owner == NULL || owner == &name_of_thread;
}

static void sit_down(ta_port *port, const ta_port_hooks *hooks) {
    TA_STORE_RELAXED_(&port->owner, &name_of_thread);
    port->hooks = hooks == NULL ? (ta_port_hooks){0} : *hooks;
}

ta_status ta_port_attach(ta_port *port, const ta_port_hooks *hooks) {
    if (port == NULL || port->is_guest) return ta_fail(TA_E_INVALID, "NULL, or a guest");
    if (ta_port_is_closed(port)) return ta_fail(TA_E_CLOSED, "port %u was closed", port->seat);
    uint32_t state = TA_PORT_FREE;
    /* T2: pairs with T1 in ta_port_detach(). */
    if (!ta_compare_exchange_acquire_u32(&port->state, &state, TA_PORT_ATTACHED))
        return ta_fail(TA_E_BUSY, "port %u has an owner", port->seat);
    sit_down(port, hooks);
    return TA_OK;
}

ta_status ta_mesh_attach_guest(ta_mesh *mesh, const ta_port_hooks *hooks, ta_port **out) {
    if (out != NULL) *out = NULL;
    if (mesh == NULL || out == NULL) return ta_fail(TA_E_INVALID, "NULL as the mesh or the result");
    for (uint32_t seat = mesh->port_count; seat < mesh->seat_count; seat++) {
        ta_port *port = &mesh->seats[seat];
        uint32_t state = TA_PORT_FREE;
        /* T2: pairs with T1 in ta_port_detach(). */
        if (!ta_compare_exchange_acquire_u32(&port->state, &state, TA_PORT_ATTACHED)) continue;
        sit_down(port, hooks);
        ta_bells_return(&port->bells);
        port->guests++;
        ta_store_relaxed_u32(&port->index, port->guests << TA_SEAT_BITS | seat);
        ta_store_relaxed_u32(&port->accepts, port->index);
        for (uint32_t to = 0; to < mesh->seat_count; to++)
            ta_link_begin_sender(*ta_link_place(mesh, seat, to)); /* plain: this thread's by now */
        *out = port;
        return TA_OK;
    }
    return ta_fail(TA_E_TOO_MANY, "all %u places for guests are taken",
                   mesh->seat_count - mesh->port_count);
}

ta_status ta_port_detach(ta_port *port) {
    if (port == NULL) return ta_fail(TA_E_INVALID, "NULL as the port");
    TA_CHECK_OWNER(port);
    if (port->is_polling || ta_load_relaxed_u32(&port->state) != TA_PORT_ATTACHED)
        return ta_fail(TA_E_BUSY, "port %u is being polled, or has no owner", port->seat);
    if (port->is_guest && !port->is_drained)
        return ta_fail(TA_E_BUSY, "the guest on seat %u has not been closed and drained",
                       port->seat);
    if (ta_port_is_closed(port) && !port->is_drained) ta_port_give_up(port);
    ta_port_flush(port);
    port->hooks = (ta_port_hooks){0};
    TA_STORE_RELAXED_(&port->owner, NULL);
    if (port->is_guest) {
        port->is_drained = false;
        ta_store_relaxed_u32(&port->index, TA_NO_PORT);
    }
    /* T1: pairs with T2 in ta_port_attach() and ta_mesh_attach_guest(). */
    ta_store_release_u32(&port->state, TA_PORT_FREE);
    return TA_OK;
}

void *ta_port_context(const ta_port *port) {
    if (port == NULL) return NULL;
    TA_CHECK_OWNER(port);
    return port->hooks.context;
}

void ta_port_set_context(ta_port *port, void *context) {
    if (port == NULL) return;
    TA_CHECK_OWNER(port);
    port->hooks.context = context;
}

uint32_t ta_port_index(const ta_port *port) {
    return port == NULL ? TA_NO_PORT : ta_load_relaxed_u32(&port->index);
}

ta_affinity ta_port_affinity(const ta_port *port) {
    return port == NULL ? TA_AFFINITY_UNKNOWN : port->affinity;
}

ta_mesh *ta_port_mesh(const ta_port *port) { return port == NULL ? NULL : port->mesh; }

const ta_allocator *ta_port_allocator(const ta_port *port) {
    return port == NULL ? NULL : port->allocator;
}

const ta_allocator *ta_port_returning_allocator(const ta_port *port) {
    return port == NULL ? NULL : &port->returning;
}
