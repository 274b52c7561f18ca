/* SPDX-License-Identifier: MIT
 *
 * Relocation of values that have something to visit.
 *
 * A block is taken to the destination before its content is visited, so what the content holds is
 * reached at its new place. Nothing is undone on failure: each block is whole where it is, and
 * knows its allocator.
 */
#include "walk.h"

#include <string.h>

/* One relocation: the move, and what is still to be visited. */
typedef struct relocation {
    const ta_move *move;
    ta_box *boxes;
    ta_array *arrays;
    ta_map_core *maps;
} relocation;

static ta_status relocate_part(relocation *walk, const ta_part *part, char *value, unsigned depth);

/* As ta_move_is_far(), of a move that is there. */
static inline bool is_far(const ta_move *move) { return (move->visits & TA_TRAIT_OWNS) != 0; }

/* Of a far move: the block at the destination, with its first `live` bytes; the same block where it
 * is at home there already, or where there is no memory. Inline, because header and alignment are
 * constants nearly everywhere. */
static inline char *take_along(const ta_move *move, char *content, ta_header header, size_t live,
                               size_t alignment) {
    /* Read once: a load behind a large copy may have to wait for stores that only look like its own,
     * since they are a multiple of 4 KiB away. */
    const ta_block block = *ta_block_of(content);
    if (block.allocator == move->allocator) return content;

    char *there = ta_block_create(move->allocator, header, block.size, alignment);
    ta_move_figures *figures = move->figures;
    if (there == NULL) {
        if (figures != NULL) figures->kept++;
        return content;
    }
    ta_block_copy(there, content, live);
    ta_block_give_back(content, block, header, alignment);
    if (figures != NULL) {
        figures->blocks++;
        figures->bytes += live;
    }
    return there;
}

static char *rehome(const relocation *walk, char *content, ta_header header, size_t live,
                    size_t alignment) {
    if (!is_far(walk->move)) return content;
    return take_along(walk->move, content, header, live, alignment);
}

/* The pointer at `slot`, a TA_PART_BLOCK. */
static inline void relocate_block(const ta_move *move, char *slot) {
    char *content = ta_pointer_read(slot);
    if (content == NULL || !is_far(move)) return;
    ta_pointer_write(slot, take_along(move, content, TA_HEADER_BLOCK, ta_block_of(content)->size,
                                      TA_BLOCK_ALIGNMENT));
}

/* One value, whose type says by a function how. */
static inline ta_status relocate_leaf(const ta_move *move, const ta_part *part, char *value) {
    const ta_type *type = part->type;
    return type->relocate == NULL ? TA_OK : type->relocate(type, value + part->offset, move);
}

static ta_status relocate_value(relocation *walk, const ta_type *type, char *value,
                                unsigned depth) {
    if (type->parts == NULL)
        return type->relocate == NULL ? TA_OK : type->relocate(type, value, walk->move);
    for (const ta_part *each = type->parts, *end = each + type->part_count; each != end; each++) {
        size_t offset;
        if ((each->traits & walk->move->visits) == 0) continue;
        const ta_part *part = ta_walk_unwrap(each, &offset);
        if (part->kind == TA_PART_BLOCK) {
            relocate_block(walk->move, value + offset + part->offset);
            continue;
        }
        /* What has a function and no parts, as a handle, needs none of the rest. */
        ta_status status = ta_walk_is_leaf(part) ? relocate_leaf(walk->move, part, value + offset)
                                                 : relocate_part(walk, part, value + offset, depth);
        if (status != TA_OK) return status;
    }
    return TA_OK;
}

static ta_status relocate_elements(relocation *walk, const ta_type *type, char *elements,
                                   size_t count, unsigned depth) {
    if (ta_walk_is_block(type)) {
        for (; count > 0; count--, elements += sizeof(void *)) relocate_block(walk->move, elements);
        return TA_OK;
    }
    for (size_t i = 0; i < count; i++) {
        ta_status status = relocate_value(walk, type, elements + i * type->size, depth);
        if (status != TA_OK) return status;
    }
    return TA_OK;
}

static bool is_visited(const relocation *walk, const ta_type *type) {
    return (type->traits & walk->move->visits) != 0;
}

/* The pointer at `slot`, to a block with one element (or, of a trivial type, of any size). */
static ta_status relocate_owned(relocation *walk, const ta_type *type, char *slot, unsigned depth) {
    char *content = ta_pointer_read(slot);
    if (content == NULL) return TA_OK;
    content =
        rehome(walk, content, ta_box_header(type), ta_block_of(content)->size, type->alignment);
    ta_pointer_write(slot, content);
    if (!is_visited(walk, type)) return TA_OK;
    if (depth < TA_WALK_DEPTH) return relocate_value(walk, type, content, depth + 1);

    ta_box_push(&walk->boxes, content, type);
    return TA_OK;
}

static ta_status relocate_counted(relocation *walk, const ta_part *part, char *value,
                                  unsigned depth) {
    const ta_type *type = part->type;
    char *content = ta_pointer_read(value + part->offset);
    if (content == NULL) return TA_OK;
    size_t live, count = ta_walk_length(part, value);
    if (!ta_walk_bytes(content, type, count, &live)) return ta_walk_range("ta_relocate", part);
    content = rehome(walk, content, ta_array_header(type), live, type->alignment);
    ta_pointer_write(value + part->offset, content);
    if (!is_visited(walk, type)) return TA_OK;
    if (depth < TA_WALK_DEPTH) return relocate_elements(walk, type, content, count, depth + 1);

    ta_array_push(&walk->arrays, content, type, count);
    return TA_OK;
}

static ta_status relocate_entries(relocation *walk, ta_map_core *core, const ta_type *type,
                                  unsigned depth) {
    ta_map_cursor cursor = {0};
    size_t count;
    for (char *entry; (entry = ta_map_next_run(core, &cursor, &count)) != NULL;)
        for (; count > 0; count--, entry += core->stride) {
            ta_status status = relocate_value(walk, type, entry, depth);
            if (status != TA_OK) return status;
        }
    return TA_OK;
}

static ta_status relocate_map(relocation *walk, const ta_part *part, char *value, unsigned depth) {
    ta_map_core *core = ta_pointer_read(value + part->offset);
    if (core == NULL) return TA_OK;
    if (is_far(walk->move)) {
        core = ta_map_rehome(core, part, walk->move);
        ta_pointer_write(value + part->offset, core);
    }
    if (!is_visited(walk, part->type)) return TA_OK;
    if (depth < TA_WALK_DEPTH) return relocate_entries(walk, core, part->type, depth + 1);

    core->part = part;
    core->pending = walk->maps;
    walk->maps = core;
    return TA_OK;
}

static ta_status relocate_closure(relocation *walk, char *value, unsigned depth) {
    ta_closure *closure = (ta_closure *)(void *)value;
    if (closure->callable == NULL || (closure->callable->traits & walk->move->visits) == 0)
        return TA_OK;
    const ta_type *captured = closure->callable->captured;
    if (ta_closure_is_boxed(closure->callable))
        return relocate_owned(walk, captured, (char *)closure->storage, depth);
    return relocate_value(walk, captured, (char *)closure->storage, depth);
}

static ta_status relocate_part(relocation *walk, const ta_part *part, char *value, unsigned depth) {
    const ta_case *selected;
    switch (part->kind) {
    case TA_PART_INLINE:
        return relocate_elements(walk, part->type, value + part->offset, part->count, depth);
    case TA_PART_OWNED:
        return relocate_owned(walk, part->type, value + part->offset, depth);
    case TA_PART_COUNTED:
        return relocate_counted(walk, part, value, depth);
    case TA_PART_VARIANT:
        selected = ta_walk_case(part, value);
        if (selected == NULL) return ta_walk_tag("ta_relocate", part);
        if (selected->is_empty || (selected->part.traits & walk->move->visits) == 0) return TA_OK;
        return relocate_part(walk, &selected->part, value, depth);
    case TA_PART_MAP:
        return relocate_map(walk, part, value, depth);
    case TA_PART_CLOSURE:
        return relocate_closure(walk, value + part->offset, depth);
    case TA_PART_BLOCK:
        relocate_block(walk->move, value + part->offset);
        return TA_OK;
    }
    return TA_E_INVALID;
}

/* Visits what is pending, and what that adds, until nothing is. */
static ta_status relocate_pending(relocation *walk) {
    ta_status status = TA_OK;
    while (status == TA_OK) {
        if (walk->boxes != NULL) {
            ta_box *box = walk->boxes;
            walk->boxes = box->pending;
            status = relocate_value(walk, box->type, (char *)(box + 1), 0);
        } else if (walk->arrays != NULL) {
            ta_array *array = walk->arrays;
            walk->arrays = array->pending;
            status = relocate_elements(walk, array->type, (char *)(array + 1), array->count, 0);
        } else if (walk->maps != NULL) {
            ta_map_core *core = walk->maps;
            walk->maps = core->pending;
            status = relocate_entries(walk, core, core->part->type, 0);
        } else {
            break;
        }
    }
    return status;
}

static __attribute__((noinline)) ta_status relocate_all(const ta_type *type, void *value,
                                                        const ta_move *move) {
    relocation walk = {move, NULL, NULL, NULL};
    ta_status status = relocate_value(&walk, type, value, 0);
    return status == TA_OK ? relocate_pending(&walk) : status;
}

static __attribute__((noinline)) ta_status relocate_vector(const ta_type *type, void *value,
                                                           const ta_move *move) {
    relocation walk = {move, NULL, NULL, NULL}; /* nothing will be pending */
    return relocate_counted(&walk, type->parts, (char *)value, 0);
}

/* With an allocator in the move, so that nobody further on needs to ask. */
static __attribute__((noinline)) ta_status relocate_by_default(const ta_type *type, void *value,
                                                               const ta_move *move) {
    ta_move whole = *move;
    whole.allocator = ta_allocator_default();
    return ta_relocate_parts(type, value, &whole);
}

/* A short front: a string pays for neither lists nor recursion. */
ta_status ta_relocate_parts(const ta_type *type, void *value, const ta_move *move) {
    if (move->allocator == NULL) return relocate_by_default(type, value, move);
    if (ta_walk_is_block(type)) {
        relocate_block(move, (char *)value);
        return TA_OK;
    }
    if (ta_walk_is_vector(type)) return relocate_vector(type, value, move);
    return relocate_all(type, value, move);
}
