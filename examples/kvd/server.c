/* SPDX-License-Identifier: MIT
 *
 * Opening the server: signals, the machine, listeners; and its end.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cross.h"
#include "log.h"

const ta_port_hooks kvd_core_hooks = {.room = kvd_cross_room};

/* ---- the machine ----------------------------------------------------------------------------- */

/* What the process exits with: 0, all is well. */
enum { FAILED = 1, WRONG_USE = 2 };

static int open_registry(kvd_server *server) {
    const char *cores = server->options.cores;
    const ta_registry_options registry = {.processors = cores == NULL ? TA_PROCESSORS_AUTO
                                                                      : TA_PROCESSORS_ALL,
                                          .os_processors = cores};
    ta_status status = ta_registry_create(&registry, &server->registry);
    if (status != TA_OK) {
        if (cores == NULL)
            KVD_ERROR("%s", ta_last_error());
        else
            KVD_ERROR("--cores %s: %s", cores, ta_last_error());
        return status == TA_E_FORMAT ? WRONG_USE : FAILED;
    }
    server->core_count = ta_registry_processor_count(server->registry);
    if (server->core_count <= KVD_CORES_MAX) return 0;
    KVD_ERROR("%u processors are too many; at most %d of them may be in --cores",
              server->core_count, KVD_CORES_MAX);
    return FAILED;
}

/* ---- listeners ------------------------------------------------------------------------------- */

typedef struct address {
    struct sockaddr_storage storage;
    socklen_t length;
} address;

static address make_address(const char *host, uint16_t port) {
    address out;
    memset(&out, 0, sizeof out);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out.storage;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out.length = sizeof *v4;
    } else {
        inet_pton(AF_INET6, host, &v6->sin6_addr);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out.length = sizeof *v6;
    }
    return out;
}

/* -1, and errno says why. */
static int open_listener(const address *at, bool is_shared) {
    int on = 1;
    int fd = socket(at->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!is_shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        bind(fd, (const struct sockaddr *)&at->storage, at->length) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    memset(&storage, 0, sizeof storage);
    if (getsockname(fd, (struct sockaddr *)&storage, &length) != 0) return 0;
    return ntohs(storage.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&storage)->sin6_port
                                               : ((struct sockaddr_in *)&storage)->sin_port);
}

/* The listeners of all cores share the port. One that does not, and is closed again, finds out
 * whether somebody else has it: another kvd would share it. */
static bool open_listeners(kvd_server *server) {
    kvd_options *options = &server->options;
    address at = make_address(options->bind, options->port);
    int probe = open_listener(&at, false);
    if (probe >= 0) {
        options->port = port_of(probe);
        at = make_address(options->bind, options->port);
        close(probe);
        for (uint32_t i = 0; i < server->core_count; i++)
            if ((server->listeners[i] = open_listener(&at, true)) < 0) break;
    }
    if (probe >= 0 && server->listeners[server->core_count - 1] >= 0) return true;
    KVD_ERROR("cannot listen at %s:%u: %s", options->bind, options->port, strerror(errno));
    return false;
}

/* A descriptor per client, and some: as many as the system lets us have. */
static void raise_descriptor_limit(kvd_options *options, uint32_t cores) {
    struct rlimit limit;
    rlim_t others = 32 + 8 * (rlim_t)cores;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    rlim_t wanted = options->clients_max + others;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return;
    options->clients_max = limit.rlim_cur > others ? (uint32_t)(limit.rlim_cur - others) : 1;
    KVD_WARN("descriptors are limited to %llu: --maxclients is %u",
             (unsigned long long)limit.rlim_cur, options->clients_max);
}

/* ---- from begin to end ----------------------------------------------------------------------- */

static void block_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int open_all(kvd_server *server) {
    sigset_t signals;
    struct timespec now;
    block_signals(&signals);
    clock_gettime(CLOCK_REALTIME, &now);
    server->started = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (getrandom(&server->hash_seed, sizeof server->hash_seed, 0) < 0) return FAILED;
    int failed = open_registry(server);
    if (failed != 0) return failed;
    raise_descriptor_limit(&server->options, server->core_count);
    server->listeners = ta_allocate(NULL, server->core_count * sizeof(int), _Alignof(int));
    if (server->listeners == NULL) return FAILED;
    for (uint32_t i = 0; i < server->core_count; i++) server->listeners[i] = -1;
    if (!open_listeners(server)) return FAILED;
    ta_per_affinity_options cores = {.registry = server->registry};
    ta_status status = kvd_cores_create(&server->cores, &cores, kvd_core_make, server);
    if (status == TA_OK) return 0;
    KVD_ERROR("%s", ta_last_error());
    return FAILED;
}

int kvd_server_open(kvd_server *server, const kvd_options *options) {
    memset(server, 0, sizeof *server);
    server->options = *options;
    if (sem_init(&server->drained, 0, 0) != 0) return FAILED;
    int failed = open_all(server);
    if (failed != 0) kvd_server_close(server);
    return failed;
}

void kvd_server_close(kvd_server *server) {
    if (server->listeners != NULL)
        for (uint32_t i = 0; i < server->core_count; i++)
            if (server->listeners[i] >= 0) close(server->listeners[i]);
    ta_release(NULL, server->listeners, server->core_count * sizeof(int), _Alignof(int));
    kvd_cores_destroy(&server->cores);
    ta_registry_destroy(server->registry);
    sem_destroy(&server->drained);
}

static uint32_t processor_of(const kvd_server *server, uint32_t core) {
    uint32_t processor = 0;
    (void)ta_registry_os_processor(server->registry, ta_registry_affinity(server->registry, core),
                                   &processor);
    return processor;
}

void kvd_server_log_ready(const kvd_server *server) {
    char cores[256] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < server->core_count && used < sizeof cores - 32;) {
        uint32_t first = processor_of(server, i), last = first;
        while (++i < server->core_count && processor_of(server, i) == last + 1) last++;
        used += (size_t)snprintf(cores + used, sizeof cores - used, "%s%u", used == 0 ? "" : ",",
                                 first);
        if (last > first) used += (size_t)snprintf(cores + used, sizeof cores - used, "-%u", last);
    }
    bool is_v6 = strchr(server->options.bind, ':') != NULL;
    KVD_INFO("ready on %s%s%s:%u, cores %s", is_v6 ? "[" : "", server->options.bind,
             is_v6 ? "]" : "", server->options.port, cores);
}

/* ---- the end --------------------------------------------------------------------------------- */

typedef struct kvd_server_pointer {
    kvd_server *server;
} kvd_server_pointer;
TA_DERIVE(kvd_server_pointer, kvd_server_pointer, TA_SKIP(server));

static void drain_here(kvd_server_pointer *pointer) {
    kvd_core_begin_drain(kvd_core_here(pointer->server));
}
TA_FN_ONCE_VOID(draining, kvd_server_pointer, drain_here);

void kvd_server_wait(void) {
    sigset_t signals;
    int which = 0;
    block_signals(&signals);
    while (sigwait(&signals, &which) != 0) continue;
    KVD_INFO("draining");
}

void kvd_server_drain(kvd_server *server, ta_mesh *mesh) {
    static const struct timespec moment = {.tv_nsec = 1000000};
    for (uint32_t i = 0; i < server->core_count; i++) {
        ta_fn_once drain;
        if (draining(&drain, (kvd_server_pointer){server}, NULL) != TA_OK) continue;
        while (ta_mesh_post(mesh, i, &drain) == TA_E_FULL) nanosleep(&moment, NULL);
    }
    while (sem_wait(&server->drained) != 0) continue;
}
