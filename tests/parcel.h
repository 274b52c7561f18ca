/* SPDX-License-Identifier: MIT
 *
 * A value with every kind of part, for tests that take it through moves and failures.
 */
#ifndef TA_TESTS_PARCEL_H
#define TA_TESTS_PARCEL_H

#include "relocate_checks.h"

typedef struct point {
    int16_t x, y;
} point;
TA_UNAWARE_TYPE(point, point);

TA_VECTOR(strings, ta_string);
TA_VECTOR(probe_vector, probe);
TA_SLICE(points, point);
TA_POINTER(probe_pointer, probe);

typedef struct page {
    char *text;
    probe mark;
} page;
static const ta_part page_parts[] = {
    TA_PART_INLINE_INIT("text", ta_string_traits, &ta_string_type, offsetof(page, text), 1),
    TA_PART_INLINE_INIT("mark", probe_traits, &probe_type, offsetof(page, mark), 1)};
TYPE_OF_PARTS(page, ALL_TRAITS);
TA_POINTER(page_pointer, page);

typedef struct parcel {
    int32_t number;
    probe first;
    char *title;
    strings lines;
    points outline;
    page *front;
    probe *seal;
    char *names[3];
    uint16_t kind;
    union {
        char *note;
        page insert;
        int64_t price;
    } body;
    probe_vector marks;
    probe last;
} parcel;

enum { KIND_NOTE = 7, KIND_INSERT = 300, KIND_PRICE = 65535, KIND_NONE = 1 };

static const ta_case body_cases[] = {
    {KIND_NOTE, false,
     TA_PART_INLINE_INIT("note", ta_string_traits, &ta_string_type, offsetof(parcel, body), 1)},
    {KIND_INSERT, false,
     TA_PART_INLINE_INIT("insert", page_traits, &page_type, offsetof(parcel, body), 1)},
    {(int16_t)KIND_PRICE, false,
     TA_PART_INLINE_INIT("price", 0, &ta_int64_type, offsetof(parcel, body), 1)}};
static const ta_part parcel_parts[] = {
    TA_PART_INLINE_INIT("number", 0, &ta_int32_type, offsetof(parcel, number), 1),
    TA_PART_INLINE_INIT("first", probe_traits, &probe_type, offsetof(parcel, first), 1),
    TA_PART_INLINE_INIT("title", ta_string_traits, &ta_string_type, offsetof(parcel, title), 1),
    TA_PART_INLINE_INIT("lines", strings_traits, &strings_type, offsetof(parcel, lines), 1),
    TA_PART_INLINE_INIT("outline", points_traits, &points_type, offsetof(parcel, outline), 1),
    TA_PART_OWNED_INIT("front", page_traits, &page_type, offsetof(parcel, front)),
    TA_PART_OWNED_INIT("seal", probe_traits, &probe_type, offsetof(parcel, seal)),
    TA_PART_INLINE_INIT("names", ta_string_traits, &ta_string_type, offsetof(parcel, names), 3),
    PART_VARIANT_INIT("body", ALL_TRAITS, offsetof(parcel, kind), 2, body_cases),
    TA_PART_INLINE_INIT("marks", probe_vector_traits, &probe_vector_type, offsetof(parcel, marks),
                        1),
    TA_PART_INLINE_INIT("last", probe_traits, &probe_type, offsetof(parcel, last), 1)};
TYPE_OF_PARTS(parcel, ALL_TRAITS);

static const uint16_t kinds[] = {KIND_NOTE, KIND_INSERT, KIND_PRICE};
enum { KINDS = 3, BLOCKS = 13, PROBES = 6 }; /* without the body */

static inline size_t blocks_in(uint16_t kind) { return kind == KIND_PRICE ? BLOCKS : BLOCKS + 1; }
static inline size_t probes_in(uint16_t kind) { return kind == KIND_INSERT ? PROBES + 1 : PROBES; }

/* The content of all blocks: the bytes of a far move of everything. */
static inline size_t bytes_in(uint16_t kind) {
    size_t strings_bytes =
        sizeof "title" + sizeof "line 0" * 3 + sizeof "front" + sizeof "name 0" * 3;
    size_t body = kind == KIND_NOTE ? sizeof "note" : kind == KIND_INSERT ? sizeof "insert" : 0;
    return strings_bytes + body + 3 * sizeof(char *) + 5 * sizeof(point) + sizeof(page) +
           sizeof(probe) + 2 * sizeof(probe);
}

/* Blocks come from several allocators in turn. */
typedef struct sources {
    const ta_allocator *from[3];
    size_t count, next;
} sources;

static inline const ta_allocator *next_of(sources *memory) {
    return memory->from[memory->next++ % memory->count];
}

static inline parcel parcel_make(uint16_t kind, sources *memory) {
    parcel value = {.number = 17, .first = probe_make(1), .kind = kind, .last = probe_make(7)};
    value.title = ta_string_make("title", next_of(memory));
    assert_true(strings_reserve(&value.lines, 4, next_of(memory)));
    for (int i = 0; i < 3; i++) {
        char text[] = "line 0";
        text[5] = (char)('0' + i);
        assert_true(strings_push(&value.lines, ta_string_make(text, next_of(memory)), NULL));
        memcpy(text, "name", 4);
        value.names[i] = ta_string_make(text, next_of(memory));
    }
    value.outline = (points){ta_array_allocate(&point_type, 5, next_of(memory)), 5};
    for (int16_t i = 0; i < 5; i++) value.outline.items[i] = (point){i, (int16_t)-i};
    page front = {ta_string_make("front", next_of(memory)), probe_make(2)};
    value.front = page_pointer_make(front, next_of(memory));
    value.seal = probe_pointer_make(probe_make(3), next_of(memory));
    if (kind == KIND_NOTE) value.body.note = ta_string_make("note", next_of(memory));
    if (kind == KIND_INSERT)
        value.body.insert = (page){ta_string_make("insert", next_of(memory)), probe_make(4)};
    if (kind == KIND_PRICE) value.body.price = INT64_MIN;
    assert_true(probe_vector_reserve(&value.marks, 2, next_of(memory)));
    assert_true(probe_vector_push(&value.marks, probe_make(5), NULL));
    assert_true(probe_vector_push(&value.marks, probe_make(6), NULL));
    probes_reset();
    return value;
}

static inline parcel parcel_from(uint16_t kind, const ta_allocator *memory) {
    sources one = {{memory}, 1, 0};
    return parcel_make(kind, &one);
}

static inline void check_mark(const probe *mark, uint32_t id) {
    assert_int_equal(mark->state, PROBE_ALIVE);
    assert_int_equal(mark->id, id);
}

/* The value is whole: all that parcel_make() put in is there. */
static inline void check_parcel(const parcel *value, uint16_t kind) {
    assert_int_equal(value->number, 17);
    check_mark(&value->first, 1);
    assert_string_equal(value->title, "title");
    assert_int_equal(value->lines.length, 3);
    assert_int_equal(value->lines.capacity, 4);
    for (int i = 0; i < 3; i++) {
        char text[] = "line 0";
        text[5] = (char)('0' + i);
        assert_string_equal(value->lines.items[i], text);
        memcpy(text, "name", 4);
        assert_string_equal(value->names[i], text);
    }
    assert_int_equal(value->outline.length, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(value->outline.items[i].x, i);
        assert_int_equal(value->outline.items[i].y, -i);
    }
    assert_string_equal(value->front->text, "front");
    check_mark(&value->front->mark, 2);
    check_mark(value->seal, 3);
    assert_int_equal(value->kind, kind);
    if (kind == KIND_NOTE) assert_string_equal(value->body.note, "note");
    if (kind == KIND_INSERT) {
        assert_string_equal(value->body.insert.text, "insert");
        check_mark(&value->body.insert.mark, 4);
    }
    if (kind == KIND_PRICE) assert_int_equal(value->body.price, INT64_MIN);
    assert_int_equal(value->marks.length, 2);
    assert_int_equal(value->marks.capacity, 2);
    check_mark(&value->marks.items[0], 5);
    check_mark(&value->marks.items[1], 6);
    check_mark(&value->last, 7);
    assert_int_equal(probes.damaged, 0);
}

/* Destroys it: all that is out goes back. */
static inline void destroy_parcel(parcel *value) {
    uint16_t kind = value->kind;
    size_t before = probes.destroyed;
    ta_destroy(&parcel_type, value);
    assert_int_equal(probes.destroyed - before, probes_in(kind));
    assert_int_equal(probes.damaged, 0);
}

#endif
