/* SPDX-License-Identifier: MIT
 *
 * ta/scalar.h - descriptors of trivial types: the scalars of C, some structs of POSIX, and any type
 * that is moved as it is.
 */
#ifndef TA_SCALAR_H
#define TA_SCALAR_H

#include "ta/type.h"

#include <uchar.h>
#ifdef __cplusplus
#include <type_traits>
#endif

TA_BEGIN_DECLS

/* The distinct arithmetic types of C11: word, C type. Each makes ta_WORD_type, ta_WORD_value and
 * ta_WORD_traits. Every other name of an arithmetic type (uint32_t, time_t, an enum) is one of
 * these. */
#define TA_ARITHMETIC_LIST(X)                                                                      \
    X(bool, bool)                                                                                  \
    X(char, char)                                                                                  \
    X(schar, signed char)                                                                          \
    X(uchar, unsigned char)                                                                        \
    X(short, short)                                                                                \
    X(ushort, unsigned short)                                                                      \
    X(int, int)                                                                                    \
    X(uint, unsigned int)                                                                          \
    X(long, long)                                                                                  \
    X(ulong, unsigned long)                                                                        \
    X(llong, long long)                                                                            \
    X(ullong, unsigned long long)                                                                  \
    X(float, float)                                                                                \
    X(double, double)                                                                              \
    X(ldouble, long double)

/* The usual names for some of them, the trivial pointers, and structs of POSIX that own nothing.
 * Include the struct's own header before you make values. */
#define TA_TRIVIAL_LIST(X)                                                                         \
    X(int8, int8_t)                                                                                \
    X(int16, int16_t)                                                                              \
    X(int32, int32_t)                                                                              \
    X(int64, int64_t)                                                                              \
    X(uint8, uint8_t)                                                                              \
    X(uint16, uint16_t)                                                                            \
    X(uint32, uint32_t)                                                                            \
    X(uint64, uint64_t)                                                                            \
    X(intptr, intptr_t)                                                                            \
    X(uintptr, uintptr_t)                                                                          \
    X(intmax, intmax_t)                                                                            \
    X(uintmax, uintmax_t)                                                                          \
    X(size, size_t)                                                                                \
    X(ptrdiff, ptrdiff_t)                                                                          \
    X(wchar, wchar_t)                                                                              \
    X(char16, char16_t)                                                                            \
    X(char32, char32_t)                                                                            \
    X(static_string, const char *) /* borrowed for good: a literal */                              \
    X(function, ta_any_function)   /* any function pointer, cast to this one */                    \
    X(affinity, ta_affinity)       /* a place is a plain value: it does not relocate */            \
    X(timespec, struct timespec)                                                                   \
    X(timeval, struct timeval)                                                                     \
    X(sockaddr_storage, struct sockaddr_storage)                                                   \
    X(uuid, ta_uuid)

typedef void (*ta_any_function)(void);

/* 16 bytes in the order of RFC 9562; the layout of libuuid's uuid_t. */
typedef struct ta_uuid {
    uint8_t bytes[16];
} ta_uuid;

struct timespec;
struct timeval;
struct sockaddr_storage;

#define TA_TRIVIAL_DECLARE_(word, T)                                                               \
    typedef T ta_##word##_value;                                                                   \
    enum { ta_##word##_traits = 0 };                                                               \
    extern TA_API const ta_type ta_##word##_type;
TA_ARITHMETIC_LIST(TA_TRIVIAL_DECLARE_)
TA_TRIVIAL_LIST(TA_TRIVIAL_DECLARE_)
#undef TA_TRIVIAL_DECLARE_

TA_END_DECLS

/* TA_UNAWARE(T): the descriptor of a type T that knows nothing of affinities, by its size alone:
 * relocation leaves the value untouched, clone copies its bits, destroy does nothing. There is no
 * wrapper around the value, so putting it in and taking it out costs nothing. An expression of type
 * `const ta_type *`; in C it lives as long as a compound literal at that place does. In C++ the type
 * must be trivially copyable. */
#ifdef __cplusplus
/* A std::string, say, is not its bits: a copy of them would be another owner of its memory. */
template <typename T>
inline constexpr bool ta_is_bits_ = std::is_trivially_copyable<T>::value;
#define TA_UNAWARE_CHECK_(T)                                                                       \
    static_assert(ta_is_bits_<T>, #T " is more than its bits: describe it by TA_TYPE")
template <typename T>
constexpr const char *ta_unaware_name_() {
    TA_UNAWARE_CHECK_(T);
    return __PRETTY_FUNCTION__; /* with T in it: another type has another name */
}
template <typename T>
inline constexpr ta_type ta_unaware_type = {ta_unaware_name_<T>(),
                                            sizeof(T),
                                            alignof(T),
                                            0,
                                            0,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr};
#define TA_UNAWARE(...) (&ta_unaware_type<__VA_ARGS__>)
#else
#define TA_UNAWARE_CHECK_(T) TA_SWALLOW_SEMICOLON_
#define TA_UNAWARE(...)                                                                            \
    (&(const ta_type){#__VA_ARGS__, sizeof(__VA_ARGS__), _Alignof(__VA_ARGS__), 0, 0, NULL, NULL,  \
                      NULL, NULL, NULL})
#endif

/* TA_UNAWARE_TYPE(NAME, T); the same as a descriptor NAME, for fields and for the elements of
 * arrays. */
#define TA_UNAWARE_TYPE(NAME, T)                                                                   \
    typedef T NAME##_value;                                                                        \
    TA_UNAWARE_CHECK_(NAME##_value);                                                               \
    enum { NAME##_traits = 0 };                                                                    \
    TA_TYPE_DEFINE_(NAME, #T, sizeof(NAME##_value), TA_ALIGNOF(NAME##_value), 0, 0, NULL, NULL,    \
                    NULL, NULL, NULL)

#endif
