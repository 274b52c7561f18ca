/* SPDX-License-Identifier: MIT
 *
 * ta/detail/storage_typed.h - the typed face of ta/storage.h, which includes it: storage, pins and
 * references of one type, so that no caller casts. What each function does is said there.
 */
#ifndef TA_DETAIL_STORAGE_TYPED_H
#define TA_DETAIL_STORAGE_TYPED_H

#include "ta/storage.h"

/* TA_STORAGE(NAME, ELEMENT); at file scope, in a source or a header. ELEMENT is a descriptor (of an
 * array type: put it into a struct). Declares
 *
 *   NAME         storage of ELEMENT_value, a struct of one pointer: pass it by value
 *     ta_status NAME_create(NAME *out, const ta_per_affinity_options *options);
 *     void NAME_destroy(NAME *storage);                 leaves NULL behind
 *     ta_status NAME_replace(NAME storage, ta_affinity affinity, ELEMENT_value value,
 *                            NAME_stored *previous);    takes `value`, except when it fails
 *     ta_status NAME_remove(NAME storage, ta_affinity affinity, NAME_stored *previous);
 *     ta_status NAME_get_clone(NAME storage, ta_affinity affinity, ELEMENT_value *out,
 *                              const ta_allocator *allocator);
 *     bool NAME_each(NAME storage,
 *                    bool (*visit)(ELEMENT_value *value, uint32_t slot, void *context),
 *                    void *context);
 *     uint64_t NAME_reclaim(NAME storage);
 *     uint32_t NAME_slot_count(NAME storage), NAME_ready_count(NAME storage);
 *     uint32_t NAME_index_of(NAME storage, ta_affinity affinity);
 *     uint64_t NAME_stored_count(NAME storage);
 *
 *   NAME_pin     a pin
 *     ta_status NAME_pin_make(NAME storage, ta_affinity affinity, NAME_pin *out);
 *     NAME_pin NAME_pin_at(NAME storage, ta_affinity affinity), NAME_pin_here(NAME storage);
 *     ELEMENT_value *NAME_pin_get(const NAME_pin *pin);
 *     void NAME_pin_drop(NAME_pin *pin);
 *
 *   NAME_stored  a reference, and its descriptor: for TA_AS, captured values, messages, values of
 *                maps
 *     ta_status NAME_stored_make(NAME storage, ta_affinity affinity, NAME_stored *out);
 *     ta_status NAME_stored_make_here(NAME storage, NAME_stored *out);
 *     ELEMENT_value *NAME_stored_get(const NAME_stored *stored);
 *     uint32_t NAME_stored_slot(const NAME_stored *stored);
 *     ta_status NAME_stored_relocate(NAME_stored *stored, const ta_move *move);
 *     NAME_stored NAME_stored_clone(const NAME_stored *stored);
 *     NAME_stored NAME_stored_take(NAME_stored *stored);
 *     void NAME_stored_drop(NAME_stored *stored);
 */
#define TA_STORAGE(NAME, ELEMENT)                                                                  \
    typedef ELEMENT##_value NAME##_element;                                                        \
    typedef struct NAME {                                                                          \
        ta_storage *storage;                                                                       \
    } NAME;                                                                                        \
    TA_HANDLE_STRUCT_(NAME##_stored, ta_stored)                                                    \
    TA_GENERATED const ta_type *NAME##_element_type_(void) { return &ELEMENT##_type; }             \
    TA_STORAGE_SLOTS_(NAME)                                                                        \
    TA_STORAGE_COUNT_(NAME)                                                                        \
    TA_STORAGE_PIN_(NAME)                                                                          \
    TA_STORAGE_STORED_(NAME)                                                                       \
    TA_SWALLOW_SEMICOLON_

/* TA_STORED_EQUAL(STORAGE, equal), TA_STORED_ORDER(STORAGE, compare) and TA_STORED_HASH(STORAGE,
 * hash); references of STORAGE, of a TA_STORAGE above, compared by their values:
 *     bool equal(const STORAGE_element *a, const STORAGE_element *b);
 *     int compare(const STORAGE_element *a, const STORAGE_element *b);      below, at or above 0
 *     uint64_t hash(const STORAGE_element *value);
 * What is made is
 *     bool STORAGE_stored_equal(const STORAGE_stored *a, const STORAGE_stored *b);
 *     int STORAGE_stored_compare(const STORAGE_stored *a, const STORAGE_stored *b);
 *     bool STORAGE_stored_less(const STORAGE_stored *a, const STORAGE_stored *b);
 *     uint64_t STORAGE_stored_hash(const STORAGE_stored *stored);
 * References without a value, NULL among them, are equal to each other, come before all others, and
 * hash to 0. */
#define TA_STORED_EQUAL(STORAGE, EQUAL)                                                            \
    TA_GENERATED bool STORAGE##_stored_equal(const STORAGE##_stored *a,                            \
                                             const STORAGE##_stored *b) {                          \
        const STORAGE##_element *one = STORAGE##_stored_get(a), *other = STORAGE##_stored_get(b);  \
        return one == NULL || other == NULL ? one == other : EQUAL(one, other);                    \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_STORED_ORDER(STORAGE, COMPARE)                                                          \
    TA_GENERATED int STORAGE##_stored_compare(const STORAGE##_stored *a,                           \
                                              const STORAGE##_stored *b) {                         \
        const STORAGE##_element *one = STORAGE##_stored_get(a), *other = STORAGE##_stored_get(b);  \
        if (one == NULL || other == NULL) return (one != NULL) - (other != NULL);                  \
        return COMPARE(one, other);                                                                \
    }                                                                                              \
    TA_GENERATED bool STORAGE##_stored_less(const STORAGE##_stored *a,                             \
                                            const STORAGE##_stored *b) {                           \
        return STORAGE##_stored_compare(a, b) < 0;                                                 \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_STORED_HASH(STORAGE, HASH)                                                              \
    TA_GENERATED uint64_t STORAGE##_stored_hash(const STORAGE##_stored *stored) {                  \
        const STORAGE##_element *value = STORAGE##_stored_get(stored);                             \
        return value == NULL ? 0 : HASH(value);                                                    \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* ==== how it is done ========================================================================== */

#define TA_STORAGE_SLOTS_(NAME)                                                                    \
    TA_GENERATED ta_status NAME##_create(NAME *out, const ta_per_affinity_options *options) {      \
        return ta_storage_create(options, NAME##_element_type_(),                                  \
                                 out == NULL ? NULL : &out->storage);                              \
    }                                                                                              \
    TA_GENERATED void NAME##_destroy(NAME *storage) {                                              \
        if (storage == NULL) return;                                                               \
        ta_storage_destroy(storage->storage);                                                      \
        storage->storage = NULL;                                                                   \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_replace(NAME storage, ta_affinity affinity,                      \
                                          NAME##_element value, NAME##_stored *previous) {         \
        return ta_storage_replace(storage.storage, affinity, &value,                               \
                                  previous == NULL ? NULL : &previous->untyped);                   \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_remove(NAME storage, ta_affinity affinity,                       \
                                         NAME##_stored *previous) {                                \
        return ta_storage_remove(storage.storage, affinity,                                        \
                                 previous == NULL ? NULL : &previous->untyped);                    \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_get_clone(NAME storage, ta_affinity affinity,                    \
                                            NAME##_element *out, const ta_allocator *allocator) {  \
        return ta_storage_get_clone(storage.storage, affinity, out, allocator);                    \
    }                                                                                              \
    typedef struct NAME##_visit_ {                                                                 \
        bool (*visit)(NAME##_element *, uint32_t, void *);                                         \
        void *context;                                                                             \
    } NAME##_visit_;                                                                               \
    TA_GENERATED bool NAME##_visit_one_(void *context, uint32_t slot, void *value) {               \
        const NAME##_visit_ *visit = (const NAME##_visit_ *)context;                               \
        return visit->visit((NAME##_element *)value, slot, visit->context);                        \
    }                                                                                              \
    TA_GENERATED bool NAME##_each(                                                                 \
        NAME storage, bool (*visit_)(NAME##_element * value, uint32_t slot, void *context),        \
        void *context) {                                                                           \
        NAME##_visit_ visit = {visit_, context};                                                   \
        return visit_ != NULL && ta_storage_each(storage.storage, NAME##_visit_one_, &visit);      \
    }

#define TA_STORAGE_COUNT_(NAME)                                                                    \
    TA_GENERATED uint64_t NAME##_reclaim(NAME storage) {                                           \
        return ta_storage_reclaim(storage.storage);                                                \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_slot_count(NAME storage) {                                        \
        return ta_storage_slot_count(storage.storage);                                             \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_ready_count(NAME storage) {                                       \
        return ta_storage_ready_count(storage.storage);                                            \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_index_of(NAME storage, ta_affinity affinity) {                    \
        return ta_storage_index_of(storage.storage, affinity);                                     \
    }                                                                                              \
    TA_GENERATED uint64_t NAME##_stored_count(NAME storage) {                                      \
        return ta_storage_stored_count(storage.storage);                                           \
    }

#define TA_STORAGE_PIN_(NAME)                                                                      \
    typedef struct NAME##_pin {                                                                    \
        ta_pin untyped;                                                                            \
    } NAME##_pin;                                                                                  \
    TA_GENERATED ta_status NAME##_pin_make(NAME storage, ta_affinity affinity, NAME##_pin *out) {  \
        return ta_pin_make(storage.storage, affinity, out == NULL ? NULL : &out->untyped);         \
    }                                                                                              \
    TA_GENERATED NAME##_pin NAME##_pin_at(NAME storage, ta_affinity affinity) {                    \
        NAME##_pin pin = {ta_pin_at(storage.storage, affinity)};                                   \
        return pin;                                                                                \
    }                                                                                              \
    TA_GENERATED NAME##_pin NAME##_pin_here(NAME storage) {                                        \
        NAME##_pin pin = {ta_pin_here(storage.storage)};                                           \
        return pin;                                                                                \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_pin_get(const NAME##_pin *pin) {                           \
        return (NAME##_element *)ta_pin_get(pin == NULL ? NULL : &pin->untyped);                   \
    }                                                                                              \
    TA_GENERATED void NAME##_pin_drop(NAME##_pin *pin) {                                           \
        if (pin != NULL) ta_pin_drop(&pin->untyped);                                               \
    }

#define TA_STORAGE_STORED_(NAME)                                                                   \
    TA_GENERATED ta_status NAME##_stored_make(NAME storage, ta_affinity affinity,                  \
                                              NAME##_stored *out) {                                \
        return ta_stored_make(storage.storage, affinity, out == NULL ? NULL : &out->untyped);      \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_stored_make_here(NAME storage, NAME##_stored *out) {             \
        return ta_stored_make_here(storage.storage, out == NULL ? NULL : &out->untyped);           \
    }                                                                                              \
    TA_GENERATED NAME##_element *NAME##_stored_get(const NAME##_stored *stored) {                  \
        return (NAME##_element *)ta_stored_get(stored == NULL ? NULL : &stored->untyped);          \
    }                                                                                              \
    TA_GENERATED uint32_t NAME##_stored_slot(const NAME##_stored *stored) {                        \
        return ta_stored_slot(stored == NULL ? NULL : &stored->untyped);                           \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_stored_relocate(NAME##_stored *stored, const ta_move *move) {    \
        return ta_stored_relocate(stored == NULL ? NULL : &stored->untyped, move);                 \
    }                                                                                              \
    TA_GENERATED NAME##_stored NAME##_stored_clone(const NAME##_stored *stored) {                  \
        NAME##_stored clone = {ta_stored_clone(stored == NULL ? NULL : &stored->untyped)};         \
        return clone;                                                                              \
    }                                                                                              \
    TA_GENERATED NAME##_stored NAME##_stored_take(NAME##_stored *stored) {                         \
        NAME##_stored taken = {ta_stored_take(stored == NULL ? NULL : &stored->untyped)};          \
        return taken;                                                                              \
    }                                                                                              \
    TA_GENERATED void NAME##_stored_drop(NAME##_stored *stored) {                                  \
        if (stored != NULL) ta_stored_drop(&stored->untyped);                                      \
    }

#endif
