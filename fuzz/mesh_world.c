/* SPDX-License-Identifier: MIT
 *
 * The model's ground: bytes, memory that fails when told, stations, and the queues.
 */
#include "mesh_model.h"

world w;

void broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: broken: %s (step %u: %s)\n", file, line, condition, w.step,
            w.operation == NULL ? "start" : w.operation);
    abort();
}

unsigned choose(unsigned count) {
    unsigned byte = w.next < w.end ? *w.next++ : 0;
    return byte % count;
}

bool choose_is_over(void) { return w.next == w.end; }

/* ---- memory ----------------------------------------------------------------------------------- */

static struct { size_t blocks, bytes; } out;

static void *pool_allocate(void *context, size_t size, size_t alignment) {
    (void)context;
    if (w.fail_memory != 0 && --w.fail_memory == 0) {
        w.failures++;
        return NULL;
    }
    void *memory = ta_allocate(NULL, size, alignment);
    CHECK(memory != NULL);
    out.blocks++;
    out.bytes += size;
    return memory;
}

static void pool_release(void *context, void *memory, size_t size, size_t alignment) {
    (void)context;
    CHECK(out.blocks >= 1 && out.bytes >= size);
    out.blocks--;
    out.bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

const ta_allocator pool = {pool_allocate, pool_release, NULL};

/* ---- stations --------------------------------------------------------------------------------- */

station *station_of(const ta_port *port) {
    for (uint32_t i = 0; i < w.station_count; i++)
        if (w.stations[i].port == port && port != NULL) return &w.stations[i];
    broken(__FILE__, __LINE__, "a port of the mesh");
}

station *station_at(uint32_t index) {
    for (uint32_t i = 0; i < w.station_count; i++)
        if (w.stations[i].index == index) return &w.stations[i];
    broken(__FILE__, __LINE__, "an index of the mesh");
}

station *choose_station(void) { return &w.stations[choose(w.station_count)]; }

station *choose_attached(void) {
    uint32_t first = choose(w.station_count);
    for (uint32_t i = 0; i < w.station_count; i++) {
        station *s = &w.stations[(first + i) % w.station_count];
        if (s->is_attached) return s;
    }
    return NULL;
}

void station_attach(station *s) {
    ta_status status = ta_port_attach(s->port, &mesh_hooks);
    CHECK(status == (s->is_closed ? TA_E_CLOSED : s->is_attached ? TA_E_BUSY : TA_OK));
    if (status == TA_OK) s->is_attached = true;
}

station *guest_attach(void) {
    ta_port *port = NULL;
    if (w.station_count == MOST_STATIONS) return NULL;
    ta_status status = ta_mesh_attach_guest(w.mesh, &mesh_hooks, &port);
    CHECK(status == (w.guests == w.guests_most ? TA_E_TOO_MANY : TA_OK));
    if (status != TA_OK) return NULL;
    CHECK(ta_affinity_is_unknown(ta_port_affinity(port)));
    station *s = &w.stations[w.station_count++];
    *s = (station){
        .port = port, .index = ta_port_index(port), .is_guest = true, .is_attached = true};
    for (const station *other = w.stations; other != s; other++) CHECK(other->index != s->index);
    CHECK(s->index >= w.port_count);
    w.guests++;
    return s;
}

/* ---- queues ----------------------------------------------------------------------------------- */

static uint32_t from_number(const station *from) {
    return from == NULL ? MOST_STATIONS : (uint32_t)(from - w.stations);
}

static uint32_t to_number(const station *to) { return (uint32_t)(to - w.stations); }

uint32_t message_first(const station *from, const station *to, way_kind way) {
    return w.first[from_number(from)][to_number(to)][way];
}

uint32_t message_make(message_kind kind, station *from, station *to, way_kind way) {
    if (w.message_count + 1 == MOST_MESSAGES) return 0;
    w.messages[++w.message_count] = (message){.kind = kind, .from = from, .to = to, .way = way};
    return w.message_count;
}

void message_sent(uint32_t number) {
    message *m = &w.messages[number];
    uint32_t from = from_number(m->from), to = to_number(m->to);
    CHECK(m->fate == UNSENT);
    m->fate = WAITING;
    w.sent++;
    if (m->kind == CLONE) return; /* in no order with others */
    uint32_t *last = &w.last[from][to][m->way];
    *(*last == 0 ? &w.first[from][to][m->way] : &w.messages[*last].next) = number;
    *last = number;
    if (m->kind == CLOSURE || m->kind == REQUEST) w.cells[from][to][m->way]++;
    CHECK(m->from == NULL || w.cells[from][to][m->way] <= w.lane_cells);
}

void message_ends(uint32_t number, message_fate fate) {
    message *m = &w.messages[number];
    uint32_t from = from_number(m->from), to = to_number(m->to);
    CHECK(number != 0 && m->fate == WAITING);
    m->fate = fate;
    if (m->kind == CLONE) return;
    uint32_t *first = &w.first[from][to][m->way];
    /* Words end without a sound with the mesh, or when who sent them has gone. */
    if (w.is_ending || (m->from != NULL && m->from->port == NULL))
        for (; *first != number && w.messages[*first].kind == WORD;
             *first = w.messages[*first].next)
            w.messages[*first].fate = DESTROYED;
    CHECK(*first == number);
    *first = m->next;
    if (m->next == 0) w.last[from][to][m->way] = 0;
    if (m->kind == CLOSURE || m->kind == REQUEST) w.cells[from][to][m->way]--;
}

/* ---- begin and end ---------------------------------------------------------------------------- */

/* A machine of two regions, whose memory is not the pool's; made once. */
static const ta_registry *invented(void) {
    static ta_registry *registry;
    const uint32_t counts[] = {2, 2};
    ta_registry_options options = {.processors = TA_PROCESSORS_ALL,
                                   .machine = TA_MACHINE_COUNTS,
                                   .counts = counts,
                                   .counts_length = 2};
    if (registry == NULL) CHECK(ta_registry_create(&options, &registry) == TA_OK);
    return registry;
}

void world_open(const uint8_t *data, size_t size) {
    ta_affinity places[MOST_PORTS];
    const uint32_t counts[] = {2, 2};
    static const uint32_t cells[] = {8, 8, 16, 64};
    memset(&w, 0, sizeof w);
    w.next = data;
    w.end = data + size;
    CHECK(out.blocks == 0 && out.bytes == 0);
    w.port_count = 1 + choose(MOST_PORTS);
    w.guests_most = choose(3);
    w.lane_cells = cells[choose(4)];
    w.most_calls = 1 + choose(w.lane_cells / 2);
    w.registry = choose(2) == 0 ? invented() : NULL;
    CHECK(ta_affinity_create_manual(counts, 2, places, MOST_PORTS, NULL) == TA_OK);
    ta_mesh_options options = {.registry = w.registry,
                               .affinities = places,
                               .affinity_count = w.port_count,
                               .guests = w.guests_most,
                               .lane_cells = w.lane_cells,
                               .calls = w.most_calls,
                               .inbox_cells = 4,
                               .timing = choose(4) == 0,
                               .allocator = w.registry == NULL ? &pool : NULL};
    CHECK(ta_mesh_create(&options, &w.mesh) == TA_OK);
    w.station_count = w.port_count;
    for (uint32_t i = 0; i < w.port_count; i++) {
        w.stations[i] = (station){.port = ta_mesh_port(w.mesh, i), .index = i, .place = places[i]};
        CHECK(ta_port_index(w.stations[i].port) == i);
        CHECK(ta_affinity_equal(ta_port_affinity(w.stations[i].port), places[i]));
        station_attach(&w.stations[i]);
    }
}

void world_close(void) {
    CHECK(w.alive == 0);
    for (uint32_t i = 1; i <= w.message_count; i++) CHECK(w.messages[i].fate != WAITING);
    for (uint32_t i = 0; i < w.call_count; i++) CHECK(w.calls[i].is_over);
    for (uint32_t i = 0; i < w.fan_count; i++) CHECK(w.fans[i].is_over);
    CHECK(out.blocks == 0 && out.bytes == 0);
}
