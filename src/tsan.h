/* SPDX-License-Identifier: MIT
 *
 * What ThreadSanitizer must be told where ck synchronises, since ck's atomics are inline assembly,
 * which the sanitizer does not see. Without the sanitizer every one of these is nothing.
 *
 * The happens-before edge of a hand-over is stated on the memory that is handed over:
 * ta_tsan_release() by the giver before ck publishes, ta_tsan_acquire() by the taker after. The
 * call into ck stands in an ignore region, and what it reads or writes in the caller's memory is
 * recorded by hand (ta_tsan_read, ta_tsan_write), so that a user's own race on it is still found.
 */
#ifndef TA_SRC_TSAN_H
#define TA_SRC_TSAN_H

#include <stddef.h>

/* -DTA_TSAN=0 leaves the annotations out of a sanitized build. */
#ifndef TA_TSAN
#if defined(__SANITIZE_THREAD__)
#define TA_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TA_TSAN 1
#endif
#endif
#endif
#ifndef TA_TSAN
#define TA_TSAN 0
#endif

#if TA_TSAN

/* Declared by hand: gcc ships no header for its runtime. The signatures are those of LLVM's
 * sanitizer/tsan_interface.h and tsan_interface_ann.cpp. */
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void __tsan_read_range(void *address, unsigned long size);
void __tsan_write_range(void *address, unsigned long size);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static inline void ta_tsan_acquire(void *address) { __tsan_acquire(address); }
static inline void ta_tsan_release(void *address) { __tsan_release(address); }
static inline void ta_tsan_read(void *address, size_t size) { __tsan_read_range(address, size); }
static inline void ta_tsan_write(void *address, size_t size) { __tsan_write_range(address, size); }

static inline void ta_tsan_ignore_begin(void) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}
static inline void ta_tsan_ignore_end(void) {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#else

static inline void ta_tsan_acquire(void *address) { (void)address; }
static inline void ta_tsan_release(void *address) { (void)address; }
static inline void ta_tsan_read(void *address, size_t size) { (void)address, (void)size; }
static inline void ta_tsan_write(void *address, size_t size) { (void)address, (void)size; }
static inline void ta_tsan_ignore_begin(void) {}
static inline void ta_tsan_ignore_end(void) {}

#endif

#endif
