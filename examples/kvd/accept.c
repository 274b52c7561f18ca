/* SPDX-License-Identifier: MIT
 *
 * New connections.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "log.h"
#include "server.h"

enum {
    ACCEPT_BUDGET = 64, /* of a turn; epoll tells again of what is left */
    DEAF_FOR = 100      /* milliseconds */
};

static void format_address(const struct sockaddr_storage *peer, char *out, size_t size) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(out, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(out, size, "%s:%u", host, ntohs(v4->sin_port));
    }
}

/* As redis has it: a client that is gone without a word is found after twice the time. */
static void set_options(const kvd_options *options, int fd) {
    int on = 1, idle = (int)options->keepalive, tries = 3;
    int interval = idle < tries ? 1 : idle / tries;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (idle == 0) return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

static void refuse(kvd_core *core, int fd) {
    static const char answer[] = "-ERR max number of clients reached\r\n";
    kvd_count(&core->figures.rejected, 1);
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
}

/* Makes a connection of a socket, which it takes, if there may be one more. */
static bool take_in(kvd_core *core, int fd, const struct sockaddr_storage *peer) {
    kvd_server *server = core->server;
    const kvd_options *options = &server->options;
    if (atomic_fetch_add_explicit(&server->clients, 1, memory_order_relaxed) <
        options->clients_max) {
        uint64_t id = atomic_fetch_add_explicit(&server->last_id, 1, memory_order_relaxed) + 1;
        kvd_conn *conn = kvd_conn_create(fd, id, options->bulk_max, options->password != NULL);
        if (conn != NULL) {
            set_options(options, fd);
            format_address(peer, conn->address, sizeof conn->address);
            conn->since = conn->active = core->now;
            if (kvd_core_add(core, conn)) return true;
            conn->socket.fd = -1; /* stays the caller's */
            kvd_conn_destroy(conn);
        }
    }
    atomic_fetch_sub_explicit(&server->clients, 1, memory_order_relaxed);
    return false;
}

/* There is no descriptor for the next connection, which would stay in front of the listener for
 * ever, and have epoll report it without end: gives up the spare one, to accept it and to close
 * it. Where the spare one is lost, since somebody else was faster or the limit is lower now, the
 * listener is left alone for a while. */
static void turn_away(kvd_core *core) {
    kvd_core_find_spare(core);
    if (core->spare < 0) {
        kvd_core_listen(core, false);
        core->listen_at = core->now + DEAF_FOR;
        return;
    }
    close(core->spare);
    int fd = accept4(core->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        refuse(core, fd);
        close(fd);
    }
    core->spare = -1;
    kvd_core_find_spare(core);
}

bool kvd_accept(kvd_core *core) {
    for (int i = 0; i < ACCEPT_BUDGET; i++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        memset(&peer, 0, sizeof peer);
        int fd = accept4(core->listener, (struct sockaddr *)&peer, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) turn_away(core);
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return false;
        }
        kvd_count(&core->figures.connections, 1);
        if (!take_in(core, fd, &peer)) {
            refuse(core, fd);
            close(fd);
        }
    }
    return true;
}
