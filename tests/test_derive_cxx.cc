/* SPDX-License-Identifier: MIT
 *
 * Derived descriptors in C++17: the header that the C tests include, and what only C++ has. The
 * descriptors of the two languages must be alike.
 */
extern "C" {
#include "harness.h"
}
#include "derive_types.h"

#include "ta/map.h"

#include <cstdlib>

/* What a C++ struct may have besides. */
enum class colour_class : short { red, green };
struct modern {
    colour_class colour = colour_class::red;
    wchar_t wide = L'w';
    char16_t sixteen = u'x';
    char32_t thirty_two = U'y';
    bool is_set = true;
    char *name = nullptr;
    int area() const { return static_cast<int>(wide); }
};
TA_DERIVE(modern, modern, colour, wide, sixteen, thirty_two, is_set, TA_AS(name, ta_string));

enum class answer_kind : unsigned char { none, number, text = 200 };
struct answer {
    answer_kind kind;
    union {
        int64_t number;
        char *text;
    } as;
};
TA_DERIVE_UNION(answer, answer, kind, as, TA_CASE_EMPTY(answer_kind::none),
                TA_CASE(answer_kind::number, number),
                TA_CASE(answer_kind::text, TA_AS(text, ta_string)));

TA_MAP(ages, ta_string, ta_int);
TA_MAP_BY_TEXT(ages);

namespace inside {
struct deep {
    int number;
    struct deep *next;
};
} // namespace inside
TA_DERIVE(deep, inside::deep, number, TA_LINK(next));

/* Counts what is out. */
static void *counting_allocate(void *context, size_t size, size_t alignment) {
    void *memory = ta_allocate(nullptr, size, alignment);
    if (memory != nullptr) ++*static_cast<size_t *>(context);
    return memory;
}
static void counting_release(void *context, void *memory, size_t size, size_t alignment) {
    --*static_cast<size_t *>(context);
    ta_release(nullptr, memory, size, alignment);
}

struct world {
    size_t here_blocks = 0, there_blocks = 0;
    ta_allocator here = {counting_allocate, counting_release, &here_blocks};
    ta_allocator there = {counting_allocate, counting_release, &there_blocks};
    ta_move far;

    world() {
        const uint32_t counts[] = {1, 1};
        ta_affinity places[2];
        assert_int_equal(ta_affinity_create_manual(counts, 2, places, 2, nullptr), TA_OK);
        far = ta_move_between(places[0], places[1], &there);
    }
    world(const world &) = delete;
    world &operator=(const world &) = delete;
};

static void traits_are_constants(void **) {
    static_assert(point_traits == 0, "");
    static_assert(scalars_traits == 0, "");
    static_assert(unsigned{session_traits} == TA_TRAIT_OWNS, "");
    static_assert(unsigned{shape_traits} == TA_TRAIT_OWNS, "");
    static_assert(unsigned{modern_traits} == TA_TRAIT_OWNS, "");
    static_assert(std::is_same<session_value, session>::value, "");
    assert_int_equal(session_type.traits, session_traits);
}

static void scalars_find_their_descriptors(void **) {
    const ta_type *expected[] = {&ta_bool_type,  &ta_char_type,   &ta_schar_type,   &ta_uchar_type,
                                 &ta_short_type, &ta_ushort_type, &ta_int_type,     &ta_uint_type,
                                 &ta_long_type,  &ta_ulong_type,  &ta_llong_type,   &ta_ullong_type,
                                 &ta_float_type, &ta_double_type, &ta_ldouble_type, &ta_uint_type,
                                 &ta_int_type,   &ta_long_type,   &ta_wchar_type,   &ta_short_type};
    assert_int_equal(scalars_type.part_count, sizeof expected / sizeof *expected);
    for (uint32_t i = 0; i < scalars_type.part_count; i++)
        assert_ptr_equal(scalars_type.parts[i].type, expected[i]);
    assert_ptr_equal(modern_type.parts[0].type, &ta_short_type);
    assert_ptr_equal(modern_type.parts[2].type, &ta_char16_type);
    assert_ptr_equal(modern_type.parts[3].type, &ta_char32_type);
    assert_int_equal(session_type.part_count, 16);
    assert_string_equal(session_type.parts[6].name, "grid");
    assert_int_equal(session_type.parts[6].count, 16);
    assert_ptr_equal(session_type.parts[6].type, &ta_int_type);
    assert_ptr_equal(session_type.parts[9].type, &ta_uchar_type);
    assert_int_equal(session_type.parts[9].width, 2);
}

static void structs_move_and_clone(void **) {
    world w;
    session s = {};
    s.id = 7;
    s.user = ta_string_make("somebody", &w.here);
    s.next = static_cast<session *>(ta_box_allocate(&session_type, &w.here));
    *s.next = session{};
    s.next->user = ta_string_make("else", &w.here);
    s.names[1][2] = ta_string_make("last of six", &w.here);
    assert_int_equal(w.here_blocks, 4);
    session moved, copy;
    assert_int_equal(session_relocate_into(&moved, &s, &w.far), TA_OK);
    assert_int_equal(w.here_blocks, 0);
    assert_int_equal(session_clone(&moved, &copy, &w.here), TA_OK);
    assert_string_equal(copy.next->user, "else");
    assert_string_equal(moved.names[1][2], "last of six");
    session_destroy(&moved);
    session_destroy(&copy);

    point p = point_relocated(point{5, 9}, &w.far, nullptr);
    assert_int_equal(p.y, 9);

    modern m;
    m.name = ta_string_make("modern", &w.here);
    assert_int_equal(modern_relocate(&m, &w.far), TA_OK);
    assert_string_equal(m.name, "modern");
    assert_int_equal(m.area(), 'w');
    modern_destroy(&m);

    job j = {};
    j.name = ta_string_make("job", &w.here);
    assert_int_equal(job_relocate(&j, &w.far), TA_OK);
    job_destroy(&j);
    assert_int_equal(w.here_blocks, 0);
    assert_int_equal(w.there_blocks, 0);
}

static void unions_move_and_clone(void **) {
    world w;
    answer a = {}, copy = {};
    a.kind = answer_kind::text;
    a.as.text = ta_string_make("two hundred", &w.here);
    assert_int_equal(answer_relocate(&a, &w.far), TA_OK);
    assert_int_equal(w.there_blocks, 1);
    assert_int_equal(answer_clone(&a, &copy, &w.here), TA_OK);
    assert_string_equal(copy.as.text, "two hundred");
    answer_destroy(&a);
    answer_destroy(&copy);
    a.kind = static_cast<answer_kind>(9);
    assert_int_equal(answer_relocate(&a, &w.far), TA_E_TAG);

    verdict v = {};
    v.error = ta_string_make("no", &w.here);
    assert_int_equal(verdict_relocate(&v, &w.far), TA_OK);
    assert_int_equal(w.here_blocks, 0);
    assert_string_equal(v.error, "no");
    verdict_destroy(&v);
    v.ok = true;
    v.value = 5;
    assert_int_equal(verdict_relocate(&v, &w.far), TA_OK);
    assert_int_equal(v.value, 5);

    shape s = {};
    s.kind = SCALED;
    s.as.scale = point{1, 2};
    assert_int_equal(shape_relocate(&s, &w.far), TA_OK);
    assert_int_equal(s.as.scale.y, 2);
    assert_int_equal(w.here_blocks, 0);
    assert_int_equal(w.there_blocks, 0);
}

static void maps_are_looked_up_by_literals(void **) {
    world w;
    ages map = {};
    assert_true(ages_put(&map, ta_string_make("Ada", &w.here), 36, &w.here));
    const char *name = "Ada";
    assert_int_equal(*ages_get(&map, name), 36);
    assert_int_equal(*ages_get_text(&map, "Ada Lovelace", 3), 36);
    assert_true(ages_remove(&map, "Ada", nullptr));
    ages_clear(&map);
    assert_int_equal(w.here_blocks, 0);
}

static void links_of_a_namespaced_struct(void **) {
    world w;
    inside::deep first = {0, nullptr};
    for (int i = 1; i <= 1000; i++) {
        auto *next = static_cast<inside::deep *>(ta_box_allocate(&deep_type, &w.here));
        *next = first;
        first = {i, next};
    }
    assert_int_equal(deep_relocate(&first, &w.far), TA_OK);
    assert_int_equal(w.there_blocks, 1000);
    int expected = 1000;
    for (const inside::deep *d = &first; d != nullptr; d = d->next)
        assert_int_equal(d->number, expected--);
    deep_destroy(&first);
    assert_int_equal(w.there_blocks, 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(traits_are_constants),
        cmocka_unit_test(scalars_find_their_descriptors),
        cmocka_unit_test(structs_move_and_clone),
        cmocka_unit_test(unions_move_and_clone),
        cmocka_unit_test(links_of_a_namespaced_struct),
        cmocka_unit_test(maps_are_looked_up_by_literals),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
