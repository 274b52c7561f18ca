/* SPDX-License-Identifier: MIT
 *
 * Tagged unions: tags of every width and sign, cases of every kind, tags that are none of the
 * cases.
 */
#include "relocate_checks.h"

#include "ta/owned.h"

/* ---- tagged unions --------------------------------------------------------------------------- */

/* The tag may be of any width; the rest is the same for all. */
typedef struct choice {
    uint8_t tag[8];
    union {
        char *text;
        probe one;
        struct {
            probe *items;
            uint64_t length;
        } many;
        probe *boxed;
        uint64_t number;
    } as;
} choice;

enum { CASE_TEXT, CASE_ONE, CASE_MANY, CASE_BOXED, CASE_NUMBER, CASE_NONE, CASES };

static const char *const case_names[] = {"text", "one", "many", "boxed", "number", "none"};

static void cases_make(ta_case cases[CASES], const int64_t tags[CASES]) {
    const ta_part parts[CASES] = {
        TA_PART_OWNED_INIT("text", 0, &ta_char_type, offsetof(choice, as.text)),
        TA_PART_INLINE_INIT("one", probe_traits, &probe_type, offsetof(choice, as.one), 1),
        TA_PART_COUNTED_INIT("many", probe_traits, &probe_type, offsetof(choice, as.many.items),
                             offsetof(choice, as.many.length), 8),
        TA_PART_OWNED_INIT("boxed", probe_traits, &probe_type, offsetof(choice, as.boxed)),
        TA_PART_INLINE_INIT("number", 0, &ta_uint64_type, offsetof(choice, as.number), 1)};
    for (size_t i = 0; i < CASES; i++) {
        cases[i] = (ta_case){tags[i], i == CASE_NONE, parts[i]};
        assert_true(i == CASE_NONE || strcmp(cases[i].part.name, case_names[i]) == 0);
    }
}

static choice choice_make(int which, int64_t tag, size_t width, const ta_allocator *memory) {
    choice value;
    memset(&value, 0x77, sizeof value); /* what lies beside a narrow tag does not count */
    memcpy(value.tag, &tag, width);
    switch (which) {
    case CASE_TEXT:
        value.as.text = ta_string_make("a text", memory);
        break;
    case CASE_ONE:
        value.as.one = probe_make(1);
        break;
    case CASE_MANY:
        value.as.many.length = 3;
        value.as.many.items = ta_array_allocate(&probe_type, 3, memory);
        for (uint32_t i = 0; i < 3; i++) value.as.many.items[i] = probe_make(i);
        break;
    case CASE_BOXED:
        value.as.boxed = ta_box_allocate(&probe_type, memory);
        *value.as.boxed = probe_make(1);
        break;
    default:
        break;
    }
    return value;
}

static void check_case(const ta_type *type, int which, int64_t tag, size_t width) {
    static const size_t probes_of[CASES] = {0, 1, 3, 1, 0, 0}, blocks[CASES] = {1, 0, 1, 1, 0, 0};
    LEDGER(here);
    LEDGER(there);
    ta_move near = near_move(there_memory), far = far_move(there_memory);
    choice value = choice_make(which, tag, width, here_memory), clone;

    probes_reset();
    assert_int_equal(ta_relocate(type, &value, &near), TA_OK);
    assert_int_equal(probes.relocated, probes_of[which]);
    assert_int_equal(blocks_of(&here), blocks[which]);
    assert_int_equal(calls_of(&there), 0);
    assert_int_equal(ta_relocate(type, &value, &far), TA_OK);
    assert_int_equal(probes.relocated, 2 * probes_of[which]);
    assert_balanced(&here);
    assert_int_equal(blocks_of(&there), blocks[which]);

    assert_int_equal(ta_clone(type, &value, &clone, here_memory), TA_OK);
    assert_int_equal(probes.cloned, probes_of[which]);
    assert_int_equal(blocks_of(&here), blocks[which]);
    assert_memory_equal(clone.tag, value.tag, width);
    if (which == CASE_TEXT) assert_string_equal(clone.as.text, "a text");
    if (which == CASE_ONE) assert_int_equal(clone.as.one.moves, 2);
    if (which == CASE_MANY) assert_int_equal(clone.as.many.items[2].moves, 2);
    if (which == CASE_BOXED) assert_int_equal(clone.as.boxed->moves, 2);
    if (which == CASE_NUMBER) assert_int_equal(clone.as.number, UINT64_C(0x7777777777777777));
    ta_destroy(type, &value);
    assert_balanced(&there);
    ta_destroy(type, &clone);
    assert_balanced(&here);
    assert_int_equal(probes.destroyed, 2 * probes_of[which]);
    assert_int_equal(probes.damaged, 0);
}

/* A tag that is none of the cases: an error for relocating and cloning, nothing for destroying. */
static void check_unknown_tag(const ta_type *type, int64_t tag, size_t width) {
    ta_move far = far_move(&empty_allocator), near = near_move(&empty_allocator);
    choice value = choice_make(CASE_NONE, tag, width, NULL), before = value, out;
    probes_reset();
    assert_int_equal(ta_relocate(type, &value, &far), TA_E_TAG);
    assert_non_null(strstr(ta_last_error(), "is none of its cases"));
    assert_int_equal(ta_relocate(type, &value, &near), TA_E_TAG);
    assert_int_equal(ta_clone(type, &value, &out, &empty_allocator), TA_E_TAG);
    ta_destroy(type, &value);
    assert_memory_equal(&value, &before, sizeof value);
    assert_int_equal(probes.relocate_calls + probes.clone_calls + probes.destroyed, 0);
}

static void check_tags(size_t width, const int64_t tags[CASES], const int64_t unknown[2]) {
    ta_case cases[CASES];
    cases_make(cases, tags);
    const ta_part part = PART_VARIANT_INIT("as", ALL_TRAITS, offsetof(choice, tag), width, cases);
    const ta_type type = {
        "choice", sizeof(choice), _Alignof(choice), ALL_TRAITS, 1, &part, NULL, NULL, NULL, NULL};
    for (int which = 0; which < CASES; which++) check_case(&type, which, tags[which], width);
    for (int i = 0; i < 2; i++) check_unknown_tag(&type, unknown[i], width);
}

static void tags_that_count_from_zero(void **state) {
    (void)state;
    static const int64_t tags[CASES] = {0, 1, 2, 3, 4, 5}, unknown[2] = {6, -1};
    for (size_t width = 1; width <= 8; width *= 2) check_tags(width, tags, unknown);
}

static void tags_of_one_byte(void **state) {
    (void)state;
    /* An unsigned tag of 200 has the bits of -56. */
    static const int64_t tags[CASES] = {INT8_MIN, -1, 0, INT8_MAX, 200 - 256, 3};
    static const int64_t unknown[2] = {1, -2};
    check_tags(1, tags, unknown);
}

static void tags_of_two_bytes(void **state) {
    (void)state;
    static const int64_t tags[CASES] = {INT16_MIN, -1, 256, INT16_MAX, 5, 4};
    static const int64_t unknown[2] = {0, 255};
    check_tags(2, tags, unknown);
}

static void tags_of_four_bytes(void **state) {
    (void)state;
    static const int64_t tags[CASES] = {1, INT32_MIN, -2, 65536, INT32_MAX, 0};
    static const int64_t unknown[2] = {2, -1};
    check_tags(4, tags, unknown);
}

static void tags_of_eight_bytes(void **state) {
    (void)state;
    static const int64_t tags[CASES] = {INT64_MAX, INT64_C(1) << 32, -1, INT64_MIN, 5, 6};
    static const int64_t unknown[2] = {0, INT64_C(2) << 32};
    check_tags(8, tags, unknown);
}

/* ---- a union between other parts ------------------------------------------------------------- */

typedef struct letter {
    char *head;
    probe first;
    int8_t kind;  /* 0: text, 1: a shape, else none */
    int8_t shape; /* 0: probe, 1: text */
    union {
        char *text;
        probe mark;
    } body;
    probe last;
    char *tail;
} letter;

/* A union in a union: offsets count from the beginning of the whole. */
static const ta_case shape_cases[] = {
    {0, false, TA_PART_INLINE_INIT("mark", probe_traits, &probe_type, offsetof(letter, body), 1)},
    {1, false, TA_PART_OWNED_INIT("text", 0, &ta_char_type, offsetof(letter, body))}};
static const ta_case letter_cases[] = {
    {0, false, TA_PART_OWNED_INIT("text", 0, &ta_char_type, offsetof(letter, body))},
    {1, false, PART_VARIANT_INIT("shape", ALL_TRAITS, offsetof(letter, shape), 1, shape_cases)}};
static const ta_part letter_parts[] = {
    TA_PART_INLINE_INIT("head", ta_string_traits, &ta_string_type, offsetof(letter, head), 1),
    TA_PART_INLINE_INIT("first", probe_traits, &probe_type, offsetof(letter, first), 1),
    PART_VARIANT_INIT("body", ALL_TRAITS, offsetof(letter, kind), 1, letter_cases),
    TA_PART_INLINE_INIT("last", probe_traits, &probe_type, offsetof(letter, last), 1),
    TA_PART_INLINE_INIT("tail", ta_string_traits, &ta_string_type, offsetof(letter, tail), 1)};
TYPE_OF_PARTS(letter, ALL_TRAITS);

static letter letter_make(int8_t kind, int8_t shape, const ta_allocator *memory) {
    letter value = {.head = ta_string_make("head", memory),
                    .first = probe_make(1),
                    .kind = kind,
                    .shape = shape,
                    .last = probe_make(3),
                    .tail = ta_string_make("tail", memory)};
    if (kind == 0 || shape == 1)
        value.body.text = ta_string_make("body", memory);
    else
        value.body.mark = probe_make(2);
    return value;
}

static void a_union_in_a_union_is_visited(void **state) {
    (void)state;
    static const size_t expected[3][2] = {{3, 2}, {2, 3}, {3, 2}}; /* blocks, probes */
    for (int8_t i = 0; i < 3; i++) {
        LEDGER(here);
        LEDGER(there);
        letter value = letter_make(i > 0, i == 2, here_memory), clone;
        ta_move move = far_move(there_memory);
        probes_reset();
        assert_int_equal(ta_relocate(&letter_type, &value, &move), TA_OK);
        assert_balanced(&here);
        assert_int_equal(blocks_of(&there), expected[i][0]);
        assert_int_equal(probes.relocated, expected[i][1]);
        assert_int_equal(ta_clone(&letter_type, &value, &clone, here_memory), TA_OK);
        assert_int_equal(blocks_of(&here), expected[i][0]);
        assert_int_equal(probes.cloned, expected[i][1]);
        ta_destroy(&letter_type, &value);
        assert_balanced(&there);
        ta_destroy(&letter_type, &clone);
        assert_balanced(&here);
        assert_int_equal(probes.destroyed, 2 * expected[i][1]);
    }
}

/* The parts before the union may have moved, those after it have not; with its tag put right, the
 * value is relocated as if nothing had been. */
static void an_unknown_tag_leaves_the_rest_whole(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    letter value = letter_make(0, 0, here_memory), clone;
    int8_t *const tags[] = {&value.kind, &value.shape};
    for (size_t i = 0; i < 2; i++) {
        value.kind = 1; /* the inner tag is looked at */
        *tags[i] = 99;
        probes_reset();
        assert_int_equal(ta_relocate(&letter_type, &value, &move), TA_E_TAG);
        assert_string_equal(value.head, "head");
        assert_string_equal(value.tail, "tail");
        assert_int_equal(value.last.moves, 0);
        assert_int_equal(blocks_of(&here) + blocks_of(&there), 3);
        size_t blocks = blocks_of(&there);
        assert_int_equal(ta_clone(&letter_type, &value, &clone, there_memory), TA_E_TAG);
        assert_int_equal(blocks_of(&there), blocks);
        assert_int_equal(probes.cloned, 1);
        assert_int_equal(probes.destroyed, 1);
        value.shape = 0;
    }
    value.kind = 0;
    assert_int_equal(ta_relocate(&letter_type, &value, &move), TA_OK);
    assert_string_equal(value.body.text, "body");
    assert_balanced(&here);

    value.kind = 99; /* owns nothing now */
    char *body = value.body.text;
    ta_destroy(&letter_type, &value);
    assert_int_equal(blocks_of(&there), 1);
    ta_destroy(&ta_string_type, &body);
    assert_balanced(&there);
    assert_int_equal(probes.damaged, 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_that_count_from_zero),
        cmocka_unit_test(tags_of_one_byte),
        cmocka_unit_test(tags_of_two_bytes),
        cmocka_unit_test(tags_of_four_bytes),
        cmocka_unit_test(tags_of_eight_bytes),
        cmocka_unit_test(a_union_in_a_union_is_visited),
        cmocka_unit_test(an_unknown_tag_leaves_the_rest_whole),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
