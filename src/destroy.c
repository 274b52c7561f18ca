/* SPDX-License-Identifier: MIT
 *
 * Destruction of values that own something. It cannot fail and needs no memory: a block whose
 * content is still to be destroyed waits on a list that runs through the blocks' headers.
 */
#include "walk.h"

typedef struct destruction {
    ta_box *boxes;
    ta_array *arrays;
    ta_map_core *maps;
} destruction;

static void destroy_part(destruction *walk, const ta_part *part, char *value, unsigned depth);

/* The pointer at `slot`, a TA_PART_BLOCK. */
static inline void destroy_block(const char *slot) {
    char *content = ta_pointer_read(slot);
    if (content != NULL) ta_block_destroy(content, TA_HEADER_BLOCK, TA_BLOCK_ALIGNMENT);
}

static void destroy_value(destruction *walk, const ta_type *type, char *value, unsigned depth) {
    if (type->parts == NULL) {
        if (type->destroy != NULL) type->destroy(type, value);
        return;
    }
    for (const ta_part *each = type->parts, *end = each + type->part_count; each != end; each++) {
        size_t offset;
        if ((each->traits & TA_WALK_OWNED) == 0) continue;
        const ta_part *part = ta_walk_unwrap(each, &offset);
        if (part->kind == TA_PART_BLOCK)
            destroy_block(value + offset + part->offset);
        else
            destroy_part(walk, part, value + offset, depth);
    }
}

static void destroy_elements(destruction *walk, const ta_type *type, char *elements, size_t count,
                             unsigned depth) {
    if (ta_walk_is_block(type)) {
        for (; count > 0; count--, elements += sizeof(void *)) destroy_block(elements);
        return;
    }
    for (size_t i = 0; i < count; i++) destroy_value(walk, type, elements + i * type->size, depth);
}

static bool is_visited(const ta_type *type) { return (type->traits & TA_WALK_OWNED) != 0; }

static void destroy_owned(destruction *walk, const ta_type *type, const char *slot,
                          unsigned depth) {
    char *content = ta_pointer_read(slot);
    if (content == NULL) return;
    if (is_visited(type)) {
        if (depth >= TA_WALK_DEPTH) {
            ta_box_push(&walk->boxes, content, type);
            return;
        }
        destroy_value(walk, type, content, depth + 1);
    }
    ta_block_destroy(content, ta_box_header(type), type->alignment);
}

static void destroy_counted(destruction *walk, const ta_part *part, const char *value,
                            unsigned depth) {
    const ta_type *type = part->type;
    char *content = ta_pointer_read(value + part->offset);
    if (content == NULL) return;
    if (is_visited(type)) {
        size_t live, count = ta_walk_length(part, value);
        /* How many there are instead, nobody knows: they leak, which is better than to follow what
         * may be no pointer. */
        if (!ta_walk_bytes(content, type, count, &live)) count = 0;
        if (depth >= TA_WALK_DEPTH) {
            ta_array_push(&walk->arrays, content, type, count);
            return;
        }
        destroy_elements(walk, type, content, count, depth + 1);
    }
    ta_block_destroy(content, ta_array_header(type), type->alignment);
}

static void destroy_entries(destruction *walk, ta_map_core *core, const ta_part *part,
                            unsigned depth) {
    ta_map_cursor cursor = {0};
    size_t count;
    for (char *entry; (entry = ta_map_next_run(core, &cursor, &count)) != NULL;)
        for (; count > 0; count--, entry += core->stride)
            destroy_value(walk, part->type, entry, depth);
}

static void destroy_map(destruction *walk, const ta_part *part, const char *value, unsigned depth) {
    ta_map_core *core = ta_pointer_read(value + part->offset);
    if (core == NULL) return;
    if (is_visited(part->type)) {
        if (depth >= TA_WALK_DEPTH) {
            core->part = part;
            core->pending = walk->maps;
            walk->maps = core;
            return;
        }
        destroy_entries(walk, core, part, depth + 1);
    }
    ta_map_release(core, part);
}

static void destroy_closure(destruction *walk, char *value, unsigned depth) {
    ta_closure *closure = (ta_closure *)(void *)value;
    if (closure->callable == NULL || (closure->callable->traits & TA_WALK_OWNED) == 0) return;
    const ta_type *captured = closure->callable->captured;
    if (ta_closure_is_boxed(closure->callable))
        destroy_owned(walk, captured, (char *)closure->storage, depth);
    else
        destroy_value(walk, captured, (char *)closure->storage, depth);
}

static void destroy_part(destruction *walk, const ta_part *part, char *value, unsigned depth) {
    const ta_case *selected;
    switch (part->kind) {
    case TA_PART_INLINE:
        destroy_elements(walk, part->type, value + part->offset, part->count, depth);
        break;
    case TA_PART_OWNED:
        destroy_owned(walk, part->type, value + part->offset, depth);
        break;
    case TA_PART_COUNTED:
        destroy_counted(walk, part, value, depth);
        break;
    case TA_PART_VARIANT:
        selected = ta_walk_case(part, value);
        if (selected != NULL && !selected->is_empty && (selected->part.traits & TA_WALK_OWNED) != 0)
            destroy_part(walk, &selected->part, value, depth);
        break;
    case TA_PART_MAP:
        destroy_map(walk, part, value, depth);
        break;
    case TA_PART_CLOSURE:
        destroy_closure(walk, value + part->offset, depth);
        break;
    case TA_PART_BLOCK:
        destroy_block(value + part->offset);
        break;
    }
}

static __attribute__((noinline)) void destroy_all(const ta_type *type, void *value) {
    destruction walk = {NULL, NULL, NULL};
    destroy_value(&walk, type, value, 0);
    for (;;) {
        if (walk.boxes != NULL) {
            ta_box *box = walk.boxes;
            const ta_type *element = box->type;
            walk.boxes = box->pending;
            destroy_value(&walk, element, (char *)(box + 1), 0);
            ta_block_destroy(box + 1, TA_HEADER_BOX, element->alignment);
        } else if (walk.arrays != NULL) {
            ta_array *array = walk.arrays;
            const ta_type *element = array->type;
            walk.arrays = array->pending;
            destroy_elements(&walk, element, (char *)(array + 1), array->count, 0);
            ta_block_destroy(array + 1, TA_HEADER_ARRAY, element->alignment);
        } else if (walk.maps != NULL) {
            ta_map_core *core = walk.maps;
            walk.maps = core->pending;
            destroy_entries(&walk, core, core->part, 0);
            ta_map_release(core, core->part);
        } else {
            return;
        }
    }
}

static __attribute__((noinline)) void destroy_vector(const ta_type *type, void *value) {
    destruction walk = {NULL, NULL, NULL}; /* nothing will be pending */
    destroy_counted(&walk, type->parts, (char *)value, 0);
}

/* A short front, as that of ta_relocate_parts(). */
void ta_destroy_parts(const ta_type *type, void *value) {
    if (ta_walk_is_block(type))
        destroy_block((char *)value);
    else if (ta_walk_is_vector(type))
        destroy_vector(type, value);
    else
        destroy_all(type, value);
}
