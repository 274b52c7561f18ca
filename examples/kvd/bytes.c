/* SPDX-License-Identifier: MIT
 *
 * The buffer that grows at its end and is consumed from its front.
 *
 * The content moves in two cases: to new memory, which is larger by a quarter at least, or to
 * the front of its memory, when a quarter of it has been consumed at least since it came to
 * lie there. So a byte is moved a bounded number of times.
 */
#include "bytes.h"

#include <string.h>

enum { FIRST_CAPACITY = 256 };

kvd_bytes kvd_bytes_make(size_t maximum, const ta_allocator *allocator) {
    size_t most = SIZE_MAX / 4; /* so that sums of sizes do not overflow */
    return (kvd_bytes){.maximum = maximum < most ? maximum : most, .allocator = allocator};
}

void kvd_bytes_clear(kvd_bytes *bytes) {
    ta_array_release(&ta_char_type, bytes->memory);
    *bytes = kvd_bytes_make(bytes->maximum, bytes->allocator);
}

static bool move_to_memory(kvd_bytes *bytes, size_t capacity) {
    const ta_allocator *allocator =
        bytes->memory == NULL ? bytes->allocator : ta_block_allocator(bytes->memory);
    size_t length = kvd_bytes_length(bytes);
    char *memory = ta_array_allocate(&ta_char_type, capacity, allocator);
    if (memory == NULL) return false;
    if (length > 0) memcpy(memory, kvd_bytes_data(bytes), length);
    ta_array_release(&ta_char_type, bytes->memory);
    bytes->memory = memory;
    bytes->capacity = capacity;
    bytes->start = 0;
    bytes->end = length;
    return true;
}

static void move_to_front(kvd_bytes *bytes) {
    size_t length = kvd_bytes_length(bytes);
    if (length > 0) memmove(bytes->memory, bytes->memory + bytes->start, length);
    bytes->start = 0;
    bytes->end = length;
}

/* Doubles, within the bound. */
static size_t next_capacity(const kvd_bytes *bytes, size_t needed) {
    size_t most = bytes->maximum + bytes->maximum / 4;
    size_t wanted = needed + needed / 4;
    if (wanted < 2 * bytes->capacity) wanted = 2 * bytes->capacity;
    if (wanted < FIRST_CAPACITY) wanted = FIRST_CAPACITY;
    return wanted < most ? wanted : most;
}

char *kvd_bytes_reserve(kvd_bytes *bytes, size_t length) {
    size_t content = kvd_bytes_length(bytes);
    if (bytes->failed || length > bytes->maximum - content) {
        bytes->failed = true;
        return NULL;
    }
    if (bytes->memory == NULL || length > kvd_bytes_room(bytes)) {
        bool has_room = bytes->memory != NULL && content + length <= bytes->capacity;
        if (has_room && bytes->start >= content / 4) {
            move_to_front(bytes);
        } else if (!move_to_memory(bytes, next_capacity(bytes, content + length))) {
            bytes->failed = true;
            return NULL;
        }
    }
    return bytes->memory + bytes->end;
}

bool kvd_bytes_append(kvd_bytes *bytes, const void *data, size_t length) {
    char *room = kvd_bytes_reserve(bytes, length);
    if (room == NULL) return false;
    if (length > 0) memcpy(room, data, length);
    kvd_bytes_commit(bytes, length);
    return true;
}

void kvd_bytes_consume(kvd_bytes *bytes, size_t length) {
    bytes->start += length;
    if (bytes->start == bytes->end) bytes->start = bytes->end = 0;
}

void kvd_bytes_trim(kvd_bytes *bytes, size_t keep) {
    size_t content = kvd_bytes_length(bytes);
    if (bytes->capacity <= keep || content > bytes->capacity / 4) return;
    if (content > 0) {
        (void)move_to_memory(bytes, content < keep ? keep : 2 * content);
        return;
    }
    ta_array_release(&ta_char_type, bytes->memory);
    bytes->memory = NULL;
    bytes->start = bytes->end = bytes->capacity = 0;
}
