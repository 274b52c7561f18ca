/* SPDX-License-Identifier: MIT
 *
 * ta/type.h - how values of a type relocate, clone and are destroyed.
 *
 * A ta_type is a constant that describes a C type. It is made by ta/derive.h for structs and tagged
 * unions, by ta/owned.h and ta/map.h for owned memory, comes with the library for scalars
 * (ta/scalar.h), or is written by hand around three functions. With it, values are relocated (taken
 * from one affinity to another), cloned and destroyed, however deeply they nest.
 *
 * The contract of a described type:
 *   - A value may be moved in memory by memcpy; the original is then forgotten. (A type whose values
 *     hold pointers into themselves is described behind an owned pointer.)
 *   - A relocation that fails leaves the value whole: it may be used, destroyed, and relocated again,
 *     also with the same move. Parts that were visited before the failure stay where they are then,
 *     so a relocate function may be asked for a move that it has made already, or be told a source
 *     that is not true: it goes by the destination.
 *   - Memory that cannot be had at the destination is no failure: the block stays where it is, and
 *     ta_move_figures counts it.
 *
 * Names: a descriptor NAME is three things, which macros refer to by that one word: NAME_type, a
 * `const ta_type`; NAME_value, the C type; NAME_traits, a constant of the language, 0 for a
 * trivial type. `ta_int` is one: ta_int_type, ta_int_value, ta_int_traits.
 *
 * Thread rules for everything here: a value belongs to one thread at a time, descriptors are
 * immutable and shared. Progress: that of the allocators and of the functions of the types
 * involved; nothing here locks. Stack: bounded, also for values that nest a hundred thousand blocks
 * deep.
 */
#ifndef TA_TYPE_H
#define TA_TYPE_H

#include "ta/move.h"

TA_BEGIN_DECLS

typedef struct ta_type ta_type;
typedef struct ta_case ta_case;
typedef struct ta_map_class ta_map_class; /* ta/map.h */

/* What a part of a value is. */
typedef enum ta_part_kind {
    TA_PART_INLINE, /* `count` elements of `type`, in place: a field, a fixed array */
    TA_PART_OWNED,  /* a pointer to an owned block with one element, or NULL; of a trivial type, a
                        block of any size, moved and cloned whole: strings */
    TA_PART_COUNTED, /* a pointer to an owned block of elements, or NULL, and their number elsewhere in
                        the value */
    TA_PART_VARIANT, /* one of `cases`, which the integer at `offset` selects */
    TA_PART_MAP,     /* a pointer to a hash table whose entries are of `type`, or NULL: ta/map.h */
    TA_PART_CLOSURE, /* a closure, which knows its captured type itself: ta/closure.h */
    TA_PART_BLOCK    /* as OWNED, of a trivial type with an alignment of up to 16: strings */
} ta_part_kind;

/* One part of a value, at an offset from the value's beginning. Written by the macros of the other
 * headers; by hand only where a program makes descriptors while it runs. */
typedef struct ta_part {
    const char *name; /* the field's, for people */
    ta_part_kind kind;
    uint32_t traits; /* those of the element type, with TA_TRAIT_OWNS where the part owns; may claim
                            more than is there */
    const ta_type *type;     /* of the elements; NULL for VARIANT and CLOSURE */
    size_t offset;           /* of the elements, the pointer, or the VARIANT's tag */
    size_t count;            /* INLINE: elements; VARIANT: cases */
    size_t length_offset;    /* COUNTED: of the integer that says how many */
    size_t width;            /* COUNTED, VARIANT: that integer's size: 1, 2, 4 or 8 bytes */
    const ta_case *cases;    /* VARIANT */
    const ta_map_class *map; /* MAP */
} ta_part;

/* One alternative of a tagged union. */
struct ta_case {
    int64_t tag;   /* of the tag's bits, sign-extended from its width */
    bool is_empty; /* nothing but the tag: `part` is not looked at */
    ta_part part;  /* offsets count from the beginning of the value that holds the tag */
};

/* Either `parts` or functions (or neither: trivial, opaque) say how. Each function may be NULL
 * where there is nothing to do; functions get the descriptor, so that one function can serve
 * many. Layout is part of the ABI. */
struct ta_type {
    const char *name;
    size_t size;      /* in bytes, above 0 */
    size_t alignment; /* a power of two */
    uint32_t traits;  /* TA_TRAIT_*: those of all parts; 0: trivial */
    uint32_t part_count;
    const ta_part *parts; /* in the order in which they are visited */

    /* In place: make *value at home at move->destination. Never called for a move that goes
     * nowhere. On failure *value is whole. Returns TA_OK or any other status, which ends the
     * relocation. */
    ta_status (*relocate)(const ta_type *type, void *value, const ta_move *move);
    /* Make *out, uninitialised, a second value like *value, with memory from `allocator` (never
     * NULL). On failure *out is as good as uninitialised. NULL with a destroy function: the type
     * cannot be cloned; NULL without: bit by bit. */
    ta_status (*clone)(const ta_type *type, const void *value, void *out,
                       const ta_allocator *allocator);
    /* Give back what *value owns; *value is then uninitialised. */
    void (*destroy)(const ta_type *type, void *value);

    const void *data; /* the author's own */
};

/* The way for values that have something to visit. Called by the functions below. */
TA_API ta_status ta_relocate_parts(const ta_type *type, void *value, const ta_move *move);
TA_API ta_status ta_clone_parts(const ta_type *type, const void *value, void *out,
                                const ta_allocator *allocator);
TA_API void ta_destroy_parts(const ta_type *type, void *value);

/* Relocates *value in place. A move whose source equals its destination does nothing and calls
 * nothing; neither does any move of a trivial type, and no move within a region visits memory that
 * is merely owned. Parts are visited in their order, depth first, except that what nests more than
 * 16 blocks deep is visited after the rest. Returns TA_OK; what is wrong with the move;
 * TA_E_INVALID for a NULL; TA_E_TAG for a tagged union that is visited and whose tag is none of its
 * cases; TA_E_RANGE for an array that is visited and whose length is more than its block holds; or
 * the status of a relocate function. */
TA_INLINE ta_status ta_relocate(const ta_type *type, void *value, const ta_move *move) {
    if (type == NULL || value == NULL || move == NULL) return TA_E_INVALID;
    if ((type->traits & move->visits) == 0) return ta_move_status(move);
    return ta_relocate_parts(type, value, move);
}

/* Relocates *value and moves it into other storage: on success *out holds it and *value is
 * uninitialised; on failure *value holds it and *out is untouched. `out` may be `value`. The
 * trivial case is a memcpy. */
TA_INLINE ta_status ta_relocate_into(const ta_type *type, void *out, void *value,
                                     const ta_move *move) {
    if (out == NULL) return TA_E_INVALID;
    ta_status status = ta_relocate(type, value, move);
    if (status == TA_OK && out != value) __builtin_memcpy(out, value, type->size);
    return status;
}

/* Makes *out, uninitialised, a second value like *value, with memory from `allocator` (NULL: the
 * default one). On failure nothing stays allocated and *out is uninitialised:
 * TA_E_NOMEM, TA_E_NOT_CLONEABLE, TA_E_INVALID for a NULL, TA_E_TAG and TA_E_RANGE as above, or the
 * status of a clone function. */
TA_INLINE ta_status ta_clone(const ta_type *type, const void *value, void *out,
                             const ta_allocator *allocator) {
    if (type == NULL || value == NULL || out == NULL) return TA_E_INVALID;
    if ((type->traits & (TA_TRAIT_OWNS | TA_TRAIT_RESOURCE)) != 0)
        return ta_clone_parts(type, value, out, allocator);
    __builtin_memcpy(out, value, type->size);
    return TA_OK;
}

/* Gives back all that *value owns; *value is then uninitialised. NULL values are allowed. A tagged
 * union whose tag is none of its cases owns nothing, and of an array whose length is more than its
 * block holds, the block alone is given back. */
TA_INLINE void ta_destroy(const ta_type *type, void *value) {
    if (type == NULL || value == NULL) return;
    if ((type->traits & (TA_TRAIT_OWNS | TA_TRAIT_RESOURCE)) != 0) ta_destroy_parts(type, value);
}

TA_END_DECLS

/* ---- making descriptors ---------------------------------------------------------------------- */

/* Announces that the file will define NAME_type: for types that refer to each other. */
#ifdef __cplusplus
#define TA_ALIGNOF(T) alignof(T)
#define TA_TYPE_FORWARD(NAME)                                                                      \
    namespace {                                                                                    \
    extern const ta_type NAME##_type;                                                              \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_
#define TA_TYPE_DEFINE_(NAME, ...)                                                                 \
    namespace {                                                                                    \
    const ta_type NAME##_type __attribute__((unused)) = {__VA_ARGS__};                             \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_
#define TA_SWALLOW_SEMICOLON_ static_assert(true, "")
extern "C++" {
/* Is a macro's argument a null pointer instead of a function? NULL is a long or an int, nullptr is
 * neither. */
template <typename F>
inline constexpr bool ta_is_null_ = false;
template <>
inline constexpr bool ta_is_null_<decltype(nullptr)> = true;
template <>
inline constexpr bool ta_is_null_<long> = true;
template <>
inline constexpr bool ta_is_null_<int> = true;
}
#define TA_IS_NULL_(function) ta_is_null_<decltype(function)>
#define TA_UNLESS_NULL_(function, adaptor) (TA_IS_NULL_(function) ? NULL : adaptor)
#else
#define TA_IS_NULL_(function)                                                                      \
    (__builtin_types_compatible_p(__typeof__(function), void *) ||                                 \
     __builtin_types_compatible_p(__typeof__(function), int))
#define TA_UNLESS_NULL_(function, adaptor)                                                         \
    __builtin_choose_expr(TA_IS_NULL_(function), NULL, adaptor)
#define TA_ALIGNOF(T) _Alignof(T)
#define TA_TYPE_FORWARD(NAME) static const ta_type NAME##_type
#define TA_TYPE_DEFINE_(NAME, ...)                                                                 \
    static const ta_type NAME##_type __attribute__((unused)) = {__VA_ARGS__}
#define TA_SWALLOW_SEMICOLON_ _Static_assert(1, "")
#endif

/* TA_TYPE(NAME, T, relocate, clone, destroy);
 *
 * The descriptor NAME of the C type T, by functions of T's own; each may be NULL where there is
 * nothing to do, and means what the member of ta_type of its name means:
 *     ta_status relocate(T *value, const ta_move *move);
 *     ta_status clone(const T *value, T *out, const ta_allocator *allocator);
 *     void destroy(T *value);
 * At file scope, in a source or a header (each file then has a descriptor of its own). */
#define TA_TYPE(NAME, T, RELOCATE, CLONE, DESTROY)                                                 \
    typedef T NAME##_value;                                                                        \
    enum {                                                                                         \
        NAME##_traits = (int)TA_TRAIT_RELOCATES * !TA_IS_NULL_(RELOCATE) |                         \
                        (int)TA_TRAIT_RESOURCE * !(TA_IS_NULL_(CLONE) && TA_IS_NULL_(DESTROY))     \
    };                                                                                             \
    TA_GENERATED ta_status NAME##_relocate_(const ta_type *type, void *value,                      \
                                            const ta_move *move) {                                 \
        ta_status (*function)(NAME##_value *, const ta_move *) = RELOCATE;                         \
        (void)type;                                                                                \
        return function((NAME##_value *)value, move);                                              \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_clone_(const ta_type *type, const void *value, void *out,        \
                                         const ta_allocator *allocator) {                          \
        ta_status (*function)(const NAME##_value *, NAME##_value *, const ta_allocator *) = CLONE; \
        (void)type;                                                                                \
        return function((const NAME##_value *)value, (NAME##_value *)out, allocator);              \
    }                                                                                              \
    TA_GENERATED void NAME##_destroy_(const ta_type *type, void *value) {                          \
        void (*function)(NAME##_value *) = DESTROY;                                                \
        (void)type;                                                                                \
        function((NAME##_value *)value);                                                           \
    }                                                                                              \
    TA_TYPE_DEFINE_(NAME, #T, sizeof(NAME##_value), TA_ALIGNOF(NAME##_value), NAME##_traits, 0,    \
                    NULL, TA_UNLESS_NULL_(RELOCATE, NAME##_relocate_),                             \
                    TA_UNLESS_NULL_(CLONE, NAME##_clone_),                                         \
                    TA_UNLESS_NULL_(DESTROY, NAME##_destroy_), NULL)

#endif
