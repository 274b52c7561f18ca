/* SPDX-License-Identifier: MIT
 *
 * The model of explicit storage, for its two files: what is put in, what waits, what is pinned.
 *
 * When a replaced value ends is the library's choice within bounds. It must not while it is in its
 * slot, is referred to, or a pin is held that was there when it was replaced. It must have ended
 * where the call promises so: the one that was replaced, if no pin was held, and all of them, when
 * they are reclaimed without a pin. A value that is known to wait for its references alone ends
 * with the last one.
 */
#ifndef TA_FUZZ_PER_AFFINITY_STORAGE_H
#define TA_FUZZ_PER_AFFINITY_STORAGE_H

#include "per_affinity_model.h"

#include "ta/storage.h"

enum { STORAGES = 4, PINS = 4, PARTS = 512 };

typedef struct piece {
    uint64_t id;
    char *text;
} piece;

ta_status relocate_piece(piece *value, const ta_move *move);
ta_status clone_piece(const piece *value, piece *out, const ta_allocator *allocator);
void destroy_piece(piece *value);
TA_TYPE(piece, piece, relocate_piece, clone_piece, destroy_piece);
TA_STORAGE(pieces, piece);

typedef struct storage_model {
    ta_storage *real;
    bool owned, gone;
    uint64_t references; /* unplaced ones, too */
    model places;        /* strategy and machine */
    uint64_t slots[MOST_SLOTS];
} storage_model;

typedef enum stage {
    LOOSE,   /* the fuzz target's own */
    PLACED,  /* in its slot */
    WAITING, /* replaced; perhaps a reader is looking */
    KEPT,    /* by its references alone */
    ENDED
} stage;

typedef struct part {
    stage at;
    storage_model *owner;
    uint32_t slot;
    unsigned references;
    unsigned replaced; /* when */
    piece *address;    /* once it was seen */
} part;

extern storage_model storages[STORAGES];
extern part parts[PARTS]; /* by id, from 1 */

/* A storage that may be named; NULL: there is none. */
storage_model *storage_choose(void);
/* What finding the value of an affinity's slot must answer, if memory lasts. */
ta_status storage_predict(const storage_model *s, ta_affinity affinity, uint32_t *slot);
/* A value is what the library says it is: it lives, and stays where it is. */
void part_check(uint64_t id, piece *value);
/* The status of a call that needs a record: without memory for one it may find one that is free. */
ta_status storage_status(const frame *f, ta_status expected, bool is_done);
/* The storage will be without shares: nobody may hold pins then. */
void storage_unpin_all(const storage_model *s);

/* Ends of values may follow, and did: `may`: which one; 0: any. Tears down what has no share. */
void storage_ended(storage_model *s, uint64_t may);
void storage_ended_nothing(void);

void stored_open(void);
void stored_check(void);
void stored_drop_all(void);
/* A new reference, if there is room for one; `real` is dropped otherwise. */
void stored_keep(storage_model *s, uint64_t id, ta_stored real);

#endif
