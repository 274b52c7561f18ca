/* SPDX-License-Identifier: MIT
 *
 * Commands that are run by the network half, of the connection and of the server.
 */
#ifndef KVD_HERE_H
#define KVD_HERE_H

#include "core.h"

#define KVD_REDIS_VERSION "7.0.15" /* the one whose replies kvd gives */

/* session.c */
void kvd_run_auth(kvd_core *core, kvd_conn *conn, kvd_bytes *reply);
void kvd_run_hello(kvd_core *core, kvd_conn *conn, kvd_bytes *reply);
kvd_verdict kvd_run_client(kvd_core *core, kvd_conn *conn, const kvd_command *command);

/* clients.c: the line that CLIENT LIST has of a connection, and what follows INFO. */
void kvd_client_describe(const kvd_core *core, const kvd_conn *conn, kvd_bytes *out);

/* migrate.c: the connection goes to another core, which answers; nothing is pending. */
kvd_verdict kvd_migrate(kvd_core *core, kvd_conn *conn, int64_t to);

/* admin.c */
void kvd_run_config(kvd_core *core, kvd_conn *conn, const kvd_command *command, kvd_bytes *reply);
void kvd_run_shutdown(kvd_conn *conn, kvd_bytes *reply);

/* info.c */
void kvd_run_info(kvd_core *core, kvd_conn *conn, kvd_bytes *reply);

#endif
