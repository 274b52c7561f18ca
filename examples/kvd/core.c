/* SPDX-License-Identifier: MIT
 *
 * A core's table of connections, and its turns.
 */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cross.h"
#include "log.h"
#include "server.h"

enum { EXPIRE_EVERY = 50, EXPIRE_BUDGET = 256, SWEEP_EVERY = 1000, DRAIN_LOOK = 5 };

/* What epoll says of descriptors that are no connections': their slots are below 2^31. */
#define LISTENER UINT64_MAX
#define PORT (UINT64_MAX - 1)

static void tick(kvd_core *core) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    core->now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    kvd_shard_set_time(&core->shard, core->now);
}

kvd_core *kvd_core_here(const kvd_server *server) {
    kvd_core *core = kvd_cores_get_here(server->cores);
    tick(core);
    return core;
}

/* ---- from begin to end ----------------------------------------------------------------------- */

static uint32_t *make_slots(uint32_t capacity) {
    return ta_allocate_zeroed(NULL, capacity, sizeof(uint32_t), _Alignof(uint32_t));
}

static void free_slots(uint32_t **slots, uint32_t capacity) {
    ta_release(NULL, *slots, capacity * sizeof(uint32_t), _Alignof(uint32_t));
    *slots = NULL;
}

static void free_tables(kvd_core *core) {
    free_slots(&core->free_slots, core->capacity);
    free_slots(&core->ready.slots, core->capacity);
    free_slots(&core->dirty.slots, core->capacity);
    free_slots(&core->waiting.slots, core->capacity);
    ta_release(NULL, core->slots, core->capacity * sizeof(kvd_slot), _Alignof(kvd_slot));
    core->slots = NULL;
}

static bool make_tables(kvd_core *core) {
    core->capacity = 16;
    while (core->capacity < core->server->options.clients_max) core->capacity *= 2;
    core->slots = ta_allocate_zeroed(NULL, core->capacity, sizeof(kvd_slot), _Alignof(kvd_slot));
    core->free_slots = make_slots(core->capacity);
    core->ready.slots = make_slots(core->capacity);
    core->dirty.slots = make_slots(core->capacity);
    core->waiting.slots = make_slots(core->capacity);
    if (core->slots == NULL || core->free_slots == NULL || core->ready.slots == NULL ||
        core->dirty.slots == NULL || core->waiting.slots == NULL) {
        free_tables(core);
        return false;
    }
    for (uint32_t i = 0; i < core->capacity; i++) core->free_slots[i] = core->capacity - 1 - i;
    return true;
}

ta_status kvd_core_make(kvd_core *out, const ta_site *site, void *context) {
    kvd_server *server = context;
    memset(out, 0, sizeof *out);
    out->server = server;
    out->index = site->slot;
    out->epoll = out->listener = out->spare = -1;
    kvd_store_options options = {.memory_max = server->options.memory_max / server->core_count,
                                 .seed = server->hash_seed};
    if (server->options.memory_max > 0 && options.memory_max == 0) options.memory_max = 1;
    out->shard = (kvd_shard){.store = kvd_store_create(&options),
                             .index = out->index,
                             .count = server->core_count,
                             .random = server->hash_seed + out->index + 1,
                             .value_max = server->options.bulk_max};
    if (out->shard.store == NULL) return TA_E_NOMEM;
    out->of_store = kvd_store_figures_of(out->shard.store);
    if (make_tables(out)) return TA_OK;
    kvd_store_destroy(out->shard.store);
    return TA_E_NOMEM;
}

static bool watch(kvd_core *core, int fd, uint64_t what, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = what};
    return epoll_ctl(core->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void kvd_core_find_spare(kvd_core *core) {
    if (core->spare < 0) core->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void kvd_core_listen(kvd_core *core, bool wants) {
    struct epoll_event event = {.events = wants ? EPOLLIN : 0, .data.u64 = LISTENER};
    epoll_ctl(core->epoll, EPOLL_CTL_MOD, core->listener, &event);
    core->listen_at = 0;
}

ta_status kvd_core_open(kvd_server *server, ta_port *port) {
    kvd_core *core;
    int port_fd;
    ta_status status = kvd_cores_resolve(server->cores, ta_port_affinity(port), &core);
    if (status != TA_OK) return status;
    tick(core);
    core->port = port;
    core->listener = server->listeners[core->index];
    server->listeners[core->index] = -1;
    if (!kvd_crossings_open(core)) return TA_E_NOMEM;
    status = ta_port_fd(port, &port_fd);
    if (status != TA_OK) return status;
    core->epoll = epoll_create1(EPOLL_CLOEXEC);
    kvd_core_find_spare(core);
    bool is_open = core->epoll >= 0 && watch(core, core->listener, LISTENER, EPOLLIN) &&
                   watch(core, port_fd, PORT, EPOLLIN | EPOLLET);
    return is_open ? TA_OK : TA_E_SYSTEM;
}

static void close_descriptor(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void kvd_core_close(kvd_core *core) {
    for (uint32_t i = 0; i < core->capacity; i++)
        if (core->slots[i].conn != NULL) kvd_core_drop(core, core->slots[i].conn);
    close_descriptor(&core->listener);
    close_descriptor(&core->spare);
    close_descriptor(&core->epoll);
    kvd_crossings_close(core);
    kvd_store_destroy(core->shard.store);
    core->shard.store = NULL;
    free_tables(core);
}

/* ---- the table ------------------------------------------------------------------------------- */

kvd_conn_ref kvd_core_ref(const kvd_core *core, const kvd_conn *conn) {
    return (kvd_conn_ref){conn->slot, core->slots[conn->slot].generation};
}

kvd_conn *kvd_core_find(kvd_core *core, kvd_conn_ref ref) {
    kvd_slot *slot = &core->slots[ref.slot];
    return slot->generation == ref.generation ? slot->conn : NULL;
}

bool kvd_core_add(kvd_core *core, kvd_conn *conn) {
    if (core->client_count == core->capacity) return false;
    uint32_t place = core->free_slots[core->capacity - core->client_count - 1];
    kvd_slot *slot = &core->slots[place];
    uint64_t name = (uint64_t)slot->generation << 32 | place;
    if (!watch(core, conn->socket.fd, name, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET))
        return false;
    slot->conn = conn;
    conn->slot = place;
    core->client_count++;
    return true;
}

void kvd_core_remove(kvd_core *core, kvd_conn *conn) {
    kvd_slot *slot = &core->slots[conn->slot];
    epoll_ctl(core->epoll, EPOLL_CTL_DEL, conn->socket.fd, NULL);
    slot->conn = NULL;
    slot->generation++;
    core->client_count--;
    core->free_slots[core->capacity - core->client_count - 1] = conn->slot;
}

void kvd_core_drop(kvd_core *core, kvd_conn *conn) {
    kvd_core_remove(core, conn);
    kvd_core_destroy(core, conn);
}

void kvd_core_destroy(kvd_core *core, kvd_conn *conn) {
    atomic_fetch_sub_explicit(&core->server->clients, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&core->server->client_memory, conn->charged, memory_order_relaxed);
    kvd_conn_destroy(conn);
}

void kvd_core_charge(kvd_core *core, kvd_conn *conn) {
    const kvd_server *server = core->server;
    size_t before = conn->charged;
    size_t now = kvd_conn_memory(conn);
    if (now == before) return;
    conn->charged = now;
    uint64_t all = atomic_fetch_add_explicit(&core->server->client_memory, now - before,
                                             memory_order_relaxed) +
                   (now - before);
    if (now < before || now < KVD_FAIR_SHARE || server->options.client_memory_max == 0) return;
    if (all > server->options.client_memory_max) conn->is_broken = true;
}

void kvd_server_hold(kvd_server *server, size_t more, size_t less) {
    atomic_fetch_add_explicit(&server->client_memory, more - less, memory_order_relaxed);
}

size_t kvd_server_room(const kvd_server *server) {
    size_t most = server->options.client_memory_max;
    size_t held = atomic_load_explicit(&server->client_memory, memory_order_relaxed);
    if (most == 0) return SIZE_MAX;
    return most > held ? most - held : 0;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void push(kvd_core *core, kvd_list *list, bool *is_in, uint32_t slot) {
    if (*is_in) return;
    *is_in = true;
    list->slots[list->tail++ & (core->capacity - 1)] = slot;
}

static kvd_slot *pop(kvd_core *core, kvd_list *list) {
    return &core->slots[list->slots[list->head++ & (core->capacity - 1)]];
}

void kvd_core_ready(kvd_core *core, kvd_conn *conn) {
    push(core, &core->ready, &core->slots[conn->slot].is_ready, conn->slot);
}

void kvd_core_dirty(kvd_core *core, kvd_conn *conn) {
    push(core, &core->dirty, &core->slots[conn->slot].is_dirty, conn->slot);
}

void kvd_core_await_room(kvd_core *core, kvd_conn *conn) {
    push(core, &core->waiting, &core->slots[conn->slot].is_waiting, conn->slot);
}

void kvd_core_wake_waiting(kvd_core *core) {
    while (core->waiting.head != core->waiting.tail) {
        kvd_slot *slot = pop(core, &core->waiting);
        slot->is_waiting = false;
        if (slot->conn != NULL) kvd_core_ready(core, slot->conn);
    }
}

void kvd_core_answer(kvd_core *core, kvd_conn_ref ref, uint32_t sequence, kvd_slice reply) {
    kvd_conn *conn = kvd_core_find(core, ref);
    if (conn == NULL) return;
    kvd_conn_answer(conn, sequence, reply);
    kvd_core_charge(core, conn);
    kvd_core_dirty(core, conn);
    if (conn->has_command || conn->has_ended || core->is_draining) kvd_core_ready(core, conn);
}

/* ---- turns ----------------------------------------------------------------------------------- */

void kvd_core_publish(kvd_core *core) {
    kvd_figures *figures = &core->figures;
    const kvd_store *store = core->shard.store;
    const kvd_store_figures *of = kvd_store_figures_of(store);
    kvd_figure_set(&figures->clients, core->client_count);
    kvd_figure_set(&figures->keys, kvd_store_count(store));
    kvd_figure_set(&figures->timed, kvd_store_timed(store));
    kvd_figure_set(&figures->used, kvd_store_used(store));
    kvd_figure_set(&figures->hits, of->hits);
    kvd_figure_set(&figures->misses, of->misses);
    kvd_figure_set(&figures->expired, of->expired);
    kvd_figure_set(&figures->evicted, of->evicted);
}

static void take_event(kvd_core *core, const struct epoll_event *event) {
    if (event->data.u64 == LISTENER) {
        if (!core->is_draining) (void)kvd_accept(core);
        return;
    }
    kvd_conn_ref ref = {(uint32_t)event->data.u64, (uint32_t)(event->data.u64 >> 32)};
    kvd_conn *conn = kvd_core_find(core, ref);
    if (conn == NULL) return;
    if ((event->events & (EPOLLHUP | EPOLLERR)) != 0) conn->is_broken = true;
    if ((event->events & EPOLLRDHUP) != 0) conn->is_ending = true;
    if ((event->events & (EPOLLIN | EPOLLRDHUP)) != 0) {
        conn->is_readable = true;
        kvd_core_ready(core, conn);
    }
    if ((event->events & EPOLLOUT) != 0) conn->is_writable = true;
    if (conn->is_broken || kvd_bytes_length(&conn->output) > 0) kvd_core_dirty(core, conn);
}

/* The port's descriptor ends a sleep, and is no work: it may be readable for a sleep that has ended
 * otherwise. */
static uint32_t take_events(kvd_core *core) {
    uint32_t done = 0;
    int count = core->event_count;
    core->event_count = 0;
    if (count == 0) count = epoll_wait(core->epoll, core->events, KVD_EVENTS, 0);
    for (int i = 0; i < count; i++) {
        if (core->events[i].data.u64 == PORT) continue;
        take_event(core, &core->events[i]);
        done++;
    }
    return done;
}

static uint32_t serve_ready(kvd_core *core) {
    uint32_t end = core->ready.tail, done = end - core->ready.head;
    while (core->ready.head != end) {
        kvd_slot *slot = pop(core, &core->ready);
        slot->is_ready = false;
        if (slot->conn != NULL) kvd_serve(core, slot->conn);
    }
    return done;
}

static uint32_t send_dirty(kvd_core *core) {
    uint32_t end = core->dirty.tail, done = end - core->dirty.head;
    while (core->dirty.head != end) {
        kvd_slot *slot = pop(core, &core->dirty);
        slot->is_dirty = false;
        if (slot->conn != NULL) kvd_send_output(core, slot->conn);
    }
    return done;
}

/* Closes who has been idle for too long. */
static void sweep(kvd_core *core) {
    core->sweep_at = core->now + SWEEP_EVERY;
    int64_t before = core->now - (int64_t)core->server->options.timeout * 1000;
    for (uint32_t i = 0; i < core->capacity; i++) {
        kvd_conn *conn = core->slots[i].conn;
        if (conn != NULL && conn->active < before) kvd_core_drop(core, conn);
    }
}

static void keep_house(kvd_core *core) {
    if (core->has_more_to_expire || core->now >= core->expire_at) {
        core->expire_at = core->now + EXPIRE_EVERY;
        kvd_store_expire(core->shard.store, core->now, EXPIRE_BUDGET, &core->has_more_to_expire);
    }
    if (core->server->options.timeout > 0 && core->now >= core->sweep_at) sweep(core);
    if (core->listen_at > 0 && core->now >= core->listen_at && !core->is_draining) {
        kvd_core_find_spare(core);
        kvd_core_listen(core, true);
    }
}

uint32_t kvd_core_turn(kvd_core *core) {
    tick(core);
    core->work_end = core->of_store->work + KVD_TURN_WORK;
    uint32_t done = take_events(core);
    done += serve_ready(core);
    done += kvd_cross_send(core);
    done += send_dirty(core);
    keep_house(core);
    if (core->is_draining) kvd_core_drain(core);
    kvd_core_publish(core);
    return done + core->has_more_to_expire + (core->ready.head != core->ready.tail);
}

/* Milliseconds until something is to be done by the clock; -1: nothing is. */
static int64_t until_next(const kvd_core *core) {
    int64_t next = INT64_MAX;
    if (kvd_store_timed(core->shard.store) > 0) next = core->expire_at;
    if (core->server->options.timeout > 0 && core->sweep_at < next) next = core->sweep_at;
    if (core->listen_at > 0 && core->listen_at < next) next = core->listen_at;
    if (core->is_draining && core->now + DRAIN_LOOK < next) next = core->now + DRAIN_LOOK;
    if (next == INT64_MAX) return -1;
    return next > core->now ? next - core->now : 0;
}

void kvd_core_wait(kvd_core *core, uint64_t most) {
    int64_t timeout = until_next(core);
    if (most != UINT64_MAX) {
        int64_t bound = (int64_t)(most / 1000000) + 1;
        if (timeout < 0 || bound < timeout) timeout = bound;
    }
    int count = epoll_wait(core->epoll, core->events, KVD_EVENTS, (int)timeout);
    core->event_count = count > 0 ? count : 0;
}
