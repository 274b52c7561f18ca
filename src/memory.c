/* SPDX-License-Identifier: MIT
 *
 * The default allocator, and the checked calls that every allocation goes through.
 */
#include "ta/memory.h"

#include <stdlib.h>
#include <string.h>

static void *default_allocate(void *context, size_t size, size_t alignment) {
    (void)context;
    if (alignment <= _Alignof(max_align_t)) return malloc(size);
    /* aligned_alloc() wants a multiple of the alignment in C11. */
    size_t rounded = (size + alignment - 1) & ~(alignment - 1);
    if (rounded < size) return NULL;
    return aligned_alloc(alignment, rounded);
}

static void default_release(void *context, void *memory, size_t size, size_t alignment) {
    (void)context;
    (void)size;
    (void)alignment;
    free(memory);
}

static const ta_allocator default_allocator = {default_allocate, default_release, NULL};

const ta_allocator *ta_allocator_default(void) { return &default_allocator; }

void *ta_allocate(const ta_allocator *allocator, size_t size, size_t alignment) {
    if (size == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return NULL;
    if (allocator == NULL) allocator = &default_allocator;
    return allocator->allocate(allocator->context, size, alignment);
}

void *ta_allocate_zeroed(const ta_allocator *allocator, size_t count, size_t size,
                         size_t alignment) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *memory = ta_allocate(allocator, bytes, alignment);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

void ta_release(const ta_allocator *allocator, void *memory, size_t size, size_t alignment) {
    if (memory == NULL) return;
    if (allocator == NULL) allocator = &default_allocator;
    allocator->release(allocator->context, memory, size, alignment);
}
