/* SPDX-License-Identifier: MIT
 *
 * Values of types that are made while the program runs: how they are filled, and what can be seen
 * in them. Nothing here asks the library's engine.
 */
#include "forest_tree.h"

#include <string.h>

/* ---- closures --------------------------------------------------------------------------------- */

struct pair {
    int a, b;
};
TA_DERIVE(pair, struct pair, a, b);

struct note {
    char *text;
    int number;
};
TA_DERIVE(note, struct note, TA_AS(text, ta_string), number);

struct wide {
    uint64_t words[12];
};
TA_DERIVE(wide, struct wide, TA_ARRAY(words));

struct wide_note {
    struct wide wide;
    char *text;
};
TA_DERIVE(wide_note, struct wide_note, TA_AS(wide, wide), TA_AS(text, ta_string));

static uint64_t text_sum(const char *text) {
    return text == NULL ? 0 : ta_hash_bytes(text, strlen(text), 1);
}
static uint64_t pair_sum(const struct pair *self) {
    return (uint64_t)self->a * 3 + (uint64_t)self->b;
}
static uint64_t note_sum(const struct note *self) {
    return text_sum(self->text) + (uint64_t)self->number;
}
static uint64_t wide_sum(const struct wide *self) {
    return ta_hash_bytes(self->words, sizeof self->words, 2);
}
static uint64_t wide_note_sum(const struct wide_note *self) {
    return wide_sum(&self->wide) + text_sum(self->text);
}
TA_FN(pair_fn, pair, ta_uint64, pair_sum);
TA_FN(note_fn, note, ta_uint64, note_sum);
TA_FN(wide_fn, wide, ta_uint64, wide_sum);
TA_FN(wide_note_fn, wide_note, ta_uint64, wide_note_sum);
TA_CALLS(sum_fn, ta_uint64);

/* ---- filling ---------------------------------------------------------------------------------- */

typedef struct filling {
    choices *from;
    const ta_allocator *memory;
    unsigned budget; /* of owned blocks; then pointers are NULL */
} filling;

static void fill(filling *f, const tree *t, char *value);

static bool spend(filling *f) {
    if (f->budget == 0 || choose(f->from, 5) == 0) return false;
    f->budget--;
    return true;
}

static char *fill_text(filling *f) {
    char text[48];
    size_t length = choose(f->from, sizeof text);
    if (!spend(f)) return NULL;
    for (size_t i = 0; i < length; i++) text[i] = (char)choose(f->from, 256);
    char *string = ta_string_make_length(text, length, f->memory);
    CHECK(string != NULL);
    return string;
}

static void fill_counted(filling *f, const tree *t, char *value) {
    const ta_type *type = t->child[0]->type;
    uint64_t length = choose(f->from, 4), capacity;
    /* One that fills a byte to its sign. */
    if (t->child[0]->kind == SCALAR && choose(f->from, 4) == 0) length = 200;
    capacity = length + choose(f->from, 3);
    char *items = NULL;
    if (spend(f) && capacity > 0) {
        items = ta_array_allocate(type, capacity, f->memory);
        CHECK(items != NULL);
        for (size_t i = 0; i < length; i++) fill(f, t->child[0], items + i * type->size);
    }
    memcpy(value, &items, sizeof items);
    memcpy(value + COUNTED_LENGTH, &length, t->width); /* little-endian, as every machine here */
}

static void fill_maps(filling *f, const tree *t, char *value) {
    unsigned count = spend(f) ? choose(f->from, 20) : 0;
    ages by_name = {0};
    names by_number = {0};
    for (unsigned i = 0; i < count; i++) {
        if (t->kind == AGES) {
            char key[] = {(char)('a' + choose(f->from, 26)), (char)('a' + (char)i % 26), '\0'};
            char *owned = ta_string_make(key, f->memory);
            CHECK(owned != NULL && ages_put(&by_name, owned, (int)i, f->memory));
        } else {
            CHECK(names_put(&by_number, choose(f->from, 30), fill_text(f), f->memory));
        }
    }
    if (t->kind == NAMES && count > 3) (void)names_remove(&by_number, choose(f->from, 30), NULL);
    if (t->kind == AGES)
        memcpy(value, &by_name, sizeof by_name);
    else
        memcpy(value, &by_number, sizeof by_number);
}

static void fill_closure(filling *f, char *value) {
    ta_fn fn = {{NULL, {0}}};
    struct wide wide;
    for (size_t i = 0; i < 12; i++) wide.words[i] = choose(f->from, 256) * i;
    ta_status status = TA_OK;
    switch (choose(f->from, 5)) {
    case 0:
        status = pair_fn(&fn, (struct pair){(int)choose(f->from, 256), 7}, f->memory);
        break;
    case 1:
        status = note_fn(&fn, (struct note){fill_text(f), 9}, f->memory);
        break;
    case 2:
        status = wide_fn(&fn, wide, f->memory);
        break;
    case 3:
        status = wide_note_fn(&fn, (struct wide_note){wide, fill_text(f)}, f->memory);
        break;
    default:
        break; /* empty */
    }
    CHECK(status == TA_OK);
    memcpy(value, &fn, sizeof fn);
}

static void fill_pointer(filling *f, const tree *t, char *value) {
    void *box = NULL;
    if (spend(f)) {
        box = ta_box_allocate(t->child[0]->type, f->memory);
        CHECK(box != NULL);
        fill(f, t->child[0], box);
    }
    memcpy(value, &box, sizeof box);
}

static void fill(filling *f, const tree *t, char *value) {
    struct probe probe;
    char *text;
    size_t which;
    switch (t->kind) {
    case SCALAR:
        for (size_t i = 0; i < t->type->size; i++) value[i] = (char)choose(f->from, 256);
        break;
    case STRING:
        text = fill_text(f);
        memcpy(value, &text, sizeof text);
        break;
    case PROBE:
        probe = (struct probe){choose(f->from, 256), probe_token(), TA_AFFINITY_UNKNOWN_INIT};
        memcpy(value, &probe, sizeof probe);
        break;
    case STRUCT:
        for (size_t i = 0; i < t->count; i++) fill(f, t->child[i], value + t->offset[i]);
        break;
    case ARRAY:
        for (size_t i = 0; i < t->count; i++)
            fill(f, t->child[0], value + i * t->child[0]->type->size);
        break;
    case POINTER:
        fill_pointer(f, t, value);
        break;
    case COUNTED:
        fill_counted(f, t, value);
        break;
    case UNION:
        which = choose(f->from, (unsigned)t->count);
        memcpy(value, &t->cases[which].tag, t->width);
        if (!t->cases[which].is_empty) fill(f, t->child[which], value + t->offset[which]);
        break;
    case AGES:
    case NAMES:
        fill_maps(f, t, value);
        break;
    case CLOSURE:
        fill_closure(f, value);
        break;
    }
}

void *value_storage(const tree *t) {
    void *storage = ta_allocate_zeroed(NULL, 1, t->type->size, t->type->alignment);
    CHECK(storage != NULL);
    return storage;
}

void value_fill(const tree *t, void *value, choices *from, const ta_allocator *memory) {
    filling f = {from, memory, 24};
    fill(&f, t, value);
}

/* ---- looking ---------------------------------------------------------------------------------- */

typedef struct looking {
    picture *out; /* NULL: only at the probes */
    view what;
    ta_affinity place;
    bool is_there;
} looking;

static void look(looking *l, const tree *t, const char *value);

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

static void look_at_text(looking *l, const char *text) {
    look_at_pointer(l, text);
    if (text != NULL && l->what == CONTENTS) note_down(l, text, ta_block_size(text));
}

static void look_at_maps(looking *l, const tree *t, const char *value) {
    ta_map_cursor cursor = {0};
    ages by_name;
    names by_number;
    memcpy(&by_name, value, sizeof by_name);
    memcpy(&by_number, value, sizeof by_number);
    look_at_pointer(l, by_name.core);
    if (t->kind == AGES) {
        for (struct ages_entry *e; (e = ages_next(&by_name, &cursor)) != NULL;) {
            look_at_text(l, e->key);
            note_down(l, &e->value, sizeof e->value);
            CHECK(ages_get(&by_name, e->key) == &e->value);
        }
        return;
    }
    for (struct names_entry *e; (e = names_next(&by_number, &cursor)) != NULL;) {
        note_down(l, &e->key, sizeof e->key);
        look_at_text(l, e->value);
        CHECK(names_get(&by_number, e->key) == &e->value);
    }
}

static void look_at_closure(looking *l, const char *value) {
    uint64_t sum = 0;
    ta_fn fn;
    memcpy(&fn, value, sizeof fn);
    bool called = sum_fn_call(&fn, &sum);
    CHECK(called == !ta_fn_is_empty(&fn));
    if (called && l->what == ADDRESSES && ta_closure_is_boxed(fn.closure.callable))
        look_at_pointer(l, ta_closure_captured(&fn.closure));
    note_down(l, &sum, sizeof sum);
}

static void look_at_counted(looking *l, const tree *t, const char *value) {
    uint64_t length = 0;
    const char *items;
    memcpy(&items, value, sizeof items);
    memcpy(&length, value + COUNTED_LENGTH, t->width);
    look_at_pointer(l, items);
    note_down(l, &length, sizeof length);
    for (size_t i = 0; items != NULL && i < length; i++)
        look(l, t->child[0], items + i * t->child[0]->type->size);
}

static void look_at_union(looking *l, const tree *t, const char *value) {
    size_t which = 0;
    while (which < t->count && memcmp(value, &t->cases[which].tag, t->width) != 0) which++;
    CHECK(which < t->count);
    note_down(l, &which, sizeof which);
    if (!t->cases[which].is_empty) look(l, t->child[which], value + t->offset[which]);
}

static void look(looking *l, const tree *t, const char *value) {
    struct probe probe;
    const char *pointer;
    switch (t->kind) {
    case SCALAR:
        note_down(l, value, t->type->size);
        break;
    case STRING:
        memcpy(&pointer, value, sizeof pointer);
        look_at_text(l, pointer);
        break;
    case PROBE:
        memcpy(&probe, value, sizeof probe);
        CHECK(*probe.token == PROBE_TOKEN);
        note_down(l, &probe.value, sizeof probe.value);
        if (!ta_affinity_equal(probe.home, l->place)) l->is_there = false;
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
        look_at_pointer(l, pointer);
        if (pointer != NULL) look(l, t->child[0], pointer);
        break;
    case COUNTED:
        look_at_counted(l, t, value);
        break;
    case UNION:
        look_at_union(l, t, value);
        break;
    case AGES:
    case NAMES:
        look_at_maps(l, t, value);
        break;
    case CLOSURE:
        look_at_closure(l, value);
        break;
    }
}

picture value_picture(const tree *t, const void *value, view what) {
    picture p = {NULL, 0, 0};
    looking l = {&p, what, ta_affinity_unknown(), true};
    look(&l, t, value);
    return p;
}

bool value_is_at(const tree *t, const void *value, ta_affinity place) {
    looking l = {NULL, CONTENTS, place, true};
    look(&l, t, value);
    return l.is_there;
}

bool picture_equal(const picture *a, const picture *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

void picture_free(picture *p) { free(p->bytes); }
