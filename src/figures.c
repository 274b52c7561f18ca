/* SPDX-License-Identifier: MIT
 *
 * Figures: each is counted by one thread (an inbox's by adding), and read by any. Relaxed loads: no
 * figure says anything about another one.
 */
#include "figures.h"

#include "inbox.h"

#include <string.h>

void ta_link_raise_mark(ta_link *link, uint32_t taken, bool has_more) {
    uint64_t cells = link->lane->receiver.mask + UINT64_C(1);
    uint64_t depth = taken;
    if (has_more) depth += ta_lane_pending(link->lane);
    /* What came during the visit is counted to it, but a lane is no deeper than it is long. */
    if (depth > cells) depth = cells;
    /* A cell may have been seen before the sender has counted it. */
    if (depth > ta_load_relaxed_u64(&link->in.high_water))
        ta_store_relaxed_u64(&link->in.high_water, depth);
}

/* NULL: there is none. */
static void add_queueing(const uint64_t queueing[], ta_port_figures *sum) {
    for (size_t i = 0; queueing != NULL && i < TA_PORT_QUEUEING_BUCKETS; i++)
        sum->queueing[i] += ta_load_relaxed_u64(&queueing[i]);
}

/* What the sender of a link has counted, and what its receiver has. */
static void add_out(const ta_link *link, ta_port_figures *sum) {
    sum->sent += ta_load_relaxed_u64(&link->out.sent);
    sum->staged += ta_load_relaxed_u32(&link->out.words);
    sum->refused += ta_load_relaxed_u64(&link->out.refused);
    sum->bells += ta_load_relaxed_u64(&link->out.bells);
    sum->wakes += ta_load_relaxed_u64(&link->out.wakes);
    sum->returned += ta_load_relaxed_u64(&link->out.returned);
}

static void add_in(const ta_link *link, ta_port_figures *sum) {
    uint64_t high = ta_load_relaxed_u64(&link->in.high_water);
    sum->run += ta_load_relaxed_u64(&link->in.run);
    sum->failed += ta_load_relaxed_u64(&link->in.failed);
    sum->destroyed += ta_load_relaxed_u64(&link->in.destroyed);
    sum->kept += ta_load_relaxed_u64(&link->in.kept);
    if (high > sum->high_water) sum->high_water = high;
    add_queueing(ta_link_queueing(link), sum);
}

/* Of posts: what any thread has counted, and what the receiver has. */
static void add_posted(const ta_inbox *inbox, ta_port_figures *sum) {
    sum->sent += ta_load_relaxed_u64(&inbox->sent);
    sum->refused += ta_load_relaxed_u64(&inbox->refused);
}

static void add_received(const ta_inbox *inbox, ta_port_figures *sum) {
    sum->run += ta_load_relaxed_u64(&inbox->run);
    sum->failed += ta_load_relaxed_u64(&inbox->failed);
    sum->destroyed += ta_load_relaxed_u64(&inbox->destroyed);
    sum->kept += ta_load_relaxed_u64(&inbox->kept);
    add_queueing(inbox->queueing, sum);
}

static void add_seat(const ta_port *port, ta_port_figures *sum) {
    sum->flushes += ta_load_relaxed_u64(&port->flushes);
    sum->sleeps += ta_load_relaxed_u64(&port->sleeps);
    sum->polls += ta_load_relaxed_u64(&port->polls);
    sum->idle_polls += ta_load_relaxed_u64(&port->idle_polls);
    add_received(port->inbox, sum);
}

/* One direction of a pair, its urgent link included; `add` is one of the above. False: there is no
 * link. */
static bool add_links(const ta_mesh *mesh, uint32_t from, uint32_t to,
                      void (*add)(const ta_link *, ta_port_figures *), ta_port_figures *sum) {
    const ta_link *link = ta_link_between(mesh, from, to, false);
    const ta_link *urgent = ta_link_between(mesh, from, to, true);
    if (link != NULL) add(link, sum);
    if (urgent != NULL) add(urgent, sum);
    return link != NULL;
}

void ta_port_read_figures(const ta_port *port, ta_port_figures *out) {
    if (out == NULL) return;
    *out = (ta_port_figures){0};
    if (port == NULL) return;
    add_seat(port, out);
    for (uint32_t i = 0; i < port->mesh->seat_count; i++) {
        (void)add_links(port->mesh, port->seat, i, add_out, out);
        (void)add_links(port->mesh, i, port->seat, add_in, out);
    }
}

/* What was ever posted to a seat. */
static bool read_posts(const ta_inbox *inbox, ta_port_figures *out) {
    add_posted(inbox, out);
    add_received(inbox, out);
    return out->sent + out->refused != 0;
}

bool ta_mesh_read_figures(const ta_mesh *mesh, uint32_t from, uint32_t to, ta_port_figures *out) {
    if (out != NULL) *out = (ta_port_figures){0};
    if (mesh == NULL || out == NULL || TA_SEAT(to) >= mesh->seat_count) return false;
    if (from == TA_NO_PORT) return read_posts(mesh->seats[TA_SEAT(to)].inbox, out);
    if (TA_SEAT(from) >= mesh->seat_count) return false;
    (void)add_links(mesh, TA_SEAT(from), TA_SEAT(to), add_out, out);
    return add_links(mesh, TA_SEAT(from), TA_SEAT(to), add_in, out);
}

void ta_mesh_sum_figures(const ta_mesh *mesh, ta_port_figures *out) {
    for (uint32_t i = 0; i < mesh->seat_count; i++) {
        const ta_port *port = &mesh->seats[i];
        add_seat(port, out);
        add_posted(port->inbox, out);
        for (uint32_t j = 0; j < mesh->seat_count; j++) {
            (void)add_links(mesh, j, port->seat, add_out, out);
            (void)add_links(mesh, j, port->seat, add_in, out);
        }
    }
}

void ta_mesh_tell_figures(const ta_mesh *mesh) {
    ta_port_figures figures;
    for (uint32_t to = 0; mesh->ended != NULL && to < mesh->seat_count; to++) {
        if (ta_mesh_read_figures(mesh, TA_NO_PORT, to, &figures))
            mesh->ended(mesh->ended_context, TA_NO_PORT, to, &figures);
        for (uint32_t from = 0; from < mesh->seat_count; from++)
            if (ta_mesh_read_figures(mesh, from, to, &figures))
                mesh->ended(mesh->ended_context, from, to, &figures);
    }
}
