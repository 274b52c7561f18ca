/* SPDX-License-Identifier: MIT
 *
 * The end: a core accepts the connections that the system has accepted for it, reads once more from
 * each, and then no more; runs the requests that it has whole, sends the replies, closes its
 * connections, and says that it has done.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "cross.h"
#include "log.h"
#include "server.h"

/* Those that the client believes to have been accepted: as many as can have waited. */
static void accept_the_last(kvd_core *core) {
    for (int i = 0; i < SOMAXCONN && kvd_accept(core); i++) continue;
}

void kvd_core_begin_drain(kvd_core *core) {
    if (core->is_draining) return;
    core->is_draining = true;
    core->drain_until = core->now + (int64_t)core->server->options.drain_timeout * 1000;
    if (core->listener >= 0) {
        accept_the_last(core);
        epoll_ctl(core->epoll, EPOLL_CTL_DEL, core->listener, NULL);
        close(core->listener);
        core->listener = -1;
        core->listen_at = 0;
    }
    for (uint32_t i = 0; i < core->capacity; i++) {
        kvd_conn *conn = core->slots[i].conn;
        if (conn == NULL) continue;
        conn->reads_last = conn->is_readable = conn->sends_much = true;
        kvd_core_ready(core, conn);
    }
}

/* A client that does not read its replies holds nobody up for ever. */
static void drop_the_slow(kvd_core *core) {
    if (core->client_count > 0)
        KVD_WARN("core %u: %u clients have not taken their replies in time", core->index,
                 core->client_count);
    for (uint32_t i = 0; i < core->capacity; i++)
        if (core->slots[i].conn != NULL) kvd_core_drop(core, core->slots[i].conn);
}

void kvd_core_drain(kvd_core *core) {
    if (core->is_done) return;
    if (core->now >= core->drain_until) drop_the_slow(core);
    if (core->client_count > 0 || core->fans > 0 || !kvd_cross_is_idle(core)) return;
    core->is_done = true;
    /* Release: whoever sees that all have done, sees that nothing is under way. */
    uint32_t before = atomic_fetch_add_explicit(&core->server->cores_done, 1, memory_order_release);
    if (before + 1 == core->server->core_count) sem_post(&core->server->drained);
}

bool kvd_core_is_over(const kvd_core *core) {
    return core->is_done && atomic_load_explicit(&core->server->cores_done, memory_order_acquire) ==
                                core->server->core_count;
}

/* A connection has come from a core that has not drained yet: there is something to do again. That
 * core waits for an answer, so all have not drained. */
void kvd_core_resume_drain(kvd_core *core) {
    if (!core->is_done) return;
    core->is_done = false;
    atomic_fetch_sub_explicit(&core->server->cores_done, 1, memory_order_release);
}
