/* SPDX-License-Identifier: MIT
 *
 * How long messages wait. A post brings its stamp along (inbox.c). Each cell of a lane has a stamp
 * beside the lane, written by the sender before it publishes the cell, and read by the receiver
 * after it took the message; so the lane's own edges order the two, and the accesses are plain. A
 * cell that is freed before its stamp is read may be filled again, so there are two stamps for each
 * cell, in turn: to come to the same one again, the sender needs a cell that is freed after the
 * stamp was read.
 */
#include "figures.h"
#include "inbox.h"

#include "os/event.h"

void ta_link_stamp(ta_link *link) {
    uint32_t mask = 2 * link->from->mesh->lane_cells - 1;
    link->stamps[link->out.position++ & mask] = ta_os_clock();
}

/* So many messages that were sent then, are about to run. */
static void note(uint64_t queueing[], uint64_t sent, uint32_t messages) {
    uint64_t now = ta_os_clock();
    uint64_t waited = now > sent ? now - sent : 0;
    uint32_t bucket = waited < 2 ? 0 : 63 - (uint32_t)__builtin_clzll(waited);
    if (bucket >= TA_PORT_QUEUEING_BUCKETS) bucket = TA_PORT_QUEUEING_BUCKETS - 1;
    ta_count(&queueing[bucket], messages);
}

void ta_link_note_queueing(ta_link *link, uint32_t cells, uint32_t messages) {
    uint32_t mask = 2 * link->from->mesh->lane_cells - 1;
    uint64_t sent = link->stamps[link->in.position & mask];
    link->in.position += cells;
    note(ta_link_queueing(link), sent, messages);
}

void ta_inbox_note_queueing(ta_inbox *inbox) { note(inbox->queueing, inbox->stamp, 1); }
