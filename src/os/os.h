/* SPDX-License-Identifier: MIT
 *
 * What the library asks of the operating system, and nothing else asks it: processor masks,
 * placement of memory, cgroup quotas. One implementation: linux.c, cgroup.c.
 *
 * These return 0 or a positive errno value; errno itself is left as it was.
 */
#ifndef TA_SRC_OS_H
#define TA_SRC_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A processor mask as the kernel wants it, for up to 65,536 processors and more: `bytes` is a
 * multiple of sizeof(unsigned long), grown until the kernel accepts it. */
typedef struct ta_os_mask {
    unsigned long *words;
    size_t bytes;
} ta_os_mask;

/* The bytes that the kernel needs for a mask here (asked once per call; a system call or two). */
int ta_os_mask_bytes(size_t *bytes);
/* Reads or sets the calling thread's mask; `bytes` of storage at `words`. */
int ta_os_get_mask(unsigned long *words, size_t bytes);
int ta_os_set_mask(const unsigned long *words, size_t bytes);
/* Pins the calling thread to one processor. */
int ta_os_pin(uint32_t os_processor);
/* Whether the calling thread may run on that processor and on no other. */
bool ta_os_is_pinned(uint32_t os_processor);

/* Anonymous pages of `size` (a multiple of the page size), or NULL. With node >= 0 they are bound
 * to that NUMA node and *placed tells whether the system did so; memory comes either way. */
void *ta_os_map(size_t size, int32_t node, bool *placed);
void ta_os_unmap(void *memory, size_t size);
size_t ta_os_page_size(void);

/* The CPU quota of the calling process in processors (quota / period, the least along the cgroup's
 * path, version 1 or 2), or 0 where there is none. `root` stands before every path ("" in life, a
 * directory in tests). Anything unreadable counts as no quota. */
double ta_os_cpu_quota(const char *root);

#endif
