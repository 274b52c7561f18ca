/* SPDX-License-Identifier: MIT
 *
 * The daemon's own loop around a port.
 *
 * A thread sleeps as soon as a turn has found nothing. Where processors have nothing else to do,
 * looking some times more would spare the wakes: an answer from another core is often only some
 * microseconds away. Here they share the machine with their clients, who need the time.
 */
#include "loop.h"

#include <pthread.h>
#include <stdio.h>

#include "log.h"

enum { POLL_BUDGET = 256 };

typedef struct kvd_start {
    sem_t opened; /* posted by each thread */
    sem_t go;     /* posted to each of them then */
    bool is_good; /* all have opened; written before `go` */
} kvd_start;

typedef struct kvd_thread {
    kvd_server *server;
    ta_mesh *mesh;
    uint32_t index;
    pthread_t thread;
    bool has_opened;
    kvd_start *start;
} kvd_thread;

static void turn_until_over(kvd_core *core, ta_port *port) {
    while (!kvd_core_is_over(core)) {
        uint32_t done = ta_port_poll(port, POLL_BUDGET) + kvd_core_turn(core);
        if (done > 0 || ta_port_prepare_sleep(port)) continue;
        kvd_core_wait(core, UINT64_MAX);
        ta_port_finish_sleep(port);
    }
}

static bool open_here(kvd_thread *self, ta_port *port) {
    ta_port_hooks hooks = kvd_core_hooks;
    hooks.context = self->server;
    const ta_registry *registry = self->server->registry;
    ta_affinity here = ta_port_affinity(port);
    /* Of a machine that is only described, threads play the processors: to try larger ones. */
    ta_status status = ta_registry_is_described(registry) ? ta_registry_adopt(registry, here)
                                                          : ta_registry_pin(registry, here);
    if (status == TA_OK) status = ta_port_attach(port, &hooks);
    if (status == TA_OK) status = kvd_core_open(self->server, port);
    if (status != TA_OK)
        KVD_ERROR("core %u: %s: %s", self->index, ta_status_name(status), ta_last_error());
    return status == TA_OK;
}

static void *run_core(void *context) {
    kvd_thread *self = context;
    ta_port *port = ta_mesh_port(self->mesh, self->index);
    self->has_opened = open_here(self, port);
    sem_post(&self->start->opened);
    while (sem_wait(&self->start->go) != 0) continue;
    kvd_core *core = kvd_cores_peek(self->server->cores, ta_port_affinity(port));
    if (self->start->is_good) {
        turn_until_over(core, port);
        ta_port_close(port);
        while (ta_port_drain(port) == TA_E_BUSY) continue; /* until the others close theirs, too */
    }
    if (core != NULL) kvd_core_close(core);
    (void)ta_port_detach(port);
    return NULL;
}

/* Starts a thread per core; all of them go on when each has opened what it needs, or none does. */
static uint32_t start(kvd_thread threads[], uint32_t count, kvd_start *at) {
    uint32_t made = 0;
    while (made < count &&
           pthread_create(&threads[made].thread, NULL, run_core, &threads[made]) == 0)
        made++;
    for (uint32_t i = 0; i < made; i++)
        while (sem_wait(&at->opened) != 0) continue;
    at->is_good = made == count;
    if (made < count) KVD_ERROR("cannot start a thread per core");
    for (uint32_t i = 0; i < made; i++) at->is_good = at->is_good && threads[i].has_opened;
    for (uint32_t i = 0; i < made; i++) sem_post(&at->go);
    return made;
}

static bool run_threads(kvd_server *server, ta_mesh *mesh, kvd_thread threads[]) {
    uint32_t count = server->core_count;
    kvd_start at = {.is_good = false};
    if (sem_init(&at.opened, 0, 0) != 0 || sem_init(&at.go, 0, 0) != 0) return false;
    for (uint32_t i = 0; i < count; i++)
        threads[i] = (kvd_thread){.server = server, .mesh = mesh, .index = i, .start = &at};
    uint32_t made = start(threads, count, &at);
    if (at.is_good) {
        kvd_server_log_ready(server);
        kvd_server_wait();
        kvd_server_drain(server, mesh);
    }
    for (uint32_t i = 0; i < made; i++) pthread_join(threads[i].thread, NULL);
    sem_destroy(&at.opened);
    sem_destroy(&at.go);
    return at.is_good;
}

bool kvd_loop_run(kvd_server *server) {
    ta_mesh_options options = {.registry = server->registry};
    ta_mesh *mesh = NULL;
    ta_port_figures figures;
    if (ta_mesh_create(&options, &mesh) != TA_OK) {
        KVD_ERROR("%s", ta_last_error());
        return false;
    }
    size_t size = server->core_count * sizeof(kvd_thread);
    kvd_thread *threads = ta_allocate(NULL, size, _Alignof(kvd_thread));
    bool is_good = threads != NULL && run_threads(server, mesh, threads);
    ta_release(NULL, threads, size, _Alignof(kvd_thread));
    ta_status status = ta_mesh_destroy(mesh, &figures);
    if (status != TA_OK) KVD_ERROR("%s", ta_last_error());
    if (is_good)
        KVD_INFO("ended; messages between cores: %llu sent, %llu run",
                 (unsigned long long)figures.sent, (unsigned long long)figures.run);
    return is_good && status == TA_OK;
}
