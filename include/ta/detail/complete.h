/* SPDX-License-Identifier: MIT
 *
 * ta/detail/complete.h - the check of ta/derive.h that every field of a struct is listed, once and
 * in order, with an error of the compiler that names the field which is not.
 *
 * Only the compiler knows a struct's fields, and it tells the name of one where an initialiser is
 * too short ("missing initializer for field 'x'"): the first one behind the initialiser's end. So
 * the struct is initialised, in a function that nobody calls,
 *   - with the whole list: fails where the last field was forgotten;
 *   - at each listed field that begins later than the field before it explains, with the list up to
 *     there: fails at the field that was forgotten between them.
 * Where nothing is missing, a struct made of the listed fields is initialised in the struct's
 * stead, which succeeds. Its members have the fields' names, so a field that is listed twice is an
 * error.
 *
 * A forgotten field that hides in what could be padding (a char in front of an int), or behind a
 * bit-field, is an error as well, but the name that is told is that of the last field, or the error
 * is about a value that does not fit. So wherever there is such room, C initialises the struct from
 * there on, with a value of another type at its end. Where that one ends up in the struct, its
 * type's name says between which two fields one is missing, or that it is further on; the place is
 * the first that is told. C++ has no such initialiser.
 */
#ifndef TA_DETAIL_COMPLETE_H
#define TA_DETAIL_COMPLETE_H

#include "ta/detail/field.h"

/* What is an error in functions that nobody calls, and what is none, whatever the program's flags
 * say. To be ended by TA_DIAGNOSE_END_. */
#define TA_CHECKING_                                                                               \
    TA_DIAGNOSE_("GCC diagnostic error \"-Wmissing-field-initializers\"")                          \
    _Pragma("GCC diagnostic ignored \"-Wmissing-braces\"")                                         \
        _Pragma("GCC diagnostic ignored \"-Wpedantic\"") /* {} for arrays */

#define TA_COMPLETE_(NAME, ...)                                                                    \
    TA_CHECKING_ TA_GENERATED void NAME##_lists_every_field_(const NAME##_value *value) {          \
        (void)value;                                                                               \
        TA_CAT_(TA_CAT_(TA_WALK_, TA_COUNT_(__VA_ARGS__)), _)                                      \
        ((NAME, (ta_start_, ta_none_, ta_none_, , , ), (0), (), ()), __VA_ARGS__, )                \
            TA_ROOMS_(NAME, __VA_ARGS__)                                                           \
    }                                                                                              \
    TA_DIAGNOSE_END_

/* One initialisation: of NAME_value if `condition`, else of a struct with MEMBERS. */
#define TA_INITIALISE_(NAME, condition, VALUES, MEMBERS)                                           \
    {                                                                                              \
        struct listed_ {                                                                           \
            TA_UNPACK_ MEMBERS                                                                     \
        };                                                                                         \
        TA_TYPE_IF_(condition, NAME##_value, struct listed_) all_ = {TA_UNPACK_ VALUES};           \
        (void)all_;                                                                                \
    }

/* At the entry x, behind the entry B: VALUES and MEMBERS are of the entries in front of x. */
#define TA_WALK_FIELD_(N, B, GAPS, VALUES, MEMBERS, x)                                             \
    TA_ASSERT_(TA_ENTRY_(TA_NOT_BEFORE_, N, , x) >= TA_ENTRY_(TA_NOT_AFTER_, N, , B),              \
               TA_ENTRY_(TA_TEXT_, N, , x) " is not listed in the order of declaration");          \
    TA_CAT_(TA_WALK_BEHIND_, TA_ENTRY_(TA_STORAGE_, N, , B))(N, B, VALUES, MEMBERS, x)
#define TA_WALK_BEHIND_ta_start_(N, B, VALUES, MEMBERS, x)                                         \
    TA_ASSERT_(!(TA_IS_GAP_(N, B, x)),                                                             \
               "a field in front of " TA_ENTRY_(TA_TEXT_, N, , x) " is not listed");
#define TA_WALK_BEHIND_ta_value_(N, B, VALUES, MEMBERS, x)                                         \
    TA_INITIALISE_(N, TA_IS_GAP_(N, B, x), VALUES, MEMBERS)
#define TA_WALK_BEHIND_ta_array_(N, B, VALUES, MEMBERS, x)                                         \
    TA_INITIALISE_(N, TA_IS_GAP_(N, B, x), VALUES, MEMBERS)
#define TA_WALK_BEHIND_ta_bits_(N, B, VALUES, MEMBERS, x)
#define TA_WALK_BEHIND_ta_unnamed_(N, B, VALUES, MEMBERS, x)

/* Does x begin later than where the field of B and alignment would have it? */
#define TA_IS_GAP_(N, B, x)                                                                        \
    (TA_ENTRY_(TA_BEGIN_, N, , x) >                                                                \
     TA_ROUND_UP_(TA_ENTRY_(TA_END_, N, , B), TA_ENTRY_(TA_ALIGNMENT_, N, , x)))
#define TA_ROUND_UP_(n, alignment) (((n) + (alignment)-1) / (alignment) * (alignment))

/* What an entry tells of the field's place, by its storage. A bit-field has none: it may be
 * anywhere. */
#define TA_STORAGE_(N, P, S, C, H, F, D, L) S
#define TA_BEGIN_(N, P, S, C, H, F, D, L) TA_BEGIN_##S(N, F)
#define TA_END_(N, P, S, C, H, F, D, L) TA_END_##S(N, F)
#define TA_ALIGNMENT_(N, P, S, C, H, F, D, L) TA_ALIGNMENT_##S(N, F)
#define TA_NOT_BEFORE_(N, P, S, C, H, F, D, L) TA_NOT_BEFORE_##S(N, F)
#define TA_NOT_AFTER_(N, P, S, C, H, F, D, L) TA_NOT_AFTER_##S(N, F)
#define TA_VALUE_(N, P, S, C, H, F, D, L) TA_VALUE_##S(F)
#define TA_MEMBER_OF_(N, P, S, C, H, F, D, L) TA_MEMBER_OF_##S(N, F)

#define TA_ANYWHERE_ (SIZE_MAX / 2)
#define TA_BEGIN_ta_value_(N, F) offsetof(N##_value, F)
#define TA_END_ta_value_(N, F) (offsetof(N##_value, F) + sizeof(TA_FIELD_(N, F)))
#define TA_ALIGNMENT_ta_value_(N, F) __alignof__(TA_FIELD_(N, F))
#define TA_NOT_BEFORE_ta_value_(N, F) TA_BEGIN_ta_value_(N, F)
#define TA_NOT_AFTER_ta_value_(N, F) TA_END_ta_value_(N, F)
#define TA_VALUE_ta_value_(F) value->F,
#define TA_MEMBER_OF_ta_value_(N, F) TA_TYPE_OF_(TA_FIELD_(N, F)) F;

#define TA_BEGIN_ta_array_(N, F) TA_BEGIN_ta_value_(N, F)
#define TA_END_ta_array_(N, F) TA_END_ta_value_(N, F)
#define TA_ALIGNMENT_ta_array_(N, F) TA_ALIGNMENT_ta_value_(N, F)
#define TA_NOT_BEFORE_ta_array_(N, F) TA_BEGIN_ta_value_(N, F)
#define TA_NOT_AFTER_ta_array_(N, F) TA_END_ta_value_(N, F)
#define TA_VALUE_ta_array_(F) {},
#define TA_MEMBER_OF_ta_array_(N, F) TA_TYPE_OF_(TA_FIELD_(N, F)) F;

#define TA_BEGIN_ta_bits_(N, F) ((size_t)0)
#define TA_END_ta_bits_(N, F) TA_ANYWHERE_
#define TA_ALIGNMENT_ta_bits_(N, F) ((size_t)1)
#define TA_NOT_BEFORE_ta_bits_(N, F) TA_ANYWHERE_
#define TA_NOT_AFTER_ta_bits_(N, F) ((size_t)0)
#define TA_VALUE_ta_bits_(F) value->F,
#define TA_MEMBER_OF_ta_bits_(N, F) TA_TYPE_OF_BITS_(TA_FIELD_(N, F)) F;

#define TA_BEGIN_ta_unnamed_(N, F) TA_BEGIN_ta_bits_(N, F)
#define TA_END_ta_unnamed_(N, F) TA_ANYWHERE_
#define TA_ALIGNMENT_ta_unnamed_(N, F) TA_ALIGNMENT_ta_bits_(N, F)
#define TA_NOT_BEFORE_ta_unnamed_(N, F) TA_ANYWHERE_
#define TA_NOT_AFTER_ta_unnamed_(N, F) ((size_t)0)
#define TA_VALUE_ta_unnamed_(F)
#define TA_MEMBER_OF_ta_unnamed_(N, F)

#define TA_END_ta_start_(N, F) ((size_t)0)
#define TA_NOT_AFTER_ta_start_(N, F) ((size_t)0)

/* ---- room for what was forgotten -------------------------------------------------------------- */

#ifdef __cplusplus
#define TA_ROOMS_(N, ...)
#else
#define TA_ROOMS_(N, ...) TA_CAT_(TA_CAT_(TA_ROOMS_, TA_COUNT_(__VA_ARGS__)), _)(N, __VA_ARGS__)
#endif

/* Between the entry B and the first of the rest. */
#define TA_ROOM_(N, B, ...) TA_ROOM_IN_(N, B, TA_ROOM_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define TA_ROOM_FIRST_(x, ...) x
#define TA_ROOM_IN_(N, B, x, ...)                                                                  \
    TA_CAT_(TA_ROOM_BEHIND_, TA_ENTRY_(TA_STORAGE_, N, , B))                                       \
    (N, B, x, TA_ENTRY_(TA_NAME_OF_, N, , B), TA_ENTRY_(TA_NAME_OF_, N, , x), __VA_ARGS__)
#define TA_ROOM_BEHIND_ta_value_(...) TA_ROOM_FROM_(__VA_ARGS__)
#define TA_ROOM_BEHIND_ta_array_(...) TA_ROOM_FROM_(__VA_ARGS__)
#define TA_ROOM_BEHIND_ta_bits_(...) TA_ROOM_FROM_(__VA_ARGS__)
#define TA_ROOM_BEHIND_ta_unnamed_(...)
#define TA_ROOM_FROM_(N, B, x, before, behind, ...)                                                \
    {                                                                                              \
        struct a_field_between_##before##_and_##behind##_is_not_listed {                           \
            char unused;                                                                           \
        };                                                                                         \
        struct {                                                                                   \
            N##_value whole;                                                                       \
            __typeof__(TA_ROOM_END_(N, B, x, before, behind)) end;                                 \
        } all_ = {.whole.before = TA_ENTRY_(TA_VALUE_, N, , B) TA_EACH_(                           \
                      TA_VALUE_ENTRY_, N, , __VA_ARGS__) TA_ROOM_END_(N, B, x, before, behind)};   \
        (void)all_;                                                                                \
    }
/* Where there is no room, what fits everywhere. */
#define TA_ROOM_END_(N, B, x, before, behind)                                                      \
    __builtin_choose_expr(TA_HAS_ROOM_(N, B, x),                                                   \
                          (struct a_field_between_##before##_and_##behind##_is_not_listed){0}, 0)
#define TA_HAS_ROOM_(N, B, x)                                                                      \
    (TA_ENTRY_(TA_NOT_BEFORE_, N, , x) == TA_ANYWHERE_ ||                                          \
     TA_ENTRY_(TA_END_, N, , B) == TA_ANYWHERE_ ||                                                 \
     (TA_ENTRY_(TA_BEGIN_, N, , x) > TA_ENTRY_(TA_END_, N, , B) && !TA_IS_GAP_(N, B, x)))
#define TA_VALUE_ENTRY_(N, P, x) TA_ENTRY_(TA_VALUE_, N, P, x)
#define TA_NAME_OF_(N, P, S, C, H, F, D, L) F

/* From the last to the first, so that the closest is told first. */
#define TA_ROOMS_1_(N, a)
#define TA_ROOMS_2_(N, a, ...) TA_ROOMS_1_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_3_(N, a, ...) TA_ROOMS_2_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_4_(N, a, ...) TA_ROOMS_3_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_5_(N, a, ...) TA_ROOMS_4_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_6_(N, a, ...) TA_ROOMS_5_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_7_(N, a, ...) TA_ROOMS_6_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_8_(N, a, ...) TA_ROOMS_7_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_9_(N, a, ...) TA_ROOMS_8_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_10_(N, a, ...) TA_ROOMS_9_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_11_(N, a, ...) TA_ROOMS_10_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_12_(N, a, ...) TA_ROOMS_11_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_13_(N, a, ...) TA_ROOMS_12_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_14_(N, a, ...) TA_ROOMS_13_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_15_(N, a, ...) TA_ROOMS_14_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_16_(N, a, ...) TA_ROOMS_15_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_17_(N, a, ...) TA_ROOMS_16_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_18_(N, a, ...) TA_ROOMS_17_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_19_(N, a, ...) TA_ROOMS_18_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_20_(N, a, ...) TA_ROOMS_19_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_21_(N, a, ...) TA_ROOMS_20_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_22_(N, a, ...) TA_ROOMS_21_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_23_(N, a, ...) TA_ROOMS_22_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_24_(N, a, ...) TA_ROOMS_23_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_25_(N, a, ...) TA_ROOMS_24_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_26_(N, a, ...) TA_ROOMS_25_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_27_(N, a, ...) TA_ROOMS_26_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_28_(N, a, ...) TA_ROOMS_27_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_29_(N, a, ...) TA_ROOMS_28_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_30_(N, a, ...) TA_ROOMS_29_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_31_(N, a, ...) TA_ROOMS_30_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_32_(N, a, ...) TA_ROOMS_31_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_33_(N, a, ...) TA_ROOMS_32_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_34_(N, a, ...) TA_ROOMS_33_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_35_(N, a, ...) TA_ROOMS_34_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_36_(N, a, ...) TA_ROOMS_35_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_37_(N, a, ...) TA_ROOMS_36_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_38_(N, a, ...) TA_ROOMS_37_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_39_(N, a, ...) TA_ROOMS_38_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_40_(N, a, ...) TA_ROOMS_39_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_41_(N, a, ...) TA_ROOMS_40_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_42_(N, a, ...) TA_ROOMS_41_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_43_(N, a, ...) TA_ROOMS_42_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_44_(N, a, ...) TA_ROOMS_43_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_45_(N, a, ...) TA_ROOMS_44_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_46_(N, a, ...) TA_ROOMS_45_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_47_(N, a, ...) TA_ROOMS_46_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_48_(N, a, ...) TA_ROOMS_47_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_49_(N, a, ...) TA_ROOMS_48_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_50_(N, a, ...) TA_ROOMS_49_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_51_(N, a, ...) TA_ROOMS_50_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_52_(N, a, ...) TA_ROOMS_51_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_53_(N, a, ...) TA_ROOMS_52_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_54_(N, a, ...) TA_ROOMS_53_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_55_(N, a, ...) TA_ROOMS_54_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_56_(N, a, ...) TA_ROOMS_55_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_57_(N, a, ...) TA_ROOMS_56_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_58_(N, a, ...) TA_ROOMS_57_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_59_(N, a, ...) TA_ROOMS_58_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_60_(N, a, ...) TA_ROOMS_59_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_61_(N, a, ...) TA_ROOMS_60_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_62_(N, a, ...) TA_ROOMS_61_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_63_(N, a, ...) TA_ROOMS_62_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)
#define TA_ROOMS_64_(N, a, ...) TA_ROOMS_63_(N, __VA_ARGS__) TA_ROOM_(N, a, __VA_ARGS__)

/* ---- the walk ----------------------------------------------------------------------------------- */

/* The walk along the list, one macro for each length, because a macro cannot call itself. S is
 * (NAME, the entry before, was there a gap so far, VALUES, MEMBERS). */
#define TA_WALK_AT_(S, x) TA_WALK_APPLY_(TA_WALK_FIELD_, TA_UNPACK_ S, x)
#define TA_WALK_NEXT_(S, x) TA_WALK_APPLY_(TA_WALK_STATE_, TA_UNPACK_ S, x)
#define TA_WALK_STATE_(N, B, GAPS, VALUES, MEMBERS, x)                                             \
    (N, x, (TA_UNPACK_ GAPS || TA_IS_GAP_(N, B, x)),                                               \
     (TA_UNPACK_ VALUES TA_ENTRY_(TA_VALUE_, N, , x)),                                             \
     (TA_UNPACK_ MEMBERS TA_ENTRY_(TA_MEMBER_OF_, N, , x)))
#define TA_WALK_END_(N, B, GAPS, VALUES, MEMBERS) TA_INITIALISE_(N, !GAPS, VALUES, MEMBERS)
#define TA_WALK_APPLY_(M, ...) M(__VA_ARGS__)
#define TA_WALK_0_(S, ...) TA_WALK_APPLY_(TA_WALK_END_, TA_UNPACK_ S)
#define TA_WALK_1_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_0_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_2_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_1_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_3_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_2_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_4_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_3_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_5_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_4_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_6_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_5_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_7_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_6_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_8_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_7_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_9_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_8_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_10_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_9_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_11_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_10_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_12_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_11_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_13_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_12_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_14_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_13_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_15_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_14_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_16_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_15_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_17_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_16_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_18_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_17_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_19_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_18_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_20_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_19_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_21_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_20_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_22_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_21_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_23_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_22_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_24_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_23_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_25_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_24_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_26_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_25_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_27_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_26_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_28_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_27_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_29_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_28_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_30_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_29_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_31_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_30_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_32_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_31_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_33_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_32_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_34_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_33_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_35_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_34_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_36_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_35_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_37_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_36_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_38_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_37_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_39_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_38_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_40_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_39_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_41_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_40_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_42_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_41_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_43_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_42_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_44_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_43_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_45_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_44_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_46_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_45_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_47_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_46_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_48_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_47_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_49_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_48_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_50_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_49_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_51_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_50_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_52_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_51_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_53_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_52_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_54_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_53_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_55_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_54_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_56_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_55_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_57_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_56_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_58_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_57_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_59_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_58_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_60_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_59_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_61_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_60_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_62_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_61_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_63_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_62_(TA_WALK_NEXT_(S, x), __VA_ARGS__)
#define TA_WALK_64_(S, x, ...) TA_WALK_AT_(S, x) TA_WALK_63_(TA_WALK_NEXT_(S, x), __VA_ARGS__)

#endif
