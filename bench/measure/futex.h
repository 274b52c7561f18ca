/* SPDX-License-Identifier: MIT
 *
 * futex(2), private to the process, on a C11 atomic.
 */
#ifndef TA_FUTEX_H
#define TA_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(atomic_uint) == 4, "a futex has 32 bits");

/* Sleeps while the word has this value, at most for `limit` (NULL: for ever). May return early. */
static inline void futex_wait(atomic_uint *word, unsigned value, const struct timespec *limit) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, limit, NULL, 0);
}

/* Wakes one thread that sleeps on the word. */
static inline void futex_wake(atomic_uint *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
