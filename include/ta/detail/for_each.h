/* SPDX-License-Identifier: MIT
 *
 * ta/detail/for_each.h - what the macros of ta/derive.h are made of: one expansion for each
 * argument, and arguments that are either a name or a list in parentheses. Nothing here is for
 * users.
 */
#ifndef TA_DETAIL_FOR_EACH_H
#define TA_DETAIL_FOR_EACH_H

#include "ta/base.h"

#define TA_CAT_(a, b) TA_CAT_RAW_(a, b)
#define TA_CAT_RAW_(a, b) a##b

/* (a, b) becomes a, b. */
#define TA_UNPACK_(...) __VA_ARGS__
#define TA_APPLY_(M, ...) M(__VA_ARGS__)

/* 1 when x is a list in parentheses, 0 when it is a name. */
#define TA_IS_LIST_(x) TA_SECOND_(TA_LIST_PROBE_ x, 0, 0)
#define TA_LIST_PROBE_(...) 0, 1
#define TA_SECOND_(...) TA_SECOND_RAW_(__VA_ARGS__)
#define TA_SECOND_RAW_(a, b, ...) b

/* How many arguments, 1 to 64. */
#define TA_COUNT_(...)                                                                             \
    TA_COUNT_RAW_(__VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, \
                  47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28,  \
                  27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, \
                  6, 5, 4, 3, 2, 1, 0)
#define TA_COUNT_RAW_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,  \
                      a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,   \
                      a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,   \
                      a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62,   \
                      a63, a64, n, ...)                                                            \
    n

/* M(N, P, x) for each x behind them, 1 to 64; eight at a time, so that the compiler's account of
 * an error inside is short. */
#define TA_EACH_(M, N, P, ...)                                                                     \
    TA_CAT_(TA_CAT_(TA_EACH_, TA_COUNT_(__VA_ARGS__)), _)(M, N, P, __VA_ARGS__)
#define TA_EACH_1_(M, N, P, a) M(N, P, a)
#define TA_EACH_2_(M, N, P, a, b) M(N, P, a) M(N, P, b)
#define TA_EACH_3_(M, N, P, a, b, c) M(N, P, a) M(N, P, b) M(N, P, c)
#define TA_EACH_4_(M, N, P, a, b, c, d) M(N, P, a) M(N, P, b) M(N, P, c) M(N, P, d)
#define TA_EACH_5_(M, N, P, a, b, c, d, e) M(N, P, a) M(N, P, b) M(N, P, c) M(N, P, d) M(N, P, e)
#define TA_EACH_6_(M, N, P, a, b, c, d, e, f)                                                      \
    M(N, P, a) M(N, P, b) M(N, P, c) M(N, P, d) M(N, P, e) M(N, P, f)
#define TA_EACH_7_(M, N, P, a, b, c, d, e, f, g)                                                   \
    M(N, P, a) M(N, P, b) M(N, P, c) M(N, P, d) M(N, P, e) M(N, P, f) M(N, P, g)
#define TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h)                                                \
    M(N, P, a) M(N, P, b) M(N, P, c) M(N, P, d) M(N, P, e) M(N, P, f) M(N, P, g) M(N, P, h)
#define TA_EACH_9_(M, N, P, a, b, c, d, e, f, g, h, ...)                                           \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_1_(M, N, P, __VA_ARGS__)
#define TA_EACH_10_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_2_(M, N, P, __VA_ARGS__)
#define TA_EACH_11_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_3_(M, N, P, __VA_ARGS__)
#define TA_EACH_12_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_4_(M, N, P, __VA_ARGS__)
#define TA_EACH_13_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_5_(M, N, P, __VA_ARGS__)
#define TA_EACH_14_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_6_(M, N, P, __VA_ARGS__)
#define TA_EACH_15_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_7_(M, N, P, __VA_ARGS__)
#define TA_EACH_16_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_8_(M, N, P, __VA_ARGS__)
#define TA_EACH_17_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_9_(M, N, P, __VA_ARGS__)
#define TA_EACH_18_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_10_(M, N, P, __VA_ARGS__)
#define TA_EACH_19_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_11_(M, N, P, __VA_ARGS__)
#define TA_EACH_20_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_12_(M, N, P, __VA_ARGS__)
#define TA_EACH_21_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_13_(M, N, P, __VA_ARGS__)
#define TA_EACH_22_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_14_(M, N, P, __VA_ARGS__)
#define TA_EACH_23_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_15_(M, N, P, __VA_ARGS__)
#define TA_EACH_24_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_16_(M, N, P, __VA_ARGS__)
#define TA_EACH_25_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_17_(M, N, P, __VA_ARGS__)
#define TA_EACH_26_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_18_(M, N, P, __VA_ARGS__)
#define TA_EACH_27_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_19_(M, N, P, __VA_ARGS__)
#define TA_EACH_28_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_20_(M, N, P, __VA_ARGS__)
#define TA_EACH_29_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_21_(M, N, P, __VA_ARGS__)
#define TA_EACH_30_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_22_(M, N, P, __VA_ARGS__)
#define TA_EACH_31_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_23_(M, N, P, __VA_ARGS__)
#define TA_EACH_32_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_24_(M, N, P, __VA_ARGS__)
#define TA_EACH_33_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_25_(M, N, P, __VA_ARGS__)
#define TA_EACH_34_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_26_(M, N, P, __VA_ARGS__)
#define TA_EACH_35_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_27_(M, N, P, __VA_ARGS__)
#define TA_EACH_36_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_28_(M, N, P, __VA_ARGS__)
#define TA_EACH_37_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_29_(M, N, P, __VA_ARGS__)
#define TA_EACH_38_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_30_(M, N, P, __VA_ARGS__)
#define TA_EACH_39_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_31_(M, N, P, __VA_ARGS__)
#define TA_EACH_40_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_32_(M, N, P, __VA_ARGS__)
#define TA_EACH_41_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_33_(M, N, P, __VA_ARGS__)
#define TA_EACH_42_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_34_(M, N, P, __VA_ARGS__)
#define TA_EACH_43_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_35_(M, N, P, __VA_ARGS__)
#define TA_EACH_44_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_36_(M, N, P, __VA_ARGS__)
#define TA_EACH_45_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_37_(M, N, P, __VA_ARGS__)
#define TA_EACH_46_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_38_(M, N, P, __VA_ARGS__)
#define TA_EACH_47_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_39_(M, N, P, __VA_ARGS__)
#define TA_EACH_48_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_40_(M, N, P, __VA_ARGS__)
#define TA_EACH_49_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_41_(M, N, P, __VA_ARGS__)
#define TA_EACH_50_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_42_(M, N, P, __VA_ARGS__)
#define TA_EACH_51_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_43_(M, N, P, __VA_ARGS__)
#define TA_EACH_52_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_44_(M, N, P, __VA_ARGS__)
#define TA_EACH_53_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_45_(M, N, P, __VA_ARGS__)
#define TA_EACH_54_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_46_(M, N, P, __VA_ARGS__)
#define TA_EACH_55_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_47_(M, N, P, __VA_ARGS__)
#define TA_EACH_56_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_48_(M, N, P, __VA_ARGS__)
#define TA_EACH_57_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_49_(M, N, P, __VA_ARGS__)
#define TA_EACH_58_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_50_(M, N, P, __VA_ARGS__)
#define TA_EACH_59_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_51_(M, N, P, __VA_ARGS__)
#define TA_EACH_60_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_52_(M, N, P, __VA_ARGS__)
#define TA_EACH_61_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_53_(M, N, P, __VA_ARGS__)
#define TA_EACH_62_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_54_(M, N, P, __VA_ARGS__)
#define TA_EACH_63_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_55_(M, N, P, __VA_ARGS__)
#define TA_EACH_64_(M, N, P, a, b, c, d, e, f, g, h, ...)                                          \
    TA_EACH_8_(M, N, P, a, b, c, d, e, f, g, h) TA_EACH_56_(M, N, P, __VA_ARGS__)

#endif
