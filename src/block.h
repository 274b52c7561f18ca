/* SPDX-License-Identifier: MIT
 *
 * Owned blocks: what stands in front of their content. Public face: ta/owned.h.
 *
 *     content - 16   allocator, size          every block
 *     content - 32   pending, type            in front of elements that have something to visit
 *     content - 48   -, count                 ... where there may be more than one
 *
 * The outer words are scratch of src/walk.c, which threads through them its lists of blocks that are still to be
 * visited: nesting then needs neither stack nor memory. They mean nothing between calls.
 *
 * The content begins at the first multiple of its alignment that leaves room for the header, so its
 * distance from the memory that was allocated follows from the header and the alignment alone.
 */
#ifndef TA_SRC_BLOCK_H
#define TA_SRC_BLOCK_H

#include "ta/type.h"

typedef struct ta_block {
    const ta_allocator *allocator; /* never NULL */
    size_t size;                   /* bytes of content that were asked for */
} ta_block;

typedef struct ta_box {
    struct ta_box *pending;
    const ta_type *type;
    ta_block block;
} ta_box;

typedef struct ta_array {
    size_t unused; /* keeps the content 16-byte aligned */
    size_t count;
    struct ta_array *pending;
    const ta_type *type;
    ta_block block;
} ta_array;

/* Which of them, by its size. */
typedef enum ta_header {
    TA_HEADER_BLOCK = sizeof(ta_block),
    TA_HEADER_BOX = sizeof(ta_box),
    TA_HEADER_ARRAY = sizeof(ta_array)
} ta_header;

/* Visited content holds these two words while its clone is pending, and is that long at least. */
typedef struct ta_pending_clone {
    const void *source; /* the elements to clone */
    char *slot;         /* where the pointer to this block stands */
} ta_pending_clone;

static inline ta_header ta_box_header(const ta_type *type) {
    return type->traits == 0 ? TA_HEADER_BLOCK : TA_HEADER_BOX;
}

static inline ta_header ta_array_header(const ta_type *element) {
    return element->traits == 0 ? TA_HEADER_BLOCK : TA_HEADER_ARRAY;
}

static inline ta_block *ta_block_of(const void *content) { return (ta_block *)content - 1; }
static inline ta_box *ta_box_of(const void *content) { return (ta_box *)content - 1; }
static inline ta_array *ta_array_of(const void *content) { return (ta_array *)content - 1; }

/* `size` bytes of content from `allocator` (NULL: the default one); NULL without memory. */
void *ta_block_create(const ta_allocator *allocator, ta_header header, size_t size,
                      size_t alignment);
void ta_block_destroy(void *content, ta_header header, size_t alignment);

/* An owned pointer in a value, whatever its type. */
static inline void *ta_pointer_read(const char *slot) {
    void *pointer;
    __builtin_memcpy(&pointer, slot, sizeof pointer);
    return pointer;
}

static inline void ta_pointer_write(char *slot, void *pointer) {
    __builtin_memcpy(slot, &pointer, sizeof pointer);
}

#endif
