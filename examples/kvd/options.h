/* SPDX-License-Identifier: MIT
 *
 * The command line.
 */
#ifndef KVD_OPTIONS_H
#define KVD_OPTIONS_H

#include <netinet/in.h>
#include <ta.h>

enum { KVD_CORES_MAX = 1024 };

typedef struct kvd_options {
    char bind[INET6_ADDRSTRLEN]; /* a numeric address */
    uint16_t port;               /* 0: any */
    const char *cores;           /* the processors, as in 0-3,6; NULL: all that may be used */
    size_t memory_max;           /* of all cores; 0: no limit */
    size_t client_memory_max;    /* of the buffers of all connections; 0: no limit */
    const char *password;        /* NULL: nobody needs one */
    uint32_t clients_max;
    size_t bulk_max;
    uint32_t timeout;       /* seconds that a client may be idle; 0: for ever */
    uint32_t drain_timeout; /* seconds */
    uint32_t
        keepalive; /* seconds after which the system asks whether a client is there; 0: never */
} kvd_options;

/* False: the program is to end with *status, and what there is to say has been said. */
bool kvd_options_parse(int argc, char **argv, kvd_options *out, int *status);

#endif
