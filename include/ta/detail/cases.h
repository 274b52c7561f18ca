/* SPDX-License-Identifier: MIT
 *
 * ta/detail/cases.h - the checks of TA_DERIVE_UNION in ta/derive.h: that the struct is a tag and a
 * union and nothing else, that every enumerator has a case, and that a case which is a struct in
 * the union lists all of that struct.
 *
 * The union may have no name: then `as` is empty, and its fields are the struct's own.
 */
#ifndef TA_DETAIL_CASES_H
#define TA_DETAIL_CASES_H

#include "ta/detail/complete.h"

/* 1 when there is nothing; else 0, and then x begins with a name. */
#define TA_IS_BLANK_(x) TA_SECOND_(TA_BLANK_PROBE_##x, 0, 0)
#define TA_BLANK_PROBE_ 0, 1

/* Paths into the union begin with it. */
#define TA_UNION_PATH_(as) TA_CAT_(TA_UNION_PATH_, TA_IS_BLANK_(as))(as)
#define TA_UNION_PATH_0(as) as.
#define TA_UNION_PATH_1(as)

#define TA_CASE_SPREAD_(M, ...) M(__VA_ARGS__)

/* ---- a tag and a union ----------------------------------------------------------------------- */

#define TA_CHECK_UNION_(N, tag, as, case_count)                                                    \
    TA_ASSERT_((TA_IS_INTEGER_(TA_FIELD_(N, tag)) || TA_IS_(TA_FIELD_(N, tag), bool)) &&           \
                   sizeof(TA_FIELD_(N, tag)) <= 8,                                                 \
               #N "." #tag " is no enum or integer, and no tag");                                  \
    TA_ASSERT_(!TA_IS_(TA_FIELD_(N, tag), bool) || (case_count) == 2,                              \
               #N "." #tag " is a bool, and needs a case for true and one for false");             \
    TA_CAT_(TA_CHECK_COMPANY_, TA_IS_BLANK_(as))(N, tag, as)

/* The struct is initialised with the two: where another field is in front, between or behind, that
 * fails. In either order. */
#define TA_CHECK_COMPANY_0(N, tag, as)                                                             \
    TA_ASSERT_(TA_UNION_SIZE_(N, tag, as) == sizeof(N##_value),                                    \
               #N " has more fields than " #tag " and " #as TA_COMPANY_ADVICE_);                   \
    TA_ASSERT_(offsetof(N##_value, tag) == 0 || offsetof(N##_value, as) == 0,                      \
               #N " has a field in front of " #tag " and " #as TA_COMPANY_ADVICE_);                \
    TA_CHECKING_ TA_GENERATED void N##_has_nothing_but_tag_and_union_(const N##_value *value) {    \
        struct in_order_ {                                                                         \
            TA_TYPE_OF_(TA_FIELD_(N, tag)) tag;                                                    \
            TA_TYPE_OF_(TA_FIELD_(N, as)) as;                                                      \
        };                                                                                         \
        struct reversed_ {                                                                         \
            TA_TYPE_OF_(TA_FIELD_(N, as)) as;                                                      \
            TA_TYPE_OF_(TA_FIELD_(N, tag)) tag;                                                    \
        };                                                                                         \
        TA_TYPE_IF_(TA_TAG_IS_FIRST_(N, tag), N##_value, struct in_order_)                         \
        tag_first_ = {value->tag, value->as};                                                      \
        TA_TYPE_IF_(!TA_TAG_IS_FIRST_(N, tag), N##_value, struct reversed_)                        \
        union_first_ = {value->as, value->tag};                                                    \
        (void)tag_first_;                                                                          \
        (void)union_first_;                                                                        \
    }                                                                                              \
    TA_DIAGNOSE_END_
#define TA_CHECK_COMPANY_1(N, tag, as)                                                             \
    TA_ASSERT_(TA_TAG_IS_FIRST_(N, tag),                                                           \
               #N " has a field in front of " #tag                                                 \
                  ", or it stands behind a union without a name" TA_COMPANY_ADVICE_);              \
    TA_CHECKING_ TA_GENERATED void N##_has_nothing_but_tag_and_union_(const N##_value *value) {    \
        N##_value tag_first_ = {value->tag, {}};                                                   \
        (void)tag_first_;                                                                          \
    }                                                                                              \
    TA_DIAGNOSE_END_
#define TA_COMPANY_ADVICE_                                                                         \
    ": put a tag and a union into a struct of their own, and that into the other by TA_AS"
#define TA_TAG_IS_FIRST_(N, tag) (offsetof(N##_value, tag) == 0)

/* The size of a struct with a tag and a union, in either order. */
#define TA_UNION_SIZE_(N, tag, as)                                                                 \
    TA_ROUND_UP_(TA_ROUND_UP_(sizeof(TA_FIELD_(N, tag)), __alignof__(TA_FIELD_(N, as))) +          \
                     sizeof(TA_FIELD_(N, as)),                                                     \
                 TA_ALIGNOF(N##_value))

/* ---- every case ------------------------------------------------------------------------------ */

/* A switch without a default: the compiler names the enumerator that has no case. */
#define TA_EVERY_CASE_(NAME, tag, ...)                                                             \
    TA_DIAGNOSE_("GCC diagnostic error \"-Wswitch\"")                                              \
    _Pragma("GCC diagnostic ignored \"-Wswitch-default\"")                                         \
        _Pragma("GCC diagnostic ignored \"-Wswitch-bool\"")                                        \
            TA_GENERATED void NAME##_lists_every_case_(const NAME##_value *value) {                \
        switch (value->tag) {                                                                      \
            TA_EACH_(TA_LABEL_CASE_, NAME, , __VA_ARGS__)                                          \
            break;                                                                                 \
        }                                                                                          \
    }                                                                                              \
    TA_DIAGNOSE_END_
#define TA_LABEL_CASE_(N, P, x) TA_CASE_OPEN_(TA_LABEL_CASE_OF_, N, P, x)
#define TA_LABEL_CASE_OF_(N, P, KIND, value, entry) case value:

/* ---- all of a case --------------------------------------------------------------------------- */

/* Where the entry is a path into a struct, that struct holds the field, perhaps its length, and
 * nothing else. Nobody but the compiler knows that struct's type: it initialises, from the field
 * on, a value behind which one of another type stands. That one ends up in the field that is not
 * listed, and the compiler names its type. */
#ifndef __cplusplus
#define TA_WHOLE_CASES_(NAME, tag, as, ...)                                                        \
    TA_EACH_(TA_BEGIN_CASE_, NAME, (tag, as), __VA_ARGS__)                                         \
    TA_CHECKING_ TA_GENERATED void NAME##_lists_all_of_each_case_(const NAME##_value *value) {     \
        typedef TA_CAT_(TA_CASES_TYPE_, TA_IS_BLANK_(as))(NAME, as) cases_;                        \
        struct a_field_of_the_case_is_not_listed {                                                 \
            char unused;                                                                           \
        };                                                                                         \
        (void)value;                                                                               \
        TA_EACH_(TA_WHOLE_CASE_, NAME, TA_UNION_PATH_(as), __VA_ARGS__)                            \
    }                                                                                              \
    TA_DIAGNOSE_END_
#define TA_CASES_TYPE_0(N, as) __typeof__(TA_FIELD_(N, as))
#define TA_CASES_TYPE_1(N, as) N##_value

#define TA_WHOLE_CASE_(N, P, x) TA_CASE_OPEN_(TA_WHOLE_CASE_OF_, N, P, x)
#define TA_WHOLE_CASE_OF_(N, P, KIND, value, entry) TA_WHOLE_##KIND(N, P, entry)
#define TA_WHOLE_ta_case_empty_(N, P, entry)
#define TA_WHOLE_ta_case_(N, P, entry) TA_ENTRY_(TA_WHOLE_, N, P, entry)
#define TA_WHOLE_(N, P, S, C, H, F, D, L) TA_CAT_(TA_WHOLE_LENGTH_, TA_IS_BLANK_(L))(N, P, S, F, L)
#define TA_WHOLE_LENGTH_1(N, P, S, F, L) TA_WHOLE_FROM_(1, cases_, F, TA_CASE_VALUE_##S(P F))
/* In either order: one of the two initialisations begins with what comes first, and the other has
 * room for the first behind the union. */
#define TA_WHOLE_LENGTH_0(N, P, S, F, L)                                                           \
    TA_WHOLE_FROM_(offsetof(N##_value, P F) < offsetof(N##_value, P L),                            \
                   __typeof__(TA_FIELD_(N, P L)), F, value->P F, value->P L)                       \
    TA_WHOLE_FROM_(offsetof(N##_value, P L) < offsetof(N##_value, P F),                            \
                   __typeof__(TA_FIELD_(N, P F)), L, value->P L, value->P F)
#define TA_WHOLE_FROM_(is_first, OTHER, F, ...)                                                    \
    {                                                                                              \
        struct first_ {                                                                            \
            cases_ as_;                                                                            \
            struct a_field_of_the_case_is_not_listed end_;                                         \
        };                                                                                         \
        struct second_ {                                                                           \
            cases_ as_;                                                                            \
            OTHER first_;                                                                          \
            struct a_field_of_the_case_is_not_listed end_;                                         \
        };                                                                                         \
        TA_TYPE_IF_(is_first, struct first_, struct second_)                                       \
        all_ = {.as_.F = __VA_ARGS__, (struct a_field_of_the_case_is_not_listed){0}};              \
        (void)all_;                                                                                \
    }
#define TA_CASE_VALUE_ta_value_(path) value->path
#define TA_CASE_VALUE_ta_array_(path)                                                              \
    {}
#define TA_CASE_VALUE_ta_bits_(path) value->path

#else

/* C++17 has no initialiser that begins inside a struct. So here such a case must leave no room in the
 * union for another pointer. */
constexpr bool ta_is_path_(const char *text) {
    while (*text != '\0' && *text != '.' && *text != '[') text++;
    return *text != '\0';
}
#define TA_WHOLE_CASES_(NAME, tag, as, ...)                                                        \
    TA_EACH_(TA_BEGIN_CASE_, NAME, (tag, as), __VA_ARGS__)                                         \
    TA_EACH_(TA_WHOLE_CASE_, NAME, (tag, as), __VA_ARGS__)
#define TA_WHOLE_CASE_(N, P, x) TA_CASE_APPLY_(TA_WHOLE_CASE_OF_, N, TA_UNPACK_ P, TA_UNPACK_ x)
#define TA_WHOLE_CASE_OF_(N, tag, as, KIND, value, entry) TA_WHOLE_##KIND(N, (tag, as), entry)
#define TA_WHOLE_ta_case_empty_(N, P, entry)
#define TA_WHOLE_ta_case_(N, P, entry) TA_ENTRY_(TA_WHOLE_, N, P, entry)
#define TA_WHOLE_(N, P, S, C, H, F, D, L) TA_WHOLE_##S(N, TA_UNPACK_ P, F, L)
#define TA_WHOLE_ta_value_(...) TA_CASE_SPREAD_(TA_WHOLE_PATH_, __VA_ARGS__)
#define TA_WHOLE_ta_array_(...) TA_CASE_SPREAD_(TA_WHOLE_PATH_, __VA_ARGS__)
#define TA_WHOLE_ta_bits_(N, tag, as, F, L)
#define TA_WHOLE_PATH_(N, tag, as, F, L)                                                           \
    TA_ASSERT_(!ta_is_path_(#F) || sizeof(TA_FIELD_(N, TA_UNION_PATH_(as) F)) +                    \
                                           TA_CAT_(TA_LENGTH_SIZE_, TA_IS_BLANK_(L))(N, as, L) +   \
                                           sizeof(void *) >                                        \
                                       TA_CAT_(TA_UNION_BYTES_, TA_IS_BLANK_(as))(N, tag, as),     \
               "a field of the case " #N "." #as "." #F " is not listed, or that cannot be "       \
               "known in C++: derive the struct that is in the union, and write TA_AS");
#define TA_LENGTH_SIZE_1(N, as, L) 0
#define TA_LENGTH_SIZE_0(N, as, L) sizeof(TA_FIELD_(N, TA_UNION_PATH_(as) L))
#define TA_UNION_BYTES_0(N, tag, as) sizeof(TA_FIELD_(N, as))
#define TA_UNION_BYTES_1(N, tag, as) (sizeof(N##_value) - TA_UNION_BEGIN_1(N, tag, as))

#endif

/* The entry, or its length, is what the union begins with. */
#define TA_BEGIN_CASE_(N, P, x) TA_CASE_APPLY_(TA_BEGIN_CASE_OF_, N, TA_UNPACK_ P, TA_UNPACK_ x)
#define TA_BEGIN_CASE_OF_(N, tag, as, KIND, value, entry) TA_BEGIN_##KIND(N, (tag, as), entry)
#define TA_BEGIN_ta_case_empty_(N, P, entry)
#define TA_BEGIN_ta_case_(N, P, entry) TA_ENTRY_(TA_BEGIN_OF_CASE_, N, P, entry)
#define TA_BEGIN_OF_CASE_(N, P, S, C, H, F, D, L) TA_BEGIN_OF_##S(N, TA_UNPACK_ P, F, L)
#define TA_BEGIN_OF_ta_value_(...) TA_CASE_SPREAD_(TA_BEGIN_AT_, __VA_ARGS__)
#define TA_BEGIN_OF_ta_array_(...) TA_CASE_SPREAD_(TA_BEGIN_AT_, __VA_ARGS__)
#define TA_BEGIN_OF_ta_bits_(N, tag, as, F, L)
#define TA_BEGIN_AT_(N, tag, as, F, L)                                                             \
    TA_ASSERT_(TA_CAT_(TA_CASE_BEGIN_, TA_IS_BLANK_(L))(N, TA_UNION_PATH_(as), F, L) ==            \
                   TA_CAT_(TA_UNION_BEGIN_, TA_IS_BLANK_(as))(N, tag, as),                         \
               "in the case " #N "." #as "." #F ", a field in front of it is not listed");
#define TA_CASE_BEGIN_1(N, P, F, L) offsetof(N##_value, P F)
#define TA_CASE_BEGIN_0(N, P, F, L)                                                                \
    (offsetof(N##_value, P F) < offsetof(N##_value, P L) ? offsetof(N##_value, P F)                \
                                                         : offsetof(N##_value, P L))
#define TA_UNION_BEGIN_0(N, tag, as) offsetof(N##_value, as)
/* Behind the tag. A union that is more aligned than the tag has the struct's alignment; one that is
 * less aligned needs no padding, and then that of the struct makes none either. */
#define TA_UNION_BEGIN_1(N, tag, as) TA_ROUND_UP_(sizeof(TA_FIELD_(N, tag)), TA_ALIGNOF(N##_value))

#endif
