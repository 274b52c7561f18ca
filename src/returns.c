/* SPDX-License-Identifier: MIT
 *
 * Memory that goes home: see returns.h.
 */
#include "returns.h"

#include "port.h"

/* So many blocks go back at once. */
#define BATCH 32u

/* Every block has room to be a link of a list. */
static size_t rounded_size(size_t size) {
    return size < sizeof(ta_returned) ? sizeof(ta_returned) : size;
}
static size_t rounded_alignment(size_t alignment) {
    return alignment < _Alignof(ta_returned) ? _Alignof(ta_returned) : alignment;
}

static void *allocate(void *context, size_t size, size_t alignment) {
    const ta_port *port = context;
    return ta_allocate(port->allocator, rounded_size(size), rounded_alignment(alignment));
}

/* The link by which the running port hears of `owner`, and will see to it that what waits there goes
 * back when nothing comes any more. NULL: this thread runs no other port of that mesh. */
static ta_link *way_back(const ta_port *owner) {
    const ta_port *here = ta_port_running();
    if (here == NULL || here == owner || here->mesh != owner->mesh) return NULL;
    ta_link *link = ta_link_between(owner->mesh, owner->seat, here->seat, false);
    if (link != NULL && !link->in.is_active)
        link = ta_link_between(owner->mesh, owner->seat, here->seat, true);
    return link != NULL && link->in.is_active ? link : NULL;
}

static void release(void *context, void *memory, size_t size, size_t alignment) {
    ta_port *owner = context;
    size = rounded_size(size);
    alignment = rounded_alignment(alignment);
    ta_link *link = way_back(owner);
    if (link == NULL) {
        ta_release(owner->allocator, memory, size, alignment);
        return;
    }
    ta_return_list *list = &link->in.returns;
    ta_returned *block = memory;
    *block = (ta_returned){list->first, size, alignment};
    if (list->first == NULL) list->last = block;
    list->first = block;
    if (++list->count >= BATCH) ta_link_give_back(link);
}

ta_allocator ta_returning_allocator(ta_port *port) {
    return (ta_allocator){allocate, release, port};
}

void ta_link_give_back(ta_link *link) {
    ta_return_list list = link->in.returns;
    if (list.first == NULL) return;
    link->in.returns = (ta_return_list){NULL, NULL, 0};
    ta_returned **home = &link->from->came_back;
    list.last->next = TA_LOAD_RELAXED_(home); /* a guess, which the next line checks */
    /* V1: pairs with V2 in ta_port_take_home(). */
    while (!TA_COMPARE_EXCHANGE_RELEASE_(home, &list.last->next, list.first)) continue;
}

void ta_port_take_home(ta_port *port) {
    /* V2: pairs with V1 in ta_link_give_back(). */
    ta_returned *block = TA_EXCHANGE_ACQUIRE_(&port->came_back, NULL);
    while (block != NULL) {
        ta_returned *next = block->next;
        ta_release(port->allocator, block, block->size, block->alignment);
        block = next;
    }
}
