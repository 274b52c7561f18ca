/* SPDX-License-Identifier: MIT
 *
 * Owned memory: blocks, strings, and the descriptors that come with the library.
 */
#include "ta/owned.h"

#include "block.h"

#include <string.h>
#include <sys/uio.h>

/* ---- blocks ----------------------------------------------------------------------------------- */

static const ta_allocator *or_default(const ta_allocator *allocator) {
    return allocator == NULL ? ta_allocator_default() : allocator;
}

size_t ta_block_size(const void *block) { return ta_block_of(block)->size; }

const ta_allocator *ta_block_allocator(const void *block) { return ta_block_of(block)->allocator; }

void *ta_block_allocate(size_t size, const ta_allocator *allocator) {
    return ta_block_create(or_default(allocator), TA_HEADER_BLOCK, size, TA_BLOCK_ALIGNMENT);
}

/* ---- one element, many elements --------------------------------------------------------------- */

/* A type without a size was announced by TA_TYPE_FORWARD and never defined. */
static bool is_defined(const ta_type *type) { return type != NULL && type->size > 0; }

void *ta_box_allocate(const ta_type *type, const ta_allocator *allocator) {
    if (!is_defined(type)) return NULL;
    return ta_block_create(or_default(allocator), ta_box_header(type), type->size, type->alignment);
}

void ta_box_release(const ta_type *type, void *box) {
    if (box != NULL) ta_block_destroy(box, ta_box_header(type), type->alignment);
}

void *ta_array_allocate(const ta_type *element, size_t capacity, const ta_allocator *allocator) {
    size_t size;
    if (!is_defined(element) || capacity == 0 ||
        __builtin_mul_overflow(capacity, element->size, &size))
        return NULL;
    return ta_block_create(or_default(allocator), ta_array_header(element), size,
                           element->alignment);
}

void ta_array_release(const ta_type *element, void *array) {
    if (array != NULL) ta_block_destroy(array, ta_array_header(element), element->alignment);
}

void *ta_array_resize(const ta_type *element, void *array, size_t length, size_t capacity,
                      const ta_allocator *allocator) {
    if (array == NULL) return ta_array_allocate(element, capacity, allocator);
    size_t live;
    if (length > capacity || __builtin_mul_overflow(length, element->size, &live) ||
        live > ta_block_size(array))
        return NULL;
    void *resized = ta_array_allocate(element, capacity, ta_block_allocator(array));
    if (resized == NULL) return NULL;
    memcpy(resized, array, live);
    ta_array_release(element, array);
    return resized;
}

/* ---- strings ---------------------------------------------------------------------------------- */

char *ta_string_make(const char *text, const ta_allocator *allocator) {
    return text == NULL ? NULL : ta_string_make_length(text, strlen(text), allocator);
}

char *ta_string_make_length(const char *bytes, size_t length, const ta_allocator *allocator) {
    if (bytes == NULL || length == SIZE_MAX) return NULL;
    char *string = ta_block_allocate(length + 1, allocator);
    if (string == NULL) return NULL;
    memcpy(string, bytes, length);
    string[length] = '\0';
    return string;
}

const ta_part ta_block_parts[1] = {
    {NULL, TA_PART_BLOCK, ta_block_traits, &ta_char_type, 0, 1, 0, 0, NULL, NULL}};

const ta_type ta_block_type = {
    "block", sizeof(void *), _Alignof(void *), ta_block_traits, 1, ta_block_parts, NULL, NULL, NULL,
    NULL};

const ta_type ta_string_type = {"string",
                                sizeof(char *),
                                _Alignof(char *),
                                ta_string_traits,
                                1,
                                ta_block_parts,
                                NULL,
                                NULL,
                                NULL,
                                NULL};
const ta_type ta_path_type = {
    "path", sizeof(char *), _Alignof(char *), ta_path_traits, 1, ta_block_parts, NULL, NULL, NULL,
    NULL};

/* ---- struct iovec ----------------------------------------------------------------------------- */

static const ta_part iovec_parts[] = {TA_PART_COUNTED_INIT(
    "iov_base", ta_uchar_traits, &ta_uchar_type, offsetof(struct iovec, iov_base),
    offsetof(struct iovec, iov_len), sizeof(((struct iovec *)0)->iov_len))};

const ta_type ta_iovec_type = {"struct iovec",
                               sizeof(struct iovec),
                               _Alignof(struct iovec),
                               ta_iovec_traits,
                               1,
                               iovec_parts,
                               NULL,
                               NULL,
                               NULL,
                               NULL};
