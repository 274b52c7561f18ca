/* SPDX-License-Identifier: MIT
 *
 * The oracle of stress_port.c: messages that say who sent them, to whom, and which number they have,
 * and the threads' accounts of what they have sent, seen and got back.
 */
#ifndef TA_TESTS_PORT_ORACLE_H
#define TA_TESTS_PORT_ORACLE_H

#include "harness.h"
#include "ledger.h"

#include "ta/derive.h"
#include "ta/port.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    PORTS = 16,
    GUESTS = 3, /* threads that are guests, one after the other */
    POSTERS = 2
};

/* ---- messages --------------------------------------------------------------------------------- */

enum { IN_ORDER, URGENT, POSTED, WAYS };

/* Who sent it, how, and the number that it has among those of its kind to this receiver. */
typedef struct letter {
    uint32_t from, way, number, to;
} letter;
TA_UNAWARE_TYPE(letter, letter);

typedef struct parcel { /* owns memory */
    letter label;
    char *text;
} parcel;
TA_UNAWARE_TYPE(parcel_label, letter);
TA_DERIVE(parcel, parcel, TA_AS(label, parcel_label), TA_AS(text, ta_string));

typedef struct crate { /* stands in a box */
    letter label;
    char *text;
    uint64_t words[8];
} crate;
TA_DERIVE(crate, crate, TA_AS(label, parcel_label), TA_AS(text, ta_string), TA_SKIP_ARRAY(words));

/* ---- who takes part --------------------------------------------------------------------------- */

/* What one receiver expects of one sender, in one way. A guest's seat sees several, one after the
 * other. */
typedef struct peer {
    uint32_t index; /* whom `seen` is about */
    uint32_t seen;
} peer;

/* What one sender has done to one receiver. */
typedef struct account {
    uint32_t index;
    uint32_t sent[WAYS], returned[WAYS];
    bool waits_for_room;
} account;

enum { SEATS = PORTS + GUESTS + POSTERS };

typedef struct round_state {
    ta_registry *registry;
    ta_mesh *mesh;
    uint32_t ports, number;
    uint32_t closing; /* the port that closes, or `ports` */
    bool timing;
    atomic_uint guests[GUESTS]; /* the indices of those who are there; 0: nobody */
    atomic_uint done, sending;  /* threads */
    pthread_barrier_t barrier;
} round_state;

/* A thread. `error` is read after the join. */
typedef struct worker {
    round_state *shared;
    uint32_t id; /* ports, then guests, then posters */
    ta_port *port;
    uint64_t random, ran;
    bool stops;
    const char *error;
    peer peers[SEATS][WAYS];
    account accounts[PORTS + GUESTS];
} worker;

static __thread worker *current;
static worker workers[SEATS];

static inline uint64_t next_random(worker *self) {
    uint64_t x = self->random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return self->random = x;
}

static inline uint32_t below(worker *self, uint32_t limit) {
    return (uint32_t)(next_random(self) >> 20) % limit;
}

static inline void fail_with(worker *self, const char *error) {
    if (self->error == NULL) self->error = error;
}

/* Nothing has come from anybody, nor gone to anybody. */
static inline void forget(worker *self) {
    for (uint32_t i = 0; i < SEATS; i++)
        for (uint32_t way = 0; way < WAYS; way++) self->peers[i][way] = (peer){.index = TA_NO_PORT};
    for (uint32_t i = 0; i < PORTS + GUESTS; i++) self->accounts[i].index = TA_NO_PORT;
}

/* ---- receiving -------------------------------------------------------------------------------- */

/* The seat of an index; posters name themselves by their worker's number, above all indices. */
static inline uint32_t seat_of(const round_state *shared, uint32_t from) {
    if (from >= UINT32_MAX - POSTERS - 1) return PORTS + GUESTS + (UINT32_MAX - 1 - from);
    uint32_t seat = from & 0x1ffff;
    return seat < shared->ports ? seat : PORTS + seat - shared->ports;
}

static inline void see(worker *self, const letter *label) {
    uint32_t seat = seat_of(self->shared, label->from);
    if (seat >= SEATS || label->way >= WAYS) {
        fail_with(self, "a message from nowhere");
        return;
    }
    if (label->to != ta_port_index(self->port)) fail_with(self, "a message for somebody else");
    peer *sender = &self->peers[seat][label->way];
    if (sender->index != label->from) *sender = (peer){.index = label->from};
    if (sender->seen != label->number) fail_with(self, "out of order, or not once");
    sender->seen = label->number + 1;
    self->ran++;
}

static inline void run_letter(letter *label) { see(current, label); }
TA_FN_ONCE_VOID(letters, letter, run_letter);

static inline void run_parcel(parcel *what) {
    if (strcmp(what->text, "parcel") != 0) fail_with(current, "a parcel that is not whole");
    see(current, &what->label);
}
TA_FN_ONCE_VOID(parcels, parcel, run_parcel);

static inline char *run_crate(crate *what) { /* with a result, which nobody wants */
    char *text = what->text;
    for (uint64_t i = 0; i < 8; i++)
        if (what->words[i] != what->label.number + i) fail_with(current, "a crate is not whole");
    what->text = NULL;
    see(current, &what->label);
    return text;
}
TA_FN_ONCE(crates, crate, ta_string, run_crate);

/* A word: the low half of the sender's index, its number, and the receiver's low half. */
static inline uint64_t word_of(uint32_t from, uint32_t to, uint32_t number) {
    return (uint64_t)from << 32 | (uint64_t)(to & 0xff) << 24 | number;
}

static inline void see_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                             uint32_t count) {
    worker *self = context;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t sender = (uint32_t)(words[i] >> 32), to = ta_port_index(port);
        if (from != sender && from != TA_NO_PORT) fail_with(self, "words under another's name");
        if ((words[i] >> 24 & 0xff) != (to & 0xff)) fail_with(self, "words for somebody else");
        const letter label = {sender, IN_ORDER, words[i] & 0xffffff, to};
        see(self, &label);
    }
}

static inline uint32_t place_of(const worker *self, uint32_t to) {
    uint32_t seat = to & 0x1ffff;
    return seat < self->shared->ports ? seat : PORTS + seat - self->shared->ports;
}

/* What comes back, comes in order, behind all that was run. */
static inline void see_returned(worker *self, uint32_t to, uint32_t way, uint32_t from) {
    account *receiver = &self->accounts[place_of(self, to)];
    if (from != ta_port_index(self->port)) fail_with(self, "what came back is another's");
    if (receiver->index != to) return; /* a guest that went long ago */
    receiver->returned[way]++;
}

static inline void see_returned_closure(void *context, ta_port *port, uint32_t to,
                                        ta_fn_once *closure) {
    (void)port;
    ta_closure copy = closure->closure;
    const letter *label = ta_closure_captured(&copy);
    see_returned(context, to, label->way, label->from);
}

static inline void see_returned_words(void *context, ta_port *port, uint32_t to,
                                      const uint64_t words[], uint32_t count) {
    (void)port;
    for (uint32_t i = 0; i < count; i++)
        see_returned(context, to, IN_ORDER, (uint32_t)(words[i] >> 32));
}

static inline void see_room(void *context, ta_port *port, uint32_t to) {
    worker *self = context;
    account *receiver = &self->accounts[place_of(self, to)];
    (void)port;
    if (receiver->index == to && !receiver->waits_for_room) fail_with(self, "room without a want");
    if (receiver->index == to) receiver->waits_for_room = false;
}

static inline void see_failed(void *context, ta_port *port, uint32_t from, ta_status status,
                              ta_fn_once *closure) {
    (void)port, (void)from, (void)status, (void)closure;
    fail_with(context, "a message failed");
}

static inline ta_port_hooks hooks_of(worker *self) {
    return (ta_port_hooks){.context = self,
                           .words = see_words,
                           .failed = see_failed,
                           .returned = see_returned_closure,
                           .returned_words = see_returned_words,
                           .room = see_room};
}

/* ---- sending ---------------------------------------------------------------------------------- */

/* A closure of any kind. False: no memory. */
static inline bool make_closure(worker *self, letter label, const ta_allocator *memory,
                                ta_fn_once *closure) {
    switch (below(self, 4)) {
    case 0: {
        parcel made = {label, ta_string_make("parcel", memory)};
        return made.text != NULL && parcels(closure, made, memory) == TA_OK;
    }
    case 1: {
        crate made = {label, ta_string_make("crate", memory), {0}};
        for (uint64_t i = 0; i < 8; i++) made.words[i] = label.number + i;
        return made.text != NULL && crates(closure, made, memory) == TA_OK;
    }
    default:
        return letters(closure, label, memory) == TA_OK;
    }
}

static inline account *account_of(worker *self, uint32_t to) {
    account *receiver = &self->accounts[place_of(self, to)];
    if (receiver->index != to) *receiver = (account){.index = to};
    return receiver;
}

static inline void want_room(worker *self, uint32_t to, account *receiver) {
    if (receiver->waits_for_room || below(self, 2) == 0) return;
    receiver->waits_for_room = true;
    ta_status status = ta_port_want_room(self->port, to);
    if (status != TA_OK) {
        receiver->waits_for_room = false;
        fail_with(self, "no waiting for room");
    }
}

static inline void send_words(worker *self, uint32_t to) {
    account *receiver = account_of(self, to);
    uint64_t words[20];
    uint32_t count = 1 + below(self, 20), first = receiver->sent[IN_ORDER];
    for (uint32_t i = 0; i < count; i++)
        words[i] = word_of(ta_port_index(self->port), to, first + i);
    size_t sent = count == 1 ? ta_port_send_word(self->port, to, words[0]) == TA_OK
                             : ta_port_send_words(self->port, to, words, count);
    receiver->sent[IN_ORDER] += (uint32_t)sent;
}

static inline void send_closure(worker *self, uint32_t to, uint32_t way) {
    account *receiver = account_of(self, to);
    uint32_t me = ta_port_index(self->port);
    const ta_allocator *memory = below(self, 2) == 0 ? ta_port_allocator(self->port)
                                                     : ta_port_returning_allocator(self->port);
    ta_fn_once closure;
    if (!make_closure(self, (letter){me, way, receiver->sent[way], to}, memory, &closure)) {
        fail_with(self, "no memory");
        return;
    }
    ta_status status = way == URGENT ? ta_port_send_urgent(self->port, to, &closure)
                                     : ta_port_send(self->port, to, &closure);
    if (status == TA_OK) {
        receiver->sent[way]++;
        return;
    }
    ta_fn_once_destroy(&closure);
    if (status == TA_E_FULL && way == IN_ORDER)
        want_room(self, to, receiver);
    else if (status != TA_E_FULL && status != TA_E_CLOSED)
        fail_with(self, "a status that is none");
}

static inline void send_something(worker *self, uint32_t to) {
    uint32_t kind = below(self, 100);
    if (kind < 40)
        send_words(self, to);
    else if (kind < 90)
        send_closure(self, to, IN_ORDER);
    else if (kind < 97)
        send_closure(self, to, URGENT);
    else /* as many as will fill a small lane; nothing is kept free there */
        for (uint32_t i = 0; i < 20; i++) send_closure(self, to, URGENT);
}

#endif
