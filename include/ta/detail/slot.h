/* SPDX-License-Identifier: MIT
 *
 * ta/detail/slot.h - what inline functions must know of a slot: its layout, and how a value that is
 * there is reached. The protocol that puts it there is the library's own (src/slot.h).
 */
#ifndef TA_DETAIL_SLOT_H
#define TA_DETAIL_SLOT_H

#include "ta/detail/atomic.h"

/* In a word that is not ready: somebody builds. */
#define TA_SLOT_BUILDING UINT64_C(1)

/* All zeros: empty. */
typedef struct ta_slot {
    uint64_t word;
    uint32_t event; /* how often waiters were woken; what they park on */
} ta_slot;

/* The word as it is now, whether a word is a value's, and which: NULL while there is none. Macros,
 * because functions that have an emitted symbol may call no static one.
 * S2: the load is acquire and pairs with S1 in ta_slot_publish(): the value is whole. */
#define TA_SLOT_WORD_(slot) TA_LOAD_ACQUIRE_(&(slot)->word)
#define TA_SLOT_IS_READY_(word) (((word)&TA_SLOT_BUILDING) == 0 && (word) != 0)
#define TA_SLOT_VALUE_(word) (((word)&TA_SLOT_BUILDING) != 0 ? NULL : (void *)(uintptr_t)(word))

#endif
