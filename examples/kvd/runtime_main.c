/* SPDX-License-Identifier: MIT
 *
 * kvd_runtime: the same server on a ta_runtime, which owns threads, loops, and the end.
 */
#include <stdlib.h>

#include "log.h"
#include "server.h"

static kvd_core *core_of(kvd_server *server, const ta_port *port) {
    return kvd_cores_get(server->cores, ta_port_affinity(port));
}

static ta_status start(void *server, ta_port *port) { return kvd_core_open(server, port); }

static uint32_t turn(void *server, ta_port *port) { return kvd_core_turn(core_of(server, port)); }

static uint64_t sleep_for(void *server, ta_port *port) {
    (void)server;
    (void)port;
    return UINT64_MAX; /* wait_for() knows when to look again */
}

static void wait_for(void *server, ta_port *port, int fd, uint64_t timeout) {
    (void)fd; /* the core's epoll has it */
    kvd_core_wait(core_of(server, port), timeout);
}

static bool drain(void *server, ta_port *port) {
    kvd_core *core = core_of(server, port);
    kvd_core_begin_drain(core);
    return core->is_done;
}

static void stop(void *server, ta_port *port) { kvd_core_close(core_of(server, port)); }

static bool run(kvd_server *server) {
    ta_runtime_options options = {
        .mesh = {.registry = server->registry},
        .hooks = {.context = server,
                  .start = start,
                  .poll = turn,
                  .idle = sleep_for,
                  .wait = wait_for,
                  .drain = drain,
                  .stop = stop,
                  .ports = kvd_core_hooks},
        .name = "kvd",
        .unpinned = ta_registry_is_described(server->registry),
        .spin = 1, /* as in loop.c: the clients need the time */
        /* The cores drop who does not take his replies after the first part of it. */
        .grace = ((uint64_t)server->options.drain_timeout + 1) * 1000000000,
    };
    ta_runtime *runtime;
    options.hooks.ports.context = server;
    if (ta_runtime_create(&options, &runtime) != TA_OK) {
        KVD_ERROR("%s", ta_last_error());
        return false;
    }
    kvd_server_log_ready(server);
    kvd_server_wait();
    ta_runtime_stop(runtime);
    ta_status status = ta_runtime_join(runtime, NULL);
    KVD_INFO("ended");
    return status == TA_OK;
}

int main(int argc, char **argv) {
    static kvd_server server;
    kvd_options options;
    int status;
    if (!kvd_options_parse(argc, argv, &options, &status)) return status;
    status = kvd_server_open(&server, &options);
    if (status != 0) return status;
    bool is_good = run(&server);
    kvd_server_close(&server);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
