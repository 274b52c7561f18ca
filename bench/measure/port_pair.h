/* SPDX-License-Identifier: MIT
 *
 * Two ports, for what passes between two threads by the public functions.
 */
#ifndef TA_PORT_PAIR_H
#define TA_PORT_PAIR_H

#include "pair.h"

#include "ta/call.h"

/* A mesh of two, and what the two threads count, each on lines of its own. */
typedef struct port_pair {
    ta_mesh *mesh;
    struct {
        _Alignas(2 * TA_CACHE_LINE) uint64_t done; /* received; or answered */
        uint64_t wrong;
    } receiver, caller;
} port_pair;

/* Lanes of so many cells, of which so many are kept for the replies of calls: what is sent has the
 * rest. 0: as by default, 256 and 128. NULL: no memory. */
port_pair *port_pair_create(uint32_t cells, uint32_t calls);
void port_pair_destroy(void *self);

typedef void port_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                        uint32_t count);

/* Makes the calling thread the owner of a port; NULL: it did not work. The hook's context is the
 * pair. */
ta_port *port_pair_attach(port_pair *self, uint32_t index, port_words *words);

#endif
