/* SPDX-License-Identifier: MIT
 *
 * What relocation (src/relocate.c), cloning (src/clone.c) and destruction (src/destroy.c) share:
 * how the parts of a value are read.
 *
 * All three go through the parts of a value by recursion, which is quick and keeps the order of
 * declaration, up to TA_WALK_DEPTH blocks deep. The content of a block below that goes on a list
 * of pending blocks, threaded through the blocks' own headers, and is visited when the recursion
 * has come back: neither the stack nor the memory that is needed grows with the depth of a value.
 * What is nested inside one block (structs, arrays, unions) is as deep as the C types are, and no
 * deeper.
 */
#ifndef TA_SRC_WALK_H
#define TA_SRC_WALK_H

#include "block.h"
#include "error.h"
#include "map.h"

#include "ta/closure.h"

enum {
    TA_WALK_DEPTH = 16,
    /* What destroying and cloning look at; relocating looks at the move's own choice. */
    TA_WALK_OWNED = TA_TRAIT_OWNS | TA_TRAIT_RESOURCE
};

/* The signed integer of 1, 2, 4 or 8 bytes at `at`; any other width reads as 0. */
static inline int64_t ta_walk_integer(const char *at, size_t width) {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (width) {
    case 8:
        return __builtin_memcpy(&i64, at, sizeof i64), i64;
    case 4:
        return __builtin_memcpy(&i32, at, sizeof i32), i32;
    case 2:
        return __builtin_memcpy(&i16, at, sizeof i16), i16;
    case 1:
        return __builtin_memcpy(&i8, at, sizeof i8), i8;
    default:
        return 0;
    }
}

/* How many elements a COUNTED part has: lengths are not negative, whatever the field's sign. */
static inline size_t ta_walk_length(const ta_part *part, const char *value) {
    uint64_t bits = (uint64_t)ta_walk_integer(value + part->length_offset, part->width);
    unsigned unused = 64 - 8 * (unsigned)part->width;
    return (size_t)(bits << unused >> unused);
}

/* The bytes of `count` elements in the block at `content`; false when it does not hold as many: the
 * length of a COUNTED part is whatever a user wrote. */
static inline bool ta_walk_bytes(const char *content, const ta_type *type, size_t count,
                                 size_t *bytes) {
    return !__builtin_mul_overflow(count, type->size, bytes) &&
           *bytes <= ta_block_of(content)->size;
}

/* The case of a VARIANT that its tag selects; NULL when there is none. Tags that count from 0
 * find theirs at once. */
static inline const ta_case *ta_walk_case(const ta_part *part, const char *value) {
    int64_t tag = ta_walk_integer(value + part->offset, part->width);
    if (tag >= 0 && (uint64_t)tag < part->count && part->cases[tag].tag == tag)
        return &part->cases[tag];
    for (size_t i = 0; i < part->count; i++)
        if (part->cases[i].tag == tag) return &part->cases[i];
    return NULL;
}

/* What is wrong with a part, for the caller of `function`. */
static __attribute__((cold, noinline, unused)) ta_status ta_walk_range(const char *function,
                                                                       const ta_part *part) {
    return ta_fail_(TA_E_RANGE, function, "the length of %s is more than its block holds",
                    part->name == NULL ? "an array" : part->name);
}

static __attribute__((cold, noinline, unused)) ta_status ta_walk_tag(const char *function,
                                                                     const ta_part *part) {
    return ta_fail_(TA_E_TAG, function, "the tag of %s is none of its cases",
                    part->name == NULL || *part->name == '\0' ? "a union" : part->name);
}

/* A part that is one value with one part is that part, farther on in the value: the string that is
 * a field. */
static inline const ta_part *ta_walk_unwrap(const ta_part *part, size_t *offset) {
    *offset = 0;
    while (part->kind == TA_PART_INLINE && part->count == 1 && part->type->part_count == 1) {
        *offset += part->offset;
        part = part->type->parts;
    }
    return part;
}

/* One value of a type without parts? */
static inline bool ta_walk_is_leaf(const ta_part *part) {
    return part->kind == TA_PART_INLINE && part->count == 1 && part->type->parts == NULL;
}

/* Is a value of the type nothing but a pointer to a block of trivial elements? Most of what is
 * owned is that, and is done on the spot. */
static inline bool ta_walk_is_block(const ta_type *type) { return type->parts == ta_block_parts; }

/* Or nothing but a counted array of elements that own nothing: a vector of numbers. */
static inline bool ta_walk_is_vector(const ta_type *type) {
    return type->part_count == 1 && type->parts->kind == TA_PART_COUNTED &&
           (type->parts->type->traits & TA_WALK_OWNED) == 0;
}

#endif
