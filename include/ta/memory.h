/* SPDX-License-Identifier: MIT
 *
 * ta/memory.h - where memory comes from: the allocator interface and the default allocator.
 *
 * Every allocation that the library makes goes through a ta_allocator, so a daemon can count,
 * limit or place it. A registry hands out an allocator for each processor, which places memory on the
 * NUMA node of its region (ta/registry.h).
 */
#ifndef TA_MEMORY_H
#define TA_MEMORY_H

#include "ta/base.h"

TA_BEGIN_DECLS

/* Layout: three pointers, copied by value freely; part of the ABI.
 *
 * An implementation must allow both calls from any thread at any time, also on memory that another
 * thread allocated. The caller of `release` gives back the size and alignment that it asked for, so
 * an implementation needs no header in front of the memory. */
typedef struct ta_allocator {
    /* Returns `size` bytes aligned to `alignment`, uninitialised, or NULL when there are none.
     * size > 0; alignment is a power of two. */
    void *(*allocate)(void *context, size_t size, size_t alignment);
    /* Gives back what `allocate` returned; never called with NULL. */
    void (*release)(void *context, void *memory, size_t size, size_t alignment);
    /* The implementation's own; handed to both calls. */
    void *context;
} ta_allocator;

/* malloc and free (aligned_alloc for alignments above that of max_align_t). Static, immutable.
 * Progress and thread rules: those of the C library's malloc. */
TA_API const ta_allocator *ta_allocator_default(void);

/* `size` bytes aligned to `alignment` from `allocator` (NULL: the default one). Returns NULL when
 * there is no memory, when size is 0, or when alignment is not a power of two; ownership of the
 * memory goes to the caller. Progress: that of the allocator. */
TA_API void *ta_allocate(const ta_allocator *allocator, size_t size,
                         size_t alignment) TA_WARN_UNUSED;

/* The same for `count` elements of `size` bytes, filled with zero bytes; NULL also when the product
 * overflows. */
TA_API void *ta_allocate_zeroed(const ta_allocator *allocator, size_t count, size_t size,
                                size_t alignment) TA_WARN_UNUSED;

/* Gives memory back to the allocator that it came from, with the same size (count * size) and
 * alignment. NULL is allowed and does nothing. */
TA_API void ta_release(const ta_allocator *allocator, void *memory, size_t size, size_t alignment);

TA_END_DECLS

#endif
