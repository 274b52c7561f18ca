/* SPDX-License-Identifier: MIT
 *
 * Moves, and what can be told from a descriptor alone.
 */
#include "ta/type.h"

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
    if (ta_move_status(&move) != TA_OK) return move;
    ta_status status = TA_E_INVALID;
    if (registry != NULL) {
        move.allocator = ta_registry_allocator(registry, destination);
        if (move.allocator != NULL) return move;
        status = TA_E_FOREIGN_AFFINITY;
    }
    move.visits = 0;
    move.outcome = (int32_t)status + 1;
    return move;
}

/* ---- can it be cloned? ------------------------------------------------------------------------ */

/* The types that are being asked about, innermost first: a type that contains itself is asked once. */
typedef struct asked {
    const ta_type *type;
    const struct asked *outer;
} asked;

static bool type_is_cloneable(const ta_type *type, const asked *outer);

static bool part_is_cloneable(const ta_part *part, const asked *outer) {
    if (part->kind == TA_PART_CLOSURE) return true;
    if (part->kind != TA_PART_VARIANT) return type_is_cloneable(part->type, outer);
    for (size_t i = 0; i < part->count; i++)
        if (!part->cases[i].is_empty && !part_is_cloneable(&part->cases[i].part, outer))
            return false;
    return true;
}

static bool type_is_cloneable(const ta_type *type, const asked *outer) {
    asked self = {type, outer};
    if (type->traits == 0) return true;
    if (type->parts == NULL) return type->clone != NULL || type->destroy == NULL;
    for (const asked *a = outer; a != NULL; a = a->outer)
        if (a->type == type) return true;
    for (size_t i = 0; i < type->part_count; i++)
        if (!part_is_cloneable(&type->parts[i], &self)) return false;
    return true;
}

bool ta_type_is_cloneable(const ta_type *type) {
    return type != NULL && type_is_cloneable(type, NULL);
}
