/* SPDX-License-Identifier: MIT
 *
 * Owned blocks of elements of every alignment and of small ones: where they lie when made, moved
 * and cloned.
 */
#include "relocate_checks.h"

#include "ta/owned.h"

#define ALIGNMENT_LIST(X) X(1) X(2) X(4) X(8) X(16) X(32) X(64) X(4096)

/* Two elements of each alignment: one that is trivial, one that owns something, because different
 * headers stand in front of them. */
#define DEFINE_ELEMENTS(alignment_)                                                                \
    typedef struct flat##alignment_ {                                                              \
        _Alignas(alignment_) char byte;                                                            \
    } flat##alignment_;                                                                            \
    TA_UNAWARE_TYPE(flat##alignment_, flat##alignment_);                                           \
    TA_POINTER(flat##alignment_##_pointer, flat##alignment_);                                      \
    TA_SLICE(flat##alignment_##_slice, flat##alignment_);                                          \
    typedef struct owner##alignment_ {                                                             \
        _Alignas(alignment_) _Alignas(char *) char *text;                                          \
    } owner##alignment_;                                                                           \
    static const ta_part owner##alignment_##_parts[] = {TA_PART_INLINE_INIT(                       \
        "text", ta_string_traits, &ta_string_type, offsetof(owner##alignment_, text), 1)};         \
    TYPE_OF_PARTS(owner##alignment_, TA_TRAIT_OWNS);                                               \
    TA_POINTER(owner##alignment_##_pointer, owner##alignment_);                                    \
    TA_SLICE(owner##alignment_##_slice, owner##alignment_);
ALIGNMENT_LIST(DEFINE_ELEMENTS)

static void check_aligned(const void *block, size_t alignment, size_t size) {
    if ((uintptr_t)block % alignment != 0) fail_msg("%p is not aligned to %zu", block, alignment);
    assert_int_equal(ta_block_size(block), size);
}

/* Any owned pointer, and an array with its length, are laid out like this. */
typedef struct any {
    unsigned char *block;
    size_t length;
} any;

/* `type` is a pointer to, or a slice of, `count` elements; `size` bytes of content in all, filled
 * with a pattern where that is all they are. */
static void check_travels(const ta_type *type, any *value, size_t alignment, size_t size,
                          bool is_flat) {
    LEDGER(there);
    LEDGER(clones);
    ta_move move = far_move(there_memory);
    any clone = {NULL, value->length};
    check_aligned(value->block, alignment, size);
    if (is_flat) memset(value->block, 0xa5, size); /* the address sanitizer watches both ends */
    assert_int_equal(ta_relocate(type, value, &move), TA_OK);
    check_aligned(value->block, alignment, size);
    assert_int_equal(ta_clone(type, value, &clone, clones_memory), TA_OK);
    check_aligned(clone.block, alignment, size);
    if (is_flat) {
        for (size_t i = 0; i < size; i++) assert_int_equal(clone.block[i], 0xa5);
    } else {
        char *text; /* each element begins with its string */
        memcpy(&text, clone.block, sizeof text);
        assert_string_equal(text, "text");
    }
    ta_destroy(type, value);
    assert_balanced(&there);
    ta_destroy(type, &clone);
    assert_balanced(&clones);
}

static void fill(any *value, size_t count, size_t stride, const ta_allocator *memory) {
    for (size_t i = 0; i < count; i++) {
        char *text = ta_string_make("text", memory);
        assert_non_null(text);
        memcpy(value->block + i * stride, &text, sizeof text);
    }
}

typedef struct element_types {
    const ta_type *element, *pointer, *slice;
    size_t alignment;
    bool is_flat;
} element_types;

#define ELEMENT_TYPES(alignment_)                                                                  \
    {&flat##alignment_##_type, &flat##alignment_##_pointer_type, &flat##alignment_##_slice_type,   \
     alignment_, true},                                                                            \
        {&owner##alignment_##_type, &owner##alignment_##_pointer_type,                             \
         &owner##alignment_##_slice_type, alignment_ < 8 ? 8 : alignment_, false},
static const element_types all_types[] = {ALIGNMENT_LIST(ELEMENT_TYPES)};
enum { TYPES = sizeof all_types / sizeof *all_types };

static void boxes_are_aligned(void **state) {
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        LEDGER(here);
        const element_types *types = &all_types[i];
        assert_int_equal(types->element->alignment, types->alignment);
        any value = {ta_box_allocate(types->element, here_memory), 0};
        assert_non_null(value.block);
        if (!types->is_flat) fill(&value, 1, types->element->size, here_memory);
        check_travels(types->pointer, &value, types->alignment, types->element->size,
                      types->is_flat);
        assert_balanced(&here);
    }
}

static void arrays_are_aligned(void **state) {
    (void)state;
    for (size_t i = 0; i < TYPES; i++)
        for (size_t count = 1; count <= 33; count += 8) {
            LEDGER(here);
            const element_types *types = &all_types[i];
            any value = {ta_array_allocate(types->element, count, here_memory), count};
            assert_non_null(value.block);
            if (!types->is_flat) fill(&value, count, types->element->size, here_memory);
            check_travels(types->slice, &value, types->alignment, count * types->element->size,
                          types->is_flat);
            assert_balanced(&here);
        }
}

static void resized_arrays_are_aligned(void **state) {
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        LEDGER(here);
        const ta_type *element = all_types[i].element;
        void *array = NULL;
        for (size_t capacity = 1; capacity < 100; capacity *= 3) {
            array = ta_array_resize(element, array, 0, capacity, here_memory);
            assert_non_null(array);
            check_aligned(array, all_types[i].alignment, capacity * element->size);
        }
        ta_array_release(element, array);
        assert_balanced(&here);
    }
}

/* A length of 0 is no error, with a block and without. */
static void arrays_of_length_zero_travel(void **state) {
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        LEDGER(here);
        LEDGER(there);
        ta_move_figures figures = {0};
        ta_move move = far_move(there_memory);
        const element_types *types = &all_types[i];
        any value = {NULL, 0}, clone = {(unsigned char *)&value, 1};
        move.figures = &figures;
        assert_int_equal(ta_relocate(types->slice, &value, &move), TA_OK);
        assert_int_equal(ta_clone(types->slice, &value, &clone, here_memory), TA_OK);
        assert_null(value.block);
        assert_true(clone.block == NULL && clone.length == 0);
        ta_destroy(types->slice, &value);

        value.block = ta_array_allocate(types->element, 3, here_memory);
        assert_int_equal(ta_relocate(types->slice, &value, &move), TA_OK);
        assert_balanced(&here);
        assert_int_equal(figures.blocks, 1);
        assert_int_equal(figures.bytes, 0);
        check_aligned(value.block, types->alignment, 3 * types->element->size);
        assert_int_equal(ta_clone(types->slice, &value, &clone, here_memory), TA_OK);
        ta_destroy(types->slice, &value);
        ta_destroy(types->slice, &clone);
        assert_balanced(&here);
        assert_balanced(&there);
    }
}

/* ---- small elements -------------------------------------------------------------------------- */

/* Writes behind what was asked for are found here also without a sanitizer. */
enum { GUARD = 16 };

static void *guarded_allocate(void *context, size_t size, size_t alignment) {
    char *memory = ledger_allocate(context, size + GUARD, alignment);
    if (memory != NULL) memset(memory + size, 0x5a, GUARD);
    return memory;
}

static void guarded_release(void *context, void *memory, size_t size, size_t alignment) {
    for (size_t i = 0; i < GUARD; i++) assert_int_equal(((char *)memory)[size + i], 0x5a);
    ledger_release(context, memory, size + GUARD, alignment);
}

/* An element of one byte with functions of its own. */
static size_t specks_out;

static ta_status speck_clone(const char *value, char *out, const ta_allocator *allocator) {
    (void)allocator;
    *out = *value;
    specks_out++;
    return TA_OK;
}

static void speck_destroy(char *value) {
    assert_int_equal(*value, 's');
    specks_out--;
}

TA_TYPE(speck, char, NULL, speck_clone, speck_destroy);

/* A chain of blocks of 8 bytes, and of blocks that hold one speck each in a box and an array. */
typedef struct thin {
    struct thin *next;
} thin;
TA_TYPE_FORWARD(thin);
static const ta_part thin_parts[] = {
    TA_PART_OWNED_INIT("next", TA_TRAIT_OWNS, &thin_type, offsetof(thin, next))};
TYPE_OF_PARTS(thin, TA_TRAIT_OWNS);

typedef struct dotted {
    struct dotted *next;
    char *box, *items;
    uint8_t length;
} dotted;
TA_TYPE_FORWARD(dotted);
static const ta_part dotted_parts[] = {
    TA_PART_OWNED_INIT("next", ALL_TRAITS, &dotted_type, offsetof(dotted, next)),
    TA_PART_OWNED_INIT("box", speck_traits, &speck_type, offsetof(dotted, box)),
    TA_PART_COUNTED_INIT("items", speck_traits, &speck_type, offsetof(dotted, items),
                         offsetof(dotted, length), 1)};
TYPE_OF_PARTS(dotted, ALL_TRAITS);

enum { CHAIN = 100 }; /* deep enough that content is cloned later than its block */

static thin thin_make(const ta_allocator *memory) {
    thin root = {NULL}, *at = &root;
    for (int i = 0; i < CHAIN; i++, at = at->next) {
        at->next = ta_box_allocate(&thin_type, memory);
        assert_non_null(at->next);
        at->next->next = NULL;
    }
    return root;
}

static dotted dotted_make(const ta_allocator *memory) {
    dotted root = {NULL, NULL, NULL, 0}, *at = &root;
    for (int i = 0; i < CHAIN; i++, at = at->next) {
        at->box = ta_box_allocate(&speck_type, memory);
        at->items = ta_array_allocate(&speck_type, 1, memory);
        at->next = ta_box_allocate(&dotted_type, memory);
        assert_true(at->box != NULL && at->items != NULL && at->next != NULL);
        *at->box = at->items[0] = 's';
        at->length = 1;
        *at->next = (dotted){NULL, NULL, NULL, 0};
        specks_out += 2;
    }
    return root;
}

static void check_guarded(const ta_type *type, void *value, void *clone, ledger *here,
                          const ta_allocator *here_memory, size_t blocks) {
    ledger there = {0};
    ta_allocator there_memory = {guarded_allocate, guarded_release, &there};
    ta_move move = far_move(&there_memory);
    assert_int_equal(blocks_of(here), blocks);
    assert_int_equal(ta_relocate(type, value, &move), TA_OK);
    assert_balanced(here);
    assert_int_equal(blocks_of(&there), blocks);
    assert_int_equal(ta_clone(type, value, clone, here_memory), TA_OK);
    assert_int_equal(blocks_of(here), blocks);
    ta_destroy(type, value);
    assert_balanced(&there);
    ta_destroy(type, clone);
    assert_balanced(here);
}

static void small_elements_stay_within_their_blocks(void **state) {
    (void)state;
    ledger here = {0};
    ta_allocator here_memory = {guarded_allocate, guarded_release, &here};
    thin list = thin_make(&here_memory), list_clone;
    check_guarded(&thin_type, &list, &list_clone, &here, &here_memory, CHAIN);
    specks_out = 0;
    dotted chain = dotted_make(&here_memory), chain_clone;
    check_guarded(&dotted_type, &chain, &chain_clone, &here, &here_memory, 3 * (size_t)CHAIN);
    assert_int_equal(specks_out, 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_aligned),
        cmocka_unit_test(arrays_are_aligned),
        cmocka_unit_test(resized_arrays_are_aligned),
        cmocka_unit_test(arrays_of_length_zero_travel),
        cmocka_unit_test(small_elements_stay_within_their_blocks),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
