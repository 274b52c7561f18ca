/* SPDX-License-Identifier: MIT
 *
 * Cloning of values that own something.
 *
 * A clone begins as a copy of the bits; each part that owns something is then replaced by a clone
 * of its own. When one fails, those before it are destroyed again. Blocks that were allocated and
 * not filled yet (they are pending) are given back first and the pointers to them set to NULL, so
 * that what is destroyed is well formed.
 */
#include "walk.h"

#include <string.h>

typedef struct cloning {
    const ta_allocator *allocator; /* never NULL */
    ta_box *boxes;
    ta_array *arrays;
    ta_map_core *maps;
} cloning;

static ta_status clone_part(cloning *walk, const ta_part *part, const char *in, char *out,
                            unsigned depth);

/* ---- undoing ---------------------------------------------------------------------------------- */

/* Gives back a block whose content is not there (yet), and the pointer to it. */
static void drop_block(char *content, char *slot, ta_header header, size_t alignment) {
    ta_pointer_write(slot, NULL);
    ta_block_destroy(content, header, alignment);
}

static ta_pending_clone pending_clone(const char *content) {
    ta_pending_clone pending;
    memcpy(&pending, content, sizeof pending);
    return pending;
}

/* Before anything is destroyed. Pending maps are well formed already: they are empty. */
static void drop_pending(cloning *walk) {
    while (walk->boxes != NULL) {
        ta_box *box = walk->boxes;
        char *content = (char *)(box + 1);
        walk->boxes = box->pending;
        drop_block(content, pending_clone(content).slot, TA_HEADER_BOX, box->type->alignment);
    }
    while (walk->arrays != NULL) {
        ta_array *array = walk->arrays;
        char *content = (char *)(array + 1);
        walk->arrays = array->pending;
        drop_block(content, pending_clone(content).slot, TA_HEADER_ARRAY, array->type->alignment);
    }
    walk->maps = NULL;
}

static void undo_elements(cloning *walk, const ta_type *type, char *elements, size_t count) {
    drop_pending(walk);
    for (size_t i = 0; i < count; i++) ta_destroy(type, elements + i * type->size);
}

/* Parts [0, count) are clones; the rest is bits of the original, which nobody may destroy. */
static void undo_parts(cloning *walk, const ta_type *type, char *value, uint32_t count) {
    ta_type made = *type;
    drop_pending(walk);
    made.part_count = count;
    ta_destroy(&made, value);
}

/* ---- values and elements ---------------------------------------------------------------------- */

/* The pointer at `slot` becomes one to a copy of the block of trivial elements that `original`, the
 * pointer at the same place in the original value, points to. */
static inline ta_status clone_block(const ta_allocator *allocator, const char *original,
                                    char *slot) {
    if (original == NULL) {
        ta_pointer_write(slot, NULL);
        return TA_OK;
    }
    size_t size = ta_block_of(original)->size;
    char *content = ta_block_create(allocator, TA_HEADER_BLOCK, size, TA_BLOCK_ALIGNMENT);
    ta_pointer_write(slot, content);
    if (content == NULL) return TA_E_NOMEM;
    ta_block_copy(content, original, size);
    return TA_OK;
}

static ta_status clone_without_parts(const cloning *walk, const ta_type *type, const char *in,
                                     char *out) {
    if (type->clone != NULL) return type->clone(type, in, out, walk->allocator);
    if (type->destroy != NULL)
        return ta_fail_(TA_E_NOT_CLONEABLE, "ta_clone", "%s has no clone function", type->name);
    ta_block_copy(out, in, type->size);
    return TA_OK;
}

static ta_status clone_value(cloning *walk, const ta_type *type, const char *in, char *out,
                             unsigned depth) {
    if (type->parts == NULL) return clone_without_parts(walk, type, in, out);
    ta_block_copy(out, in, type->size);
    for (uint32_t i = 0; i < type->part_count; i++) {
        size_t offset;
        if ((type->parts[i].traits & TA_WALK_OWNED) == 0) continue;
        const ta_part *part = ta_walk_unwrap(&type->parts[i], &offset);
        ta_status status =
            part->kind == TA_PART_BLOCK
                ? clone_block(walk->allocator, ta_pointer_read(in + offset + part->offset),
                              out + offset + part->offset)
                : clone_part(walk, part, in + offset, out + offset, depth);
        if (status != TA_OK) {
            undo_parts(walk, type, out, i);
            return status;
        }
    }
    return TA_OK;
}

static ta_status clone_element(cloning *walk, const ta_type *type, const char *in, char *out,
                               unsigned depth) {
    if (!ta_walk_is_block(type)) return clone_value(walk, type, in, out, depth);
    return clone_block(walk->allocator, ta_pointer_read(in), out);
}

static ta_status clone_elements(cloning *walk, const ta_type *type, const char *in, char *out,
                                size_t count, unsigned depth) {
    for (size_t i = 0; i < count; i++) {
        ta_status status =
            clone_element(walk, type, in + i * type->size, out + i * type->size, depth);
        if (status != TA_OK) {
            undo_elements(walk, type, out, i);
            return status;
        }
    }
    return TA_OK;
}

static bool is_visited(const ta_type *type) { return (type->traits & TA_WALK_OWNED) != 0; }

/* ---- blocks ----------------------------------------------------------------------------------- */

/* The pointer at `slot`, a copy of the original's, becomes one to a block of the clone's own, of
 * the same size. Returns the block, uninitialised; NULL without memory, and so is the pointer
 * then. */
static char *create_like(const cloning *walk, const char *original, char *slot, ta_header header,
                         size_t alignment) {
    char *content =
        ta_block_create(walk->allocator, header, ta_block_of(original)->size, alignment);
    ta_pointer_write(slot, content);
    return content;
}

static ta_status clone_owned(cloning *walk, const ta_type *type, char *slot, unsigned depth) {
    const char *original = ta_pointer_read(slot);
    ta_header header = ta_box_header(type);
    if (original == NULL) return TA_OK;
    char *content = create_like(walk, original, slot, header, type->alignment);
    if (content == NULL) return TA_E_NOMEM;
    if (!is_visited(type)) {
        ta_block_copy(content, original, ta_block_of(original)->size);
        return TA_OK;
    }
    if (depth < TA_WALK_DEPTH) {
        ta_status status = clone_value(walk, type, original, content, depth + 1);
        if (status != TA_OK) drop_block(content, slot, header, type->alignment);
        return status;
    }
    ta_pending_clone pending = {original, slot};
    memcpy(content, &pending, sizeof pending);
    ta_box_push(&walk->boxes, content, type);
    return TA_OK;
}

static ta_status clone_counted(cloning *walk, const ta_part *part, char *out, unsigned depth) {
    const ta_type *type = part->type;
    char *slot = out + part->offset;
    const char *original = ta_pointer_read(slot);
    size_t live, count = ta_walk_length(part, out);
    ta_header header = ta_array_header(type);
    if (original == NULL) return TA_OK;
    if (!ta_walk_bytes(original, type, count, &live)) return ta_walk_range("ta_clone", part);
    char *content = create_like(walk, original, slot, header, type->alignment);
    if (content == NULL) return TA_E_NOMEM;
    if (!is_visited(type)) {
        ta_block_copy(content, original, live);
        return TA_OK;
    }
    if (depth < TA_WALK_DEPTH) {
        ta_status status = clone_elements(walk, type, original, content, count, depth + 1);
        if (status != TA_OK) drop_block(content, slot, header, type->alignment);
        return status;
    }
    ta_pending_clone pending = {original, slot};
    memcpy(content, &pending, sizeof pending);
    ta_array_push(&walk->arrays, content, type, count);
    return TA_OK;
}

/* ---- maps ------------------------------------------------------------------------------------- */

static ta_status clone_entry(cloning *walk, ta_map_core *core, const ta_part *part,
                             const char *original, unsigned depth) {
    char *entry = ta_map_entry_allocate(core, part);
    if (entry == NULL) return TA_E_NOMEM;
    ta_status status = clone_value(walk, part->type, original, entry, depth);
    if (status == TA_OK) {
        if (ta_map_adopt(core, part, entry, original)) return TA_OK;
        undo_elements(walk, part->type, entry, 1);
        status = TA_E_NOMEM;
    }
    ta_map_entry_release(core, part, entry);
    return status;
}

/* On failure the map holds the entries that were cloned until then. */
static ta_status clone_entries(cloning *walk, ta_map_core *core, const ta_part *part,
                               ta_map_core *original, unsigned depth) {
    ta_map_cursor cursor = {0};
    size_t count;
    for (const char *entry; (entry = ta_map_next_run(original, &cursor, &count)) != NULL;)
        for (; count > 0; count--, entry += original->stride) {
            ta_status status = clone_entry(walk, core, part, entry, depth);
            if (status != TA_OK) return status;
        }
    return TA_OK;
}

static void undo_entries(cloning *walk, ta_map_core *core, const ta_part *part) {
    ta_map_cursor cursor = {0};
    size_t count;
    drop_pending(walk);
    for (char *entry; (entry = ta_map_next_run(core, &cursor, &count)) != NULL;)
        for (; count > 0; count--, entry += core->stride) ta_destroy(part->type, entry);
}

static ta_status clone_map(cloning *walk, const ta_part *part, char *out, unsigned depth) {
    char *slot = out + part->offset;
    ta_map_core *original = ta_pointer_read(slot);
    if (original == NULL) return TA_OK;
    ta_map_core *core = is_visited(part->type) ? ta_map_create_like(original, part, walk->allocator)
                                               : ta_map_copy(original, part, walk->allocator);
    ta_pointer_write(slot, core);
    if (core == NULL) return TA_E_NOMEM;
    if (!is_visited(part->type)) return TA_OK;
    if (depth >= TA_WALK_DEPTH) {
        core->part = part;
        core->source = original;
        core->pending = walk->maps;
        walk->maps = core;
        return TA_OK;
    }
    ta_status status = clone_entries(walk, core, part, original, depth + 1);
    if (status != TA_OK) {
        undo_entries(walk, core, part);
        ta_map_release(core, part);
        ta_pointer_write(slot, NULL);
    }
    return status;
}

/* ---- parts ------------------------------------------------------------------------------------ */

static ta_status clone_closure(cloning *walk, const char *in, char *out, unsigned depth) {
    const ta_closure *original = (const ta_closure *)(const void *)in;
    ta_closure *clone = (ta_closure *)(void *)out;
    if (original->callable == NULL || (original->callable->traits & TA_WALK_OWNED) == 0)
        return TA_OK;
    const ta_type *captured = original->callable->captured;
    if (ta_closure_is_boxed(original->callable))
        return clone_owned(walk, captured, (char *)clone->storage, depth);
    return clone_value(walk, captured, (const char *)original->storage, (char *)clone->storage,
                       depth);
}

/* `out` holds the bits of `in` in this part. */
static ta_status clone_part(cloning *walk, const ta_part *part, const char *in, char *out,
                            unsigned depth) {
    const ta_case *selected;
    switch (part->kind) {
    case TA_PART_INLINE:
        return clone_elements(walk, part->type, in + part->offset, out + part->offset, part->count,
                              depth);
    case TA_PART_OWNED:
        return clone_owned(walk, part->type, out + part->offset, depth);
    case TA_PART_COUNTED:
        return clone_counted(walk, part, out, depth);
    case TA_PART_VARIANT:
        selected = ta_walk_case(part, in);
        if (selected == NULL) return ta_walk_tag("ta_clone", part);
        if (selected->is_empty || (selected->part.traits & TA_WALK_OWNED) == 0) return TA_OK;
        return clone_part(walk, &selected->part, in, out, depth);
    case TA_PART_MAP:
        return clone_map(walk, part, out, depth);
    case TA_PART_CLOSURE:
        return clone_closure(walk, in + part->offset, out + part->offset, depth);
    case TA_PART_BLOCK:
        return clone_block(walk->allocator, ta_pointer_read(in + part->offset), out + part->offset);
    }
    return TA_E_INVALID;
}

/* ---- pending ---------------------------------------------------------------------------------- */

static ta_status clone_next_box(cloning *walk) {
    ta_box *box = walk->boxes;
    char *content = (char *)(box + 1);
    ta_pending_clone pending = pending_clone(content);
    walk->boxes = box->pending;
    ta_status status = clone_value(walk, box->type, pending.source, content, 0);
    if (status != TA_OK) drop_block(content, pending.slot, TA_HEADER_BOX, box->type->alignment);
    return status;
}

static ta_status clone_next_array(cloning *walk) {
    ta_array *array = walk->arrays;
    char *content = (char *)(array + 1);
    ta_pending_clone pending = pending_clone(content);
    walk->arrays = array->pending;
    ta_status status = clone_elements(walk, array->type, pending.source, content, array->count, 0);
    if (status != TA_OK) drop_block(content, pending.slot, TA_HEADER_ARRAY, array->type->alignment);
    return status;
}

static __attribute__((noinline)) ta_status clone_all(const ta_type *type, const void *value,
                                                     void *out, const ta_allocator *allocator) {
    cloning walk = {allocator, NULL, NULL, NULL};
    ta_status status = clone_value(&walk, type, value, out, 0);
    if (status != TA_OK) return status;
    while (status == TA_OK) {
        if (walk.boxes != NULL) {
            status = clone_next_box(&walk);
        } else if (walk.arrays != NULL) {
            status = clone_next_array(&walk);
        } else if (walk.maps != NULL) {
            ta_map_core *core = walk.maps;
            walk.maps = core->pending;
            status = clone_entries(&walk, core, core->part, (ta_map_core *)core->source, 0);
        } else {
            return TA_OK;
        }
    }
    undo_elements(&walk, type, out, 1);
    return status;
}

static __attribute__((noinline)) ta_status clone_vector(const ta_type *type, const void *value,
                                                        void *out, const ta_allocator *allocator) {
    cloning walk = {allocator, NULL, NULL, NULL}; /* nothing will be pending */
    ta_block_copy(out, value, type->size);
    return clone_counted(&walk, type->parts, (char *)out, 0);
}

/* A short front, as that of ta_relocate_parts(). */
ta_status ta_clone_parts(const ta_type *type, const void *value, void *out,
                         const ta_allocator *allocator) {
    if (allocator == NULL) allocator = ta_allocator_default();
    if (ta_walk_is_block(type))
        return clone_block(allocator, ta_pointer_read((const char *)value), (char *)out);
    if (ta_walk_is_vector(type)) return clone_vector(type, value, out, allocator);
    return clone_all(type, value, out, allocator);
}
