/* SPDX-License-Identifier: MIT
 *
 * Linux: the futex.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "park.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/futex.h, part of the kernel's ABI. */
#define FUTEX_WAIT_PRIVATE_ (0 | 128)
#define FUTEX_WAKE_PRIVATE_ (1 | 128)

/* 32-bit systems have a second call for times of 64 bits, and the young ones that alone. The kernel's
 * own layouts, whatever time_t is. */
#ifdef SYS_futex_time64
#define FUTEX_ SYS_futex_time64
typedef struct futex_time {
    int64_t seconds, nanoseconds;
} futex_time;
#else
#define FUTEX_ SYS_futex
typedef struct futex_time {
    long seconds, nanoseconds;
} futex_time;
#endif

/* EAGAIN (the word is another one), EINTR and ETIMEDOUT need no telling apart: the caller looks at
 * the word. */
static void park(const uint32_t *word, uint32_t expected, const futex_time *timeout) {
    int saved = errno;
    syscall(FUTEX_, word, FUTEX_WAIT_PRIVATE_, expected, timeout);
    errno = saved;
}

void ta_os_park(const uint32_t *word, uint32_t expected) { park(word, expected, NULL); }

void ta_os_park_for(const uint32_t *word, uint32_t expected, uint64_t timeout) {
    const futex_time time = {(long)(timeout / 1000000000), (long)(timeout % 1000000000)};
    park(word, expected, &time);
}

void ta_os_wake_all(uint32_t *word) {
    int saved = errno;
    syscall(FUTEX_, word, FUTEX_WAKE_PRIVATE_, INT_MAX);
    errno = saved;
}
