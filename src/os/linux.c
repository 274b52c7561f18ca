/* SPDX-License-Identifier: MIT
 *
 * Linux: processor masks and placed memory.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "os.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/mempolicy.h, which not every system has installed; part of the kernel's ABI. */
#define MPOL_PREFERRED_ 1
#define NODE_LIMIT 4096u

/* ---- processor masks -------------------------------------------------------------------------- */

/* Room for the largest mask, 8 KiB: fits on the stack of any thread. */
#define LARGEST_WORDS (TA_OS_MASK_BYTES_MAX / sizeof(unsigned long))

/* The bare system call tells how many bytes the kernel's own mask has; the C library hides that.
 * Zeros first: the kernel may write less, and MemorySanitizer does not see what it writes. */
static int read_mask(unsigned long *words, size_t bytes, size_t *written) {
    int saved = errno, result = 0;
    memset(words, 0, bytes);
    long got = syscall(SYS_sched_getaffinity, 0, bytes, words);
    if (got < 0)
        result = errno;
    else
        *written = (size_t)got;
    errno = saved;
    return result;
}

int ta_os_mask_bytes(size_t *bytes) {
    unsigned long words[LARGEST_WORDS];
    return read_mask(words, sizeof words, bytes);
}

int ta_os_get_mask(unsigned long *words, size_t bytes) {
    size_t written;
    return read_mask(words, bytes, &written);
}

int ta_os_set_mask(const unsigned long *words, size_t bytes) {
    int saved = errno;
    int result = syscall(SYS_sched_setaffinity, 0, bytes, words) == 0 ? 0 : errno;
    errno = saved;
    return result;
}

bool ta_os_mask_has(const unsigned long *words, size_t bytes, uint32_t os_processor) {
    if (os_processor / 8 >= bytes) return false;
    return (words[os_processor / TA_OS_WORD_BITS] >> os_processor % TA_OS_WORD_BITS & 1) != 0;
}

int ta_os_pin(uint32_t os_processor) {
    unsigned long words[LARGEST_WORDS];
    size_t word = os_processor / TA_OS_WORD_BITS;
    if (word >= LARGEST_WORDS) return EINVAL;
    /* The kernel reads a short mask as one with zeros behind. */
    memset(words, 0, (word + 1) * sizeof *words);
    words[word] = 1UL << os_processor % TA_OS_WORD_BITS;
    return ta_os_set_mask(words, (word + 1) * sizeof *words);
}

bool ta_os_is_pinned(uint32_t os_processor) {
    unsigned long words[LARGEST_WORDS];
    size_t written = 0, set = 0;
    if (read_mask(words, sizeof words, &written) != 0) return false;
    for (size_t i = 0; i < written / sizeof *words; i++)
        set += (size_t)__builtin_popcountl(words[i]);
    return set == 1 && ta_os_mask_has(words, written, os_processor);
}

/* ---- placed memory ---------------------------------------------------------------------------- */

size_t ta_os_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* Preferred and not bound: a node that runs full must slow a daemon down, not kill it. */
static bool prefer_node(void *memory, size_t size, int32_t node) {
    unsigned long mask[NODE_LIMIT / TA_OS_WORD_BITS] = {0};
    if (node < 0 || (uint32_t)node >= NODE_LIMIT) return false;
    mask[(uint32_t)node / TA_OS_WORD_BITS] = 1UL << (uint32_t)node % TA_OS_WORD_BITS;
    /* The kernel takes the number of bits plus one, and refuses a word that it has no room for:
     * hand over no more words than the node needs. */
    unsigned long bits = ((unsigned long)node / TA_OS_WORD_BITS + 1) * TA_OS_WORD_BITS + 1;
    return syscall(SYS_mbind, memory, size, MPOL_PREFERRED_, mask, bits, 0) == 0;
}

void *ta_os_map(size_t size, size_t alignment, int32_t node, bool *placed) {
    int saved = errno;
    size_t page = ta_os_page_size(), spare = alignment > page ? alignment - page : 0, whole;
    char *memory = MAP_FAILED;

    *placed = false;
    if (!__builtin_add_overflow(size, spare, &whole))
        memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        errno = saved;
        return NULL;
    }
    size_t head = spare == 0 ? 0 : (alignment - ((uintptr_t)memory & (alignment - 1))) % alignment;
    if (head != 0) munmap(memory, head);
    if (spare != head) munmap(memory + head + size, spare - head);
    *placed = prefer_node(memory + head, size, node);
    errno = saved;
    return memory + head;
}

void ta_os_unmap(void *memory, size_t size) {
    int saved = errno;
    munmap(memory, size);
    errno = saved;
}
