/* SPDX-License-Identifier: MIT
 *
 * kvd: a cache server, one thread per core, each of which owns its loop.
 */
#include <stdlib.h>

#include "log.h"
#include "loop.h"

int main(int argc, char **argv) {
    static kvd_server server;
    kvd_options options;
    int status;
    if (!kvd_options_parse(argc, argv, &options, &status)) return status;
    status = kvd_server_open(&server, &options);
    if (status != 0) return status;
    bool is_good = kvd_loop_run(&server);
    kvd_server_close(&server);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
