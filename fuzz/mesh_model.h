/* SPDX-License-Identifier: MIT
 *
 * A sequential model of a mesh: queues that say what every port must get, in which order, and what
 * must become of the rest. One thread owns all ports and pumps them; closures, hooks and
 * continuations take part, since they see how they are called.
 *
 * A message is known by its number. It waits in the queue of its way (sender, receiver, lane) until
 * somebody says what became of it, and must be the first one there at that moment. Every value has a
 * life, which ends once; at the end nobody is alive, and nothing is allocated.
 */
#ifndef TA_FUZZ_MESH_MODEL_H
#define TA_FUZZ_MESH_MODEL_H

#include "ta/derive.h"
#include "ta/fan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_PORTS = 4,
    MOST_STATIONS = 12, /* ports, and all guests that there ever were */
    MOST_MESSAGES = 4096,
    MOST_LIVES = 16384,
    MOST_CALLS = 512,
    MOST_FANS = 32,
    MOST_STEPS = 160
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) broken(__FILE__, __LINE__, #condition);                                  \
    } while (0)

/* Says what is broken, and at which step, and ends the program. */
void broken(const char *file, int line, const char *condition) __attribute__((noreturn));

/* From 0 to below `count`, by the next byte; missing bytes read as 0. */
unsigned choose(unsigned count);
bool choose_is_over(void);

/* ---- stations: ports, and guests, each of which is one of its own ----------------------------- */

typedef struct station {
    ta_port *port; /* NULL: a guest that has gone */
    uint32_t index;
    ta_affinity place; /* unknown: a guest's */
    bool is_guest, is_attached, is_closed, is_drained;
} station;

/* One that is attached; NULL: there is none. */
station *choose_attached(void);
/* Any, also one that has gone. */
station *choose_station(void);
station *station_of(const ta_port *port);
station *station_at(uint32_t index);

/* Attaches it again, or a new guest, with the model's hooks. */
void station_attach(station *s);
station *guest_attach(void);

/* ---- messages --------------------------------------------------------------------------------- */

typedef enum way_kind { ORDINARY, URGENT, WAYS } way_kind;
typedef enum message_kind { CLOSURE, WORD, REQUEST, CLONE } message_kind;
typedef enum fate { UNSENT, WAITING, RAN, FAILED, RETURNED, DESTROYED } message_fate;

typedef struct message {
    message_kind kind;
    message_fate fate;
    station *from, *to; /* from NULL: posted */
    way_kind way;
    bool fails; /* when it is relocated */
    uint64_t word;
    uint32_t call, fan; /* of a request, of a clone */
    uint32_t next;      /* on its way; 0: the last one */
} message;

/* Is a value relocated on its way? Not to a guest, who is nowhere. */
bool is_relocated(const station *from, const station *to);

/* One that is not sent yet; its number. 0: there are enough. */
uint32_t message_make(message_kind kind, station *from, station *to, way_kind way);
/* It was accepted. */
void message_sent(uint32_t number);
/* It is the first one on its way, and leaves it. */
void message_ends(uint32_t number, message_fate fate);
uint32_t message_first(const station *from, const station *to, way_kind way);

/* ---- values ----------------------------------------------------------------------------------- */

typedef enum role { CARGO, RESULT, CONTEXT } value_role;

/* Who a value is, and where it was relocated to last. */
typedef struct tag {
    uint32_t life, message;
    ta_affinity at;
} tag;

ta_status tag_relocate(tag *value, const ta_move *move);
ta_status tag_clone(const tag *value, tag *out, const ta_allocator *allocator);
void tag_destroy(tag *value);
TA_TYPE(tag, tag, tag_relocate, tag_clone, tag_destroy);

tag tag_make(value_role role, uint32_t number, ta_affinity at);
/* Its life ends elsewhere: a value that was refused. */
void tag_forget(const tag *value);

/* Values of three sizes: in one cell of a call; in two; in a box. */
typedef struct small {
    tag tag;
    uint32_t then; /* what whoever gets it does then */
    char *text;
} small;
TA_DERIVE(small, small, TA_AS(tag, tag), then, TA_AS(text, ta_string));

typedef struct medium {
    small small;
    uint64_t more[3];
} medium;
TA_DERIVE(medium, medium, TA_AS(small, small), TA_ARRAY(more));

typedef struct large {
    small small;
    uint64_t more[9];
} large;
TA_DERIVE(large, large, TA_AS(small, small), TA_ARRAY(more));

/* False: no memory for its text; it has no life then. */
bool small_make(small *out, value_role role, uint32_t number, ta_affinity at,
                const ta_allocator *allocator);
bool medium_make(medium *out, value_role role, uint32_t number, ta_affinity at,
                 const ta_allocator *allocator);
bool large_make(large *out, value_role role, uint32_t number, ta_affinity at,
                const ta_allocator *allocator);
/* Whole, alive, and at `at`. */
void small_check(const small *value, value_role role, ta_affinity at);
void more_check(const small *value, const uint64_t more[], size_t count);

/* ---- sending ---------------------------------------------------------------------------------- */

/* What a message to a station may be answered. */
void check_refusal(ta_status status, const station *to);
/* After it was full: asks to be told of room, perhaps. */
void want_room(station *from, station *to, way_kind way);

/* The answer; TA_E_BUSY: there was nothing to send. */
ta_status send_closure(station *from, station *to, way_kind way);
void send_word(station *from, station *to);
void send_words(station *from, station *to);
void post(station *to);
/* What the value says that it does then, at the station where it arrived. */
void act(station *here, uint32_t then);
extern const ta_port_hooks mesh_hooks; /* context: none */

/* ---- calls and fan-outs ----------------------------------------------------------------------- */

typedef struct call {
    bool is_over, is_cancellable, is_cancelled, is_expired, result_fails;
    station *from, *to;
    uint32_t message;
    ta_call_id id;
} call;

typedef struct fan {
    bool is_over, reduces, saw_failure;
    station *from;
    uint32_t targets, ran, reduced;
    uint32_t named[MOST_STATIONS], ran_at[MOST_STATIONS];
    uint32_t message; /* that all clones have */
} fan;

ta_status make_call(station *from, station *to, way_kind way); /* as send_closure() */
void cancel_call(void);
void fan_out(station *from);
/* A request that did not run may be destroyed. */
bool call_may_end(const call *c);

/* ---- the world -------------------------------------------------------------------------------- */

typedef struct world {
    const uint8_t *next, *end;
    unsigned step;
    const char *operation;

    ta_mesh *mesh;
    const ta_registry *registry;
    uint32_t lane_cells, most_calls, port_count, station_count;
    station stations[MOST_STATIONS];
    uint32_t guests_most, guests;
    bool is_ending; /* the mesh is being destroyed */

    unsigned fail_memory; /* the allocation that fails, counted down; 0: none */
    uint32_t failures;    /* so far */

    uint32_t message_count, call_count, fan_count, life_count, alive;
    message messages[MOST_MESSAGES];
    call calls[MOST_CALLS];
    fan fans[MOST_FANS];
    struct {
        bool is_alive;
        value_role role;
    } lives[MOST_LIVES];
    /* [from][to][way]: the first and the last message; from MOST_STATIONS: posted. */
    uint32_t first[MOST_STATIONS + 1][MOST_STATIONS][WAYS];
    uint32_t last[MOST_STATIONS + 1][MOST_STATIONS][WAYS];
    uint32_t cells[MOST_STATIONS + 1][MOST_STATIONS][WAYS]; /* at least so many are in the lane */
    bool wants_room[MOST_STATIONS][MOST_STATIONS][WAYS];
    uint64_t last_word;
    uint64_t sent; /* messages, replies not counted */
} world;
extern world w;

extern const ta_allocator pool;

void world_open(const uint8_t *data, size_t size);
/* After the mesh has gone. */
void world_close(void);

#endif
