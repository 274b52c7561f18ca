/* SPDX-License-Identifier: MIT
 *
 * Types by part tables: the order in which parts are visited, lengths of every width, fixed arrays.
 */
#include "relocate_checks.h"

#include "ta/owned.h"

/* ---- order ----------------------------------------------------------------------------------- */

TA_POINTER(probe_pointer, probe);
TA_VECTOR(probe_vector, probe);
TA_POINTER(probe_vector_pointer, probe_vector);

typedef struct inner {
    probe first;
    probe *second;
    int number;
    probe third;
} inner;
static const ta_part inner_parts[] = {
    TA_PART_INLINE_INIT("first", probe_traits, &probe_type, offsetof(inner, first), 1),
    TA_PART_OWNED_INIT("second", probe_traits, &probe_type, offsetof(inner, second)),
    TA_PART_INLINE_INIT("third", probe_traits, &probe_type, offsetof(inner, third), 1)};
TYPE_OF_PARTS(inner, ALL_TRAITS);

/* The table names the parts in another order than they lie in memory. */
typedef struct outer {
    probe last;
    probe_vector *middle;
    inner front;
    probe row[3];
    probe skipped;
} outer;
static const ta_part outer_parts[] = {
    TA_PART_INLINE_INIT("front", ALL_TRAITS, &inner_type, offsetof(outer, front), 1),
    TA_PART_INLINE_INIT("row", probe_traits, &probe_type, offsetof(outer, row), 3),
    TA_PART_OWNED_INIT("middle", probe_vector_traits, &probe_vector_type, offsetof(outer, middle)),
    TA_PART_INLINE_INIT("skipped", 0, &probe_type, offsetof(outer, skipped), 1),
    TA_PART_INLINE_INIT("last", probe_traits, &probe_type, offsetof(outer, last), 1)};
TYPE_OF_PARTS(outer, ALL_TRAITS);

static outer outer_make(const ta_allocator *memory) {
    outer value = {.last = probe_make(99), .skipped = probe_make(50)};
    value.front =
        (inner){probe_make(1), probe_pointer_make(probe_make(2), memory), 17, probe_make(3)};
    for (uint32_t i = 0; i < 3; i++) value.row[i] = probe_make(10 + i);
    probe_vector vector = {0};
    for (uint32_t i = 0; i < 3; i++)
        assert_true(probe_vector_push(&vector, probe_make(20 + i), memory));
    value.middle = probe_vector_pointer_make(vector, memory);
    assert_non_null(value.front.second);
    assert_non_null(value.middle);
    return value;
}

static void parts_are_visited_in_their_order_depth_first(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move moves[] = {near_move(there_memory), far_move(there_memory)};
    outer value = outer_make(here_memory);
    for (size_t i = 0; i < 2; i++) {
        probes_reset();
        assert_int_equal(ta_relocate(&outer_type, &value, &moves[i]), TA_OK);
        assert_order(1, 2, 3, 10, 11, 12, 20, 21, 22, 99);
    }
    assert_int_equal(value.skipped.moves, 0);
    assert_int_equal(value.front.number, 17);
    assert_balanced(&here);
    probes_reset();
    ta_destroy(&outer_type, &value);
    assert_int_equal(probes.destroyed, 10);
    assert_int_equal(value.skipped.state, PROBE_ALIVE);
    assert_balanced(&there);
}

static void a_clone_has_all_parts_and_the_bits_of_the_rest(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    outer value = outer_make(here_memory), clone;
    probes_reset();
    assert_int_equal(ta_clone(&outer_type, &value, &clone, there_memory), TA_OK);
    assert_int_equal(probes.cloned, 10);
    assert_int_equal(clone.skipped.id, 50);
    assert_int_equal(clone.front.number, 17);
    assert_int_equal(clone.front.second->id, 2);
    assert_ptr_not_equal(clone.front.second, value.front.second);
    assert_int_equal(clone.middle->items[2].id, 22);
    assert_ptr_not_equal(clone.middle, value.middle);
    assert_ptr_not_equal(clone.middle->items, value.middle->items);
    ta_destroy(&outer_type, &value);
    assert_balanced(&here);
    ta_destroy(&outer_type, &clone);
    assert_balanced(&there);
    assert_int_equal(probes.damaged, 0);
}

/* A chain of boxes whose links come before their marks: depth first means the innermost mark
 * first, down to 16 blocks, and from there on after the rest. */
typedef struct chain {
    struct chain *next;
    probe mark;
} chain;
TA_TYPE_FORWARD(chain);
static const ta_part chain_parts[] = {
    TA_PART_OWNED_INIT("next", ALL_TRAITS, &chain_type, offsetof(chain, next)),
    TA_PART_INLINE_INIT("mark", probe_traits, &probe_type, offsetof(chain, mark), 1)};
TYPE_OF_PARTS(chain, ALL_TRAITS);
TA_POINTER(chain_pointer, chain);

static chain chain_make(uint32_t blocks, const ta_allocator *memory) {
    chain *next = NULL;
    for (uint32_t id = blocks; id > 0; id--) {
        next = chain_pointer_make((chain){next, probe_make(id)}, memory);
        assert_non_null(next);
    }
    return (chain){next, probe_make(0)};
}

static void sixteen_blocks_are_visited_depth_first(void **state) {
    (void)state;
    LEDGER(here);
    ta_move move = near_move(NULL);
    chain value = chain_make(16, here_memory);
    probes_reset();
    assert_int_equal(ta_relocate(&chain_type, &value, &move), TA_OK);
    assert_order(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    ta_destroy(&chain_type, &value);
    assert_balanced(&here);
}

static void what_nests_deeper_comes_after_the_rest(void **state) {
    (void)state;
    LEDGER(here);
    ta_move move = near_move(NULL);
    chain value = chain_make(20, here_memory);
    probes_reset();
    assert_int_equal(ta_relocate(&chain_type, &value, &move), TA_OK);
    assert_order(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 20, 19, 18, 17);
    ta_destroy(&chain_type, &value);
    assert_balanced(&here);
}

/* ---- counted: lengths of every width --------------------------------------------------------- */

typedef struct many {
    uint8_t before;
    uint8_t length[8]; /* read with the part's width, wherever it lies */
    probe *items;
} many;

static void check_length(size_t width, uint64_t length) {
    LEDGER(here);
    LEDGER(there);
    const ta_part part = TA_PART_COUNTED_INIT("items", probe_traits, &probe_type,
                                              offsetof(many, items), offsetof(many, length), width);
    const ta_type type = {"many", sizeof(many), _Alignof(many), ALL_TRAITS, 1,
                          &part,  NULL,         NULL,           NULL,       NULL};
    many value = {.before = 0xff}, clone;
    memset(value.length, 0xff, sizeof value.length);
    memcpy(value.length, &length, width); /* little end first */
    value.items = ta_array_allocate(&probe_type, length, here_memory);
    assert_non_null(value.items);
    for (uint32_t i = 0; i < length; i++) value.items[i] = probe_make(i);

    ta_move move = far_move(there_memory);
    probes_reset();
    assert_int_equal(ta_relocate(&type, &value, &move), TA_OK);
    assert_int_equal(probes.relocated, length);
    assert_int_equal(ta_clone(&type, &value, &clone, here_memory), TA_OK);
    assert_int_equal(probes.cloned, length);
    for (uint32_t i = 0; i < length; i++) {
        assert_int_equal(value.items[i].moves, 1);
        assert_int_equal(clone.items[i].id, i);
    }
    ta_destroy(&type, &value);
    assert_int_equal(probes.destroyed, length);
    ta_destroy(&type, &clone);
    assert_int_equal(probes.destroyed, 2 * length);
    assert_int_equal(probes.damaged, 0);
    assert_balanced(&here);
    assert_balanced(&there);
}

/* Lengths are not negative: the highest bit counts, whatever the field's sign. */
static void lengths_have_any_width(void **state) {
    (void)state;
    check_length(1, 1);
    check_length(1, 127);
    check_length(1, 128);
    check_length(1, 255);
    check_length(2, 256);
    check_length(2, 40000);
    check_length(4, 3);
    check_length(4, 70000);
    check_length(8, 3);
    check_length(8, 70000);
}

/* ---- fixed arrays ---------------------------------------------------------------------------- */

TA_FIXED_ARRAY(three_strings, ta_string, 3);
TA_FIXED_ARRAY(two_probes, probe, 2);
TA_FIXED_ARRAY(three_by_two, two_probes, 3);
TA_FIXED_ARRAY(four_ints, ta_int, 4);

static void the_elements_of_a_fixed_array_are_visited(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    three_strings_value texts = {ta_string_make("a", here_memory), NULL,
                                 ta_string_make("c", here_memory)};
    three_strings_value copy;
    assert_int_equal(ta_relocate(&three_strings_type, texts, &move), TA_OK);
    assert_balanced(&here);
    assert_int_equal(blocks_of(&there), 2);
    assert_int_equal(ta_clone(&three_strings_type, texts, copy, here_memory), TA_OK);
    assert_string_equal(copy[0], "a");
    assert_null(copy[1]);
    assert_string_equal(copy[2], "c");
    ta_destroy(&three_strings_type, texts);
    ta_destroy(&three_strings_type, copy);
    assert_balanced(&here);
    assert_balanced(&there);

    three_by_two_value marks = {{probe_make(1), probe_make(2)},
                                {probe_make(3), probe_make(4)},
                                {probe_make(5), probe_make(6)}};
    probes_reset();
    assert_int_equal(ta_relocate(&three_by_two_type, marks, &move), TA_OK);
    assert_order(1, 2, 3, 4, 5, 6);
    ta_destroy(&three_by_two_type, marks);
    assert_int_equal(probes.destroyed, 6);
}

static void a_fixed_array_has_the_traits_of_its_elements(void **state) {
    (void)state;
    assert_int_equal(three_strings_type.size, sizeof(char *[3]));
    assert_int_equal(three_strings_type.traits, TA_TRAIT_OWNS);
    assert_int_equal(three_by_two_type.traits, probe_traits);
    assert_int_equal(four_ints_type.traits, 0);
    assert_int_equal(four_ints_type.size, 4 * sizeof(int));
    assert_string_equal(four_ints_type.name, "ta_int[4]");
}

/* ---- tables that promise more than there is -------------------------------------------------- */

typedef struct plain {
    int number;
    int *boxed;
    char *text;
} plain;
static const ta_part plain_parts[] = {
    TA_PART_INLINE_INIT("number", ALL_TRAITS, &ta_int_type, offsetof(plain, number), 1),
    TA_PART_OWNED_INIT("boxed", ALL_TRAITS, &ta_int_type, offsetof(plain, boxed)),
    TA_PART_OWNED_INIT("text", ALL_TRAITS, &ta_char_type, offsetof(plain, text))};
TYPE_OF_PARTS(plain, ALL_TRAITS);

static void a_table_may_claim_more_than_there_is(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move far = far_move(there_memory), near = near_move(there_memory);
    plain value = {17, ta_box_allocate(&ta_int_type, here_memory),
                   ta_string_make("text", here_memory)};
    plain clone;
    *value.boxed = 18;
    assert_int_equal(ta_relocate(&plain_type, &value, &near), TA_OK);
    assert_int_equal(blocks_of(&here), 2);
    assert_int_equal(ta_relocate(&plain_type, &value, &far), TA_OK);
    assert_balanced(&here);
    assert_int_equal(ta_clone(&plain_type, &value, &clone, here_memory), TA_OK);
    assert_int_equal(clone.number, 17);
    assert_int_equal(*clone.boxed, 18);
    assert_string_equal(clone.text, "text");
    ta_destroy(&plain_type, &value);
    ta_destroy(&plain_type, &clone);
    assert_balanced(&here);
    assert_balanced(&there);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_visited_in_their_order_depth_first),
        cmocka_unit_test(a_clone_has_all_parts_and_the_bits_of_the_rest),
        cmocka_unit_test(sixteen_blocks_are_visited_depth_first),
        cmocka_unit_test(what_nests_deeper_comes_after_the_rest),
        cmocka_unit_test(lengths_have_any_width),
        cmocka_unit_test(the_elements_of_a_fixed_array_are_visited),
        cmocka_unit_test(a_fixed_array_has_the_traits_of_its_elements),
        cmocka_unit_test(a_table_may_claim_more_than_there_is),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
