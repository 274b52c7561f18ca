/* SPDX-License-Identifier: MIT
 *
 * The server: what all cores share, which is little, and none of it changes once they run, but for
 * two numbers.
 */
#ifndef KVD_SERVER_H
#define KVD_SERVER_H

#include <semaphore.h>
#include <stdatomic.h>
#include <ta.h>

#include "core.h"
#include "options.h"

typedef struct kvd_server {
    kvd_options options;
    ta_registry *registry;
    kvd_cores cores; /* a core's state is a value per affinity */
    int *listeners;  /* one per core; -1 once the core has it */
    uint32_t core_count;
    uint64_t hash_seed;          /* of the stores */
    int64_t started;             /* milliseconds since the epoch */
    atomic_uint clients;         /* connections, of all cores */
    atomic_ullong client_memory; /* bytes of their buffers */
    atomic_ullong last_id;       /* of a connection */
    atomic_uint cores_done;      /* that have drained: they begin nothing any more */
    sem_t drained;               /* posted by the last of these */
} kvd_server;

/* Everything but threads and ports: reads the machine, opens the listeners. Returns 0, or what the
 * process is to exit with, as kvd_options_parse() does: it has been logged why. Blocks SIGTERM and
 * SIGINT in the calling thread and those that it makes. */
int kvd_server_open(kvd_server *server, const kvd_options *options);
void kvd_server_close(kvd_server *server);

void kvd_server_log_ready(const kvd_server *server);

/* Waits for SIGTERM or SIGINT (SHUTDOWN sends one). */
void kvd_server_wait(void);
/* Tells all cores to drain, and waits until all have. */
void kvd_server_drain(kvd_server *server, ta_mesh *mesh);

#endif
