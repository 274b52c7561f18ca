/* SPDX-License-Identifier: MIT
 *
 * Owned blocks: what stands in front of their content. Public face: ta/owned.h.
 *
 *     content - 16   allocator, size          every block
 *     content - 32   pending, type            in front of elements that have something to visit
 *     content - 48   -, count                 ... where there may be more than one
 *
 * The outer words are scratch of src/walk.c, which threads through them its lists of blocks that
 * are still to be visited: nesting then needs neither stack nor memory. They mean nothing between
 * calls.
 *
 * The content begins at the first multiple of its alignment that leaves room for the header, so its
 * distance from the memory that was allocated follows from the header and the alignment alone.
 */
#ifndef TA_SRC_BLOCK_H
#define TA_SRC_BLOCK_H

#include "ta/detail/block.h"
#include "ta/owned.h"

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

/* The one part of blocks, strings and paths: a TA_PART_BLOCK at offset 0 (src/owned.c). */
extern const ta_part ta_block_parts[1];

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

/* From the memory that is allocated to the content. Alignments up to 16 need no padding. */
static inline size_t ta_block_offset(ta_header header, size_t alignment) {
    return ((size_t)header + alignment - 1) & ~(alignment - 1);
}

static inline size_t ta_block_alignment(size_t alignment) {
    return alignment > sizeof(ta_block) ? alignment : sizeof(ta_block);
}

/* What is allocated for `size` bytes of content; false on overflow. */
static inline bool ta_block_total(ta_header header, size_t size, size_t alignment, size_t *total) {
    if (header != TA_HEADER_BLOCK && size < sizeof(ta_pending_clone))
        size = sizeof(ta_pending_clone);
    return !__builtin_add_overflow(size, ta_block_offset(header, alignment), total);
}

/* Puts a block on a list of pending ones. */
static inline void ta_box_push(ta_box **list, void *content, const ta_type *type) {
    ta_box *box = ta_box_of(content);
    box->type = type;
    box->pending = *list;
    *list = box;
}

static inline void ta_array_push(ta_array **list, void *content, const ta_type *type,
                                 size_t count) {
    ta_array *array = ta_array_of(content);
    array->count = count;
    array->type = type;
    array->pending = *list;
    *list = array;
}

/* `size` bytes of content from `allocator`, which is not NULL; NULL without memory. Inline, and
 * straight to the allocator: what ta_allocate() checks holds here by construction, and a string is
 * moved in no more than the time of malloc and free. */
static inline void *ta_block_create(const ta_allocator *allocator, ta_header header, size_t size,
                                    size_t alignment) {
    size_t total;
    alignment = ta_block_alignment(alignment);
    if (!ta_block_total(header, size, alignment, &total)) return NULL;
    char *memory = (char *)allocator->allocate(allocator->context, total, alignment);
    if (memory == NULL) return NULL;
    char *content = memory + ta_block_offset(header, alignment);
    ta_block *block = ta_block_of(content);
    block->allocator = allocator;
    block->size = size;
    return content;
}

/* `block`: what stands in front of the content. */
static inline void ta_block_give_back(void *content, ta_block block, ta_header header,
                                      size_t alignment) {
    size_t total;
    alignment = ta_block_alignment(alignment);
    (void)ta_block_total(header, block.size, alignment, &total); /* no overflow: it was created */
    block.allocator->release(block.allocator->context,
                             (char *)content - ta_block_offset(header, alignment), total,
                             alignment);
}

static inline void ta_block_destroy(void *content, ta_header header, size_t alignment) {
    ta_block_give_back(content, *ta_block_of(content), header, alignment);
}

/* 16 bytes, in a register. */
typedef struct ta_piece {
    char bytes[16];
} ta_piece;

static inline ta_piece ta_piece_read(const char *at) {
    ta_piece piece;
    __builtin_memcpy(&piece, at, sizeof piece);
    return piece;
}

static inline void ta_piece_write(char *at, ta_piece piece) {
    __builtin_memcpy(at, &piece, sizeof piece);
}

/* memcpy, without the call for what most values and blocks are: a pointer, and 16 to 64 bytes, of
 * which pieces are taken from both ends; these meet, or overlap. */
static inline void ta_block_copy(void *to, const void *from, size_t size) {
    char *out = (char *)to, *out_end = out + size;
    const char *in = (const char *)from, *in_end = in + size;
    if (size == sizeof(void *)) {
        __builtin_memcpy(out, in, sizeof(void *));
    } else if (size < 16 || size > 64) {
        __builtin_memcpy(out, in, size);
    } else {
        ta_piece first = ta_piece_read(in), last = ta_piece_read(in_end - 16);
        if (size > 32) {
            ta_piece second = ta_piece_read(in + 16), third = ta_piece_read(in_end - 32);
            ta_piece_write(out + 16, second);
            ta_piece_write(out_end - 32, third);
        }
        ta_piece_write(out, first);
        ta_piece_write(out_end - 16, last);
    }
}

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
