/* SPDX-License-Identifier: MIT
 *
 * What can be seen in values of types that are made while the program runs. Nothing here asks the
 * library's engine: this is the oracle.
 */
#include "forest_tree.h"
#include "walk.h"

#include <string.h>

typedef struct looking {
    picture *out; /* NULL: none is made */
    view what;
    bool calls; /* closures, to compare what they return with what they captured */
    ta_affinity place;
    bool is_there; /* at `place` */
    const ta_allocator *home;
    census found;
    unsigned depth;  /* in blocks */
    unsigned around; /* PROBE_*, of what is looked at */
} looking;

static void look(looking *l, const tree *t, const char *value);

/* ---- notes ------------------------------------------------------------------------------------ */

static void note_down(looking *l, const void *bytes, size_t size) {
    picture *p = l->out;
    if (p == NULL) return;
    if (p->size + size > p->room) {
        p->room = 2 * (p->size + size);
        p->bytes = realloc(p->bytes, p->room);
        CHECK(p->bytes != NULL);
    }
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

/* A pointer: where it leads, or only whether. */
static void look_at_pointer(looking *l, const void *pointer) {
    if (l->what == ADDRESSES)
        note_down(l, &pointer, sizeof pointer);
    else
        note_down(l, pointer == NULL ? "-" : "+", 1);
}

/* An owned block, of which `live` bytes are in use. Its size is kept for good. */
static void look_at_block(looking *l, const void *content, size_t live) {
    look_at_pointer(l, content);
    if (content == NULL) return;
    size_t size = ta_block_size(content);
    CHECK(size >= live);
    note_down(l, &size, sizeof size);
    if (ta_block_allocator(content) == l->home) return;
    l->found.blocks++;
    l->found.bytes += live;
}

/* One block farther in; `deep` is what a probe in it is, when it is deep. */
static void look_inside(looking *l, const tree *t, const char *elements, size_t count,
                        unsigned deep) {
    unsigned around = l->around;
    if (l->depth++ == TA_WALK_DEPTH) l->around |= deep;
    for (size_t i = 0; i < count; i++) look(l, t, elements + i * t->type->size);
    l->depth--;
    l->around = around;
}

/* ---- kinds ------------------------------------------------------------------------------------ */

static void look_at_text(looking *l, const char *value) {
    const char *text;
    memcpy(&text, value, sizeof text);
    look_at_block(l, text, text == NULL ? 0 : ta_block_size(text));
    if (text != NULL && l->what == CONTENTS) note_down(l, text, ta_block_size(text));
}

static void look_at_probe(looking *l, const tree *t, const char *value) {
    struct probe probe;
    memcpy(&probe, value, sizeof probe);
    CHECK((probe.own != NULL) == (t->type->destroy != NULL));
    CHECK(probe.own == NULL || probe.own->is_alive);
    note_down(l, &probe.value, sizeof probe.value);
    l->found.places |= l->around;
    l->found.cloned += t->type->clone != NULL;
    l->found.destroyed += t->type->destroy != NULL;
    if (t->type->relocate == NULL) return;
    l->found.relocated++;
    if (!ta_affinity_equal(probe.home, l->place)) l->is_there = false;
}

static void look_at_counted(looking *l, const tree *t, const char *value) {
    uint64_t length = 0;
    const char *items;
    memcpy(&items, value, sizeof items);
    memcpy(&length, value + COUNTED_LENGTH, t->width);
    look_at_block(l, items, length * t->child[0]->type->size);
    note_down(l, &length, sizeof length);
    if (items != NULL) look_inside(l, t->child[0], items, length, PROBE_DEEP_IN_ARRAY);
}

static void look_at_union(looking *l, const tree *t, const char *value) {
    size_t which = 0;
    while (which < t->count && memcmp(value, &t->cases[which].tag, t->width) != 0) which++;
    CHECK(which < t->count);
    note_down(l, &which, sizeof which);
    if (!t->cases[which].is_empty) look(l, t->child[which], value + t->offset[which]);
}

/* ---- maps ------------------------------------------------------------------------------------- */

/* Core, table and chunk, if there is one, and what is copied of them: the core, and behind the key's
 * hash each entry. */
static void count_map(looking *l, const ta_map_core *core, const ta_type *entry) {
    size_t alignment = entry->alignment > sizeof(uint64_t) ? entry->alignment : sizeof(uint64_t);
    size_t stride = (alignment + entry->size + alignment - 1) & ~(alignment - 1);
    l->found.room += core->capacity;
    l->found.maps++;
    if (core->allocator == l->home) return;
    l->found.blocks += core->capacity > 0 ? 3 : 2;
    l->found.bytes += sizeof *core + ta_map_count(core) * stride;
}

static void look_at_table(looking *l, const tree *t, const char *value) {
    const tree *entry = t->child[0];
    const ta_map_core *core;
    ta_map_cursor cursor = {0};
    unsigned around = l->around;
    size_t count = 0;
    memcpy(&core, value, sizeof core);
    look_at_pointer(l, core);
    if (core == NULL) return;
    count_map(l, core, entry->type);
    if (l->depth++ == TA_WALK_DEPTH) l->around |= PROBE_DEEP_IN_MAP;
    for (const char *e; (e = ta_map_next(core, &cursor)) != NULL; count++) {
        unsigned inside = l->around;
        l->around = inside | PROBE_IN_KEY;
        look(l, entry->child[0], e);
        l->around = inside | PROBE_IN_ENTRY;
        look(l, entry->child[1], e + entry->offset[1]);
        l->around = inside;
        CHECK(ta_map_find(core, &t->map, e) == e);
    }
    l->depth--;
    l->around = around;
    CHECK(count == ta_map_count(core));
    note_down(l, &count, sizeof count);
}

uint64_t table_digest(const tree *t, const ta_map_core *core) {
    ta_map_cursor cursor = {0};
    uint64_t digest = 0;
    for (const char *e; (e = ta_map_next(core, &cursor)) != NULL;) {
        picture seen = elements_picture(t->child[0], e, 1);
        digest += picture_hash(&seen);
        picture_free(&seen);
    }
    return digest;
}

/* ---- closures --------------------------------------------------------------------------------- */

/* Without calls: a closure that captured closures would call them as often as it nests. */
static uint64_t captured_sum(const char *captured) {
    const tree *t;
    picture p = {NULL, 0, 0};
    looking l = {.out = &p, .what = CONTENTS};
    memcpy(&t, captured + CAPTURED_TREE, sizeof t);
    look(&l, t->child[0], captured + t->offset[0]);
    uint64_t sum = picture_hash(&p);
    picture_free(&p);
    return sum;
}

void captured_sum_in_place(void *storage, void *result) {
    uint64_t sum = captured_sum(ta_closure_content(storage, false));
    memcpy(result, &sum, sizeof sum);
}

void captured_sum_in_box(void *storage, void *result) {
    uint64_t sum = captured_sum(ta_closure_content(storage, true));
    memcpy(result, &sum, sizeof sum);
}

static uint64_t forty_two(void) { return 42; }
TA_FN_BARE(bare, ta_uint64, forty_two);
TA_CALLS(sum, ta_uint64);

ta_fn bare_closure(void) { return bare(); }

void call_closure_once(ta_fn *fn) {
    uint64_t expected, sum;
    CHECK(sum_call(fn, &expected));
    ta_fn_once once = ta_fn_into_once(fn);
    CHECK(ta_fn_is_empty(fn));
    CHECK(sum_call_once(&once, &sum) && sum == expected);
    CHECK(ta_fn_once_is_empty(&once) && !sum_call_once(&once, &sum));
}

static void look_at_closure(looking *l, const tree *t, const char *value) {
    ta_fn fn;
    uint64_t sum = 0;
    memcpy(&fn, value, sizeof fn);
    const ta_callable *callable = fn.closure.callable;
    look_at_pointer(l, callable);
    if (l->calls) CHECK(sum_call(&fn, &sum) == !ta_fn_is_empty(&fn));
    if (callable == NULL) return;
    if (callable->captured == NULL) {
        CHECK(!l->calls || sum == 42);
        return;
    }
    const char *captured = ta_closure_captured(&fn.closure);
    CHECK(callable == &t->callable);
    CHECK(memcmp(captured + CAPTURED_TREE, &t, sizeof t) == 0);
    unsigned around = l->around;
    l->around |= PROBE_IN_CLOSURE;
    if (callable->is_boxed != 0) {
        look_at_block(l, captured, ta_block_size(captured));
        l->around |= PROBE_IN_BOXED_CLOSURE;
        look_inside(l, t->child[0], captured + t->offset[0], 1, PROBE_DEEP_IN_CLOSURE);
    } else {
        look(l, t->child[0], captured + t->offset[0]);
    }
    l->around = around;
    CHECK(!l->calls || sum == captured_sum(captured));
}

/* ---- all -------------------------------------------------------------------------------------- */

static void look(looking *l, const tree *t, const char *value) {
    const char *pointer;
    switch (t->kind) {
    case SCALAR:
        note_down(l, value, t->type->size);
        break;
    case STRING:
        look_at_text(l, value);
        break;
    case PROBE:
        look_at_probe(l, t, value);
        break;
    case STRUCT:
        for (size_t i = 0; i < t->count; i++) look(l, t->child[i], value + t->offset[i]);
        break;
    case ARRAY:
        for (size_t i = 0; i < t->count; i++)
            look(l, t->child[0], value + i * t->child[0]->type->size);
        break;
    case POINTER:
        memcpy(&pointer, value, sizeof pointer);
        look_at_block(l, pointer, t->child[0]->type->size);
        if (pointer != NULL) look_inside(l, t->child[0], pointer, 1, PROBE_DEEP_IN_BOX);
        break;
    case COUNTED:
        look_at_counted(l, t, value);
        break;
    case UNION:
        look_at_union(l, t, value);
        break;
    case TABLE:
        look_at_table(l, t, value);
        break;
    case CLOSURE:
        look_at_closure(l, t, value);
        break;
    }
}

picture value_picture(const tree *t, const void *value, view what) {
    picture p = {NULL, 0, 0};
    looking l = {.out = &p, .what = what, .calls = what == CONTENTS};
    look(&l, t, value);
    return p;
}

picture elements_picture(const tree *element, const void *elements, size_t count) {
    picture p = {NULL, 0, 0};
    looking l = {.out = &p, .what = CONTENTS};
    look_inside(&l, element, elements, count, 0);
    return p;
}

census value_census(const tree *t, const void *value, const ta_allocator *home) {
    looking l = {.home = home};
    look(&l, t, value);
    return l.found;
}

bool value_is_at(const tree *t, const void *value, ta_affinity place) {
    looking l = {.place = place, .is_there = true};
    look(&l, t, value);
    return l.is_there;
}

uint64_t picture_hash(const picture *p) {
    return p->size == 0 ? 0 : ta_hash_bytes(p->bytes, p->size, 1);
}

bool picture_equal(const picture *a, const picture *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

void picture_free(picture *p) { free(p->bytes); }
