/* SPDX-License-Identifier: MIT
 *
 * Types that are made while the program runs.
 */
#include "forest_tree.h"

enum { ALL_TRAITS = TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE };

typedef struct growth {
    forest *wood;
    choices *from;
} growth;

/* `around`: the struct that this becomes a part of, for links to it; NULL: none. */
static const tree *grow(growth *g, unsigned depth, const tree *around);

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
}

static tree *plant(growth *g, tree_kind kind) {
    tree *t = calloc(1, sizeof *t);
    CHECK(t != NULL);
    t->kind = kind;
    t->type = &t->own;
    t->next = g->wood->trees;
    g->wood->trees = t;
    return t;
}

/* The descriptor of a tree with parts of its own. */
static void describe(tree *t, const char *name, size_t size, size_t alignment, uint32_t traits,
                     uint32_t part_count) {
    t->own = (ta_type){name, size, alignment, traits, part_count, part_count > 0 ? t->parts : NULL,
                       NULL, NULL, NULL,      NULL};
}

/* A child at an offset: a value in place or, where the child has just one part, that part itself,
 * as the fields of derived structs have it. */
static ta_part part_of(growth *g, const tree *child, size_t offset, uint32_t claimed) {
    const ta_type *type = child->type;
    if (type->part_count != 1 || type->parts->kind == TA_PART_VARIANT || choose(g->from, 2) == 0)
        return (ta_part)TA_PART_INLINE_INIT("part", claimed, type, offset, 1);
    ta_part part = type->parts[0];
    part.traits |= claimed;
    part.offset += offset;
    part.length_offset += offset;
    return part;
}

/* ---- leaves ----------------------------------------------------------------------------------- */

static const tree *grow_scalar(growth *g) {
    static const size_t sizes[] = {1, 2, 4, 8, 16, 3, 32, 64};
    unsigned which = choose(g->from, 8);
    tree *t = plant(g, SCALAR);
    describe(t, "scalar", sizes[which], which < 5 || which == 7 ? sizes[which] : 1, 0, 0);
    return t;
}

/* A leaf whose descriptor stands somewhere. */
static const tree *grow_known(growth *g, tree_kind kind, const ta_type *type) {
    tree *t = plant(g, kind);
    t->type = type;
    return t;
}

static const tree *grow_leaf(growth *g) {
    switch (choose(g->from, 4)) {
    case 0:
        return grow_scalar(g);
    case 1:
        return grow_known(g, STRING, &ta_string_type);
    default:
        return grow_known(g, PROBE, probe_types[choose(g->from, PROBE_TYPES)]);
    }
}

/* ---- in place --------------------------------------------------------------------------------- */

static void grow_fields(growth *g, tree *t) {
    size_t at = 0, alignment = 1;
    uint32_t traits = 0, part_count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const ta_type *type = t->child[i]->type;
        t->offset[i] = at = round_up(at, type->alignment);
        at += type->size;
        if (type->alignment > alignment) alignment = type->alignment;
        /* What is trivial need not be listed. */
        if (type->traits == 0 && choose(g->from, 2) == 0) continue;
        /* Tables may claim more than there is. */
        uint32_t claimed = choose(g->from, 4) == 0 ? ALL_TRAITS : type->traits;
        t->parts[part_count++] = part_of(g, t->child[i], t->offset[i], claimed);
        traits |= claimed;
    }
    describe(t, "struct", round_up(at + 1, alignment), alignment, traits, part_count);
}

static const tree *grow_struct(growth *g, unsigned depth) {
    tree *t = plant(g, STRUCT);
    t->count = choose(g->from, FIELDS + 1);
    for (size_t i = 0; i < t->count; i++) t->child[i] = grow(g, depth - 1, t);
    grow_fields(g, t);
    return t;
}

static const tree *grow_array(growth *g, unsigned depth, const tree *around) {
    tree *t = plant(g, ARRAY);
    const ta_type *type = (t->child[0] = grow(g, depth - 1, around))->type;
    t->count = 1 + choose(g->from, 3);
    t->parts[0] = (ta_part)TA_PART_INLINE_INIT(NULL, type->traits, type, 0, t->count);
    describe(t, "array", t->count * type->size, type->alignment, type->traits, 1);
    return t;
}

static const tree *grow_union(growth *g, unsigned depth, const tree *around) {
    static const int64_t tags[4][CASES] = {{0, 1, 2}, {-1, 100, -128}, {7, 5, 3}, {1, 2, 0}};
    tree *t = plant(g, UNION);
    const int64_t *tag = tags[choose(g->from, 4)];
    size_t size = 0, alignment = 16;
    uint32_t traits = 0;
    t->count = 1 + choose(g->from, CASES);
    t->width = (size_t)1 << choose(g->from, 4);
    for (size_t i = 0; i < t->count; i++) {
        t->cases[i].tag = tag[i];
        t->cases[i].is_empty = choose(g->from, 4) == 0;
        if (t->cases[i].is_empty) continue;
        const ta_type *type = (t->child[i] = grow(g, depth - 1, around))->type;
        if (type->alignment > alignment) alignment = type->alignment;
        if (type->size > size) size = type->size;
        traits |= type->traits;
    }
    /* The union stands behind the tag, as far as the alignment has it. */
    for (size_t i = 0; i < t->count; i++) {
        if (t->cases[i].is_empty) continue;
        t->offset[i] = alignment;
        t->cases[i].part = part_of(g, t->child[i], alignment, t->child[i]->type->traits);
    }
    t->parts[0] =
        (ta_part){"as", TA_PART_VARIANT, traits, NULL, 0, t->count, 0, t->width, t->cases, NULL};
    describe(t, "union", round_up(alignment + size, alignment), alignment, traits, 1);
    return t;
}

/* ---- owned ------------------------------------------------------------------------------------ */

static const tree *grow_pointer(growth *g, unsigned depth, const tree *around) {
    tree *t = plant(g, POINTER);
    const ta_type *type = (t->child[0] = grow(g, depth - 1, around))->type;
    t->parts[0] = (ta_part)TA_PART_OWNED_INIT(NULL, type->traits, type, 0);
    describe(t, "pointer", sizeof(void *), _Alignof(void *), type->traits | TA_TRAIT_OWNS, 1);
    return t;
}

/* To the struct around it, which is not described yet. */
static const tree *grow_link(growth *g, const tree *around) {
    tree *t = plant(g, POINTER);
    t->child[0] = around;
    t->is_link = true;
    t->parts[0] = (ta_part)TA_PART_OWNED_INIT(NULL, ALL_TRAITS, around->type, 0);
    describe(t, "link", sizeof(void *), _Alignof(void *), ALL_TRAITS, 1);
    return t;
}

static const tree *grow_counted(growth *g, unsigned depth, const tree *around) {
    tree *t = plant(g, COUNTED);
    t->is_link = around != NULL && choose(g->from, 4) == 0;
    t->child[0] = t->is_link ? around : grow(g, depth - 1, around);
    const ta_type *type = t->child[0]->type;
    uint32_t traits = t->is_link ? ALL_TRAITS : type->traits | TA_TRAIT_OWNS;
    t->width = (size_t)1 << choose(g->from, 4);
    t->parts[0] = (ta_part)TA_PART_COUNTED_INIT(NULL, traits, type, 0, COUNTED_LENGTH, t->width);
    describe(t, "counted", COUNTED_SIZE, _Alignof(void *), traits, 1);
    return t;
}

static uint64_t hash_word(const void *key, uint64_t seed) { return ta_uint64_hash(key, seed); }
static bool equal_word(const void *a, const void *b) { return ta_uint64_equal(a, b); }
static uint64_t hash_text(const void *key, uint64_t seed) { return ta_string_hash(key, seed); }
static bool equal_text(const void *a, const void *b) { return ta_string_equal(a, b); }

static const tree *grow_key(growth *g) {
    switch (choose(g->from, 3)) {
    case 0:
        return grow_known(g, SCALAR, &ta_uint64_type);
    case 1:
        return grow_known(g, STRING, &ta_string_type);
    default: /* by its number, which it begins with */
        return grow_known(g, PROBE, probe_types[choose(g->from, PROBE_TYPES)]);
    }
}

static const tree *grow_table(growth *g, unsigned depth, const tree *around) {
    tree *t = plant(g, TABLE), *entry = plant(g, STRUCT);
    entry->count = 2;
    entry->child[0] = grow_key(g);
    entry->child[1] = grow(g, depth - 1, around);
    grow_fields(g, entry);
    t->child[0] = entry;
    bool is_text = entry->child[0]->kind == STRING;
    t->map = (ta_map_class){entry->type, is_text ? hash_text : hash_word,
                            is_text ? equal_text : equal_word};
    uint32_t traits = entry->own.traits | TA_TRAIT_OWNS;
    t->parts[0] = (ta_part)TA_PART_MAP_INIT("map", entry->own.traits, entry->type, 0, &t->map);
    describe(t, "table", sizeof(ta_map_core *), _Alignof(ta_map_core *), traits, 1);
    return t;
}

static void *rehome_captured(void *block, const ta_move *move) {
    return ta_block_rehome_(block, ta_block_size(block), move);
}

/* As TA_FN of ta/closure.h makes a callable, with a descriptor of what is captured in t->own. */
static const tree *grow_closure(growth *g, unsigned depth, const tree *around) {
    tree *t = plant(g, CLOSURE);
    const ta_type *type = (t->child[0] = grow(g, depth - 1, around))->type;
    size_t alignment = type->alignment > _Alignof(void *) ? type->alignment : _Alignof(void *);
    t->offset[0] = round_up(CAPTURED_TREE + sizeof(const tree *), type->alignment);
    t->parts[0] = part_of(g, t->child[0], t->offset[0], type->traits);
    /* Half of those that would not need a box get something that nobody looks at. */
    size_t size = t->offset[0] + type->size + choose(g->from, 2) * TA_CLOSURE_SPACE;
    describe(t, "captured", round_up(size, alignment), alignment, type->traits, 1);
    t->type = &ta_fn_type;
    t->callable = (ta_callable){
        "sum", &t->own, &ta_uint64_type, captured_sum_in_place, type->traits, 0, NULL};
    if (t->own.size > TA_CLOSURE_SPACE || alignment > TA_CLOSURE_ALIGNMENT) {
        t->callable.call = captured_sum_in_box;
        t->callable.traits |= TA_TRAIT_OWNS;
        t->callable.is_boxed = type->traits == 0 && alignment <= TA_BLOCK_ALIGNMENT
                                   ? TA_CLOSURE_BLOCK
                                   : TA_CLOSURE_BOX;
        t->callable.rehome = rehome_captured;
    }
    return t;
}

/* ---- all -------------------------------------------------------------------------------------- */

static const tree *grow(growth *g, unsigned depth, const tree *around) {
    if (depth == 0) return grow_leaf(g);
    switch (choose(g->from, 11)) {
    case 0:
        return grow_array(g, depth, around);
    case 1:
        return grow_pointer(g, depth, around);
    case 2:
        return grow_counted(g, depth, around);
    case 3:
        return grow_union(g, depth, around);
    case 4:
        return around != NULL ? grow_link(g, around) : grow_struct(g, depth);
    case 5:
    case 6:
        return grow_struct(g, depth);
    case 7:
    case 8:
        return grow_table(g, depth, around);
    case 9:
        return grow_closure(g, depth, around);
    default:
        return grow_leaf(g);
    }
}

/* What the links of a list hold: more often than elsewhere what an engine has lists of its own
 * for. */
static const tree *grow_held(growth *g, const tree *list) {
    switch (choose(g->from, 4)) {
    case 0:
        return grow_counted(g, DEPTH - 1, list);
    case 1:
        return grow_table(g, DEPTH - 1, list);
    case 2:
        return grow_closure(g, DEPTH - 1, list);
    default:
        return grow(g, DEPTH - 1, list);
    }
}

static const tree *grow_list(growth *g) {
    tree *list = plant(g, STRUCT);
    unsigned link_at = choose(g->from, 2);
    list->count = 2;
    list->child[link_at] = grow_link(g, list);
    list->child[1 - link_at] = grow_held(g, list);
    grow_fields(g, list);
    return list;
}

const tree *forest_grow(forest *wood, choices *from) {
    growth g = {wood, from};
    return choose(from, 3) == 0 ? grow_list(&g) : grow(&g, DEPTH, NULL);
}

void forest_fell(forest *wood) {
    for (tree *t = wood->trees, *next; t != NULL; t = next) {
        next = t->next;
        free(t);
    }
    wood->trees = NULL;
}

const ta_type *tree_type(const tree *t) { return t->type; }
