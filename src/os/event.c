/* SPDX-License-Identifier: MIT
 *
 * Linux: eventfd, clock_gettime.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "event.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int ta_os_event_create(void) {
    int saved = errno;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    errno = saved;
    return fd;
}

void ta_os_event_destroy(int fd) {
    int saved = errno;
    if (fd >= 0) close(fd);
    errno = saved;
}

/* A counter that is full (EAGAIN) is readable already. */
void ta_os_event_signal(int fd) {
    const uint64_t one = 1;
    int saved = errno;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) continue;
    errno = saved;
}

uint64_t ta_os_event_clear(int fd) {
    uint64_t count;
    int saved = errno;
    ssize_t got;
    while ((got = read(fd, &count, sizeof count)) < 0 && errno == EINTR) continue;
    errno = saved;
    return got == (ssize_t)sizeof count ? count : 0;
}

uint64_t ta_os_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
