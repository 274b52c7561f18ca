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

/* Younger 32-bit systems have only the second. No time is handed over here, so they are one. */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

/* EAGAIN (the word is another one) and EINTR need no telling apart: the caller looks at the word.
 * No time limit. */
void ta_os_park(const uint32_t *word, uint32_t expected) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE_, expected, NULL);
    errno = saved;
}

void ta_os_wake_all(uint32_t *word) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE_, INT_MAX);
    errno = saved;
}
