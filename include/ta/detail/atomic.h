/* SPDX-License-Identifier: MIT
 *
 * Atomic accesses, each named after the order that it gives, for C11 and C++17.
 *
 * Compiler builtins and not <stdatomic.h>, because inline hot paths need them on plain words in
 * both languages: no _Atomic stands in a public layout. Order is always on the access itself, never
 * in a fence of its own, which ThreadSanitizer cannot see. Code elsewhere uses these names and no
 * builtin; whoever synchronises with one writes beside it which access it pairs with.
 *
 *   load_acquire    what happened before the store_release (or fetch_add_acq_rel) that it reads
 *                   from is visible after it
 *   load_relaxed    the value, untorn, and no order: statistics, own words, hints
 *   store_release   what happened before it is visible to who acquires it
 *   store_relaxed   the value, untorn, and no order
 *   fetch_add_*     adds, wrapping, and returns the value from before
 *   fetch_or_*, fetch_and_*
 *                   sets or keeps bits, and returns the value from before
 *   exchange_*      stores, and returns the value from before
 *   compare_exchange_*
 *                   stores if the word has the value *expected; if not, it has another one, which
 *                   is then in *expected, loaded in the same order. Never fails without a cause
 *   acq_rel         both acquire and release
 *
 * u32: uint32_t; u64: uint64_t. Words are naturally aligned. All are wait-free on the
 * processors that the library is built for.
 */
#ifndef TA_DETAIL_ATOMIC_H
#define TA_DETAIL_ATOMIC_H

#include "ta/base.h"

TA_BEGIN_DECLS

#define TA_ATOMIC_LOAD_STORE_(suffix, type)                                                        \
    static inline type ta_load_acquire_##suffix(type const *word) {                                \
        return __atomic_load_n(word, __ATOMIC_ACQUIRE);                                            \
    }                                                                                              \
    static inline type ta_load_relaxed_##suffix(type const *word) {                                \
        return __atomic_load_n(word, __ATOMIC_RELAXED);                                            \
    }                                                                                              \
    static inline void ta_store_release_##suffix(type *word, type value) {                         \
        __atomic_store_n(word, value, __ATOMIC_RELEASE);                                           \
    }                                                                                              \
    static inline void ta_store_relaxed_##suffix(type *word, type value) {                         \
        __atomic_store_n(word, value, __ATOMIC_RELAXED);                                           \
    }

#define TA_ATOMIC_ADD_(suffix, type)                                                               \
    static inline type ta_fetch_add_relaxed_##suffix(type *word, type value) {                     \
        return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);                                  \
    }                                                                                              \
    static inline type ta_fetch_add_acq_rel_##suffix(type *word, type value) {                     \
        return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);                                  \
    }

#define TA_ATOMIC_BITS_(suffix, type)                                                              \
    static inline type ta_fetch_or_acq_rel_##suffix(type *word, type bits) {                       \
        return __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);                                    \
    }                                                                                              \
    static inline type ta_fetch_and_acq_rel_##suffix(type *word, type bits) {                      \
        return __atomic_fetch_and(word, bits, __ATOMIC_ACQ_REL);                                   \
    }

#define TA_ATOMIC_EXCHANGE_(suffix, type)                                                          \
    static inline type ta_exchange_release_##suffix(type *word, type value) {                      \
        return __atomic_exchange_n(word, value, __ATOMIC_RELEASE);                                 \
    }                                                                                              \
    static inline type ta_exchange_acquire_##suffix(type *word, type value) {                      \
        return __atomic_exchange_n(word, value, __ATOMIC_ACQUIRE);                                 \
    }                                                                                              \
    static inline type ta_exchange_acq_rel_##suffix(type *word, type value) {                      \
        return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);                                 \
    }

#define TA_ATOMIC_COMPARE_EXCHANGE_(suffix, type)                                                  \
    static inline bool ta_compare_exchange_acquire_##suffix(type *word, type *expected,            \
                                                            type value) {                          \
        return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_ACQUIRE,         \
                                           __ATOMIC_ACQUIRE);                                      \
    }                                                                                              \
    static inline bool ta_compare_exchange_relaxed_##suffix(type *word, type *expected,            \
                                                            type value) {                          \
        return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_RELAXED,         \
                                           __ATOMIC_RELAXED);                                      \
    }                                                                                              \
    static inline bool ta_compare_exchange_acq_rel_##suffix(type *word, type *expected,            \
                                                            type value) {                          \
        return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_ACQ_REL,         \
                                           __ATOMIC_ACQUIRE);                                      \
    }

/* For inline functions that have an emitted symbol, too: those may call no static one. */
#define TA_LOAD_ACQUIRE_(word) __atomic_load_n((word), __ATOMIC_ACQUIRE)
/* For pointers to whatever. */
#define TA_LOAD_RELAXED_(word) __atomic_load_n((word), __ATOMIC_RELAXED)
#define TA_STORE_RELAXED_(word, value) __atomic_store_n((word), (value), __ATOMIC_RELAXED)
#define TA_STORE_RELEASE_(word, value) __atomic_store_n((word), (value), __ATOMIC_RELEASE)
#define TA_EXCHANGE_ACQUIRE_(word, value) __atomic_exchange_n((word), (value), __ATOMIC_ACQUIRE)
/* Weak. *expected is written when it fails, and not by another thread. */
#define TA_COMPARE_EXCHANGE_RELEASE_(word, expected, value)                                        \
    __atomic_compare_exchange_n((word), (expected), (value), true, __ATOMIC_RELEASE,               \
                                __ATOMIC_RELAXED)

TA_ATOMIC_LOAD_STORE_(u32, uint32_t)
TA_ATOMIC_LOAD_STORE_(u64, uint64_t)
TA_ATOMIC_ADD_(u32, uint32_t)
TA_ATOMIC_ADD_(u64, uint64_t)
TA_ATOMIC_BITS_(u32, uint32_t)
TA_ATOMIC_BITS_(u64, uint64_t)
TA_ATOMIC_EXCHANGE_(u64, uint64_t)
TA_ATOMIC_COMPARE_EXCHANGE_(u32, uint32_t)
TA_ATOMIC_COMPARE_EXCHANGE_(u64, uint64_t)

#undef TA_ATOMIC_LOAD_STORE_
#undef TA_ATOMIC_ADD_
#undef TA_ATOMIC_BITS_
#undef TA_ATOMIC_EXCHANGE_
#undef TA_ATOMIC_COMPARE_EXCHANGE_

/* Tells the processor that the thread waits in a loop: frees execution resources for a sibling and
 * avoids a memory-order mis-speculation when the awaited line arrives. Orders nothing. */
static inline void ta_cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ __volatile__("yield");
#endif
}

TA_END_DECLS

#endif
