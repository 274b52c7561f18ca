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

/* Processor masks are arrays of unsigned long, as the kernel has them; at most for 65,536
 * processors, which is more than any Linux is built for. */
#define TA_OS_MASK_BYTES_MAX ((size_t)65536 / 8)
#define TA_OS_WORD_BITS (8 * sizeof(unsigned long))

/* The bytes that a mask needs before the kernel accepts it: a multiple of sizeof(unsigned long). */
int ta_os_mask_bytes(size_t *bytes);
/* Reads or sets the calling thread's mask; `bytes` of storage at `words`. What the kernel does not
 * write is 0 after a read. */
int ta_os_get_mask(unsigned long *words, size_t bytes);
int ta_os_set_mask(const unsigned long *words, size_t bytes);
bool ta_os_mask_has(const unsigned long *words, size_t bytes, uint32_t os_processor);
/* Pins the calling thread to one processor. */
int ta_os_pin(uint32_t os_processor);
/* Whether the calling thread may run on that processor and on no other. */
bool ta_os_is_pinned(uint32_t os_processor);

/* Anonymous pages of `size` (a multiple of the page size) at a multiple of `alignment` (a power of
 * two), or NULL. *placed tells whether the system agreed to take them from the NUMA node `node`
 * while that has room; memory comes either way. */
void *ta_os_map(size_t size, size_t alignment, int32_t node, bool *placed);
void ta_os_unmap(void *memory, size_t size);
size_t ta_os_page_size(void);

/* A CPU quota: so many microseconds of processor time in each period; quota 0: there is none. Kept
 * as the kernel's two whole numbers, so that rounding up is exact: 2.0 never becomes 3. */
typedef struct ta_os_quota {
    uint64_t quota_us;
    uint64_t period_us;
} ta_os_quota;

/* The CPU quota of the calling process (the least along the cgroup's path, version 1 or 2 or both).
 * `root` stands before every path ("" in life, a directory in tests). Anything that is unreadable
 * or malformed counts as no quota. Allocates nothing. */
ta_os_quota ta_os_cpu_quota(const char *root);

#endif
