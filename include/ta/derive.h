/* SPDX-License-Identifier: MIT
 *
 * ta/derive.h - descriptors of structs and tagged unions, from a list of their fields.
 *
 *     struct session {
 *         uint64_t id;
 *         char *user;
 *         struct point at, *last, *trail;
 *         size_t trail_length;
 *         int grid[4][4];
 *         void *scratch;
 *         unsigned open : 1;
 *         void (*hook)(int);
 *         struct session *next;
 *     };
 *     TA_DERIVE(session, struct session, id, TA_AS(user, ta_string), TA_AS(at, point),
 *               TA_OWNED(last, point), TA_COUNTED(trail, trail_length, point), trail_length,
 *               TA_ARRAY(grid), TA_SKIP(scratch), TA_BITS(open), TA_FUNCTION(hook),
 *               TA_LINK(next));
 *
 * The struct may be anybody's: a system header's, another library's. Every field is listed once, in
 * the order of declaration, and visited in that order. What does not compile: a field that was
 * forgotten, listed twice or out of order; a field whose type has no descriptor; a descriptor of
 * another type than the field's; an enumerator without a case. Messages name the field. Of one that
 * was forgotten where padding could be, or behind a bit-field, they name its neighbours (in C; in
 * C++ the error is about the values that do not fit, or names the last field).
 *
 * A member that is an unnamed struct does not compile: name it. Of an unnamed union, list the one
 * field that is to be visited (TA_DERIVE_UNION does better). A flexible array at the end is no part
 * of a value: it is not listed, moved or cloned, and nobody looks whether there is one.
 *
 * What a derived NAME is:
 *   NAME_type, NAME_value, NAME_traits     a descriptor (ta/type.h): for TA_AS and the rest in other
 *                                          structs, for TA_POINTER, TA_VECTOR, maps and closures
 *   NAME_relocate, NAME_relocate_into, NAME_clone, NAME_destroy, NAME_relocated
 *                                          typed functions: see TA_TYPED and TA_TYPED_BY_VALUE
 * A struct whose fields are all trivial is itself trivial: relocating it costs a comparison, and
 * a memcpy where it goes into other storage.
 *
 * Macros at file scope, in sources and in headers (each file then has its own descriptor), in C11
 * and C++17, with gcc and clang. At most 64 fields or cases. NAME need not be the struct's tag:
 * choose another where NAME_destroy and the like exist already.
 *
 * gcc 12 and a header that is included behind a TA_DERIVE: gcc shows the warnings of system headers
 * from there on, to the end of the file, since it cannot take back what the check for forgotten
 * fields needs. Where that is an error (-Werror -Wconversion), include what the system has first.
 */
#ifndef TA_DERIVE_H
#define TA_DERIVE_H

#include "ta/detail/cases.h"

/* ---- fields ----------------------------------------------------------------------------------
 *
 * Entries of a list; `DESCRIPTOR` is a name as in ta/type.h: ta_string, point, a TA_VECTOR's.
 *
 *   field                            a C scalar: an arithmetic type, bool, an enum
 *   TA_AS(field, DESCRIPTOR)         a value of DESCRIPTOR's type, in place
 *   TA_OWNED(field, DESCRIPTOR)      an owned pointer to one (ta_box_allocate), or NULL
 *   TA_COUNTED(field, length, DESCRIPTOR)
 *                                    an owned pointer to as many (ta_array_allocate) as the integer
 *                                    field `length` says, or NULL. `length` is listed at its own
 *                                    place, and so is a capacity, if there is one
 *   TA_COUNTED_SCALARS(field, length)          the same, of C scalars
 *   TA_ARRAY(field)                  a fixed array of C scalars, of up to three dimensions
 *   TA_ARRAY_AS(field, DESCRIPTOR)   a fixed array of DESCRIPTOR's type
 *   TA_LINK(field)                   an owned pointer to another value of the struct that is being
 *                                    derived, or NULL: lists, trees; any length, any depth
 *   TA_LINKS(field, length)          a counted array of such values
 *   TA_FUNCTION(field)               a pointer to a function
 *   TA_BITS(field)                   a bit-field
 *   TA_SKIP(field)                   anything, moved and cloned as it is, never destroyed: what
 *                                    the struct borrows, or what its user looks after; in C++,
 *                                    of a trivially copyable type
 *   TA_SKIP_ARRAY(field)             the same for a fixed array
 *   TA_UNNAMED()                     stands for what has no name at this place: unnamed bit-fields */
#define TA_AS(field, DESCRIPTOR) (ta_value_, ta_as_, ta_some_, field, DESCRIPTOR, )
#define TA_OWNED(field, DESCRIPTOR) (ta_value_, ta_owned_, ta_some_, field, DESCRIPTOR, )
#define TA_COUNTED(field, length, DESCRIPTOR)                                                      \
    (ta_value_, ta_counted_, ta_some_, field, DESCRIPTOR, length)
#define TA_COUNTED_SCALARS(field, length)                                                          \
    (ta_value_, ta_counted_scalars_, ta_some_, field, , length)
#define TA_ARRAY(field) (ta_array_, ta_array_of_scalars_, ta_some_, field, , )
#define TA_ARRAY_AS(field, DESCRIPTOR) (ta_array_, ta_array_as_, ta_some_, field, DESCRIPTOR, )
#define TA_LINK(field) (ta_value_, ta_link_, ta_some_, field, , )
#define TA_LINKS(field, length) (ta_value_, ta_links_, ta_some_, field, , length)
#define TA_FUNCTION(field) (ta_value_, ta_function_, ta_some_, field, , )
#define TA_BITS(field) (ta_bits_, ta_bits_, ta_none_, field, , )
#define TA_SKIP(field) (ta_value_, ta_skip_, ta_none_, field, , )
#define TA_SKIP_ARRAY(field) (ta_array_, ta_skip_array_, ta_none_, field, , )
#define TA_UNNAMED() (ta_unnamed_, ta_unnamed_, ta_none_, , , )

/* ---- structs --------------------------------------------------------------------------------- */

/* TA_DERIVE(NAME, T, entries...); derives the descriptor NAME of the struct type T. */
#define TA_DERIVE(NAME, T, ...)                                                                    \
    typedef T NAME##_value;                                                                        \
    TA_TYPE_FORWARD(NAME);                                                                         \
    TA_EACH_(TA_CHECK_ENTRY_, NAME, , __VA_ARGS__)                                                 \
    TA_COMPLETE_(NAME, __VA_ARGS__)                                                                \
    enum { NAME##_traits = (int)(0u TA_EACH_(TA_TRAITS_ENTRY_, NAME, , __VA_ARGS__)) };            \
    static const ta_part NAME##_parts_[]                                                           \
        __attribute__((unused)) = {TA_EACH_(TA_PART_ENTRY_, NAME, , __VA_ARGS__) TA_NO_PART_};     \
    TA_DERIVED_(NAME, T, sizeof(NAME##_parts_) / sizeof(ta_part) - 1)

/* TA_STRUCT(NAME, members...); declares struct NAME (and the type name NAME) and derives it.
 * Members:
 *
 *   TA_MEMBER(T, field)                      T field;                 a C scalar
 *   TA_MEMBER_AS(DESCRIPTOR, field)          DESCRIPTOR_value field;
 *   TA_MEMBER_OWNED(DESCRIPTOR, field)       DESCRIPTOR_value *field;
 *   TA_MEMBER_COUNTED(DESCRIPTOR, field, length)
 *                                            DESCRIPTOR_value *field; size_t length;
 *   TA_MEMBER_ARRAY(DESCRIPTOR, field, n)    DESCRIPTOR_value field[n];
 *   TA_MEMBER_LINK(field)                    struct NAME *field;
 *   TA_MEMBER_FUNCTION(T, field)             T field;                 T: a function pointer's typedef
 *   TA_MEMBER_SKIP(T, field)                 T field; */
#define TA_STRUCT(NAME, ...)                                                                       \
    typedef struct NAME {                                                                          \
        TA_EACH_(TA_DECLARE_MEMBER_, NAME, , __VA_ARGS__)                                          \
    } NAME;                                                                                        \
    TA_DERIVE_MEMBERS_(NAME, struct NAME TA_EACH_(TA_LIST_MEMBER_, NAME, , __VA_ARGS__))
#define TA_MEMBER(T, field) (TA_DECLARE_, T, field, , field)
#define TA_MEMBER_AS(DESCRIPTOR, field)                                                            \
    (TA_DECLARE_, DESCRIPTOR##_value, field, , TA_AS(field, DESCRIPTOR))
#define TA_MEMBER_OWNED(DESCRIPTOR, field)                                                         \
    (TA_DECLARE_, DESCRIPTOR##_value *, field, , TA_OWNED(field, DESCRIPTOR))
#define TA_MEMBER_COUNTED(DESCRIPTOR, field, length)                                               \
    (TA_DECLARE_COUNTED_, DESCRIPTOR##_value *, field, length,                                     \
     TA_COUNTED(field, length, DESCRIPTOR), length)
#define TA_MEMBER_ARRAY(DESCRIPTOR, field, n)                                                      \
    (TA_DECLARE_ARRAY_, DESCRIPTOR##_value, field, n, TA_ARRAY_AS(field, DESCRIPTOR))
#define TA_MEMBER_LINK(field) (TA_DECLARE_LINK_, , field, , TA_LINK(field))
#define TA_MEMBER_FUNCTION(T, field) (TA_DECLARE_, T, field, , TA_FUNCTION(field))
#define TA_MEMBER_SKIP(T, field) (TA_DECLARE_, T, field, , TA_SKIP(field))

/* ---- tagged unions --------------------------------------------------------------------------- */

/* TA_DERIVE_UNION(NAME, T, tag, as, cases...); derives a struct T with two fields: an enum, bool
 * or integer `tag`, and a union `as`, of which the tag says what it holds. Nothing may stand before,
 * between or behind the two. For a union without a name, behind its tag, leave `as` empty.
 *
 *     enum shape_kind { NOTHING, CIRCLE, NAMED, MANY };
 *     struct shape {
 *         enum shape_kind kind;
 *         union {
 *             double radius;
 *             char *name;
 *             struct { struct shape *items; size_t length; } many;
 *         } as;
 *     };
 *     TA_DERIVE_UNION(shape, struct shape, kind, as, TA_CASE_EMPTY(NOTHING),
 *                     TA_CASE(CIRCLE, radius), TA_CASE(NAMED, TA_AS(name, ta_string)),
 *                     TA_CASE(MANY, TA_LINKS(many.items, many.length)));
 *
 *     struct outcome { bool ok; union { int value; char *error; }; };
 *     TA_DERIVE_UNION(outcome, struct outcome, ok, , TA_CASE(true, value),
 *                     TA_CASE(false, TA_AS(error, ta_string)));
 *
 *   TA_CASE(value, entry)     when the tag has this value, the union holds that field; `entry` as in
 *                             the list of a struct, with paths that begin in the union
 *   TA_CASE_EMPTY(value)      when the tag has this value, the union holds nothing
 *
 * Every enumerator needs one of them, and so do both values of a bool. A value that is not listed
 * all the same (an integer cast to the enum) is TA_E_TAG when it is relocated or cloned. A struct
 * with more fields holds the tagged union as a field: TA_AS(field, NAME).
 *
 * A path into a struct, as `many.items`, must list all of that struct: the field, its length, and
 * nothing beside them; else it does not compile. A struct with more in it gets a descriptor of its
 * own, also when it has no name:
 *     TA_DERIVE(pair, __typeof__(((struct shape *)0)->as.pair), TA_AS(first, ta_string), count);
 * and TA_CASE(PAIR, TA_AS(pair, pair)). C++ cannot tell: there, a path that leaves room in the union
 * for another pointer does not compile, and what is smaller than a pointer may be forgotten. Fields
 * of the union that no case names are not looked for. */
#define TA_DERIVE_UNION(NAME, T, tag, as, ...)                                                     \
    typedef T NAME##_value;                                                                        \
    TA_TYPE_FORWARD(NAME);                                                                         \
    TA_CHECK_UNION_(NAME, tag, as, TA_COUNT_(__VA_ARGS__))                                         \
    TA_EACH_(TA_CHECK_CASE_, NAME, TA_UNION_PATH_(as), __VA_ARGS__)                                \
    TA_EVERY_CASE_(NAME, tag, __VA_ARGS__)                                                         \
    TA_WHOLE_CASES_(NAME, tag, as, __VA_ARGS__)                                                    \
    enum {                                                                                         \
        NAME##_traits = (int)(0u TA_EACH_(TA_TRAITS_CASE_, NAME, TA_UNION_PATH_(as), __VA_ARGS__)) \
    };                                                                                             \
    static const ta_case NAME##_cases_[] __attribute__((unused)) = {                               \
        TA_EACH_(TA_INIT_CASE_, NAME, (tag, TA_UNION_PATH_(as)), __VA_ARGS__)};                    \
    static const ta_part NAME##_parts_[] __attribute__((unused)) = {                               \
        {#as, TA_PART_VARIANT, (uint32_t)NAME##_traits, NULL, offsetof(NAME##_value, tag),         \
         sizeof(NAME##_cases_) / sizeof(ta_case), 0, sizeof(TA_FIELD_(NAME, tag)), NAME##_cases_,  \
         NULL}};                                                                                   \
    TA_DERIVED_(NAME, T, 1)
#define TA_CASE(value, entry) (ta_case_, value, entry)
#define TA_CASE_EMPTY(value) (ta_case_empty_, value, )

/* ---- types that refer to each other ---------------------------------------------------------- */

/* TA_POINTER_FORWARD(NAME, T, TARGET); the descriptor NAME of a nullable owned pointer T * to a
 * type T (which may be incomplete) whose descriptor TARGET is defined further down in the file. For
 * types that own each other, and for arrays of links:
 *
 *     TA_POINTER_FORWARD(tree_link, struct tree, tree);
 *     TA_DERIVE(tree, struct tree, key, TA_ARRAY_AS(child, tree_link));
 *
 * Its traits claim everything, because TARGET's are not known yet: a move within a region visits
 * the target, too. */
#define TA_POINTER_FORWARD(NAME, T, TARGET)                                                        \
    typedef T TARGET##_value;                                                                      \
    typedef T *NAME##_value;                                                                       \
    TA_TYPE_FORWARD(TARGET);                                                                       \
    TA_ONE_PART_TYPE_(NAME, #T " *", TA_TRAITS_ALL_,                                               \
                      TA_PART_OWNED_INIT(NULL, TA_TRAITS_ALL_, &TARGET##_type, 0))
#define TA_TRAITS_ALL_ (TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE)

/* ---- typed functions ------------------------------------------------------------------------- */

/* TA_TYPED(NAME); the functions of ta/type.h for the descriptor NAME, with its type, so that no
 * caller names a descriptor or casts. TA_DERIVE has done it; for the descriptors of TA_TYPE,
 * TA_POINTER, TA_VECTOR and the rest it can be asked for.
 *     ta_status NAME_relocate(NAME_value *value, const ta_move *move);
 *     ta_status NAME_relocate_into(NAME_value *out, NAME_value *value, const ta_move *move);
 *     ta_status NAME_clone(const NAME_value *value, NAME_value *out, const ta_allocator *allocator);
 *     void NAME_destroy(NAME_value *value); */
#define TA_TYPED(NAME)                                                                             \
    TA_GENERATED ta_status NAME##_relocate(NAME##_value *value, const ta_move *move) {             \
        return ta_relocate(&NAME##_type, value, move);                                             \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_relocate_into(NAME##_value *out, NAME##_value *value,            \
                                                const ta_move *move) {                             \
        /* ta_relocate_into() with a size that is a constant, whatever the descriptor. */          \
        if (out == NULL) return TA_E_INVALID;                                                      \
        ta_status status = ta_relocate(&NAME##_type, value, move);                                 \
        if (status == TA_OK && out != value) __builtin_memcpy((void *)out, value, sizeof *out);    \
        return status;                                                                             \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_clone(const NAME##_value *value, NAME##_value *out,              \
                                        const ta_allocator *allocator) {                           \
        return ta_clone(&NAME##_type, value, out, allocator);                                      \
    }                                                                                              \
    TA_GENERATED void NAME##_destroy(NAME##_value *value) { ta_destroy(&NAME##_type, value); }     \
    TA_SWALLOW_SEMICOLON_

/* TA_TYPED_BY_VALUE(NAME); relocation as an expression, for types that can be returned (no arrays):
 *     NAME_value NAME_relocated(NAME_value value, const ta_move *move, ta_status *status);
 * Takes `value` and returns it, relocated. When that fails it returns it all the same, whole, at
 * the place that it came from (or some of its parts at the other, as ta/type.h says), so nothing is
 * lost; *status says which. `status` may be NULL: then nobody wants to know. */
#define TA_TYPED_BY_VALUE(NAME)                                                                    \
    TA_GENERATED NAME##_value NAME##_relocated(NAME##_value value, const ta_move *move,            \
                                               ta_status *status) {                                \
        ta_status outcome = ta_relocate(&NAME##_type, &value, move);                               \
        if (status != NULL) *status = outcome;                                                     \
        return value;                                                                              \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* ==== how it is done ========================================================================== */

#define TA_DERIVED_(NAME, T, part_count)                                                           \
    TA_TYPE_DEFINE_(NAME, #T, sizeof(NAME##_value), TA_ALIGNOF(NAME##_value), NAME##_traits,       \
                    (uint32_t)(part_count), NAME##_parts_, NULL, NULL, NULL, NULL);                \
    TA_TYPED(NAME);                                                                                \
    TA_TYPED_BY_VALUE(NAME)

/* Entries of a struct, for TA_EACH_. */
#define TA_CHECK_ENTRY_(N, P, x) TA_ENTRY_(TA_CHECK_, N, P, x)
#define TA_TRAITS_ENTRY_(N, P, x) | (unsigned)(TA_ENTRY_(TA_TRAITS_, N, P, x))
#define TA_PART_ENTRY_(N, P, x) TA_ENTRY_(TA_PART_, N, P, x)

#define TA_CHECK_(N, P, S, C, H, F, D, L) TA_CHECK_##S(N, P, F) TA_CHECK_##C(N, P, F, D, L)
#define TA_TRAITS_(N, P, S, C, H, F, D, L) TA_TRAITS_##C(N, D)
#define TA_PART_(N, P, S, C, H, F, D, L) TA_PART_##H(TA_BODY_##C(N, P, F, D, L))
#define TA_PART_ta_some_(...) __VA_ARGS__,
#define TA_PART_ta_none_(...)
#define TA_NO_PART_ TA_PART_INLINE_INIT(NULL, 0, NULL, 0, 0)

/* How it stands in the struct. */
#define TA_CHECK_ta_value_(N, P, F)                                                                \
    TA_ASSERT_(!TA_IS_ARRAY_(TA_FIELD_(N, P F)),                                                   \
               TA_PATH_TEXT_(N, P, F) " is an array: write TA_ARRAY(" #F "), TA_ARRAY_AS(" #F      \
                                      ", DESCRIPTOR) or TA_SKIP_ARRAY(" #F ")");
#define TA_CHECK_ta_array_(N, P, F)                                                                \
    TA_ASSERT_(TA_IS_ARRAY_(TA_FIELD_(N, P F)), TA_PATH_TEXT_(N, P, F) " is no array");
#define TA_CHECK_ta_bits_(...)
#define TA_CHECK_ta_unnamed_(...)

/* ---- the classes of entries: what is checked, the traits, the part --------------------------- */

#define TA_CHECK_ta_scalar_(N, P, F, D, L)                                                         \
    TA_ASSERT_(TA_IS_SCALAR_(TA_FIELD_(N, P F)) || TA_IS_ARRAY_(TA_FIELD_(N, P F)),                \
               TA_PATH_TEXT_(N, P, F) " has no descriptor of its own, because it is no C scalar: " \
                                      "write TA_AS, TA_OWNED, TA_COUNTED, TA_LINK, TA_FUNCTION "   \
                                      "or TA_SKIP; of a pointer that is shared, keep one per "     \
                                      "affinity, or say TA_SHARED_UNAWARE");
#define TA_TRAITS_ta_scalar_(N, D) 0u
#define TA_BODY_ta_scalar_(N, P, F, D, L)                                                          \
    TA_PART_INLINE_INIT(#F, 0, TA_SCALAR_TYPE_(TA_FIELD_(N, P F)), offsetof(N##_value, P F), 1)

#define TA_CHECK_ta_as_(N, P, F, D, L)                                                             \
    TA_ASSERT_(TA_IS_(TA_FIELD_(N, P F), D##_value),                                               \
               TA_PATH_TEXT_(N, P, F) " does not have the type of the descriptor " #D);
#define TA_TRAITS_ta_as_(N, D) D##_traits
#define TA_BODY_ta_as_(N, P, F, D, L)                                                              \
    TA_PART_INLINE_INIT(#F, D##_traits, &D##_type, offsetof(N##_value, P F), 1)

#define TA_CHECK_ta_owned_(N, P, F, D, L)                                                          \
    TA_ASSERT_(TA_IS_(TA_FIELD_(N, P F), D##_value *),                                             \
               TA_PATH_TEXT_(N, P, F) " is no pointer to the type of the descriptor " #D);
#define TA_TRAITS_ta_owned_(N, D) (unsigned)D##_traits | TA_TRAIT_OWNS
#define TA_BODY_ta_owned_(N, P, F, D, L)                                                           \
    TA_PART_OWNED_INIT(#F, D##_traits, &D##_type, offsetof(N##_value, P F))

#define TA_CHECK_LENGTH_(N, P, L)                                                                  \
    TA_ASSERT_(TA_IS_INTEGER_(TA_FIELD_(N, P L)) && sizeof(TA_FIELD_(N, P L)) <= 8,                \
               TA_PATH_TEXT_(N, P, L) " is no integer, and no length");
#define TA_CHECK_ta_counted_(N, P, F, D, L)                                                        \
    TA_CHECK_ta_owned_(N, P, F, D, ) TA_CHECK_LENGTH_(N, P, L)
#define TA_TRAITS_ta_counted_(N, D) TA_TRAITS_ta_owned_(N, D)
#define TA_BODY_ta_counted_(N, P, F, D, L)                                                         \
    TA_PART_COUNTED_INIT(#F, D##_traits, &D##_type, offsetof(N##_value, P F),                      \
                         offsetof(N##_value, P L), sizeof(TA_FIELD_(N, P L)))

#define TA_CHECK_ta_counted_scalars_(N, P, F, D, L)                                                \
    TA_ASSERT_(TA_IS_SCALAR_(TA_POINTEE_(TA_FIELD_(N, P F))),                                      \
               TA_PATH_TEXT_(N, P, F) " is no pointer to C scalars");                              \
    TA_CHECK_LENGTH_(N, P, L)
#define TA_TRAITS_ta_counted_scalars_(N, D) TA_TRAIT_OWNS
#define TA_BODY_ta_counted_scalars_(N, P, F, D, L)                                                 \
    TA_PART_COUNTED_INIT(#F, 0, TA_SCALAR_TYPE_(TA_POINTEE_(TA_FIELD_(N, P F))),                   \
                         offsetof(N##_value, P F), offsetof(N##_value, P L),                       \
                         sizeof(TA_FIELD_(N, P L)))

#define TA_CHECK_ta_array_of_scalars_(N, P, F, D, L)                                               \
    TA_ASSERT_(TA_IS_SCALAR_(TA_ELEMENT_(TA_FIELD_(N, P F))),                                      \
               TA_PATH_TEXT_(N, P, F) " is no array of C scalars: write TA_ARRAY_AS(" #F           \
                                      ", DESCRIPTOR) or TA_SKIP_ARRAY(" #F ")");
#define TA_TRAITS_ta_array_of_scalars_(N, D) 0u
#define TA_BODY_ta_array_of_scalars_(N, P, F, D, L)                                                \
    TA_PART_INLINE_INIT(#F, 0, TA_SCALAR_TYPE_(TA_ELEMENT_(TA_FIELD_(N, P F))),                    \
                        offsetof(N##_value, P F),                                                  \
                        sizeof(TA_FIELD_(N, P F)) / sizeof(TA_ELEMENT_(TA_FIELD_(N, P F))))

#define TA_CHECK_ta_array_as_(N, P, F, D, L)                                                       \
    TA_ASSERT_(TA_IS_ARRAY_OF_(TA_FIELD_(N, P F), D##_value),                                      \
               TA_PATH_TEXT_(N, P, F) " is no array of the type of the descriptor " #D);
#define TA_TRAITS_ta_array_as_(N, D) D##_traits
#define TA_BODY_ta_array_as_(N, P, F, D, L)                                                        \
    TA_PART_INLINE_INIT(#F, D##_traits, &D##_type, offsetof(N##_value, P F),                       \
                        sizeof(TA_FIELD_(N, P F)) / sizeof(D##_value))

/* A link has its own struct's traits, which are not known before all fields are; it adds nothing to
 * them but that it owns. */
#define TA_CHECK_ta_link_(N, P, F, D, L)                                                           \
    TA_ASSERT_(TA_IS_(TA_FIELD_(N, P F), N##_value *),                                             \
               TA_PATH_TEXT_(N, P, F) " is no pointer to the type of the descriptor " #N);
#define TA_TRAITS_ta_link_(N, D) TA_TRAIT_OWNS
#define TA_BODY_ta_link_(N, P, F, D, L) TA_BODY_ta_owned_(N, P, F, N, )
#define TA_CHECK_ta_links_(N, P, F, D, L) TA_CHECK_ta_link_(N, P, F, , ) TA_CHECK_LENGTH_(N, P, L)
#define TA_TRAITS_ta_links_(N, D) TA_TRAIT_OWNS
#define TA_BODY_ta_links_(N, P, F, D, L) TA_BODY_ta_counted_(N, P, F, N, L)

#define TA_CHECK_ta_function_(N, P, F, D, L)                                                       \
    TA_ASSERT_(TA_IS_FUNCTION_(TA_FIELD_(N, P F)),                                                 \
               TA_PATH_TEXT_(N, P, F) " is no pointer to a function");
#define TA_TRAITS_ta_function_(N, D) 0u
#define TA_BODY_ta_function_(N, P, F, D, L)                                                        \
    TA_PART_INLINE_INIT(#F, 0, &ta_function_type, offsetof(N##_value, P F), 1)

#define TA_CHECK_ta_skip_(N, P, F, D, L)                                                           \
    TA_ASSERT_(                                                                                    \
        TA_IS_BITS_(TA_FIELD_(N, P F)),                                                            \
        TA_PATH_TEXT_(                                                                             \
            N, P,                                                                                  \
            F) " is more than its bits and cannot be skipped: describe its type by TA_TYPE");
#define TA_TRAITS_ta_skip_(N, D) 0u
#define TA_BODY_ta_skip_(N, P, F, D, L) TA_NO_PART_
#define TA_CHECK_ta_skip_array_(N, P, F, D, L) TA_CHECK_ta_skip_(N, P, F, , )
#define TA_TRAITS_ta_skip_array_(N, D) 0u
#define TA_BODY_ta_skip_array_(N, P, F, D, L) TA_NO_PART_
#define TA_TRAITS_ta_bits_(N, D) 0u
#define TA_BODY_ta_bits_(N, P, F, D, L) TA_NO_PART_
#define TA_TRAITS_ta_unnamed_(N, D) 0u
#define TA_BODY_ta_unnamed_(N, P, F, D, L) TA_NO_PART_

/* ---- cases ----------------------------------------------------------------------------------- */

/* OP(N, P, KIND, value, entry) of (KIND, value, entry). */
#define TA_CASE_OPEN_(OP, N, P, list) TA_CASE_APPLY_(OP, N, P, TA_UNPACK_ list)
#define TA_CASE_APPLY_(OP, ...) OP(__VA_ARGS__)

#define TA_CHECK_CASE_(N, P, x) TA_CASE_OPEN_(TA_CHECK_CASE_OF_, N, P, x)
#define TA_CHECK_CASE_OF_(N, P, KIND, value, entry) TA_CHECK_##KIND(N, P, entry)
#define TA_CHECK_ta_case_(N, P, entry) TA_CHECK_ENTRY_(N, P, entry)
#define TA_CHECK_ta_case_empty_(N, P, entry)

#define TA_TRAITS_CASE_(N, P, x) TA_CASE_OPEN_(TA_TRAITS_CASE_OF_, N, P, x)
#define TA_TRAITS_CASE_OF_(N, P, KIND, value, entry) TA_TRAITS_##KIND(N, P, entry)
#define TA_TRAITS_ta_case_(N, P, entry) TA_TRAITS_ENTRY_(N, P, entry)
#define TA_TRAITS_ta_case_empty_(N, P, entry)

/* Here P is (tag, as.). */
#define TA_INIT_CASE_(N, P, x) TA_CASE_APPLY_(TA_INIT_CASE_OF_, N, TA_UNPACK_ P, TA_UNPACK_ x)
#define TA_INIT_CASE_OF_(N, tag, P, KIND, value, entry)                                            \
    {TA_TAG_BITS_(value, sizeof(TA_FIELD_(N, tag))), TA_INIT_##KIND(N, P, entry)},
#define TA_INIT_ta_case_(N, P, entry)                                                              \
    TA_ENTRY_(TA_IS_EMPTY_, N, P, entry), TA_ENTRY_(TA_BODY_OF_, N, P, entry)
#define TA_INIT_ta_case_empty_(N, P, entry) true, TA_NO_PART_
#define TA_IS_EMPTY_(N, P, S, C, H, F, D, L) TA_IS_EMPTY_##H
#define TA_IS_EMPTY_ta_some_ false
#define TA_IS_EMPTY_ta_none_ true
#define TA_BODY_OF_(N, P, S, C, H, F, D, L) TA_BODY_##C(N, P, F, D, L)
/* The value as a tag of so many bytes is read: sign-extended. */
#define TA_TAG_BITS_(value, width)                                                                 \
    ((int64_t)((uint64_t)(value) << (64 - 8 * (width))) >> (64 - 8 * (width)))

/* ---- members --------------------------------------------------------------------------------- */

#define TA_DECLARE_MEMBER_(N, P, x) TA_APPLY_(TA_DECLARE_MEMBER_OF_, N, TA_UNPACK_ x)
#define TA_DECLARE_MEMBER_OF_(N, DECLARE, T, F, n, ...) DECLARE(N, T, F, n)
#define TA_DECLARE_(N, T, F, n) T F;
#define TA_DECLARE_COUNTED_(N, T, F, n)                                                            \
    T F;                                                                                           \
    size_t n;
#define TA_DECLARE_ARRAY_(N, T, F, n) T F[n];
#define TA_DECLARE_LINK_(N, T, F, n) struct N *F;
#define TA_LIST_MEMBER_(N, P, x) TA_APPLY_(TA_LIST_MEMBER_OF_, TA_UNPACK_ x)
#define TA_LIST_MEMBER_OF_(DECLARE, T, F, n, ...) , __VA_ARGS__
#define TA_DERIVE_MEMBERS_(...) TA_DERIVE(__VA_ARGS__)

#endif
