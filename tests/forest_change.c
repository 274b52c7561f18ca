/* SPDX-License-Identifier: MIT
 *
 * Changes that users make in values of types that are made while the program runs.
 */
#include "forest_tree.h"
#include "map.h"

#include <string.h>

static void change(filling *f, const tree *t, char *value);

static void replace(filling *f, const tree *t, char *value) {
    ta_destroy(t->type, value);
    fill(f, t, value);
}

static void check_elements(const tree *element, const char *elements, size_t count,
                           picture *expected) {
    picture seen = elements_picture(element, elements, count);
    CHECK(picture_equal(&seen, expected));
    picture_free(&seen);
    picture_free(expected);
}

/* What has memory gets more of the same: `f->memory` is not asked then. */
static size_t calls_of(const filling *f) { return ((const pool *)f->memory->context)->calls; }

/* ---- counted ---------------------------------------------------------------------------------- */

/* As a vector does: one more element, in memory for one more than that where there is none. */
static void push(filling *f, const tree *t, char *value, char **items, uint64_t length) {
    const tree *element = t->child[0];
    size_t size = element->type->size;
    if (*items == NULL) length = 0;
    if (length == 255) return;
    picture before = elements_picture(element, *items, length);
    if (*items == NULL || ta_block_size(*items) < (length + 1) * size) {
        const ta_allocator *own = *items == NULL ? f->memory : ta_block_allocator(*items);
        size_t calls = calls_of(f);
        char *more = ta_array_resize(element->type, *items, length, length + 2, f->memory);
        CHECK(more != NULL && ta_block_size(more) == (length + 2) * size);
        CHECK(ta_block_allocator(more) == own && calls_of(f) == calls + (own == f->memory));
        *items = more;
    }
    fill(f, element, *items + length * size);
    check_elements(element, *items, length, &before);
    length++;
    memcpy(value, items, sizeof *items);
    memcpy(value + COUNTED_LENGTH, &length, t->width);
}

static void change_counted(filling *f, const tree *t, char *value) {
    const tree *element = t->child[0];
    uint64_t length = 0;
    char *items;
    memcpy(&items, value, sizeof items);
    memcpy(&length, value + COUNTED_LENGTH, t->width);
    unsigned what = choose(f->from, 8);
    if (what == 0) {
        replace(f, t, value);
    } else if (what < 5) {
        push(f, t, value, &items, length);
    } else if (items != NULL && length > 0 && what == 5) {
        length--;
        ta_destroy(element->type, items + length * element->type->size);
        memcpy(value + COUNTED_LENGTH, &length, t->width);
    } else if (items != NULL && length > 0) {
        size_t which = choose(f->from, (unsigned)length);
        change(f, element, items + which * element->type->size);
    }
}

/* ---- maps ------------------------------------------------------------------------------------- */

static char *some_entry(filling *f, const ta_map_core *core) {
    ta_map_cursor cursor = {0};
    size_t which = choose(f->from, (unsigned)ta_map_count(core));
    while (which-- > 0) (void)ta_map_next(core, &cursor);
    return ta_map_next(core, &cursor);
}

static void take_entry(filling *f, const tree *t, ta_map_core *core) {
    const tree *entry = t->child[0];
    char *taken = value_storage(entry);
    size_t count = ta_map_count(core);
    uint64_t digest = table_digest(t, core);
    CHECK(ta_map_take(core, &t->map, some_entry(f, core), taken));
    CHECK(ta_map_count(core) == count - 1 && ta_map_find(core, &t->map, taken) == NULL);
    picture seen = elements_picture(entry, taken, 1);
    CHECK(table_digest(t, core) == digest - picture_hash(&seen));
    picture_free(&seen);
    ta_destroy(entry->type, taken);
    value_storage_release(entry, taken);
}

/* All the others stay as they are. */
static void put_entry(filling *f, const tree *t, ta_map_core **core) {
    ta_map_core *first = *core;
    const ta_allocator *own = first == NULL ? f->memory : first->allocator;
    fill_table_entry(f, t, core);
    CHECK((*core)->allocator == own && (first == NULL || *core == first));
}

/* What was reserved is there, and takes no more memory. */
static void reserve_room(filling *f, const tree *t, ta_map_core **core) {
    size_t count = ta_map_count(*core) + 1 + choose(f->from, 12);
    uint64_t digest = table_digest(t, *core);
    CHECK(ta_map_reserve(core, &t->map, count, f->memory));
    pool *own = (*core)->allocator->context;
    size_t calls = own->calls;
    CHECK(ta_map_reserve(core, &t->map, count, f->memory) && own->calls == calls);
    CHECK((*core)->capacity >= count && table_digest(t, *core) == digest);
}

static void change_table(filling *f, const tree *t, char *value) {
    ta_map_core *core;
    memcpy(&core, value, sizeof core);
    bool has_entries = ta_map_count(core) > 0;
    switch (choose(f->from, 8)) {
    case 0:
        replace(f, t, value);
        return;
    case 1:
    case 2:
        if (has_entries) take_entry(f, t, core);
        return;
    case 3:
    case 4:
        if (has_entries)
            change(f, t->child[0]->child[1], some_entry(f, core) + t->child[0]->offset[1]);
        return;
    case 5:
        reserve_room(f, t, &core);
        break;
    default:
        put_entry(f, t, &core);
        break;
    }
    memcpy(value, &core, sizeof core);
}

/* ---- all -------------------------------------------------------------------------------------- */

static void change_closure(filling *f, const tree *t, char *value) {
    ta_fn *fn = (ta_fn *)(void *)value;
    unsigned what = choose(f->from, 6);
    if (ta_fn_is_empty(fn) || fn->closure.callable->captured == NULL || what == 0) {
        replace(f, t, value);
        return;
    }
    if (what < 3) {
        if (what == 1)
            ta_fn_destroy(fn);
        else
            call_closure_once(fn);
        CHECK(ta_fn_is_empty(fn));
        if (choose(f->from, 2) == 0) fill(f, t, value);
        return;
    }
    char *captured = ta_closure_captured(&fn->closure);
    change(f, t->child[0], captured + t->offset[0]);
}

static void change_pointer(filling *f, const tree *t, char *value) {
    char *pointer;
    memcpy(&pointer, value, sizeof pointer);
    if (pointer == NULL || choose(f->from, 8) == 0)
        replace(f, t, value);
    else
        change(f, t->child[0], pointer);
}

static void change_union(filling *f, const tree *t, char *value) {
    size_t which = 0;
    while (memcmp(value, &t->cases[which].tag, t->width) != 0) which++;
    if (t->cases[which].is_empty || choose(f->from, 4) == 0)
        replace(f, t, value);
    else
        change(f, t->child[which], value + t->offset[which]);
}

static void change(filling *f, const tree *t, char *value) {
    size_t which;
    switch (t->kind) {
    case SCALAR:
    case STRING:
    case PROBE:
        replace(f, t, value);
        break;
    case STRUCT:
        if (t->count == 0) return;
        which = choose(f->from, (unsigned)t->count);
        change(f, t->child[which], value + t->offset[which]);
        break;
    case ARRAY:
        which = choose(f->from, (unsigned)t->count);
        change(f, t->child[0], value + which * t->child[0]->type->size);
        break;
    case POINTER:
        change_pointer(f, t, value);
        break;
    case COUNTED:
        change_counted(f, t, value);
        break;
    case UNION:
        change_union(f, t, value);
        break;
    case TABLE:
        change_table(f, t, value);
        break;
    case CLOSURE:
        change_closure(f, t, value);
        break;
    }
}

void value_change(const tree *t, void *value, choices *from, const ta_allocator *memory) {
    filling f = {from, memory, 12, 0};
    change(&f, t, value);
}
