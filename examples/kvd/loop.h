/* SPDX-License-Identifier: MIT
 *
 * Threads that own their loops: one per core.
 */
#ifndef KVD_LOOP_H
#define KVD_LOOP_H

#include "server.h"

/* Runs the server until it has drained. False: it has been logged why it could not. */
bool kvd_loop_run(kvd_server *server);

#endif
