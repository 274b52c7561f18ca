/* SPDX-License-Identifier: MIT
 *
 * Who the calling thread is to a slot. The protocol is in slot.h.
 */
#include "slot.h"

_Static_assert(sizeof(ta_slot) <= TA_CACHE_LINE, "a slot fits a cache line");
_Static_assert((_Alignof(ta_slot_thread) & ~TA_SLOT_OWNER) == 0,
               "an owner's address leaves the word's bits free");

static __thread ta_slot_thread self __attribute__((tls_model("initial-exec")));

ta_slot_thread *ta_slot_self(void) { return &self; }
