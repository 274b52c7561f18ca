/* SPDX-License-Identifier: MIT
 *
 * Values of types that are made while the program runs: how they come about.
 */
#include "forest_tree.h"
#include "walk.h"

#include <string.h>

static bool spend(filling *f) {
    if (f->budget == 0 || choose(f->from, 5) == 0) return false;
    f->budget--;
    return true;
}

/* ---- leaves ----------------------------------------------------------------------------------- */

/* Long ones come of few choices, which an input has only so many of. */
static void fill_scalar(const filling *f, const tree *t, char *value) {
    unsigned seed = choose(f->from, 256);
    for (size_t i = 0; i < t->type->size; i++) value[i] = (char)(seed + i * 37);
}

static char *make_text(const filling *f, size_t most, unsigned letters) {
    char text[48];
    size_t length = choose(f->from, (unsigned)most + 1);
    unsigned seed = choose(f->from, 256);
    for (size_t i = 0; i < length; i++) text[i] = (char)((seed = (seed * 5 + 113) % 251) % letters);
    char *string = ta_string_make_length(text, length, f->memory);
    CHECK(string != NULL);
    return string;
}

static void fill_probe(const filling *f, const tree *t, char *value) {
    struct probe probe = {0};
    probe.value = choose(f->from, 256);
    if (t->type->destroy != NULL) probe.own = probe_token();
    memcpy(value, &probe, sizeof probe);
}

/* ---- owned ------------------------------------------------------------------------------------ */

/* What is owned behind a link has a budget of its own, so that there is something at any depth. */
static bool follow(filling *f, const tree *t) {
    if (!t->is_link || f->chain == 0) return spend(f);
    f->chain--;
    return true;
}

static void fill_pointer(filling *f, const tree *t, char *value) {
    char *pointer = NULL;
    unsigned budget = f->budget;
    bool is_chained = t->is_link && f->chain > 0;
    if (follow(f, t)) {
        pointer = ta_box_allocate(t->child[0]->type, f->memory);
        CHECK(pointer != NULL);
        if (is_chained) f->budget = 3;
        fill(f, t->child[0], pointer);
        if (is_chained) f->budget = budget;
    }
    memcpy(value, &pointer, sizeof pointer);
}

static void fill_counted(filling *f, const tree *t, char *value) {
    const ta_type *type = t->child[0]->type;
    uint64_t length = choose(f->from, choose(f->from, 4) == 0 ? 12 : 4), capacity;
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

/* ---- maps ------------------------------------------------------------------------------------- */

static void fill_key(const filling *f, const tree *t, char *key) {
    uint64_t word = choose(f->from, 64);
    char *text;
    switch (t->kind) {
    case STRING: /* "" to "bbb", and with NULs */
        text = make_text(f, 3, 3);
        memcpy(key, &text, sizeof text);
        break;
    case PROBE:
        fill_probe(f, t, key);
        break;
    default:
        memcpy(key, &word, sizeof word);
        break;
    }
}

/* Then an insertion needs no memory. */
static bool has_room(const ta_map_core *core) {
    return core != NULL && core->tombstones == 0 && core->count < core->capacity &&
           core->count < core->table_room;
}

void fill_table_entry(filling *f, const tree *t, ta_map_core **core) {
    const tree *entry = t->child[0], *key = entry->child[0], *content = entry->child[1];
    char *fresh = value_storage(entry);
    fill_key(f, key, fresh);
    fill(f, content, fresh + entry->offset[1]);

    bool present, was_there = ta_map_find(*core, &t->map, fresh) != NULL;
    size_t count = ta_map_count(*core);
    const pool *own = (*core == NULL ? f->memory : (*core)->allocator)->context;
    size_t calls = has_room(*core) ? own->calls : SIZE_MAX;
    char *place = ta_map_insert(core, &t->map, fresh, f->memory, &present);
    CHECK(place != NULL && present == was_there && ta_map_count(*core) == count + !was_there);
    CHECK(calls == SIZE_MAX || calls == own->calls);
    if (present) {
        ta_destroy(key->type, fresh);
        ta_destroy(content->type, place + entry->offset[1]);
        memcpy(place + entry->offset[1], fresh + entry->offset[1], content->type->size);
    } else {
        memcpy(place, fresh, entry->type->size);
    }
    CHECK(ta_map_find(*core, &t->map, place) == place);
    value_storage_release(entry, fresh);
}

/* With room to spare in some, and with holes in others, which have been emptied perhaps. */
static void fill_table(filling *f, const tree *t, char *value) {
    ta_map_core *core = NULL;
    const tree *entry = t->child[0];
    if (spend(f)) {
        unsigned count = choose(f->from, choose(f->from, 4) == 0 ? 20 : 5);
        unsigned removed = choose(f->from, 3) == 0 ? choose(f->from, count + 1) : 0;
        if (choose(f->from, 4) == 0)
            CHECK(ta_map_reserve(&core, &t->map, choose(f->from, 20), f->memory));
        for (unsigned i = 0; i < count; i++) fill_table_entry(f, t, &core);
        for (unsigned i = 0; i < removed && ta_map_count(core) > 0; i++) {
            ta_map_cursor cursor = {0};
            char *taken = value_storage(entry);
            CHECK(ta_map_take(core, &t->map, ta_map_next(core, &cursor), taken));
            ta_destroy(entry->type, taken);
            value_storage_release(entry, taken);
        }
    }
    memcpy(value, &core, sizeof core);
}

/* ---- closures --------------------------------------------------------------------------------- */

static void fill_closure(filling *f, const tree *t, char *value) {
    ta_fn fn = {{NULL, {0}}};
    switch (choose(f->from, 6)) {
    case 0:
        break;
    case 1:
        fn = bare_closure();
        break;
    default:
        if (t->callable.is_boxed != 0 && !spend(f)) break;
        char *captured = (char *)fn.closure.storage;
        fn.closure.callable = &t->callable;
        if (t->callable.is_boxed != 0) {
            captured = t->callable.is_boxed == TA_CLOSURE_BLOCK
                           ? ta_block_allocate(t->own.size, f->memory)
                           : ta_box_allocate(&t->own, f->memory);
            CHECK(captured != NULL);
            memcpy(fn.closure.storage, &captured, sizeof captured);
        }
        memcpy(captured + CAPTURED_TREE, &t, sizeof t);
        fill(f, t->child[0], captured + t->offset[0]);
        break;
    }
    memcpy(value, &fn, sizeof fn);
}

/* ---- all -------------------------------------------------------------------------------------- */

void fill(filling *f, const tree *t, char *value) {
    char *text;
    unsigned which;
    switch (t->kind) {
    case SCALAR:
        fill_scalar(f, t, value);
        break;
    case STRING:
        text = spend(f) ? make_text(f, 47, 256) : NULL;
        memcpy(value, &text, sizeof text);
        break;
    case PROBE:
        fill_probe(f, t, value);
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
    case TABLE:
        fill_table(f, t, value);
        break;
    case CLOSURE:
        fill_closure(f, t, value);
        break;
    }
}

void *value_storage(const tree *t) {
    void *storage = ta_allocate_zeroed(NULL, 1, t->type->size, t->type->alignment);
    CHECK(storage != NULL);
    return storage;
}

void value_storage_release(const tree *t, void *storage) {
    ta_release(NULL, storage, t->type->size, t->type->alignment);
}

void value_fill(const tree *t, void *value, choices *from, const ta_allocator *memory) {
    filling f = {from, memory, 24, 0};
    /* Deeper than the engine recurses. */
    if (choose(from, 2) == 0) f.chain = TA_WALK_DEPTH + 1 + choose(from, 24);
    fill(&f, t, value);
}
