/* SPDX-License-Identifier: MIT
 *
 * ta/detail/per_affinity_typed.h - the typed face of ta/per_affinity.h, which includes it: arrays,
 * handles and constructors of one type, so that no caller casts. What each function does is said
 * there.
 */
#ifndef TA_DETAIL_PER_AFFINITY_TYPED_H
#define TA_DETAIL_PER_AFFINITY_TYPED_H

#include "ta/per_affinity.h"

/* TA_PER_AFFINITY(NAME, ELEMENT); at file scope, in a source or a header. ELEMENT is a descriptor
 * (of an array type: put it into a struct). Declares
 *
 *   NAME         an array of ELEMENT_value, a struct of one pointer: pass it by value
 *     ta_status NAME_create(
 *         NAME *out, const ta_per_affinity_options *options,
 *         ta_status (*make)(ELEMENT_value *out, const ta_site *site, void *context), void *context);
 *     ta_status NAME_create_from(NAME *out, const ta_per_affinity_options *options,
 *                                ELEMENT_value value);
 *         `value`, which the array takes, is cloned for each slot, and the clone relocated to it;
 *     ta_status NAME_create_from_unaware(NAME *out, const ta_per_affinity_options *options,
 *                                        ELEMENT_value value);
 *         the same, and clones are not relocated;
 *     void NAME_destroy(NAME *array);                   leaves NULL behind
 *     ELEMENT_value *NAME_get(NAME array, ta_affinity affinity);
 *     ELEMENT_value *NAME_get_here(NAME array);
 *     ta_status NAME_resolve(NAME array, ta_affinity affinity, ELEMENT_value **out);
 *     ELEMENT_value *NAME_peek(NAME array, ta_affinity affinity);
 *     ELEMENT_value *NAME_at(NAME array, uint32_t slot);
 *     bool NAME_each(NAME array, bool (*visit)(ELEMENT_value *value, uint32_t slot, void *context),
 *                    void *context);
 *     ta_status NAME_fill(NAME array, const ta_affinity affinities[], size_t count);
 *     uint32_t NAME_slot_count(NAME array), NAME_ready_count(NAME array);
 *     uint32_t NAME_index_of(NAME array, ta_affinity affinity);
 *     uint64_t NAME_handle_count(NAME array);
 *
 *   NAME_handle  a handle, and its descriptor: for TA_AS, captured values, messages, values of maps
 *     ta_status NAME_handle_make(NAME array, ta_affinity affinity, NAME_handle *out);
 *     ta_status NAME_handle_make_here(NAME array, NAME_handle *out);
 *     ELEMENT_value *NAME_handle_get(const NAME_handle *handle);
 *     uint32_t NAME_handle_slot(const NAME_handle *handle);
 *     ta_status NAME_handle_relocate(NAME_handle *handle, const ta_move *move);
 *     NAME_handle NAME_handle_clone(const NAME_handle *handle);
 *     NAME_handle NAME_handle_take(NAME_handle *handle);
 *     void NAME_handle_drop(NAME_handle *handle);
 *
 *   NAME_pinned  a handle that stays when it is relocated, and its descriptor
 *     NAME_pinned NAME_handle_pin(NAME_handle *handle);
 *     NAME_handle NAME_pinned_unpin(NAME_pinned *pinned);
 *     ELEMENT_value *NAME_pinned_get(const NAME_pinned *pinned);
 *     NAME_pinned NAME_pinned_clone(const NAME_pinned *pinned);
 *     void NAME_pinned_drop(NAME_pinned *pinned);
 *
 * For a function of another type compilers have at least a warning. */
#define TA_PER_AFFINITY(NAME, ELEMENT)                                                             \
    typedef ELEMENT##_value NAME##_element;                                                        \
    typedef struct NAME {                                                                          \
        ta_per_affinity *array;                                                                    \
    } NAME;                                                                                        \
    TA_GENERATED const ta_type *NAME##_element_type_(void) { return &ELEMENT##_type; }             \
    TA_PER_AFFINITY_CREATE_(NAME)                                                                  \
    TA_PER_AFFINITY_REACH_(NAME)                                                                   \
    TA_PER_AFFINITY_COUNT_(NAME)                                                                   \
    TA_PER_AFFINITY_HANDLE_(NAME)                                                                  \
    TA_PER_AFFINITY_PINNED_(NAME)                                                                  \
    TA_SWALLOW_SEMICOLON_

/* TA_PER_AFFINITY_WITH(NAME, ARRAY, CAPTURED, function); a way to make arrays ARRAY, of a
 * TA_PER_AFFINITY above, whose constructor works with a captured value of the descriptor CAPTURED:
 *     ta_status function(ARRAY_element *out, const ta_site *site, CAPTURED_value *captured);
 * gets a clone of its own for each slot, relocated to the slot from options.source, and may take it
 * apart; what it leaves is destroyed. What is made is
 *     ta_status NAME(ARRAY *out, const ta_per_affinity_options *options, CAPTURED_value captured);
 * which takes `captured`, except when it fails. (C has no parameters of array type: put an array
 * into a struct.) */
#define TA_PER_AFFINITY_WITH(NAME, ARRAY, CAPTURED, FUNCTION)                                      \
    TA_MAKER_CHECK_(NAME, FUNCTION, ARRAY##_element, CAPTURED##_value);                            \
    TA_GENERATED ta_status NAME##_construct_(void *captured, const ta_site *site, void *out) {     \
        return FUNCTION((ARRAY##_element *)out, site, (CAPTURED##_value *)captured);               \
    }                                                                                              \
    TA_GENERATED ta_status NAME(ARRAY *out, const ta_per_affinity_options *options,                \
                                CAPTURED##_value captured) {                                       \
        CAPTURED##_value *taken = &captured;                                                       \
        ta_maker maker = {NAME##_construct_, taken, &CAPTURED##_type, false};                      \
        return ta_per_affinity_create(options, ARRAY##_element_type_(), &maker,                    \
                                      out == NULL ? NULL : &out->array);                           \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* TA_HANDLE_EQUAL(ARRAY, equal), TA_HANDLE_ORDER(ARRAY, compare) and TA_HANDLE_HASH(ARRAY, hash);
 * handles of ARRAY, of a TA_PER_AFFINITY above, compared by the values that they stand for:
 *     bool equal(const ARRAY_element *a, const ARRAY_element *b);
 *     int compare(const ARRAY_element *a, const ARRAY_element *b);      below, at or above 0
 *     uint64_t hash(const ARRAY_element *value);
 * What is made is
 *     bool ARRAY_handle_equal(const ARRAY_handle *a, const ARRAY_handle *b);
 *     int ARRAY_handle_compare(const ARRAY_handle *a, const ARRAY_handle *b);
 *     bool ARRAY_handle_less(const ARRAY_handle *a, const ARRAY_handle *b);
 *     uint64_t ARRAY_handle_hash(const ARRAY_handle *handle);
 * Handles without a value, NULL among them, are equal to each other, come before all others, and
 * hash to 0. Two handles at one slot are compared by value, too. */
#define TA_HANDLE_EQUAL(ARRAY, EQUAL)                                                              \
    TA_GENERATED bool ARRAY##_handle_equal(const ARRAY##_handle *a, const ARRAY##_handle *b) {     \
        const ARRAY##_element *one = ARRAY##_handle_get(a), *other = ARRAY##_handle_get(b);        \
        return one == NULL || other == NULL ? one == other : EQUAL(one, other);                    \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_HANDLE_ORDER(ARRAY, COMPARE)                                                            \
    TA_GENERATED int ARRAY##_handle_compare(const ARRAY##_handle *a, const ARRAY##_handle *b) {    \
        const ARRAY##_element *one = ARRAY##_handle_get(a), *other = ARRAY##_handle_get(b);        \
        if (one == NULL || other == NULL) return (one != NULL) - (other != NULL);                  \
        return COMPARE(one, other);                                                                \
    }                                                                                              \
    TA_GENERATED bool ARRAY##_handle_less(const ARRAY##_handle *a, const ARRAY##_handle *b) {      \
        return ARRAY##_handle_compare(a, b) < 0;                                                   \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_HANDLE_HASH(ARRAY, HASH)                                                                \
    TA_GENERATED uint64_t ARRAY##_handle_hash(const ARRAY##_handle *handle) {                      \
        const ARRAY##_element *value = ARRAY##_handle_get(handle);                                 \
        return value == NULL ? 0 : HASH(value);                                                    \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* ==== how it is done ========================================================================== */

/* Refuses a constructor of another type. */
#ifdef __cplusplus
#define TA_MAKER_CHECK_(NAME, FUNCTION, ELEMENT, CAPTURED)                                         \
    static ta_status (*const NAME##_function_)(ELEMENT *, const ta_site *, CAPTURED *)             \
        __attribute__((unused)) = FUNCTION
static_assert(sizeof(ta_slot_cell) == (size_t)2 * TA_CACHE_LINE, "a slot is a pair of cache lines");
static_assert(sizeof(ta_affinity) == 12, "an affinity is eight bytes and four");
#else
#define TA_MAKER_CHECK_(NAME, FUNCTION, ELEMENT, CAPTURED)                                         \
    _Static_assert(                                                                                \
        __builtin_types_compatible_p(__typeof__(&(FUNCTION)),                                      \
                                     ta_status (*)(ELEMENT *, const ta_site *, CAPTURED *)),       \
        #NAME ": the function " #FUNCTION " must be: ta_status (" #ELEMENT                         \
              " *, const ta_site *, " #CAPTURED " *)")
_Static_assert(sizeof(ta_slot_cell) == (size_t)2 * TA_CACHE_LINE,
               "a slot is a pair of cache lines");
_Static_assert(sizeof(ta_affinity) == 12, "an affinity is eight bytes and four");
#endif

/* A user's function and its context are captured as a trivial value: a pointer to a function cannot
 * pass as the `void *` of a ta_maker. */
#define TA_PER_AFFINITY_CREATE_(NAME)                                                              \
    typedef struct NAME##_making_ {                                                                \
        ta_status (*make)(NAME##_element *, const ta_site *, void *);                              \
        void *context;                                                                             \
    } NAME##_making_;                                                                              \
    TA_TYPE_DEFINE_(NAME##_making_, #NAME " constructor", sizeof(NAME##_making_),                  \
                    TA_ALIGNOF(NAME##_making_), 0, 0, NULL, NULL, NULL, NULL, NULL);               \
    TA_GENERATED ta_status NAME##_construct_(void *captured, const ta_site *site, void *out) {     \
        const NAME##_making_ *making = (const NAME##_making_ *)captured;                           \
        return making->make((NAME##_element *)out, site, making->context);                         \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_create(                                                          \
        NAME *out, const ta_per_affinity_options *options,                                         \
        ta_status (*make_)(NAME##_element *, const ta_site *, void *), void *context) {            \
        NAME##_making_ making = {make_, context};                                                  \
        ta_maker maker = {NAME##_construct_, &making, &NAME##_making__type, true};                 \
        return ta_per_affinity_create(options, NAME##_element_type_(),                             \
                                      make_ == NULL ? NULL : &maker,                               \
                                      out == NULL ? NULL : &out->array);                           \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_create_cloned_(                                                  \
        NAME *out, const ta_per_affinity_options *options, NAME##_element *value, bool stays) {    \
        ta_maker maker = {NULL, value, NAME##_element_type_(), stays};                             \
        return ta_per_affinity_create(options, NAME##_element_type_(), &maker,                     \
                                      out == NULL ? NULL : &out->array);                           \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_create_from(NAME *out, const ta_per_affinity_options *options,   \
                                              NAME##_element value) {                              \
        return NAME##_create_cloned_(out, options, &value, false);                                 \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_create_from_unaware(                                             \
        NAME *out, const ta_per_affinity_options *options, NAME##_element value) {                 \
        return NAME##_create_cloned_(out, options, &value, true);                                  \
    }                                                                                              \
    TA_GENERATED void NAME##_destroy(NAME *array) {                                                \
        if (array == NULL) return;                                                                 \
        ta_per_affinity_destroy(array->array);                                                     \
        array->array = NULL;                                                                       \
    }

#define TA_PER_AFFINITY_REACH_(NAME)                                                               \
    TA_GENERATED NAME##_element *NAME##_get(NAME array, ta_affinity affinity) {                    \
        return (NAME##_element *)ta_per_affinity_get(array.array, affinity);                       \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_get_here(NAME array) {                                     \
        return (NAME##_element *)ta_per_affinity_get_here(array.array);                            \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_resolve(NAME array, ta_affinity affinity,                        \
                                          NAME##_element **out) {                                  \
        void *value = NULL;                                                                        \
        ta_status status =                                                                         \
            ta_per_affinity_resolve(array.array, affinity, out == NULL ? NULL : &value);           \
        if (out != NULL) *out = (NAME##_element *)value;                                           \
        return status;                                                                             \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_peek(NAME array, ta_affinity affinity) {                   \
        return (NAME##_element *)ta_per_affinity_peek(array.array, affinity);                      \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_at(NAME array, uint32_t slot) {                            \
        return (NAME##_element *)ta_per_affinity_at(array.array, slot);                            \
    }                                                                                              \
    TA_GENERATED bool NAME##_each(                                                                 \
        NAME array, bool (*visit_)(NAME##_element * value, uint32_t slot, void *context),          \
        void *context) {                                                                           \
        if (array.array == NULL || visit_ == NULL) return false;                                   \
        for (uint32_t slot = 0; slot < array.array->slot_count; slot++) {                          \
            NAME##_element *value = NAME##_at(array, slot);                                        \
            if (value != NULL && !visit_(value, slot, context)) return false;                      \
        }                                                                                          \
        return true;                                                                               \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_fill(NAME array, const ta_affinity affinities[], size_t count) { \
        return ta_per_affinity_fill(array.array, affinities, count);                               \
    }

#define TA_PER_AFFINITY_COUNT_(NAME)                                                               \
    TA_GENERATED uint32_t NAME##_slot_count(NAME array) {                                          \
        return ta_per_affinity_slot_count(array.array);                                            \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_ready_count(NAME array) {                                         \
        return ta_per_affinity_ready_count(array.array);                                           \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_index_of(NAME array, ta_affinity affinity) {                      \
        return ta_per_affinity_index_of(array.array, affinity);                                    \
    }                                                                                              \
    TA_GENERATED uint64_t NAME##_handle_count(NAME array) {                                        \
        return ta_per_affinity_handle_count(array.array);                                          \
    }

/* A struct of one handle, and its descriptor with that one part. */
#define TA_HANDLE_STRUCT_(NAME, KIND)                                                              \
    typedef struct NAME {                                                                          \
        KIND untyped;                                                                              \
    } NAME, NAME##_value;                                                                          \
    TA_ONE_PART_TYPE_(NAME, #NAME, KIND##_traits,                                                  \
                      TA_PART_INLINE_INIT("untyped", KIND##_traits, &KIND##_type, 0, 1));

#define TA_PER_AFFINITY_HANDLE_(NAME)                                                              \
    TA_HANDLE_STRUCT_(NAME##_handle, ta_handle)                                                    \
    TA_GENERATED ta_status NAME##_handle_make(NAME array, ta_affinity affinity,                    \
                                              NAME##_handle *out) {                                \
        return ta_handle_make(array.array, affinity, out == NULL ? NULL : &out->untyped);          \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_handle_make_here(NAME array, NAME##_handle *out) {               \
        return NAME##_handle_make(array, ta_current_affinity(), out);                              \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_handle_get(const NAME##_handle *handle) {                  \
        return (NAME##_element *)ta_handle_get(handle == NULL ? NULL : &handle->untyped);          \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_handle_slot(const NAME##_handle *handle) {                        \
        return ta_handle_slot(handle == NULL ? NULL : &handle->untyped);                           \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_handle_relocate(NAME##_handle *handle, const ta_move *move) {    \
        return ta_handle_relocate(handle == NULL ? NULL : &handle->untyped, move);                 \
    }                                                                                              \
    TA_GENERATED NAME##_handle NAME##_handle_clone(const NAME##_handle *handle) {                  \
        NAME##_handle clone = {ta_handle_clone(handle == NULL ? NULL : &handle->untyped)};         \
        return clone;                                                                              \
    }                                                                                              \
    TA_GENERATED NAME##_handle NAME##_handle_take(NAME##_handle *handle) {                         \
        NAME##_handle taken = {ta_handle_take(handle == NULL ? NULL : &handle->untyped)};          \
        return taken;                                                                              \
    }                                                                                              \
    TA_GENERATED void NAME##_handle_drop(NAME##_handle *handle) {                                  \
        if (handle != NULL) ta_handle_drop(&handle->untyped);                                      \
    }

#define TA_PER_AFFINITY_PINNED_(NAME)                                                              \
    TA_HANDLE_STRUCT_(NAME##_pinned, ta_pinned)                                                    \
    TA_GENERATED NAME##_pinned NAME##_handle_pin(NAME##_handle *handle) {                          \
        NAME##_pinned pinned = {ta_handle_pin(handle == NULL ? NULL : &handle->untyped)};          \
        return pinned;                                                                             \
    }                                                                                              \
    TA_GENERATED NAME##_handle NAME##_pinned_unpin(NAME##_pinned *pinned) {                        \
        NAME##_handle handle = {ta_pinned_unpin(pinned == NULL ? NULL : &pinned->untyped)};        \
        return handle;                                                                             \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_pinned_get(const NAME##_pinned *pinned) {                  \
        return (NAME##_element *)ta_pinned_get(pinned == NULL ? NULL : &pinned->untyped);          \
    }                                                                                              \
    TA_GENERATED NAME##_pinned NAME##_pinned_clone(const NAME##_pinned *pinned) {                  \
        NAME##_pinned clone = {ta_pinned_clone(pinned == NULL ? NULL : &pinned->untyped)};         \
        return clone;                                                                              \
    }                                                                                              \
    TA_GENERATED void NAME##_pinned_drop(NAME##_pinned *pinned) {                                  \
        if (pinned != NULL) ta_pinned_drop(&pinned->untyped);                                      \
    }

#endif
