/* SPDX-License-Identifier: MIT
 *
 * Putting a thread to sleep until a word changes: a futex, private to the process.
 *
 * Neither function orders memory by contract: what a sleeper may rely on after its return, it
 * reads with an order of its own. errno is left as it was.
 */
#ifndef TA_SRC_OS_PARK_H
#define TA_SRC_OS_PARK_H

#include <stdint.h>

/* Returns at once when *word is not `expected`; otherwise sleeps until a wake of the same word. The
 * look and the falling asleep are one step for ta_os_wake_all(): who changes the word first and
 * wakes then, misses no sleeper. May return for no reason (a signal, a system that refuses), so
 * the caller looks again in a loop. Blocking; not a cancellation point. */
void ta_os_park(const uint32_t *word, uint32_t expected);

/* The same, for `timeout` nanoseconds at most. */
void ta_os_park_for(const uint32_t *word, uint32_t expected, uint64_t timeout);

/* Wakes every thread that sleeps on the word. One system call; never waits. */
void ta_os_wake_all(uint32_t *word);

#endif
