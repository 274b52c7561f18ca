/* SPDX-License-Identifier: MIT
 *
 * A descriptor that becomes readable when somebody signals it (an eventfd), and the clock. errno is
 * left as it was.
 */
#ifndef TA_SRC_OS_EVENT_H
#define TA_SRC_OS_EVENT_H

#include <stdint.h>

/* A descriptor, not blocking and closed on exec; -1 when the system has none. */
int ta_os_event_create(void);
void ta_os_event_destroy(int fd);

/* Makes it readable. Any thread; one system call; never waits. */
void ta_os_event_signal(int fd);

/* Makes it unreadable again, if it was not; how many signals had come. */
uint64_t ta_os_event_clear(int fd);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t ta_os_clock(void);

#endif
