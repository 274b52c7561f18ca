/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: what is behind a ta_per_affinity: cells (cells.h), and what making a value needs. The
 * extra room behind the cells holds the captured value, if there is one.
 */
#ifndef TA_SRC_PER_AFFINITY_H
#define TA_SRC_PER_AFFINITY_H

#include "cells.h"

/* Immutable but for what cells.h says. */
typedef struct ta_slots {
    ta_cells base;      /* first: its face is what callers point to */
    ta_affinity source; /* where the captured value is at home */
    ta_maker maker;     /* its context is behind the cells, where it is a captured value */
} ta_slots;

static inline ta_slots *ta_slots_of(const ta_per_affinity *array) { return (ta_slots *)array; }

/* The affinity's cell, with its value in it: made if need be. On failure *out is untouched, and the
 * text is the constructor's, if it failed and left one, or else of the control path `function`; for
 * NULL none is written, except by a constructor. */
ta_status ta_slots_settle(ta_slots *slots, ta_affinity affinity, const char *function,
                          ta_slot_cell **out);

/* Destroys values, captured value and block. Exclusive, by the caller's own edges. */
void ta_slots_tear_down(ta_slots *slots);

#endif
