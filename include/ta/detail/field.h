/* SPDX-License-Identifier: MIT
 *
 * ta/detail/field.h - the fields of a struct as macros of ta/derive.h see them: what a list's entry
 * says, and what the compiler knows of the field's type, in C and in C++.
 *
 * An entry is a field's name, or (STORAGE, CLASS, HAS_PART, FIELD, DESCRIPTOR, LENGTH):
 *   STORAGE     how the field stands in the struct (ta/detail/complete.h): ta_value_, ta_array_,
 *               ta_bits_, ta_unnamed_;
 *   CLASS       what kind of part it is, in the names of the macros TA_CHECK_, TA_TRAITS_ and
 *   TA_BODY_;
 *   HAS_PART    ta_some_ or ta_none_: does it stand in the table of parts?
 * Paths: a field is `P F`, where P is empty, or `as.` for what lies in the union `as`.
 */
#ifndef TA_DETAIL_FIELD_H
#define TA_DETAIL_FIELD_H

#include "ta/detail/for_each.h"
#include "ta/owned.h"

#ifdef __cplusplus
#include <type_traits>
#endif

/* OP(N, P, STORAGE, CLASS, HAS_PART, FIELD, DESCRIPTOR, LENGTH) of an entry. */
#define TA_ENTRY_(OP, N, P, x) TA_ENTRY_OPEN_(OP, N, P, TA_ENTRY_LIST_(x))
#define TA_ENTRY_OPEN_(OP, N, P, list) TA_APPLY_(OP, N, P, TA_UNPACK_ list)
#define TA_ENTRY_LIST_(x) TA_CAT_(TA_ENTRY_LIST_, TA_IS_LIST_(x))(x)
#define TA_ENTRY_LIST_1(x) x
#define TA_ENTRY_LIST_0(x) (ta_value_, ta_scalar_, ta_some_, x, , )

/* "struct.field", for messages. */
#define TA_TEXT_(N, P, S, C, H, F, D, L) TA_PATH_TEXT_(N, P, F)
#define TA_PATH_TEXT_(N, P, F) #N "." #P #F

/* The field as an expression that is not evaluated. */
#define TA_FIELD_(N, path) (((N##_value *)0)->path)

/* Between the two, what `pragma` makes an error is one, whatever flags the program is compiled
 * with. gcc is silent about macros of headers in the system's directories, where the library may be
 * installed, unless it is told otherwise; it cannot be asked what it was told before. */
#ifdef __clang__
#define TA_DIAGNOSE_(pragma) _Pragma("GCC diagnostic push") _Pragma(pragma)
#define TA_DIAGNOSE_END_ _Pragma("GCC diagnostic pop")
#else
#define TA_DIAGNOSE_(pragma)                                                                       \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic warning \"-Wsystem-headers\"")          \
        _Pragma(pragma)
#define TA_DIAGNOSE_END_                                                                           \
    _Pragma("GCC diagnostic ignored \"-Wsystem-headers\"") _Pragma("GCC diagnostic pop")
#endif

/* ---- what is it? ------------------------------------------------------------------------------ */

/* Of an expression e:
 *   TA_TYPE_OF_(e)             its type, as a member is declared with
 *   TA_IS_(e, T)               is T its type? (const and volatile aside)
 *   TA_IS_ARRAY_(e), TA_IS_ARRAY_OF_(e, T)     (of any number of dimensions; in C up to three)
 *   TA_IS_FUNCTION_(e)         a pointer to a function?
 *   TA_IS_SCALAR_(e), TA_IS_INTEGER_(e)        a C arithmetic type or enum; one that can count?
 *   TA_IS_BITS_(e)             is a copy of its bits a second value? All are, in C
 *   TA_SCALAR_TYPE_(e)         the descriptor of an arithmetic type
 *   TA_ELEMENT_(e)             an array's element, beneath all dimensions
 *   TA_POINTEE_(e)             what a pointer points to; no scalar where it is no pointer */
#ifdef __cplusplus

#define TA_ASSERT_(condition, text) static_assert(condition, text)
#define TA_TYPE_IF_(condition, A, B) std::conditional_t<(condition), A, B>

template <typename T>
using ta_plain_ = std::remove_cv_t<std::remove_reference_t<T>>;

template <typename T>
constexpr const ta_type *ta_scalar_type_() {
#define TA_SCALAR_IS_(word, S)                                                                     \
    if (std::is_same<T, S>::value) return &ta_##word##_type;
    TA_ARITHMETIC_LIST(TA_SCALAR_IS_)
    TA_SCALAR_IS_(wchar, wchar_t)
    TA_SCALAR_IS_(char16, char16_t)
    TA_SCALAR_IS_(char32, char32_t)
#undef TA_SCALAR_IS_
    if constexpr (std::is_enum<T>::value)
        return ta_scalar_type_<std::underlying_type_t<T>>();
    else
        return nullptr;
}

/* A value of the type, in expressions that are not evaluated. */
template <typename T>
T &ta_some_value_();

#define TA_TYPE_OF_(e) ta_plain_<decltype(e)>
#define TA_TYPE_OF_BITS_(e) ta_plain_<decltype(e)>
#define TA_IS_(e, ...) (std::is_same<ta_plain_<decltype(e)>, ta_plain_<__VA_ARGS__>>::value)
#define TA_IS_ARRAY_(e) (std::is_array<ta_plain_<decltype(e)>>::value)
#define TA_IS_ARRAY_OF_(e, T)                                                                      \
    (std::is_same<std::remove_cv_t<std::remove_all_extents_t<ta_plain_<decltype(e)>>>,             \
                  std::remove_all_extents_t<T>>::value)
#define TA_IS_FUNCTION_(e)                                                                         \
    (std::is_pointer<ta_plain_<decltype(e)>>::value &&                                             \
     std::is_function<std::remove_pointer_t<ta_plain_<decltype(e)>>>::value)
#define TA_SCALAR_TYPE_(e) (ta_scalar_type_<ta_plain_<decltype(e)>>())
#define TA_IS_SCALAR_(e)                                                                           \
    (std::is_arithmetic<ta_plain_<decltype(e)>>::value ||                                          \
     std::is_enum<ta_plain_<decltype(e)>>::value)
#define TA_IS_INTEGER_(e)                                                                          \
    (TA_IS_SCALAR_(e) && !std::is_floating_point<ta_plain_<decltype(e)>>::value && !TA_IS_(e, bool))
#define TA_IS_BITS_(e) (ta_is_bits_<ta_plain_<decltype(e)>>)
#define TA_ELEMENT_(e) (ta_some_value_<std::remove_all_extents_t<ta_plain_<decltype(e)>>>())
#define TA_POINTEE_(e)                                                                             \
    (ta_some_value_<std::conditional_t<                                                            \
         std::is_pointer<ta_plain_<decltype(e)>>::value &&                                         \
             !std::is_void<std::remove_pointer_t<ta_plain_<decltype(e)>>>::value,                  \
         std::remove_pointer_t<ta_plain_<decltype(e)>>, void *>>())

#else

#define TA_ASSERT_(condition, text) _Static_assert(condition, text)
#define TA_TYPE_IF_(condition, A, B) __typeof__(*__builtin_choose_expr(condition, (A *)0, (B *)0))

#define TA_TYPE_OF_(e) __typeof__(e)
#define TA_TYPE_OF_BITS_(e) __typeof__(+(e))
#define TA_IS_(e, T) __builtin_types_compatible_p(__typeof__(e), T)
/* What an expression becomes as an operand: an array becomes a pointer. */
#define TA_OPERAND_TYPE_(e) __typeof__(((void)0, (e)))
#define TA_IS_ARRAY_(e) (!__builtin_types_compatible_p(__typeof__(e), TA_OPERAND_TYPE_(e)))
#define TA_IS_POINTER_(e) (__builtin_classify_type(e) == __builtin_classify_type((char *)0))
/* An array's first element; what is no array itself. */
#define TA_FIRST_(e) (*__builtin_choose_expr(TA_IS_ARRAY_(e), (e), &(e)))
#define TA_ELEMENT_(e) TA_FIRST_(TA_FIRST_(TA_FIRST_(e)))
#define TA_IS_ARRAY_OF_(e, T)                                                                      \
    (TA_IS_(TA_FIRST_(e), T) || TA_IS_(TA_FIRST_(TA_FIRST_(e)), T) || TA_IS_(TA_ELEMENT_(e), T))
#define TA_POINTEE_(e)                                                                             \
    (*__builtin_choose_expr(TA_IS_POINTER_(e) && !TA_IS_(e, void *) && !TA_IS_(e, const void *),   \
                            (e), (void **)0))
/* A function is its own pointee. */
#define TA_IS_FUNCTION_(e)                                                                         \
    (TA_IS_POINTER_(e) && _Generic(TA_POINTEE_(e), TA_OPERAND_TYPE_(e) : 1, default : 0))
#define TA_SCALAR_ADDRESS_(word, T)                                                                \
    T:                                                                                             \
    &ta_##word##_type,
#define TA_SCALAR_YES_(word, T)                                                                    \
    T:                                                                                             \
    1,
#define TA_SCALAR_TYPE_(e)                                                                         \
    _Generic((e), TA_ARITHMETIC_LIST(TA_SCALAR_ADDRESS_) default : (const ta_type *)0)
#define TA_IS_SCALAR_(e) _Generic((e), TA_ARITHMETIC_LIST(TA_SCALAR_YES_) default : 0)
#define TA_IS_BITS_(e) 1
#define TA_IS_INTEGER_(e)                                                                          \
    (TA_IS_SCALAR_(e) &&                                                                           \
     _Generic((e), bool : 0, float : 0, double : 0, long double : 0, default : 1))

#endif

#endif
