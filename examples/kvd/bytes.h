/* SPDX-License-Identifier: MIT
 *
 * Bytes: a view of some, and a buffer that grows at its end, up to a bound, and is consumed from
 * its front.
 */
#ifndef KVD_BYTES_H
#define KVD_BYTES_H

#include <ta.h>

/* Bytes that somebody else owns; any bytes, NUL among them, and no NUL behind them. */
typedef struct kvd_slice {
    const char *data;
    size_t length;
} kvd_slice;
TA_DERIVE(kvd_slice, kvd_slice, TA_SKIP(data), length);

#define KVD_SLICE(literal) ((kvd_slice){"" literal, sizeof(literal) - 1})

/* The content is memory[start, end), at most `maximum` bytes. The memory is at most a quarter more, so
 * that bytes at its front need not be moved for each byte at its end.
 * Failing is sticky: once an append had no room or no memory, appends do nothing until the buffer
 * is cleared. So a reply is written without a look at each part, and `failed` is asked at its end.
 * Memory is an owned array (ta/owned.h): a buffer relocates with what it holds. All zero, but for
 * `maximum` and `allocator`, is an empty buffer without memory. */
typedef struct kvd_bytes {
    char *memory;
    size_t start, end, capacity;
    size_t maximum;                /* of the content */
    const ta_allocator *allocator; /* of the first memory; NULL: the default one */
    bool failed;
} kvd_bytes;
TA_DERIVE(kvd_bytes, kvd_bytes, TA_COUNTED(memory, end, ta_char), start, end, capacity, maximum,
          TA_SKIP(allocator), failed);

kvd_bytes kvd_bytes_make(size_t maximum, const ta_allocator *allocator);

/* Gives back the memory: empty again, and not failed. */
void kvd_bytes_clear(kvd_bytes *bytes);

/* Room for `length` more bytes behind the content, to write into and then to commit; NULL when that
 * would be beyond the maximum, or without memory (and the buffer has failed then). Moves
 * the content: slices into it are void. Amortised cost: the bytes appended and consumed. */
char *kvd_bytes_reserve(kvd_bytes *bytes, size_t length);

/* How much room there is behind the content without moving anything. */
static inline size_t kvd_bytes_room(const kvd_bytes *bytes) { return bytes->capacity - bytes->end; }

static inline void kvd_bytes_commit(kvd_bytes *bytes, size_t length) { bytes->end += length; }

/* False when it has failed, now or before; nothing is appended then. */
bool kvd_bytes_append(kvd_bytes *bytes, const void *data, size_t length);

/* Drops bytes at the front: O(1). */
void kvd_bytes_consume(kvd_bytes *bytes, size_t length);

/* Gives back memory that is far more than the content needs, above `keep` bytes. For a connection
 * that has become quiet. */
void kvd_bytes_trim(kvd_bytes *bytes, size_t keep);

/* NULL without memory. */
static inline char *kvd_bytes_data(const kvd_bytes *bytes) {
    return bytes->memory == NULL ? NULL : bytes->memory + bytes->start;
}
static inline size_t kvd_bytes_length(const kvd_bytes *bytes) { return bytes->end - bytes->start; }
static inline kvd_slice kvd_bytes_slice(const kvd_bytes *bytes) {
    return (kvd_slice){kvd_bytes_data(bytes), kvd_bytes_length(bytes)};
}

/* ---- slices ---------------------------------------------------------------------------------- */

bool kvd_slice_equal(kvd_slice a, kvd_slice b);

/* Is it `word`, in ASCII letters of either case? `word` is in lower case. */
bool kvd_slice_is(kvd_slice slice, const char *word);

/* A decimal integer exactly as redis reads one: no blanks, no plus sign, no leading zeros, in the
 * range of 64 bits. */
bool kvd_slice_integer(kvd_slice slice, int64_t *out);

/* Glob as redis' stringmatchlen: * ? [a-c] [^x] \x. Linear in what can be reached; patterns with
 * many stars are cut off rather than take for ever. */
bool kvd_slice_matches(kvd_slice pattern, kvd_slice text);
/* The same for ASCII letters of either case in the pattern; `text` is in lower case. */
bool kvd_slice_matches_any_case(kvd_slice pattern, kvd_slice text);

#endif
