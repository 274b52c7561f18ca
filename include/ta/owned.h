/* SPDX-License-Identifier: MIT
 *
 * ta/owned.h - memory that values own: strings, pointers to one element, arrays with a length.
 *
 * An owned block is a plain pointer to its content: a `char *` that prints, a `struct node *` that
 * is followed, an `int *` that is indexed. In front of the content stands a header that remembers
 * the allocator and the size (16 bytes; 32 or 48 in front of elements that have something to visit
 * themselves), which is why values can be re-homed and destroyed without being told where their
 * memory came from. Owned pointers are therefore made by the functions here: neither malloc's
 * memory nor a pointer into the middle of a block is one. NULL is always allowed and owns nothing.
 * The header points to the ta_allocator itself, which therefore outlives every block that came from
 * it, where it is.
 *
 * A length beside an owned array is the user's to keep true. One that says more than the block was
 * made for is found out before anything is read: relocating and cloning answer TA_E_RANGE and leave
 * the array as it was, destroying gives back the block alone, and what its elements own is lost.
 *
 * A far move allocates each block anew from the move's allocator, unless it came from that
 * allocator already, and releases the old one; a move within a region keeps it.
 *
 * Thread rules and progress: as in ta/type.h. A block may be released by any thread.
 */
#ifndef TA_OWNED_H
#define TA_OWNED_H

#include "ta/scalar.h"

TA_BEGIN_DECLS

/* ---- blocks ---------------------------------------------------------------------------------- */

/* An owned block for one element of a type, uninitialised (TA_PART_OWNED); NULL without memory, and
 * for a type that is NULL or was announced and never defined. `allocator` NULL: the default one. */
TA_API void *ta_box_allocate(const ta_type *type, const ta_allocator *allocator) TA_WARN_UNUSED;

/* Gives the block back and leaves its content alone: for a value that was moved out, or never
 * written. NULL is allowed. ta_destroy() of the pointer's type destroys content and block. */
TA_API void ta_box_release(const ta_type *type, void *box);

/* The same for an array of up to `capacity` elements (TA_PART_COUNTED); NULL also when the size
 * overflows, or is 0. */
TA_API void *ta_array_allocate(const ta_type *element, size_t capacity,
                               const ta_allocator *allocator) TA_WARN_UNUSED;
TA_API void ta_array_release(const ta_type *element, void *array);

/* The array with room for `capacity` elements, the first `length` of them kept: in memory of the
 * same allocator, `allocator` for an `array` that is NULL. Returns NULL, and leaves `array` as it
 * was, when there is no memory, when the capacity is 0, or when `length` is more than the old
 * capacity or the new one. */
TA_API void *ta_array_resize(const ta_type *element, void *array, size_t length, size_t capacity,
                             const ta_allocator *allocator) TA_WARN_UNUSED;

/* How many bytes of content a block was made with, and the allocator that it came from. Not for
 * NULL. Wait-free. */
TA_API size_t ta_block_size(const void *block);
TA_API const ta_allocator *ta_block_allocator(const void *block);

/* A nullable owned pointer to trivial content: a block that was allocated here for a type without
 * traits, of any size and with an alignment of up to 16. It is relocated and cloned whole. */
enum { TA_BLOCK_ALIGNMENT = 16 };
typedef void *ta_block_value;
enum { ta_block_traits = (int)TA_TRAIT_OWNS };
extern TA_API const ta_type ta_block_type;

/* Such a block of `size` bytes, uninitialised; NULL without memory. Give it back with
 * ta_destroy(&ta_block_type, &pointer). */
TA_API void *ta_block_allocate(size_t size, const ta_allocator *allocator) TA_WARN_UNUSED;

/* ---- strings --------------------------------------------------------------------------------- */

/* An owned copy of `text`, or of `length` bytes with a NUL put behind them (they may hold NULs
 * themselves: the block is relocated and cloned whole). NULL without memory, or when `text` is
 * NULL. Relocate it with ta_string_type, give it back with ta_destroy(&ta_string_type, &string). */
TA_API char *ta_string_make(const char *text, const ta_allocator *allocator) TA_WARN_UNUSED;
TA_API char *ta_string_make_length(const char *bytes, size_t length,
                                   const ta_allocator *allocator) TA_WARN_UNUSED;

typedef char *ta_string_value;
typedef char *ta_path_value;
enum { ta_string_traits = (int)TA_TRAIT_OWNS, ta_path_traits = (int)TA_TRAIT_OWNS };
extern TA_API const ta_type ta_string_type;
extern TA_API const ta_type ta_path_type; /* a path is an owned string; the name is for people */

/* struct iovec (include <sys/uio.h>): iov_base is an owned array of iov_len bytes, from
 * ta_array_allocate(&ta_uchar_type, ...). */
struct iovec;
typedef struct iovec ta_iovec_value;
enum { ta_iovec_traits = (int)TA_TRAIT_OWNS };
extern TA_API const ta_type ta_iovec_type;

TA_END_DECLS

/* ---- descriptors ----------------------------------------------------------------------------- */

/* The initialiser of a ta_part; what each word means stands at its struct. */
#define TA_PART_INLINE_INIT(name, traits, type, offset, count)                                     \
    { name, TA_PART_INLINE, (uint32_t)(traits), type, offset, count, 0, 0, NULL, NULL }
#define TA_PART_OWNED_INIT(name, traits, type, offset)                                             \
    { name, TA_PART_OWNED, (uint32_t)(traits) | TA_TRAIT_OWNS, type, offset, 1, 0, 0, NULL, NULL }
#define TA_PART_COUNTED_INIT(name, traits, type, offset, length_offset, width)                     \
    {                                                                                              \
        name, TA_PART_COUNTED, (uint32_t)(traits) | TA_TRAIT_OWNS, type, offset, 0, length_offset, \
            width, NULL, NULL                                                                      \
    }

/* A descriptor NAME of C type T with one part. */
#define TA_ONE_PART_TYPE_(NAME, text, TRAITS, ...)                                                 \
    enum { NAME##_traits = (int)(TRAITS) };                                                        \
    static const ta_part NAME##_parts_[] __attribute__((unused)) = {__VA_ARGS__};                  \
    TA_TYPE_DEFINE_(NAME, text, sizeof(NAME##_value), TA_ALIGNOF(NAME##_value), NAME##_traits, 1,  \
                    NAME##_parts_, NULL, NULL, NULL, NULL)

/* Functions can neither take nor return arrays: where values go in and out, they stand in a
 * struct. */
#ifdef __cplusplus
#define TA_NO_ARRAY_(NAME, T)                                                                      \
    static_assert(!std::is_array<T>::value, #NAME ": " #T " is an array: put it into a struct")
#else
#define TA_NO_ARRAY_(NAME, T)                                                                      \
    _Static_assert(__builtin_types_compatible_p(T, __typeof__(((void)0, *(T *)0))),                \
                   #NAME ": " #T " is an array: put it into a struct")
#endif

/* TA_POINTER(NAME, ELEMENT); a nullable owned pointer to one value of the descriptor ELEMENT. Also:
 *     ELEMENT_value *NAME_make(ELEMENT_value value, const ta_allocator *allocator);
 *         takes `value`, or returns NULL without memory and takes nothing;
 *     ELEMENT_value NAME_take(ELEMENT_value *pointer);
 *         gives the value back and releases the block; not for NULL.
 * An ELEMENT that is an array (TA_FIXED_ARRAY) stands in a struct: so it is with TA_VECTOR, too, and
 * with TA_MAP. TA_SLICE takes it as it is. */
#define TA_POINTER(NAME, ELEMENT)                                                                  \
    TA_NO_ARRAY_(NAME, ELEMENT##_value);                                                           \
    typedef ELEMENT##_value *NAME##_value;                                                         \
    TA_ONE_PART_TYPE_(NAME, #ELEMENT " *", (unsigned)ELEMENT##_traits | TA_TRAIT_OWNS,             \
                      TA_PART_OWNED_INIT(NULL, ELEMENT##_traits, &ELEMENT##_type, 0));             \
    TA_POINTER_FUNCTIONS_(NAME, ELEMENT)

#define TA_POINTER_FUNCTIONS_(NAME, ELEMENT)                                                       \
    TA_GENERATED ELEMENT##_value *NAME##_make(ELEMENT##_value value,                               \
                                              const ta_allocator *allocator) {                     \
        ELEMENT##_value *box = (ELEMENT##_value *)ta_box_allocate(&ELEMENT##_type, allocator);     \
        if (box != NULL) *box = value;                                                             \
        return box;                                                                                \
    }                                                                                              \
    TA_GENERATED ELEMENT##_value NAME##_take(ELEMENT##_value *pointer) {                           \
        ELEMENT##_value value = *pointer;                                                          \
        ta_box_release(&ELEMENT##_type, pointer);                                                  \
        return value;                                                                              \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* TA_FIXED_ARRAY(NAME, ELEMENT, N); the C type ELEMENT_value[N]. */
#define TA_FIXED_ARRAY(NAME, ELEMENT, N)                                                           \
    typedef ELEMENT##_value NAME##_value[N];                                                       \
    TA_ONE_PART_TYPE_(NAME, #ELEMENT "[" #N "]", ELEMENT##_traits,                                 \
                      TA_PART_INLINE_INIT(NULL, ELEMENT##_traits, &ELEMENT##_type, 0, N))

/* TA_SLICE(NAME, ELEMENT); declares `NAME`, a struct of an owned array and its length. All zero is
 * the empty one. `items` comes from ta_array_allocate(&ELEMENT_type, ...). */
#define TA_SLICE(NAME, ELEMENT)                                                                    \
    typedef struct NAME {                                                                          \
        ELEMENT##_value *items;                                                                    \
        size_t length;                                                                             \
    } NAME, NAME##_value;                                                                          \
    TA_ONE_PART_TYPE_(NAME, #NAME, (unsigned)ELEMENT##_traits | TA_TRAIT_OWNS,                     \
                      TA_PART_COUNTED_INIT("items", ELEMENT##_traits, &ELEMENT##_type,             \
                                           offsetof(NAME, items), offsetof(NAME, length),          \
                                           sizeof(size_t)))

/* TA_VECTOR(NAME, ELEMENT); declares `NAME`, a struct of an owned array, its length and its
 * capacity. All zero is the empty one. A clone has the capacity of its original. Also:
 *     bool NAME_reserve(NAME *vector, size_t capacity, const ta_allocator *allocator);
 *         room for at least so many; false, and nothing changed, without memory;
 *     bool NAME_push(NAME *vector, ELEMENT_value value, const ta_allocator *allocator);
 *         takes `value`, or returns false without memory and takes nothing; grows by doubling;
 *     bool NAME_pop(NAME *vector, ELEMENT_value *out);
 *         moves the last one out; false when there is none.
 * Each returns false for a vector (or an `out`) that is NULL. `allocator` serves a vector that has
 * no memory yet; later memory comes from the same one. */
#define TA_VECTOR(NAME, ELEMENT)                                                                   \
    TA_NO_ARRAY_(NAME, ELEMENT##_value);                                                           \
    typedef struct NAME {                                                                          \
        ELEMENT##_value *items;                                                                    \
        size_t length, capacity;                                                                   \
    } NAME, NAME##_value;                                                                          \
    TA_ONE_PART_TYPE_(NAME, #NAME, (unsigned)ELEMENT##_traits | TA_TRAIT_OWNS,                     \
                      TA_PART_COUNTED_INIT("items", ELEMENT##_traits, &ELEMENT##_type,             \
                                           offsetof(NAME, items), offsetof(NAME, length),          \
                                           sizeof(size_t)));                                       \
    TA_VECTOR_FUNCTIONS_(NAME, ELEMENT)

#define TA_VECTOR_FUNCTIONS_(NAME, ELEMENT)                                                        \
    TA_GENERATED bool NAME##_reserve(NAME *vector, size_t capacity,                                \
                                     const ta_allocator *allocator) {                              \
        if (vector == NULL) return false;                                                          \
        if (capacity <= vector->capacity) return true;                                             \
        ELEMENT##_value *items = (ELEMENT##_value *)ta_array_resize(                               \
            &ELEMENT##_type, vector->items, vector->length, capacity, allocator);                  \
        if (items == NULL) return false;                                                           \
        vector->items = items;                                                                     \
        vector->capacity = capacity;                                                               \
        return true;                                                                               \
    }                                                                                              \
    TA_GENERATED bool NAME##_push(NAME *vector, ELEMENT##_value value,                             \
                                  const ta_allocator *allocator) {                                 \
        if (vector == NULL) return false;                                                          \
        if (vector->length >= vector->capacity) {                                                  \
            size_t capacity = vector->capacity < 4 ? 4 : 2 * vector->capacity;                     \
            if (!NAME##_reserve(vector, capacity, allocator)) return false;                        \
        }                                                                                          \
        vector->items[vector->length++] = value;                                                   \
        return true;                                                                               \
    }                                                                                              \
    TA_GENERATED bool NAME##_pop(NAME *vector, ELEMENT##_value *out) {                             \
        if (vector == NULL || out == NULL || vector->length == 0) return false;                    \
        *out = vector->items[--vector->length];                                                    \
        return true;                                                                               \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* TA_SHARED_UNAWARE(NAME, T, retain, release); a counted pointer T * that several values share and
 * that relocation leaves alone: whoever declares it says that T may be used from every affinity at
 * once. A clone calls `T *retain(T *)`, destroying calls `void release(T *)`; neither for NULL.
 * Counted pointers have no descriptor by themselves, because moving one re-homes nothing: keep such
 * state per affinity, or say here that it is shared. */
#define TA_SHARED_UNAWARE(NAME, T, RETAIN, RELEASE)                                                \
    typedef T *NAME##_pointer_;                                                                    \
    TA_GENERATED ta_status NAME##_share_(NAME##_pointer_ const *value, NAME##_pointer_ *out,       \
                                         const ta_allocator *allocator) {                          \
        (void)allocator;                                                                           \
        *out = *value == NULL ? NULL : RETAIN(*value);                                             \
        return TA_OK;                                                                              \
    }                                                                                              \
    TA_GENERATED void NAME##_drop_(NAME##_pointer_ *value) {                                       \
        if (*value != NULL) RELEASE(*value);                                                       \
    }                                                                                              \
    TA_TYPE(NAME, NAME##_pointer_, NULL, NAME##_share_, NAME##_drop_)

#endif
