/* SPDX-License-Identifier: MIT
 *
 * Types that are made while the program runs.
 */
#include "forest_tree.h"

#include <string.h>

/* ---- choices ---------------------------------------------------------------------------------- */

unsigned choose(choices *from, unsigned below) {
    if (from->next != NULL) return from->next < from->end ? *from->next++ % below : 0;
    from->state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = from->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % below);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void *pool_allocate(void *context, size_t size, size_t alignment) {
    pool *p = context;
    p->calls++;
    if (p->calls - p->fail_at < p->fail_count) return NULL;
    void *memory = ta_allocate(NULL, size, alignment);
    CHECK(memory != NULL);
    p->blocks++;
    p->bytes += size;
    return memory;
}

static void pool_release(void *context, void *memory, size_t size, size_t alignment) {
    pool *p = context;
    CHECK(p->blocks > 0 && p->bytes >= size);
    p->blocks--;
    p->bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

void pool_init(pool *p) { *p = (pool){.allocator = {pool_allocate, pool_release, p}}; }

/* ---- probes ----------------------------------------------------------------------------------- */

probe_book probes;

void probes_reset(void) { probes = (probe_book){.live = probes.live}; }

static ta_status probe_relocate(struct probe *self, const ta_move *move) {
    CHECK(*self->token == PROBE_TOKEN);
    CHECK(!ta_affinity_is_unknown(move->destination));
    CHECK(!ta_affinity_equal(move->source, move->destination));
    if (++probes.relocations == probes.fail_relocation_at) return (ta_status)PROBE_FAILED;
    self->home = move->destination;
    return TA_OK;
}

static ta_status probe_clone(const struct probe *self, struct probe *out,
                             const ta_allocator *allocator) {
    CHECK(*self->token == PROBE_TOKEN && allocator != NULL);
    if (++probes.clones == probes.fail_clone_at) return (ta_status)PROBE_FAILED;
    *out = *self;
    out->token = probe_token();
    return TA_OK;
}

static void probe_destroy(struct probe *self) {
    CHECK(*self->token == PROBE_TOKEN);
    free(self->token);
    probes.live--;
}

unsigned char *probe_token(void) {
    unsigned char *token = malloc(1);
    CHECK(token != NULL);
    *token = PROBE_TOKEN;
    probes.live++;
    return token;
}

TA_TYPE(probe, struct probe, probe_relocate, probe_clone, probe_destroy);

/* ---- growing ---------------------------------------------------------------------------------- */

enum { ALL_TRAITS = TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE };

typedef struct growth {
    forest *wood;
    choices *from;
} growth;

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

static const tree *grow_struct(growth *g, unsigned depth) {
    tree *t = plant(g, STRUCT);
    size_t at = 0, alignment = 1;
    uint32_t traits = 0, part_count = 0;
    t->count = choose(g->from, FIELDS + 1);
    for (size_t i = 0; i < t->count; i++) {
        const tree *field = grow(g, depth - 1, t);
        const ta_type *type = field->type;
        t->child[i] = field;
        t->offset[i] = at = round_up(at, type->alignment);
        at += type->size;
        if (type->alignment > alignment) alignment = type->alignment;
        /* What is trivial need not be listed. */
        if (type->traits == 0 && choose(g->from, 2) == 0) continue;
        /* Tables may claim more than there is. */
        uint32_t claimed = choose(g->from, 4) == 0 ? ALL_TRAITS : type->traits;
        t->parts[part_count++] =
            (ta_part)TA_PART_INLINE_INIT("field", claimed, type, t->offset[i], 1);
        traits |= claimed;
    }
    describe(t, "struct", round_up(at + 1, alignment), alignment, traits, part_count);
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

static const tree *grow_pointer(growth *g, unsigned depth) {
    tree *t = plant(g, POINTER);
    const ta_type *type = (t->child[0] = grow(g, depth - 1, NULL))->type;
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
    t->child[0] = t->is_link ? around : grow(g, depth - 1, NULL);
    const ta_type *type = t->child[0]->type;
    uint32_t traits = t->is_link ? ALL_TRAITS : type->traits | TA_TRAIT_OWNS;
    t->width = (size_t)1 << choose(g->from, 4);
    t->parts[0] = (ta_part)TA_PART_COUNTED_INIT(NULL, traits, type, 0, COUNTED_LENGTH, t->width);
    describe(t, "counted", COUNTED_SIZE, _Alignof(void *), traits, 1);
    return t;
}

static const tree *grow_union(growth *g, unsigned depth, const tree *around) {
    static const int64_t tags[3][CASES] = {{0, 1, 2}, {-1, 100, -128}, {7, 5, 3}};
    tree *t = plant(g, UNION);
    const int64_t *tag = tags[choose(g->from, 3)];
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
        const ta_type *type = t->child[i]->type;
        t->offset[i] = alignment;
        t->cases[i].part = (ta_part)TA_PART_INLINE_INIT(NULL, type->traits, type, alignment, 1);
    }
    t->parts[0] =
        (ta_part){"as", TA_PART_VARIANT, traits, NULL, 0, t->count, 0, t->width, t->cases, NULL};
    describe(t, "union", round_up(alignment + size, alignment), alignment, traits, 1);
    return t;
}

static const tree *grow_leaf(growth *g) {
    switch (choose(g->from, 7)) {
    case 0:
        return grow_scalar(g);
    case 1:
        return grow_known(g, STRING, &ta_string_type);
    case 2:
        return grow_known(g, AGES, &ages_type);
    case 3:
        return grow_known(g, NAMES, &names_type);
    case 4:
        return grow_known(g, CLOSURE, &ta_fn_type);
    default:
        return grow_known(g, PROBE, &probe_type);
    }
}

static const tree *grow(growth *g, unsigned depth, const tree *around) {
    if (depth == 0) return grow_leaf(g);
    switch (choose(g->from, 9)) {
    case 0:
        return grow_array(g, depth, around);
    case 1:
        return grow_pointer(g, depth);
    case 2:
        return grow_counted(g, depth, around);
    case 3:
        return grow_union(g, depth, around);
    case 4:
        return around != NULL ? grow_link(g, around) : grow_struct(g, depth);
    case 5:
    case 6:
        return grow_struct(g, depth);
    default:
        return grow_leaf(g);
    }
}

const tree *forest_grow(forest *wood, choices *from) {
    growth g = {wood, from};
    return grow(&g, DEPTH, NULL);
}

void forest_fell(forest *wood) {
    for (tree *t = wood->trees, *next; t != NULL; t = next) {
        next = t->next;
        free(t);
    }
    wood->trees = NULL;
}

const ta_type *tree_type(const tree *t) { return t->type; }
