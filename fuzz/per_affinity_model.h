/* SPDX-License-Identifier: MIT
 *
 * A sequential model of slot arrays: plain tables that say what every call must answer, and what it
 * must have done. The functions below make a call and the model's step, and compare the two; values
 * and constructors take part, since they see how they are called.
 *
 * A call that may make values runs in a frame: what constructors, clones, moves and allocations do
 * meanwhile is written there and must be what the array's maker asks for, in order. Constructors
 * call in turn, in frames of their own. Values end where shares end: what ended is logged and must
 * be all of the arrays that have no share left, in the order of their slots.
 */
#ifndef TA_FUZZ_PER_AFFINITY_MODEL_H
#define TA_FUZZ_PER_AFFINITY_MODEL_H

#include "ta/derive.h"
#include "ta/per_affinity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 8, MOST_SLOTS = 8, MOST_ARRAYS = 12, MOST_LIVES = 1024 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) broken(__FILE__, __LINE__, #condition);                                  \
    } while (0)

/* Says what is broken, and at which step, and ends the program. */
void broken(const char *file, int line, const char *condition) __attribute__((noreturn));

/* ---- bytes ----------------------------------------------------------------------------------- */

/* From 0 to below `count`, by the next byte; missing bytes read as 0. */
unsigned choose(unsigned count);
bool choose_is_over(void);

/* ---- machines -------------------------------------------------------------------------------- */

typedef struct machine {
    uint32_t count;
    ta_affinity places[MOST_PLACES];
    const ta_registry *registry; /* NULL: made by hand */
} machine;

/* A place of the machine. */
ta_affinity choose_place(void);

/* ---- arrays ---------------------------------------------------------------------------------- */

typedef enum maker_kind {
    PLAIN,          /* a constructor and a context */
    PLAIN_UNTYPED,  /* the same, without the typed face */
    CAPTURED,       /* a constructor and a captured value */
    CAPTURED_LARGE, /* ... that does not fit on the stack */
    CAPTURED_STAYS, /* ... whose clones are not relocated */
    CLONED,         /* clones of a value, relocated */
    CLONED_UNAWARE, /* clones of a value */
    MAKINGS
} maker_kind;

typedef enum asking { ASKS_NOTHING, ASKS_ITSELF, ASKS_FOR_PLACE, ASKS_HERE, ASKINGS } asking;

typedef struct slot_model {
    bool building;
    uint64_t id; /* of its value; 0: empty */
    void *address;
} slot_model;

typedef struct model {
    ta_per_affinity *real;
    bool owned, gone; /* the owner's share is there; it was torn down */
    uint64_t handles;
    uint64_t captured; /* the id; 0: none */
    uint32_t number, slot_count;
    slot_model slots[MOST_SLOTS];
    /* how it was made */
    ta_per per;
    unsigned factor, addend, modulus; /* a strategy of its own */
    unsigned counted;                 /* calls of its count function */
    maker_kind maker;
    ta_affinity source;
    const ta_registry *registry;
    const ta_allocator *allocator;
    /* its constructor */
    unsigned fails_every, calls;
    asking asks;
    unsigned asks_by;
    struct model *asked, *kept; /* whose slot it asks for; of whom each value keeps a handle */
    ta_affinity asked_place;
    bool passes_on; /* what the asked one said */
} model;

/* For an array (NULL: for any): a place of the machine most often; else unknown, of another one,
 * or out of its range, where the array's strategy looks at an index. */
ta_affinity choose_affinity(const model *a);

/* Where a handle is: `array` NULL: it is empty; `slot` TA_NO_SLOT: unplaced. */
typedef struct where {
    model *array;
    uint32_t slot;
} where;

/* ---- values ---------------------------------------------------------------------------------- */

typedef struct item {
    uint64_t id;
    ta_affinity at; /* where it was relocated to last */
    char *text;
    ta_handle inner;
    where inner_at;
} item;

ta_status relocate_item(item *value, const ta_move *move);
ta_status clone_item(const item *value, item *out, const ta_allocator *allocator);
void destroy_item(item *value);
TA_TYPE(item, item, relocate_item, clone_item, destroy_item);
TA_PER_AFFINITY(items, item);

bool same_item(const item *a, const item *b);
int compare_items(const item *a, const item *b);
TA_HANDLE_EQUAL(items, same_item);
TA_HANDLE_ORDER(items, compare_items);

typedef enum role {
    CAPTURE, /* captured by an array, or about to be */
    CLONE,   /* of a captured value, while a value is made */
    VALUE    /* in a slot */
} role;

typedef struct life {
    bool is_alive;
    role role;
    const model *array;
} life;

/* ---- the world ------------------------------------------------------------------------------- */

typedef struct frame {
    struct frame *outer;
    model *array; /* NULL: an array is being made */
    const ta_affinity *list;
    size_t count, next; /* what is asked for, and what of it comes next */
    uint32_t making;    /* the slot; TA_NO_SLOT: none */
    bool has_made;      /* or tried to */
    ta_affinity site;
    const char *expected; /* c: clone, r: relocate, m: construct, d: destroy the clone */
    size_t events;        /* how many of these have begun */
    unsigned clones;      /* alive */
    uint64_t made;        /* the id of the value */
    ta_status failure;    /* the first */
    bool has_failed;      /* a clone, move or constructor, and not the library's own allocation */
    unsigned allocations;
} frame;

typedef struct world {
    const uint8_t *next, *end;
    const machine *machine;
    ta_affinity here;
    model arrays[MOST_ARRAYS];
    uint32_t array_count;
    life lives[MOST_LIVES]; /* by id, from 1 */
    uint64_t life_count, alive;
    frame *frame;
    unsigned dropping; /* drops inside of each other */
    uint64_t ended[MOST_LIVES];
    size_t ended_count;
    unsigned fail_probe, fail_memory; /* the how many-th next one fails; 0: none */
    unsigned step;
    const char *operation;
} world;

extern world w;
extern const ta_allocator pool;

void world_open(const uint8_t *data, size_t size);
/* All holders and owners are gone: so must be everything. */
void world_close(void);
/* Everything that can be seen without changing anything is as the model says. */
void world_check(void);

/* ---- frames and ends ------------------------------------------------------------------------- */

void frame_open(frame *f, model *a, const ta_affinity *list, size_t count);
/* What the call must have answered; the model has made its step. */
ta_status frame_close(frame *f);

void drop_begin(void);
void drop_end(void);

/* ---- arrays (per_affinity_arrays.c) ---------------------------------------------------------- */

/* May be named: somebody holds a share. */
bool array_is_reachable(const model *a);
/* One that is; NULL: there is none. */
model *choose_array(void);
/* What finding the slot must answer, without making its value. */
ta_status array_predict(const model *a, ta_affinity affinity, uint32_t *slot);
const ta_allocator *array_site_allocator(const model *a, ta_affinity affinity);

/* A machine, a strategy and memory, for arrays and for storage; written to *a, too. */
ta_per_affinity_options array_choose_options(model *a);
void array_create(void);
void array_create_wrongly(void);
void array_destroy(model *a);
ta_status array_resolve(model *a, ta_affinity affinity);
/* Answers what array_resolve() would have. */
ta_status array_get(model *a, ta_affinity affinity);
void array_get_here(model *a);
void array_fill(model *a);
void array_read(model *a);
uint32_t custom_index(ta_affinity affinity, void *context);

/* ---- values and constructors (per_affinity_values.c) ----------------------------------------- */

/* A value to capture. */
item capture_make(void);
ta_status construct_item(model *a, const ta_site *site, item *out);
/* What the constructors below begin with: the event, and whether it fails. */
ta_status event_begin(char event);
ta_status event_fail(ta_status status);

/* ---- handles (per_affinity_handles.c) -------------------------------------------------------- */

ta_status move_predict(const ta_move *move);
ta_status handle_make(ta_handle *out, where *at, model *a, ta_affinity affinity);
void handle_clone(const ta_handle *handle, const where *at, ta_handle *out, where *out_at);
ta_status handle_relocate(ta_handle *handle, where *at, const ta_move *move);
void handle_drop(ta_handle *handle, where *at);
void handle_check(const ta_handle *handle, const where *at);

/* A bounded set of handles: alone, pinned, in a struct, in a closure. */
void holders_check(void);
void holders_drop(void);
void holder_make(model *a);
void holder_clone(void);
void holder_relocate(void);
void holder_drop(void);
void holder_convert(void);
void holder_compare(void);

/* ---- explicit storage (per_affinity_storage.c, per_affinity_stored.c) ------------------------ */

void storage_open(void);
void storage_close(void);
void storage_check(void);
void storage_create(void);
void storage_destroy(void);
void storage_replace(void);
void storage_remove(void);
void storage_pin(void);
void storage_unpin(void);
void storage_get_clone(void);
void storage_look(void);
void storage_reclaim(void);
void stored_make(void);
void stored_clone(void);
void stored_relocate(void);
void stored_drop(void);
void stored_convert(void);

#endif
