/* SPDX-License-Identifier: MIT
 *
 * Moves, and the symbols of what the headers define inline.
 */
#include "ta/type.h"

#include "error.h"

extern inline ta_move ta_move_between(ta_affinity source, ta_affinity destination,
                                      const ta_allocator *allocator);
extern inline ta_status ta_move_status(const ta_move *move);
extern inline bool ta_move_is_far(const ta_move *move);
extern inline ta_status ta_relocate(const ta_type *type, void *value, const ta_move *move);
extern inline ta_status ta_relocate_into(const ta_type *type, void *out, void *value,
                                         const ta_move *move);
extern inline ta_status ta_clone(const ta_type *type, const void *value, void *out,
                                 const ta_allocator *allocator);
extern inline void ta_destroy(const ta_type *type, void *value);

ta_move ta_registry_move(const ta_registry *registry, ta_affinity source, ta_affinity destination) {
    ta_move move = ta_move_between(source, destination, NULL);
    ta_status status = ta_move_status(&move);
    if (status != TA_OK) {
        (void)ta_fail(status, status == TA_E_UNKNOWN_AFFINITY
                                  ? "the destination is unknown"
                                  : "the source is of another machine than the destination");
        return move;
    }
    if (registry != NULL) {
        move.allocator = ta_registry_allocator(registry, destination);
        if (move.allocator != NULL) return move;
        status = ta_fail(TA_E_FOREIGN_AFFINITY,
                         "the destination is of another machine than the registry's");
    } else {
        status = ta_fail(TA_E_INVALID, "NULL as the registry");
    }
    move.visits = 0;
    move.outcome = (int32_t)status + 1;
    return move;
}
